"""What the bootstrap tells the person: steps, how long they take, what went wrong. All of it on stderr."""

import os
import subprocess
import sys
import threading
import time
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from tools import layout

QUIET_SECONDS = 2.0
BEAT_SECONDS = 5.0
STARTED = time.monotonic()


class Stop(Exception):
    """The command cannot go on; the message says why and what to do."""


@cache
def _catalogue() -> dict[str, dict[str, str]]:
    path = layout.ROOT / "gridmgmt" / "messages" / "catalogue" / "bootstrap.toml"
    return tomllib.loads(path.read_text(encoding="utf-8"))


def text(key: str, **values: object) -> str:
    """A message of the bootstrap's catalogue in the person's language (as `gridmgmt` chooses it)."""
    wanted = os.environ.get("GRIDMGMT_LANG") or os.environ.get("LANG", "")
    entry = _catalogue()[key]
    return entry.get(wanted[:2].lower(), entry["en"]).format(**values)


def line(words: str) -> None:
    """One line on stderr, with the seconds since the command began."""
    print(f"[{time.monotonic() - STARTED:6.1f} s] {words}", file=sys.stderr, flush=True)


@contextmanager
def step(key: str, **values: object) -> Iterator[None]:
    """Announce a step and, where it took a while, its end."""
    title = text(key, **values)
    line(title)
    began = time.monotonic()
    yield
    took = time.monotonic() - began
    if took > QUIET_SECONDS:
        line("  " + text("step_done", title=title, seconds=f"{took:.1f}"))


def run_logged(command: Sequence[object], log_name: str, env: Mapping[str, str] | None = None) -> None:
    """Run a program quietly into a log file, showing now and then how far it is; raise Stop where it fails."""
    layout.LOGS.mkdir(parents=True, exist_ok=True)
    log = layout.LOGS / f"{log_name}.log"
    words = [str(word) for word in command]
    with log.open("w", encoding="utf-8") as output, _heartbeat(log):
        output.write(f"$ {' '.join(words)}\n")
        output.flush()
        status = subprocess.run(
            words, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT, env=env, check=False
        ).returncode
    if status != 0:
        raise Stop(text("program_failed", command=" ".join(words), status=status, log=log, end=_end_of(log, 15)))


@contextmanager
def _heartbeat(log: Path) -> Iterator[None]:
    """Every few seconds, say the last line the program wrote."""
    over = threading.Event()

    def beat() -> None:
        wait = QUIET_SECONDS
        while not over.wait(wait):
            wait = BEAT_SECONDS
            line(f"  … {_end_of(log, 1)[:100]}")

    thread = threading.Thread(target=beat, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _end_of(log: Path, lines: int) -> str:
    return "\n".join(log.read_text(encoding="utf-8", errors="replace").strip().splitlines()[-lines:])

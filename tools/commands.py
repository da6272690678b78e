"""The commands of `./run`: each gets the machine ready as far as it needs, then hands over to the real program."""

import argparse
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import NoReturn

from tools import browser, demo, environment, layout, postgis, say

Arguments = Sequence[str]

# Each worker takes file after file with a database server of its own: a file's tests share what it has set up. One more
# than there are cores: a third of the time tests wait, for browsers and for processes.
CORES = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
WHOLE_SUITE = ("-n", str(CORES + 1), "--dist", "loadfile")
# The longest first. In a fresh checkout, what the tests import becomes bytecode here, beside the types, and not again
# in each worker.
CHECKS = (
    ("mypy",),
    ("pytest", "--collect-only", "-q"),
    ("ruff", "check"),
    ("ruff", "format", "--check"),
    ("lint-imports",),
)


def main(arguments: Arguments) -> int:
    """Run one command line; the exit status for the shell."""
    name, rest = (arguments[0], arguments[1:]) if arguments else ("help", ())
    command = COMMANDS.get(name)
    if command is None:
        print(say.text("unknown_command", name=name), file=sys.stderr)
        return 2
    try:
        return command(rest)
    except say.Stop as reason:
        print(f"run: {reason}", file=sys.stderr)
        return 1
    except PermissionError as error:
        print(f"run: {say.text('no_access', path=error.filename)}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def show_help(_arguments: Arguments) -> int:
    """Say what there is."""
    print(say.text("usage"), end="")
    return 0


def run_demo(arguments: Arguments) -> int:
    """Everything from nothing to a served district."""
    parser = _parser("demo")
    parser.add_argument("--no-serve", action="store_true", help=say.text("help_no_serve"))
    _add_port(parser)
    options = parser.parse_args(arguments)
    if not options.no_serve:
        demo.require_free(options.port)
    environment.ensure()
    with demo.warming():
        variables = _ready()
        demo.build(variables)
    if not options.no_serve:
        _hand_over(demo.serving(options.port), variables, announce_port=options.port)
    return demo.finish()


def run_serve(arguments: Arguments) -> int:
    """The web app alone, in the foreground."""
    parser = _parser("serve")
    _add_port(parser)
    options = parser.parse_args(arguments)
    demo.require_free(options.port)
    variables = _ready()
    demo.upgrade(variables)
    _hand_over(demo.serving(options.port), variables, announce_port=options.port)


def run_exec(arguments: Arguments) -> int:
    """Any command with the environment and the database up."""
    words = arguments[1:] if arguments[:1] == ["--"] else arguments
    if not words:
        raise say.Stop(say.text("exec_what"))
    _hand_over(words, _ready(quietly=True))


def run_tests(arguments: Arguments) -> int:
    """The whole suite on all cores, or what pytest is told to run, on a PostGIS of its own."""
    environment.ensure()
    found = browser.ensure()
    given = postgis.given_url()
    if given is None:
        postgis.provide()
    variables = layout.environment() | found
    variables.pop(postgis.VARIABLE, None)  # no test may touch the database of real work
    if given is not None:
        variables["GRIDMGMT_TEST_SERVER"] = given
    os.chdir(layout.ROOT)
    _hand_over(["pytest", *(arguments or WHOLE_SUITE)], variables)


def run_check(arguments: Arguments) -> int:
    """Lint, format, types, the import rule and whether every test can be found, side by side, as CI demands them."""
    _parser("check").parse_args(arguments)
    environment.ensure()
    os.chdir(layout.ROOT)
    with ThreadPoolExecutor(CORES) as pool:
        passed = list(pool.map(_passes, CHECKS))
    return 0 if all(passed) else 1


def run_stop(arguments: Arguments) -> int:
    """Stop the private database server."""
    _parser("stop").parse_args(arguments)
    stopped = layout.POSTGRES.exists() and postgis.stop()
    print(say.text("stopped" if stopped else "not_running"))
    return 0


def run_reset(arguments: Arguments) -> int:
    """Delete the private database and the files written from it."""
    parser = _parser("reset")
    parser.add_argument("--yes", action="store_true", help=say.text("help_yes"))
    if not parser.parse_args(arguments).yes and not _confirmed():
        print(say.text("reset_kept"))
        return 1
    if layout.POSTGRES.exists():
        postgis.remove()
    shutil.rmtree(layout.OUT, ignore_errors=True)
    print(say.text("reset_done"))
    return 0


COMMANDS = {
    "demo": run_demo,
    "serve": run_serve,
    "exec": run_exec,
    "test": run_tests,
    "check": run_check,
    "stop": run_stop,
    "reset": run_reset,
    "help": show_help,
    "-h": show_help,
    "--help": show_help,
}


def _ready(*, quietly: bool = False) -> dict[str, str]:
    """The variables a program needs to work here, with the environment made and the database up."""
    environment.ensure()
    if not quietly:
        say.line(say.text("database"))
    return layout.environment() | {postgis.VARIABLE: postgis.url()}


def _hand_over(command: Sequence[str], variables: dict[str, str], announce_port: int | None = None) -> NoReturn:
    """Become the command: its input, output, signals and exit status are the caller's own."""
    if announce_port is not None:
        demo.announce_when_up(announce_port)
    try:
        os.execvpe(command[0], list(command), variables)
    except OSError as error:
        print(f"run: {command[0]}: {error.strerror}", file=sys.stderr)
        sys.exit(127 if isinstance(error, FileNotFoundError) else 126)


def _passes(check: Sequence[str]) -> bool:
    """Run one; its last line says it passed, and where it did not, all of them are wanted."""
    done = subprocess.run(
        check, env=layout.environment(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    said = done.stdout.strip()
    told = said if done.returncode else said.rpartition("\n")[2]
    say.line(f"{' '.join(check)}\n{told}")
    return done.returncode == 0


def _confirmed() -> bool:
    print(say.text("reset_question", data=layout.POSTGRES, out=layout.OUT), end=" ", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip().lower() in ("y", "yes", "是")


def _parser(name: str) -> argparse.ArgumentParser:
    return argparse.ArgumentParser(prog=f"./run {name}", description=say.text(f"about_{name}"))


def _add_port(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--port", type=int, default=demo.PORT, help=say.text("help_port", port=demo.PORT))

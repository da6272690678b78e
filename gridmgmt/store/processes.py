"""What the operating system says about a database server's processes. Standard library only."""

import os
import pwd
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TypedDict

# What pg_isready answers by its exit status.
ACCEPTING, REJECTING, NO_ANSWER = 0, 1, 2
ORPHAN_SECONDS = 20
PROC = Path("/proc")


class Account(TypedDict, total=False):
    """Keyword arguments of subprocess that drop root's rights."""

    user: int
    group: int
    extra_groups: list[int]


def as_user(name: str | None) -> Account:
    """How subprocess is told to run as `name`; nothing for our own account."""
    if name is None:
        return {}
    entry = pwd.getpwnam(name)
    return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}


def server_alive(data: Path) -> bool:
    """Whether the process named in postmaster.pid lives; a zombie does not, a stranger with its number neither."""
    pid = _recorded_pid(data)
    if pid is None:
        return False
    if PROC.is_dir():
        return pid in set(_processes_in(data))
    return _answers_signals(pid)


def clear_stale(data: Path, socket_folder: Path) -> None:
    """Remove the lock files of a server that was killed, once none of its processes is left.

    PostgreSQL clears them itself unless their process number still answers: as a zombie nobody reaped, or as a
    stranger that got the number later. Its surviving children hold the shared memory: wait until they noticed.
    """
    if not PROC.is_dir() or server_alive(data):
        return
    deadline = time.monotonic() + ORPHAN_SECONDS
    while any(_processes_in(data)) and time.monotonic() < deadline:
        time.sleep(0.05)
    if not any(_processes_in(data)):
        for stale in (data / "postmaster.pid", *socket_folder.glob(".s.PGSQL.*")):
            stale.unlink(missing_ok=True)


def _recorded_pid(data: Path) -> int | None:
    try:
        return int((data / "postmaster.pid").read_text().splitlines()[0])
    except (FileNotFoundError, IndexError, ValueError):
        return None


def _processes_in(data: Path) -> Iterator[int]:
    """The living processes that work in a data directory, as every process of its server does."""
    for entry in PROC.iterdir():
        if entry.name.isdigit() and _state(entry) not in ("Z", "X") and _works_in(entry, data):
            yield int(entry.name)


def _state(process: Path) -> str:
    """The state letter of /proc/PID/stat; it follows the command, whose name may hold spaces and brackets."""
    try:
        return (process / "stat").read_text(errors="replace").rpartition(")")[2].split()[0]
    except (OSError, IndexError):
        return "X"


def _works_in(process: Path, data: Path) -> bool:
    try:
        return Path(os.readlink(process / "cwd")) == data
    except OSError:
        return False


def _answers_signals(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True

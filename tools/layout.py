"""Where things lie: the checkout, its environment, and what it keeps outside version control."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
DATA = Path(os.environ.get("GRIDMGMT_DATA") or ROOT / ".data").resolve()
POSTGRES = DATA / "postgres"
LOGS = DATA / "logs"
OUT = ROOT / "out"
# Debian packages unpacked without root; the variable is read by gridmgmt.store.programs too.
PACKAGES_VARIABLE = "GRIDMGMT_PACKAGES"
PACKAGES = Path(os.environ.get(PACKAGES_VARIABLE) or DATA / "packages" / "root").resolve()


@contextmanager
def locked(name: str) -> Iterator[None]:
    """Let one process at a time do a thing; the lock goes with its holder, however that ends."""
    DATA.mkdir(parents=True, exist_ok=True)
    with (DATA / f"{name}.lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def environment() -> dict[str, str]:
    """The environment variables of every program started from here: the checkout's Python first on the path."""
    kept = {key: value for key, value in os.environ.items() if key not in ("PYTHONHOME", "PYTHONPATH")}
    path = f"{PYTHON.parent}{os.pathsep}{kept.get('PATH', os.defpath)}"
    return kept | {"VIRTUAL_ENV": str(VENV), "PATH": path, PACKAGES_VARIABLE: str(PACKAGES)}

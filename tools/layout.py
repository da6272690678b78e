"""Where things lie: the checkout, its environment, and what it keeps outside version control."""

import fcntl
import hashlib
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
MAPS_VARIABLE = "GRIDMGMT_MAPS"  # where the served pages look for those of `gridmgmt map`; api.settings reads it
OUT = (DATA if os.environ.get("GRIDMGMT_DATA") else ROOT) / "out"
# Debian packages unpacked without root, and their libraries; gridmgmt.store.programs reads both variables.
PACKAGES_VARIABLE = "GRIDMGMT_PACKAGES"
LIBRARIES_VARIABLE = "GRIDMGMT_LIBRARIES"
PACKAGES = Path(os.environ.get(PACKAGES_VARIABLE) or DATA / "packages" / "root").resolve()
PACKAGES_LOCK = PACKAGES.parent / "lock"
# The caller's, not ours: modules from elsewhere, and compiling two thousand of them anew at every start.
FOREIGN = ("PYTHONHOME", "PYTHONPATH", "PYTHONDONTWRITEBYTECODE")


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Let one process at a time do a thing; the lock goes with its holder, however that ends."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def libraries() -> str:
    """The search path of the libraries in the unpacked packages; empty where there are none."""
    top = [path for pattern in ("usr/lib/*-linux-gnu*", "lib/*-linux-gnu*") for path in sorted(PACKAGES.glob(pattern))]
    private = [path for folder in top for path in sorted(folder.iterdir()) if next(path.glob("lib*.so*"), None)]
    return os.pathsep.join(map(str, top + private))


def compiled() -> Path:
    """Where compiled loops are kept: a folder for each state of their sources.

    Beside the modules, numba would use a loop again whose own file is the same although one that it calls, in another
    file, has changed.
    """
    digest = hashlib.sha256()
    for path in sorted((ROOT / "gridmgmt").rglob("*.py")):
        source = path.read_bytes()
        if b"njit" in source or b"compiled" in source:
            digest.update(source)
    return VENV / "compiled" / digest.hexdigest()[:16]


def environment() -> dict[str, str]:
    """The environment variables of every program started from here: the checkout's Python first on the path."""
    kept = {key: value for key, value in os.environ.items() if key not in FOREIGN}
    path = f"{PYTHON.parent}{os.pathsep}{kept.get('PATH', os.defpath)}"
    packages = {PACKAGES_VARIABLE: str(PACKAGES), LIBRARIES_VARIABLE: libraries()}
    maps = {MAPS_VARIABLE: os.environ.get(MAPS_VARIABLE) or str(OUT / "maps")}  # wherever the caller stands
    loops = {"NUMBA_CACHE_DIR": os.environ.get("NUMBA_CACHE_DIR") or str(compiled())}
    return kept | packages | maps | loops | {"VIRTUAL_ENV": str(VENV), "PATH": path}

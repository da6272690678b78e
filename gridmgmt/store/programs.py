"""Where PostgreSQL's server programs with PostGIS stand on this machine. Standard library only.

python -m gridmgmt.store.programs      prints their folder, or says what to install (exit status 3)
"""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from gridmgmt.errors import MissingProgram
from gridmgmt.messages import Words, error_text, language_here

POSTGIS_MINIMUM = (3, 3)
# Set by the bootstrap: where it unpacked packages of its own, and the search path of the libraries in them.
PACKAGES_VARIABLE = "GRIDMGMT_PACKAGES"
LIBRARIES_VARIABLE = "GRIDMGMT_LIBRARIES"
# From the folder of the programs to the folder that holds `share`: most systems, then Debian's own layout.
SHARE_FOLDERS = ("..", "../../../..")
EXTENSION_FOLDERS = ("share/extension", "share/postgresql*/extension", "share/postgresql/*/extension", "share/pgsql/*")
SYSTEM_FOLDERS = (
    "usr/lib/postgresql/*/bin",
    "usr/pgsql-*/bin",
    "usr/local/pgsql*/bin",
    "opt/homebrew/opt/postgresql*/bin",
    "usr/local/opt/postgresql*/bin",
)


@dataclass(frozen=True)
class Programs:
    """The programs of one PostgreSQL release; `root` is where their packages are unpacked, `/` when installed."""

    folder: Path
    major: int
    root: Path

    def path(self, name: str) -> str:
        """The full path of one program, e.g. `pg_ctl`."""
        return str(self.folder / name)

    def environment(self) -> dict[str, str]:
        """The environment the programs run in: clean of PG* settings, libraries found where they were unpacked."""
        kept = {key: value for key, value in os.environ.items() if not key.startswith("PG")}
        kept["LC_ALL"] = "C.UTF-8"
        if self.root == Path("/"):
            return kept
        return kept | {
            "LD_LIBRARY_PATH": os.environ.get(LIBRARIES_VARIABLE, ""),
            "PROJ_DATA": str(self.root / "usr/share/proj"),
            "PROJ_LIB": str(self.root / "usr/share/proj"),
        }


def find_programs(major: int | None = None) -> Programs:
    """The newest release on this machine that has PostGIS, or exactly release `major`.

    Looks on the machine, and where the bootstrap unpacked packages of its own (GRIDMGMT_PACKAGES).

    Raises
    ------
    MissingProgram
        where no release (or not that one) with PostGIS 3.3 or newer is found.
    """
    found = [programs for programs in _candidates() if major in (None, programs.major)]
    if not found:
        raise MissingProgram(
            program=f"PostgreSQL {major or ''} with PostGIS".replace("  ", " "), remedy=Words("reasons.postgis_remedy")
        )
    return max(found, key=lambda programs: programs.major)


def _candidates() -> Iterator[Programs]:
    for root in _roots():
        for folder in _folders(root):
            major = _major(folder)
            if major is not None and _postgis_version(folder, major) >= POSTGIS_MINIMUM:
                yield Programs(folder, major, root)


def _roots() -> Iterator[Path]:
    yield Path("/")
    private = os.environ.get(PACKAGES_VARIABLE)
    if private:
        yield Path(private)


def _folders(root: Path) -> Iterator[Path]:
    for pattern in SYSTEM_FOLDERS:
        yield from sorted(root.glob(pattern))
    on_path = shutil.which("pg_ctl")
    if root == Path("/") and on_path:
        yield Path(on_path).resolve().parent


def _major(folder: Path) -> int | None:
    """The release of the programs in `folder`; None where the server itself is not there (clients only)."""
    if not (folder / "postgres").exists() or not (folder / "initdb").exists():
        return None
    if folder.parent.name.isdigit():
        return int(folder.parent.name)
    answer = subprocess.run([folder / "postgres", "--version"], capture_output=True, text=True, check=False)
    found = re.search(r"(\d+)\.", answer.stdout)
    return int(found.group(1)) if found else None


def _postgis_version(folder: Path, major: int) -> tuple[int, ...]:
    """The PostGIS version that `create extension` would give; (0,) where there is none."""
    for prefix in SHARE_FOLDERS:
        for pattern in EXTENSION_FOLDERS:
            for control in (folder / prefix).resolve().glob(f"{pattern}/postgis.control"):
                found = re.search(r"default_version = '(\d+)\.(\d+)", control.read_text(encoding="utf-8"))
                if found and (str(major) in control.parts or not control.parent.parent.name.isdigit()):
                    return int(found.group(1)), int(found.group(2))
    return (0,)


if __name__ == "__main__":
    try:
        sys.stdout.write(f"{find_programs().folder}\n")
    except MissingProgram as error:
        sys.stderr.write(f"{error_text(error, language_here())}\n")
        sys.exit(3)

"""Private servers and `./run` on data folders of the test's own: real programs, real processes, real kill -9."""

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from gridmgmt.store.server import Server

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Checkout:
    """`./run` of this checkout with a data folder of its own."""

    data: Path

    @property
    def server(self) -> Server:
        """The private server that `./run` starts."""
        return Server(self.data / "postgres")

    def command(self, *words: str) -> list[str]:
        """The command line of `./run WORDS`."""
        return [str(ROOT / "run"), *words]

    def variables(self, **more: str) -> dict[str, str]:
        """What `./run` gets: nothing of the test run's own database."""
        kept = {key: value for key, value in os.environ.items() if key != "DATABASE_URL"}
        return kept | {"GRIDMGMT_DATA": str(self.data), "GRIDMGMT_LANG": "en"} | more

    def run(
        self, *words: str, cwd: Path = ROOT, given: str = "", env: dict[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run `./run WORDS` to its end."""
        return subprocess.run(
            self.command(*words),
            input=given,
            capture_output=True,
            text=True,
            check=False,
            cwd=cwd,
            env=self.variables(**(env or {})),
        )


@contextmanager
def folder() -> Iterator[Path]:
    """A folder that the server's account can reach; pytest's own is closed to it when we are root."""
    path = Path(tempfile.mkdtemp(prefix="gridmgmt-ops-"))
    path.chmod(0o711)
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


@pytest.fixture
def home() -> Iterator[Path]:
    """The home of a server to be made; whatever was started there is stopped and deleted afterwards."""
    with folder() as path:
        yield path / "postgres"
        Server(path / "postgres").remove()


@pytest.fixture(scope="module")
def checkout() -> Iterator[Checkout]:
    with folder() as path:
        checkout = Checkout(path)
        yield checkout
        checkout.server.remove()


def server_processes(server: Server) -> list[int]:
    """The postmaster's process number, then those of its children."""
    postmaster = int((server.data / "postmaster.pid").read_text().splitlines()[0])
    children = Path(f"/proc/{postmaster}/task/{postmaster}/children").read_text().split()
    return [postmaster, *map(int, children)]


def kill(processes: list[int]) -> None:
    """kill -9; a process that is gone already is fine."""
    for pid in processes:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)

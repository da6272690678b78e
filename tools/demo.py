"""The steps of `./run demo`: each is one `gridmgmt` command anybody could run."""

import contextlib
import os
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence

from tools import layout, say

PORT = 8000
HOST = "127.0.0.1"
UP_SECONDS = 120


@contextlib.contextmanager
def warming() -> Iterator[None]:
    """Compile what the main job will call, beside what is done meanwhile: fetching PostGIS leaves a core idle."""
    command = [str(layout.PYTHON.with_name("gridmgmt")), "warm-up"]
    variables = layout.environment()
    process = subprocess.Popen(command, env=variables, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield
    finally:
        process.terminate()
        process.wait()


def build(variables: Mapping[str, str]) -> None:
    """From an empty database to plans, reports and maps; what is there already is kept."""
    upgrade(variables)
    _gridmgmt("step_load", variables, "demo", "load")
    _gridmgmt("step_job", variables, "demo", "job", "--out", str(layout.OUT))
    _gridmgmt("step_maps", variables, "map", "all", "--source", "demo", "--out", str(layout.OUT / "maps"))
    _gridmgmt("step_sign_ins", variables, "demo", "sign-ins")


def upgrade(variables: Mapping[str, str]) -> None:
    """Bring the database to the schema of this checkout."""
    _gridmgmt("step_upgrade", variables, "db", "upgrade")


def finish() -> int:
    """Say where the results are."""
    print(say.text("finished", out=layout.OUT, maps=layout.OUT / "maps"))
    return 0


def serving(port: int) -> Sequence[str]:
    """The command that serves the web app."""
    return ["gridmgmt", "serve", "--port", str(port)]


def require_free(port: int) -> None:
    """Find out before all the work that the port is taken."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except (OSError, OverflowError) as error:
            raise say.Stop(say.text("port_taken", port=port, detail=error)) from error


def announce_when_up(port: int) -> None:
    """Print the addresses once the server answers, from a process of its own: ours is about to become the server."""
    server = os.getpid()
    child = os.fork()
    if child == 0:
        if os.fork() == 0 and _answers(port, server):
            print(say.text("addresses", port=port, maps=layout.OUT / "maps"), flush=True)
        os._exit(0)
    os.waitpid(child, 0)


def _answers(port: int, server: int) -> bool:
    """Wait until the web app answers; False where its process ended or it takes too long."""
    deadline = time.monotonic() + UP_SECONDS
    while time.monotonic() < deadline and _alive(server):
        try:
            with urllib.request.urlopen(f"http://{HOST}:{port}/healthz", timeout=2):
                return True
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
    return False


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def _gridmgmt(key: str, variables: Mapping[str, str], *arguments: str) -> None:
    """One step; the command itself tells how far it is."""
    with say.step(key):
        status = subprocess.run(["gridmgmt", *arguments], env=dict(variables), cwd=layout.ROOT, check=False).returncode
    if status != 0:
        raise say.Stop(say.text("step_failed", command=f"gridmgmt {' '.join(arguments)}", status=status))

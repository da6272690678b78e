"""A PostGIS to work on: the one of DATABASE_URL, or a private server, installed first where the machine has none."""

import os
import subprocess

from tools import layout, packages, say

VARIABLE = "DATABASE_URL"
MISSING_PROGRAM = 3  # exit status of gridmgmt.store.server where it finds no server programs


def given_url() -> str | None:
    """The database the person named, with the driver we use; None where the private server is meant."""
    url = os.environ.get(VARIABLE)
    if not url:
        return None
    scheme, separator, rest = url.partition("://")
    return f"postgresql+psycopg{separator}{rest}" if scheme in ("postgres", "postgresql") else url


def url() -> str:
    """A database that is up: the given one, checked, or the private one, started."""
    url = given_url()
    if url is not None:
        _answer(_module("gridmgmt.store.extensions", url))
        return url
    started = _server("start")
    if started.returncode == MISSING_PROGRAM:
        provide()
        started = _server("start")
    return _answer(started)


def provide() -> None:
    """Have the server programs with PostGIS on this machine; nothing where they are."""
    with layout.locked(layout.PACKAGES_LOCK):
        if _module("gridmgmt.store.programs").returncode != 0:
            _get()


def stop() -> bool:
    """Stop the private server; False where it was not running."""
    return _answer(_server("stop")) == "stopped"


def remove() -> None:
    """Stop the private server and delete its data."""
    _answer(_server("remove"))


def _get() -> None:
    name = packages.newest("^postgresql-[0-9]+-postgis-3$") if packages.available() else None
    if name is None:
        raise say.Stop(say.text("no_postgis"))
    with say.step("getting_packages", names=name):
        packages.provide([name])


def _server(action: str) -> subprocess.CompletedProcess[str]:
    return _module("gridmgmt.store.server", action, str(layout.POSTGRES))


def _module(module: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a module of the library, which stands in the environment of the checkout and not in ours."""
    return subprocess.run(
        [layout.PYTHON, "-m", module, *arguments],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        cwd=layout.ROOT,
        env=layout.environment(),
    )


def _answer(result: subprocess.CompletedProcess[str]) -> str:
    """What a module answered; its complaint becomes ours."""
    if result.returncode != 0:
        raise say.Stop(result.stderr.strip())
    return result.stdout.strip()

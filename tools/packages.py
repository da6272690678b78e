"""Debian packages the project needs: installed by root, or unpacked beside the data for everyone else.

A plain user's packages are fetched by apt from the sources the machine is configured with, into folders of our own, and
unpacked under `layout.PACKAGES`. Their programs then run with the libraries of that folder (`layout.libraries`).
"""

import os
import re
import shutil
import subprocess
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tools import layout, say

APT = layout.PACKAGES.parent / "apt"
CLUSTER_SETTINGS = Path("/etc/postgresql-common/createcluster.conf")
CONFOLD = ("-o", "Dpkg::Options::=--force-confold", "-o", "DPkg::Lock::Timeout=300")


def available() -> bool:
    """Whether this machine can give us Debian packages at all."""
    return shutil.which("apt-get") is not None and shutil.which("dpkg-deb") is not None


def is_root() -> bool:
    """Whether packages can be installed for the whole machine."""
    return os.geteuid() == 0


def newest(pattern: str) -> str | None:
    """The name of the newest package whose name matches a pattern with one number in it, e.g. `^postgresql-[0-9]+$`."""
    names = _search(pattern)
    if not names:
        _update()
        names = _search(pattern)
    return max(names, key=_number, default=None)


def provide(names: Sequence[str]) -> None:
    """Install the packages, as root, or unpack them and all they depend on that the machine lacks."""
    act = _install if is_root() else _unpack
    try:
        act(names)
    except say.Stop:  # the package lists are missing or name versions that are gone
        _update()
        act(names)


def _search(pattern: str) -> list[str]:
    command = ["apt-cache", *_options(), "search", "--names-only", pattern]
    answer = subprocess.run(command, capture_output=True, text=True, check=False)
    return [line.split()[0] for line in answer.stdout.splitlines() if line.strip()]


def _number(name: str) -> int:
    found = re.search(r"\d+", name)
    return int(found.group()) if found else 0


def _update() -> None:
    with say.step("updating_lists"):
        say.run_logged(["apt-get", *_options(), "update"], "apt-update")


def _install(names: Sequence[str]) -> None:
    _forbid_default_cluster()
    command = ["apt-get", *CONFOLD, "install", "--yes", "--no-install-recommends", *names]
    say.run_logged(command, "apt-install", os.environ | {"DEBIAN_FRONTEND": "noninteractive"})


def _forbid_default_cluster() -> None:
    """Keep the server packages from starting a cluster of their own on port 5432; an administrator's word stands."""
    if not CLUSTER_SETTINGS.exists():
        CLUSTER_SETTINGS.parent.mkdir(parents=True, exist_ok=True)
        CLUSTER_SETTINGS.write_text("create_main_cluster = false\n", encoding="utf-8")


def _unpack(names: Sequence[str]) -> None:
    archives = APT / "cache" / "archives"
    shutil.rmtree(archives, ignore_errors=True)
    options = ("--yes", "--no-install-recommends", "--download-only")
    say.run_logged(["apt-get", *_options(), "install", *options, *names], "apt-download")
    layout.PACKAGES.mkdir(parents=True, exist_ok=True)
    with ThreadPoolExecutor() as pool:
        list(pool.map(_unpack_archive, sorted(archives.glob("*.deb"))))
    shutil.rmtree(archives)
    _link_extensions()


def _unpack_archive(archive: Path) -> None:
    subprocess.run(["dpkg-deb", "--extract", archive, layout.PACKAGES], check=True)


def _link_extensions() -> None:
    """Name the PostGIS extensions as the package's own script would: `postgis.control` for `postgis-3.control`."""
    for control in layout.PACKAGES.glob("usr/share/postgresql/*/extension/*-[0-9].control"):
        link = control.with_name(f"{control.stem[:-2]}.control")
        if not link.exists():
            link.symlink_to(control.name)


def _options() -> list[str]:
    """apt's options for package lists and downloads of our own, which need no rights; root uses the machine's."""
    if is_root():
        return []
    for folder in ("state/lists/partial", "cache/archives/partial"):
        (APT / folder).mkdir(parents=True, exist_ok=True)
    settings = {
        "Dir::State": APT / "state",
        "Dir::State::Lists": APT / "state" / "lists",
        "Dir::State::Status": "/var/lib/dpkg/status",
        "Dir::Cache": APT / "cache",
        "Debug::NoLocking": "1",
        "APT::Sandbox::User": "",
    }
    return [word for name, value in settings.items() for word in ("-o", f"{name}={value}")]

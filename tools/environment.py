"""The Python environment of the checkout: exactly the locked versions, built once, reused by a stamp."""

import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

from tools import layout, packages, say

LOCK = layout.ROOT / "requirements.lock"
STAMP = layout.VENV / "gridmgmt.stamp"
UV = layout.PYTHON.parent / "uv"
SYSTEM_WHEELS = Path("/usr/share/python-wheels")


def ensure() -> None:
    """Make the environment fit the lock; nothing where it already does."""
    if not _fits():
        with layout.locked(LOCK):
            if not _fits():
                _build()


def _fits() -> bool:
    return STAMP.exists() and STAMP.read_text(encoding="utf-8") == _fingerprint()


def _fingerprint() -> str:
    """What the environment was made from: another folder, Python, lock or project file makes another one."""
    digest = hashlib.sha256()
    for path in (LOCK, layout.ROOT / "pyproject.toml"):
        digest.update(path.read_bytes())
    return f"{_place()}\n{digest.hexdigest()}\n"


def _place() -> str:
    return f"{layout.VENV} {sys.version_info.major}.{sys.version_info.minor}"


def _build() -> None:
    with say.step("environment"):
        if STAMP.exists() and STAMP.read_text(encoding="utf-8").splitlines()[:1] != [_place()]:
            shutil.rmtree(layout.VENV)  # moved, or another Python: its scripts name the old place
        STAMP.unlink(missing_ok=True)
        if not layout.PYTHON.exists():
            say.run_logged([sys.executable, "-m", "venv", "--without-pip", layout.VENV], "venv")
        if not UV.exists():
            say.run_logged([layout.PYTHON, _pip_wheel() / "pip", "install", "uv"], "uv", _pip_environment())
    with say.step("locked_packages"):
        _uv("--require-hashes", "-r", LOCK)
        _uv("--no-deps", "--no-build-isolation", "--editable", layout.ROOT)
    STAMP.write_text(_fingerprint(), encoding="utf-8")


def _uv(*arguments: object) -> None:
    command = [UV, "pip", "install", "--python", layout.PYTHON, *arguments]
    say.run_logged(command, "uv-install", layout.environment() | _index())


def _pip_environment() -> dict[str, str]:
    return layout.environment() | {"PIP_DISABLE_PIP_VERSION_CHECK": "1"}


def _index() -> dict[str, str]:
    """The package index pip is configured with, for uv, which does not read pip's settings."""
    if {"UV_DEFAULT_INDEX", "UV_INDEX_URL"} & set(os.environ):
        return {}
    command = [str(layout.PYTHON), str(_pip_wheel() / "pip"), "config", "get", "global.index-url"]
    answer = subprocess.run(command, capture_output=True, text=True, check=False, env=_pip_environment())
    index = os.environ.get("PIP_INDEX_URL") or answer.stdout.strip()
    return {"UV_DEFAULT_INDEX": index} if index else {}


def _pip_wheel() -> Path:
    """A pip to start from, which runs out of its wheel: Debian's Python comes without pip and without ensurepip."""
    found = _find_pip_wheel()
    if found is None and packages.available():
        packages.provide(["python3-pip-whl"])
        found = _find_pip_wheel()
    if found is None:
        raise say.Stop(say.text("no_pip"))
    return found


def _find_pip_wheel() -> Path | None:
    folders = [SYSTEM_WHEELS, layout.PACKAGES / SYSTEM_WHEELS.relative_to("/")]
    bundled = importlib.util.find_spec("ensurepip")
    if bundled is not None and bundled.origin is not None:
        folders.insert(0, Path(bundled.origin).parent / "_bundled")
    return next((wheel for folder in folders for wheel in sorted(folder.glob("pip-*.whl"))), None)

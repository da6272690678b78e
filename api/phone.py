"""The field app's files as its service worker keeps them: which they are, and one version for all of them."""

import hashlib
from functools import cache
from pathlib import Path

from gridmgmt.messages import LANGUAGES, catalogue

WEB_FOLDER = Path(__file__).parent / "web"
TEMPLATES = tuple(Path(__file__).parent / "templates" / name for name in ("base.html", "words.html", "field.html"))
# Modules of the desk that the phone has too.
SHARED = ("day", "dom", "drafts", "i18n", "state", "words", "colours", "moves", "moveform")
MADE = (
    "/field",
    "/field/manifest.webmanifest",
    "/field/map-worker.mjs",
    *(f"/api/v1/messages/{one}" for one in LANGUAGES),
)


def shell_files(maplibre: str) -> list[Path]:
    """The static files of the app, in one order."""
    own = sorted(path for path in (WEB_FOLDER / "field").iterdir() if path.name != "sw.js")
    styles = [WEB_FOLDER / "css" / f"{name}.css" for name in ("tokens", "field")]
    shared = [WEB_FOLDER / "js" / f"{name}.js" for name in SHARED]
    vendor = [WEB_FOLDER / "vendor" / maplibre / name for name in ("maplibre-gl.mjs", "maplibre-gl.css")]
    return [*own, *styles, *shared, *vendor, WEB_FOLDER / "icon.svg"]


def shell_addresses(maplibre: str) -> list[str]:
    """Where the app's files are asked for."""
    return [*MADE, *(f"/web/{path.relative_to(WEB_FOLDER).as_posix()}" for path in shell_files(maplibre))]


@cache
def shell_version(maplibre: str) -> str:
    """A hash of everything in the shell, words too; read once per process."""
    digest = hashlib.sha256()
    for path in (*shell_files(maplibre), *TEMPLATES, WEB_FOLDER / "field" / "sw.js"):
        digest.update(path.name.encode() + hashlib.sha256(path.read_bytes()).digest())
    for language in LANGUAGES:
        digest.update(repr(sorted(catalogue(language).items())).encode())
    return digest.hexdigest()[:16]

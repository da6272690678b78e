"""What the browser tests need: a Chromium that shows Chinese, and Playwright's driver able to run.

Each is the machine's own or comes from Debian's packages. Programs out of unpacked packages are reached through small
launchers, which name the libraries and the fonts where they lie.
"""

import os
import shlex
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

from tools import layout, packages, say

VARIABLE = "GRIDMGMT_CHROMIUM"
DRIVER_VARIABLE = "PLAYWRIGHT_NODEJS_PATH"
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
UNPACKED = layout.PACKAGES / "usr/lib/chromium/chromium"
FONT_FOLDERS = (Path("/usr/share/fonts"), layout.PACKAGES / "usr/share/fonts")
CHINESE_FONTS = ("wqy-*.tt[cf]", "NotoSansCJK*", "NotoSansSC*", "SourceHanSans*")


def ensure() -> dict[str, str]:
    """The variables by which the tests find a browser that runs here; what is missing for it is fetched."""
    with layout.locked(layout.PACKAGES_LOCK):
        missing = [name for name, there in _parts().items() if not there]
        if missing and packages.available():
            with say.step("getting_packages", names=" ".join(missing)):
                packages.provide(missing)
        return _driver() | {VARIABLE: str(_browser())}


def _parts() -> dict[str, bool]:
    """Debian's packages for the browser tests, and whether the machine already has what they bring."""
    return {
        "chromium": _find_browser() is not None,
        "fonts-wqy-microhei": any(
            next(folder.rglob(pattern), None) for folder in FONT_FOLDERS for pattern in CHINESE_FONTS
        ),
        "libatomic1": _runs(_node()) or next(layout.PACKAGES.rglob("libatomic.so.1"), None) is not None,
    }


def _find_browser() -> Path | None:
    given = os.environ.get(VARIABLE)
    installed = given or next((path for name in NAMES if (path := shutil.which(name))), None)
    if installed is not None:
        return Path(installed)
    return UNPACKED if UNPACKED.exists() else None


def _browser() -> Path:
    """A browser that runs, through a launcher where it or its fonts come out of unpacked packages."""
    browser = _find_browser()
    if browser is None:
        raise say.Stop(say.text("no_chromium"))
    if browser == UNPACKED or FONT_FOLDERS[1].exists():
        browser = _launcher("chromium", browser, {"FONTCONFIG_FILE": str(_font_settings())})
    if not _runs(browser):
        raise say.Stop(say.text("does_not_run", path=browser))
    return browser


def _driver() -> dict[str, str]:
    """Playwright's own node, with unpacked libraries where the machine lacks one it needs."""
    node = _node()
    if _runs(node):
        return {}
    return {DRIVER_VARIABLE: str(_launcher("node", node, {}))}


def _node() -> Path:
    return next(layout.VENV.glob("lib/python3*/site-packages/playwright/driver/node"))


def _runs(program: Path) -> bool:
    return subprocess.run([program, "--version"], capture_output=True, check=False).returncode == 0


def _launcher(name: str, program: Path, settings: Mapping[str, str]) -> Path:
    """A script that starts a program with the libraries of the unpacked packages."""
    variables = {"LD_LIBRARY_PATH": layout.libraries(), **settings}
    exports = "".join(f"export {key}={shlex.quote(value)}\n" for key, value in variables.items())
    launcher = layout.DATA / name
    launcher.write_text(f'#!/bin/sh\n{exports}exec {shlex.quote(str(program))} "$@"\n', encoding="utf-8")
    launcher.chmod(0o755)
    return launcher


def _font_settings() -> Path:
    settings = layout.DATA / "fonts.conf"
    folders = "".join(f"<dir>{folder}</dir>" for folder in FONT_FOLDERS)
    cache = f"<cachedir>{layout.DATA / 'font-cache'}</cachedir>"
    settings.write_text(f'<?xml version="1.0"?><fontconfig>{folders}{cache}</fontconfig>\n', encoding="utf-8")
    return settings

"""A Chromium with Chinese glyphs for the browser tests: the machine's, or Debian's package.

The tests get its path in GRIDMGMT_CHROMIUM. Unpacked packages are reached through a small launcher, which names the
libraries and the fonts where they lie.
"""

import os
import shlex
import shutil
import subprocess
from pathlib import Path

from tools import layout, packages, say

VARIABLE = "GRIDMGMT_CHROMIUM"
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
PACKAGE, FONT_PACKAGE = "chromium", "fonts-wqy-microhei"
UNPACKED = layout.PACKAGES / "usr/lib/chromium/chromium"
FONT_FOLDERS = (Path("/usr/share/fonts"), layout.PACKAGES / "usr/share/fonts")
CHINESE_FONTS = ("wqy-*.tt[cf]", "NotoSansCJK*", "NotoSansSC*", "SourceHanSans*")
LAUNCHER = layout.DATA / "chromium"
FONT_SETTINGS = layout.DATA / "fonts.conf"


def ensure() -> str:
    """Path of a browser that runs here and shows Chinese; its packages are fetched where they are missing."""
    given = os.environ.get(VARIABLE)
    if given:
        return given
    with layout.locked("packages"):
        missing = [name for name, there in ((PACKAGE, _browser()), (FONT_PACKAGE, _has_chinese_font())) if not there]
        if missing and packages.available():
            with say.step("getting_packages", names=" ".join(missing)):
                packages.provide(missing)
        browser = _browser()
        if browser is None:
            raise say.Stop(say.text("no_chromium"))
        return str(_launcher(browser))


def _browser() -> Path | None:
    installed = next((path for name in NAMES if (path := shutil.which(name))), None)
    if installed is not None:
        return Path(installed)
    return UNPACKED if UNPACKED.exists() else None


def _has_chinese_font() -> bool:
    return any(next(folder.rglob(pattern), None) for folder in FONT_FOLDERS for pattern in CHINESE_FONTS)


def _launcher(browser: Path) -> Path:
    """A script that starts the browser with unpacked libraries and fonts; the browser itself where nothing is."""
    fonts = layout.PACKAGES / "usr/share/fonts"
    if browser != UNPACKED and not fonts.exists():
        return browser
    _write_font_settings()
    settings = {"FONTCONFIG_FILE": str(FONT_SETTINGS)} | (packages.environment() if browser == UNPACKED else {})
    exports = "".join(f"export {name}={shlex.quote(value)}\n" for name, value in settings.items())
    LAUNCHER.write_text(f'#!/bin/sh\n{exports}exec {shlex.quote(str(browser))} "$@"\n', encoding="utf-8")
    LAUNCHER.chmod(0o755)
    return LAUNCHER


def _write_font_settings() -> None:
    folders = "".join(f"<dir>{folder}</dir>" for folder in FONT_FOLDERS)
    cache = f"<cachedir>{layout.DATA / 'font-cache'}</cachedir>"
    FONT_SETTINGS.write_text(f'<?xml version="1.0"?><fontconfig>{folders}{cache}</fontconfig>\n', encoding="utf-8")


def version(browser: str) -> str:
    """What the browser says it is; raises Stop where it does not run."""
    answer = subprocess.run([browser, "--version"], capture_output=True, text=True, check=False)
    if answer.returncode != 0:
        raise say.Stop(say.text("chromium_broken", path=browser, detail=answer.stderr.strip()[-500:]))
    return answer.stdout.strip()

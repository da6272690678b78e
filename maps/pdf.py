"""A page as PDF, printed by a headless Chromium where the machine has one."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from gridmgmt.errors import MissingProgram
from gridmgmt.messages import Words

VARIABLE = "GRIDMGMT_CHROMIUM"
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
LIMIT_S = 120
REMEDY = Words("reasons.chromium_remedy", variable=VARIABLE)


def write_pdf(path: Path, page: str) -> None:
    """Print a self-contained page to `path`; MissingProgram where there is no Chromium, or it does not print."""
    browser = os.environ.get(VARIABLE) or next((found for name in NAMES if (found := shutil.which(name))), None)
    if browser is None or shutil.which(browser) is None:
        raise MissingProgram(program="Chromium", remedy=REMEDY)
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="gridmgmt-pdf-") as folder:
        source, printed = Path(folder) / "page.html", Path(folder) / "page.pdf"
        source.write_text(page, encoding="utf-8")
        command = [browser, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
                   "--disable-background-networking", f"--user-data-dir={folder}/profile", "--no-pdf-header-footer",
                   f"--print-to-pdf={printed}", source.as_uri()]  # fmt: skip
        subprocess.run(command, capture_output=True, check=False, timeout=LIMIT_S)
        if not printed.exists():
            raise MissingProgram(program=f"{browser} --headless", remedy=REMEDY)
        shutil.move(printed, path)

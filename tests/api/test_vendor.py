"""Vendored files are exactly the published ones, with their licence, and the pages ask no other host for anything."""

import hashlib
import re
from pathlib import Path

from api.routers.pages import MAPLIBRE

WEB = Path(__file__).parents[2] / "api" / "web"
VENDOR = WEB / "vendor"


def manifest() -> dict[str, str]:
    lines = (VENDOR / "SHA256SUMS").read_text(encoding="utf-8").splitlines()
    return {name: digest for digest, name in (line.split("  ") for line in lines)}


def test_the_manifest_is_the_folder() -> None:
    found = {
        str(path.relative_to(VENDOR)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in VENDOR.glob("*/*")
        if path.is_file()
    }
    assert found == manifest()


def test_every_library_has_its_version_and_licence() -> None:
    for folder in (path for path in VENDOR.iterdir() if path.is_dir()):
        assert re.search(r"-\d+\.\d+\.\d+$", folder.name)
        assert (folder / "LICENSE.txt").is_file()
    assert (VENDOR / MAPLIBRE).is_dir()


def test_our_own_files_name_no_other_host() -> None:
    own = [path for kind in ("js/*.js", "field/*.js", "css/*.css") for path in WEB.glob(kind)]
    own += list((WEB.parent / "templates").glob("*.html"))
    for path in own:
        assert not re.search(r"https?://|url\(['\"]?//", path.read_text(encoding="utf-8")), path.name


def test_scripts_use_the_pinned_library_and_no_chinese_words() -> None:
    for path in (*WEB.glob("js/*.js"), *WEB.glob("field/*.js")):
        source = path.read_text(encoding="utf-8")
        assert set(re.findall(r"vendor/([\w.-]+)/", source)) <= {MAPLIBRE}
        assert not re.search(r"[\u4e00-\u9fff]", source), path.name
        assert len(source.splitlines()) < 300, path.name

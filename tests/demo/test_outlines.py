"""The files of data/boundaries: small, hashed, written anywhere (test_city: they are what the seed builds)."""

import hashlib
import tomllib
from pathlib import Path

from gridmgmt.demo.city import City
from gridmgmt.demo.outlines import write_outlines

FOLDER = Path(__file__).parents[2] / "data" / "boundaries"


def test_files_are_small_and_hashed() -> None:
    manifests = list(FOLDER.glob("*.toml"))
    assert len(manifests) == 3
    assert sum(path.stat().st_size for path in FOLDER.iterdir()) < 1_000_000
    for path in manifests:
        manifest = tomllib.loads(path.read_text("utf-8"))
        assert hashlib.sha256((FOLDER / manifest["file"]).read_bytes()).hexdigest() == manifest["sha256"]


def test_written_to_any_folder(small_city: City, tmp_path: Path) -> None:
    paths = write_outlines(small_city, 2006, tmp_path / "new")
    assert len(paths) == 6
    assert all(path.read_bytes() for path in paths)

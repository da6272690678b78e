"""Shapefiles whose text is GBK or UTF-8, with a `.cpg` that is right, missing or lying."""

from pathlib import Path

import pyogrio
import pytest

from gridmgmt.errors import InvalidInput, UnreadableFile
from gridmgmt.io.encodings import codec, detect, mojibake, of_shapefile
from gridmgmt.io.files import read_file
from tests.io.places import blocks


def shapefile(folder: Path, written: str, cpg: str | None) -> Path:
    path = folder / "社区.shp"
    pyogrio.write_dataframe(blocks(), path, driver="ESRI Shapefile", encoding=written)
    note = path.with_suffix(".cpg")
    note.unlink(missing_ok=True)
    table = path.with_suffix(".dbf")
    body = bytearray(table.read_bytes())
    body[29] = 0  # the code page in the header of the table
    table.write_bytes(body)
    if cpg is not None:
        note.write_text(cpg)
    return path


@pytest.mark.parametrize("written", ["UTF-8", "GBK"])
@pytest.mark.parametrize("cpg", [None, "UTF-8", "GBK", "936", "ISO-8859-1", "ANSI 1252", "nonsense"])
def test_chinese_is_read_whatever_the_cpg_says(tmp_path: Path, written: str, cpg: str | None) -> None:
    source = read_file(shapefile(tmp_path, written, cpg))
    assert list(source.frame.columns) == ["名称", "geometry"]
    assert source.frame["名称"][5] == "第6社区"
    lied = cpg not in (None, "nonsense") and codec(cpg or "") != codec(written)
    assert [key for key, _ in source.notes] == (["lying_cpg"] if lied else [])


def test_the_encoding_given_by_hand_wins(tmp_path: Path) -> None:
    path = shapefile(tmp_path, "GBK", "UTF-8")
    assert read_file(path, encoding="gbk").frame["名称"][0] == "第1社区"
    with pytest.raises(InvalidInput, match="klingon"):
        read_file(path, encoding="klingon")


def test_bytes_that_are_no_known_text_are_refused(tmp_path: Path) -> None:
    path = shapefile(tmp_path, "GBK", None)
    table = path.with_suffix(".dbf")
    table.write_bytes(table.read_bytes().replace("第".encode("gbk"), b"\xff\xff"))
    with pytest.raises(UnreadableFile, match="--encoding"):
        read_file(path)


def test_latin_text_keeps_its_declared_encoding() -> None:
    assert detect(["Café".encode("latin-1")], "ISO-8859-1") == "iso8859-1"
    assert detect([b"plain"], "") == "utf-8"


def test_a_shapefile_without_table_has_nothing_to_decode(tmp_path: Path) -> None:
    (tmp_path / "a.shp").write_bytes(b"")
    assert of_shapefile(tmp_path / "a.shp").name == "utf-8"


@pytest.mark.parametrize(("right", "wrong"), [("utf-8", "latin-1"), ("gbk", "latin-1"), ("utf-8", "gb18030")])
def test_garbled_text_says_what_it_was(right: str, wrong: str) -> None:
    meant = "罗湖桂园"
    assert mojibake(meant.encode(right).decode(wrong)) == meant


@pytest.mark.parametrize("sound", ["罗湖区", "Straße", "Été à Paris", "深圳 Café", "120户", ""])
def test_sound_text_is_left_alone(sound: str) -> None:
    assert mojibake(sound) is None

"""Archives that would do harm."""

import stat
import time
import zipfile
from pathlib import Path

import pytest

from gridmgmt.errors import UnreadableFile
from gridmgmt.io.archive import Limits, check_no_dtd, member_name, unpacked


def packed(path: Path, members: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


@pytest.mark.parametrize("name", ["../out.shp", "/etc/out.shp", "a/../../out.shp", "..\\out.shp", "C:\\out.shp"])
def test_no_member_leaves_the_folder(tmp_path: Path, name: str) -> None:
    path = packed(tmp_path / "a.zip", {name: b"x"})
    with pytest.raises(UnreadableFile, match="outside"), unpacked(path):
        pass
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["a.zip"]


def test_links_are_refused(tmp_path: Path) -> None:
    link = zipfile.ZipInfo("a.shp")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr(link, "/etc/passwd")
    with pytest.raises(UnreadableFile, match="link"), unpacked(tmp_path / "a.zip"):
        pass


def test_a_bomb_is_refused_before_it_unpacks(tmp_path: Path) -> None:
    path = packed(tmp_path / "a.zip", {"a.shp": bytes(50_000_000)})
    started = time.monotonic()
    with pytest.raises(UnreadableFile, match="bomb"), unpacked(path):
        pass
    assert time.monotonic() - started < 60  # it would hang, not be slow


def test_a_lying_directory_stops_at_what_it_promised(tmp_path: Path) -> None:
    path = packed(tmp_path / "a.zip", {"a.shp": bytes(3_000_000)})
    body = bytearray(path.read_bytes())
    at = body.rindex(b"PK\x01\x02")
    body[at + 24 : at + 28] = (100).to_bytes(4, "little")  # the size it claims in its directory
    path.write_bytes(body)
    with pytest.raises(UnreadableFile, match="damaged"), unpacked(path):
        pass


def test_too_many_members_and_repeated_names_are_refused(tmp_path: Path) -> None:
    many = packed(tmp_path / "many.zip", {f"{number}.txt": b"" for number in range(5)})
    with pytest.raises(UnreadableFile, match="5 files"), unpacked(many, Limits(members=4)):
        pass
    twice = packed(tmp_path / "twice.zip", {"a/x.shp": b"1", "b/x.shp": b"2"})
    with pytest.raises(UnreadableFile, match="twice"), unpacked(twice):
        pass


def test_what_macs_add_is_ignored_and_folders_are_flattened(tmp_path: Path) -> None:
    path = packed(tmp_path / "a.zip", {"数据/a.shp": b"1", "__MACOSX/._a.shp": b"2", ".DS_Store": b"3"})
    with unpacked(path) as files:
        assert [(file.name, file.read_bytes()) for file in files] == [("a.shp", b"1")]
    assert not files[0].exists()


def test_names_that_old_tools_wrote_in_gbk_are_read() -> None:
    member = zipfile.ZipInfo("社区.shp".encode("gbk").decode("cp437"))
    member.flag_bits = 0
    assert member_name(member) == "社区.shp"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_xml_with_a_dtd_is_refused(tmp_path: Path, encoding: str) -> None:
    bomb = '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaa">]><x>&a;</x>'.encode(encoding)
    path = packed(tmp_path / "a.xlsx", {"xl/workbook.xml": bomb})
    with pytest.raises(UnreadableFile, match="entities"):
        check_no_dtd(path)


def test_no_zip_at_all(tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_bytes(b"Rar!")
    with pytest.raises(UnreadableFile, match="no zip"), unpacked(tmp_path / "a.zip"):
        pass

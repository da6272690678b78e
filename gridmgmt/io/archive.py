"""Zip files from outside, unpacked without harm: no path leaves the folder, no bomb goes off, no XML carries a DTD."""

import re
import shutil
import stat
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory

from gridmgmt.errors import UnreadableFile
from gridmgmt.messages import Words

UTF8_NAME_FLAG = 0x800
XML_HEAD_BYTES = 65536
_XML_DECLARES = re.compile(rb"<!\s*(DOCTYPE|ENTITY)", re.IGNORECASE)


@dataclass(frozen=True)
class Limits:
    """How large a file may be; the web edge gives tighter ones than the command line."""

    file_bytes: int = 1 << 30
    unpacked_bytes: int = 1 << 30
    ratio: int = 200  # unpacked to packed; text packs 10–50 times, a bomb a thousand times
    members: int = 1000
    features: int = 2_000_000


DEFAULT_LIMITS = Limits()


def check_size(path: Path, limits: Limits = DEFAULT_LIMITS) -> None:
    """UnreadableFile where there is no such file, it is a folder, too large or empty."""
    if path.is_dir():
        raise UnreadableFile(path=path.name, detail=Words("reasons.file_folder"))
    if not path.is_file():
        raise UnreadableFile(path=path.name, detail=Words("reasons.file_not_there"))
    size = path.stat().st_size
    if size == 0:
        raise UnreadableFile(path=path.name, detail=Words("reasons.file_empty"))
    if size > limits.file_bytes:
        detail = Words("reasons.file_too_large", size=size, limit=limits.file_bytes)
        raise UnreadableFile(path=path.name, detail=detail)


@contextmanager
def opened(path: Path, limits: Limits = DEFAULT_LIMITS) -> Iterator[zipfile.ZipFile]:
    """A zip file whose directory promises nothing dangerous; the promise is held while members are read."""
    try:
        archive = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, OSError, ValueError) as error:
        raise UnreadableFile(path=path.name, detail=Words("reasons.zip_damaged")) from error
    with archive:
        _check_directory(path, archive.infolist(), limits)
        yield archive


def _check_directory(path: Path, members: list[zipfile.ZipInfo], limits: Limits) -> None:
    unpacked, packed = sum(m.file_size for m in members), sum(m.compress_size for m in members)
    if len(members) > limits.members:
        detail = Words("reasons.zip_too_many", files=len(members), limit=limits.members)
        raise UnreadableFile(path=path.name, detail=detail)
    if unpacked > limits.unpacked_bytes or unpacked > limits.ratio * max(packed, 1) + (1 << 20):
        raise UnreadableFile(path=path.name, detail=Words("reasons.zip_bomb", packed=packed, unpacked=unpacked))
    for member in members:
        _check_member(path, member)


def _check_member(path: Path, member: zipfile.ZipInfo) -> None:
    name = PurePosixPath(member.filename.replace("\\", "/"))
    if name.is_absolute() or ".." in name.parts or ":" in member.filename:
        raise UnreadableFile(path=path.name, detail=Words("reasons.zip_outside", member=member.filename))
    if stat.S_ISLNK(member.external_attr >> 16):
        raise UnreadableFile(path=path.name, detail=Words("reasons.zip_link", member=member.filename))
    if member.flag_bits & 0x1:
        raise UnreadableFile(path=path.name, detail=Words("reasons.zip_encrypted"))


def member_name(member: zipfile.ZipInfo) -> str:
    """The last part of a member's name; names that old Chinese tools wrote in GBK are read as such."""
    name = member.filename
    if not member.flag_bits & UTF8_NAME_FLAG:
        raw = name.encode("cp437", errors="replace")
        for encoding in ("utf-8", "gb18030"):
            try:
                name = raw.decode(encoding)
                break
            except UnicodeDecodeError:
                continue
    return PurePosixPath(name.replace("\\", "/")).name


@contextmanager
def unpacked(path: Path, limits: Limits = DEFAULT_LIMITS) -> Iterator[list[Path]]:
    """The files of an archive in a folder of their own, which goes away afterwards. Sub-folders are flattened."""
    with TemporaryDirectory(prefix="gridmgmt-") as folder, opened(path, limits) as archive:
        yield [_unpack(archive, member, Path(folder), path) for member in archive.infolist() if not _ignored(member)]


def _ignored(member: zipfile.ZipInfo) -> bool:
    name = member_name(member)
    return member.is_dir() or name.startswith(".") or "__MACOSX" in member.filename


def _unpack(archive: zipfile.ZipFile, member: zipfile.ZipInfo, folder: Path, path: Path) -> Path:
    """One member, never more bytes than its entry promised (zipfile itself stops there and checks the CRC)."""
    target = folder / member_name(member)
    if target.exists():
        raise UnreadableFile(path=path.name, detail=Words("reasons.zip_twice", member=target.name))
    try:
        with archive.open(member) as source, target.open("xb") as sink:
            shutil.copyfileobj(source, sink)
    except (zipfile.BadZipFile, OSError, EOFError, NotImplementedError, ValueError) as error:
        raise UnreadableFile(path=path.name, detail=Words("reasons.zip_member_damaged", member=target.name)) from error
    return target


def check_no_dtd(path: Path, limits: Limits = DEFAULT_LIMITS) -> None:
    """UnreadableFile where an XML member (as in XLSX) declares a document type or an entity."""
    with opened(path, limits) as archive:
        for member in archive.infolist():
            if member.filename.lower().endswith((".xml", ".rels", ".vml")):
                with archive.open(member) as source:
                    head = source.read(XML_HEAD_BYTES).replace(b"\0", b"")  # UTF-16 too
                if _XML_DECLARES.search(head):
                    raise UnreadableFile(path=path.name, detail=Words("reasons.xml_entities"))

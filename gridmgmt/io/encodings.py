"""Which encoding a text really has: a `.cpg` that is missing or lies reads as mojibake without any error.

UTF-8 proves itself: text of another encoding with Chinese in it is practically never valid UTF-8. GBK does not, so it
is what is left.
"""

import codecs
import re
from dataclasses import dataclass
from pathlib import Path

from gridmgmt.errors import InvalidInput, UnreadableFile
from gridmgmt.messages import Words

GBK = "gb18030"  # the superset of GBK and GB 2312
_CHINESE = re.compile(r"[\u4e00-\u9fff]")
_DBF_LDID = {0x4D: GBK, 0x7A: GBK}
_SINGLE_BYTE = re.compile(r"^(iso-?8859|8859|latin|cp?125\d|ansi|ascii|us-ascii|88591)", re.IGNORECASE)


@dataclass(frozen=True)
class Encoding:
    """The encoding to read with, and what the file itself said ("" where it said nothing)."""

    name: str
    declared: str = ""

    @property
    def lied(self) -> bool:
        """Whether the file declared another encoding than its bytes have."""
        return bool(self.declared) and codec(self.declared) != self.name


def codec(name: str) -> str:
    """Python's name of an encoding as `.cpg` files and users write it; InvalidInput for an unknown one.

    >>> codec("GBK"), codec("936"), codec("UTF8"), codec("ISO 8859-1")
    ('gb18030', 'gb18030', 'utf-8', 'iso8859-1')
    """
    text = name.strip().strip('"').lower().removeprefix("ansi ")
    if text in {"936", "cp936", "gbk", "gb2312", "gb18030", "oem 936", "chinese"}:
        return GBK
    try:
        return codecs.lookup(f"cp{text}" if text.isdigit() and text != "65001" else text.replace(" ", "")).name
    except LookupError:
        if text in {"65001", "utf 8"}:
            return "utf-8"
        raise InvalidInput(detail=Words("reasons.encoding_unknown", name=name)) from None


def decoded(values: list[bytes], encoding: str) -> str | None:
    """The values as one text, None where one does not decode; a character cut off at a value's end is forgiven."""
    texts = []
    for value in values:
        try:
            texts.append(codecs.getincrementaldecoder(encoding)().decode(value, final=False))
        except UnicodeDecodeError:
            return None
    return "".join(texts)


def detect(values: list[bytes], declared: str = "") -> str | None:
    """The encoding of the values, None where nothing fits.

    >>> detect(["罗湖区".encode("gbk")], declared="utf-8"), detect(["罗湖区".encode()], declared="gbk")
    ('gb18030', 'utf-8')
    """
    telling = [value for value in values if not value.isascii()]
    named = codec(declared) if declared else ""
    if not telling:
        return named or "utf-8"
    as_utf8 = decoded(telling, "utf-8")
    if as_utf8 is not None and not as_utf8.isascii():
        return "utf-8"
    latin = _SINGLE_BYTE.match(named)  # fits any bytes, so that it proves nothing
    if named not in ("", "utf-8") and not latin and decoded(telling, named) is not None:
        return named
    as_gbk = decoded(telling, GBK)
    if as_gbk is not None and (_CHINESE.search(as_gbk) or not latin):
        return GBK
    return named if latin else None


def of_shapefile(path: Path) -> Encoding:
    """The encoding of a Shapefile's table by its bytes; UnreadableFile where it cannot be told."""
    table = next((entry for entry in path.parent.glob(f"{path.stem}.*") if entry.suffix.lower() == ".dbf"), None)
    if table is None:
        return Encoding("utf-8")
    body = table.read_bytes()
    note = next((entry for entry in path.parent.glob(f"{path.stem}.*") if entry.suffix.lower() == ".cpg"), None)
    declared = note.read_text(encoding="latin-1").strip() if note else _DBF_LDID.get(body[29:30][0], "")
    try:
        found = detect(_dbf_texts(body), declared)
    except InvalidInput:
        found = detect(_dbf_texts(body))
    if found is None:
        raise UnreadableFile(path=path.name, detail=Words("reasons.encoding_untold"))
    return Encoding(found, declared if _known(declared) else "")


def _known(declared: str) -> bool:
    try:
        return bool(declared) and bool(codec(declared))
    except InvalidInput:
        return False


def _dbf_texts(body: bytes) -> list[bytes]:
    """Column names and text values of a dBASE table."""
    if len(body) < 33:
        return []
    rows, start, width = (int.from_bytes(body[a:b], "little") for a, b in ((4, 8), (8, 10), (10, 12)))
    columns = [body[at : at + 32] for at in range(32, start - 1, 32) if body[at : at + 1] != b"\r"]
    texts = [column[:11].split(b"\0")[0] for column in columns]
    offset = 1
    for column in columns:
        size = column[16]
        if column[11:12] == b"C":
            places = range(start + offset, min(start + rows * width, len(body)), max(width, 1))
            texts += [body[at : at + size].rstrip(b" \0") for at in places]
        offset += size
    return texts


def of_text(body: bytes, name: str, declared: str | None = None) -> Encoding:
    """The encoding of a text file: its byte-order mark, else UTF-8 if it is valid, else GBK."""
    if declared:
        return Encoding(codec(declared))
    for mark, encoding in (
        (codecs.BOM_UTF8, "utf-8-sig"),
        (codecs.BOM_UTF16_LE, "utf-16"),
        (codecs.BOM_UTF16_BE, "utf-16"),
    ):
        if body.startswith(mark):
            return Encoding(encoding)
    found = detect([body])
    if found is None:
        raise UnreadableFile(path=name, detail=Words("reasons.encoding_neither"))
    return Encoding(found)


def mojibake(text: str) -> str | None:
    """What a garbled text was meant to say, "" where it is beyond rescue, None where it is sound.

    >>> mojibake("罗湖区".encode().decode("latin-1")), mojibake("罗湖区"), mojibake("锟斤拷锟斤拷"), mojibake("Café")
    ('罗湖区', None, '', None)
    """
    if text.isascii():
        return None
    if "\ufffd" in text or "锟斤拷" in text:
        return ""
    for wrong in ("latin-1", "cp1252", GBK):
        meant = _misread(text, wrong)
        if meant is not None:
            return meant
    return None


def _misread(text: str, wrong: str) -> str | None:
    try:
        body = text.encode(wrong)
    except UnicodeEncodeError:
        return None
    for right in ("utf-8",) if wrong == GBK else ("utf-8", "gb2312"):
        try:
            meant = body.decode(right)
        except UnicodeDecodeError:
            continue
        if len(_CHINESE.findall(meant)) * 2 >= len(meant):
            return meant
    return None

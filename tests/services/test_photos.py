"""Photos: made anew without what the camera wrote, bombs refused unread, kept once, shown to those they concern."""

import hashlib
import io
import struct
import zlib
from datetime import datetime

import pytest
from PIL import Image
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from gridmgmt.access import Role
from gridmgmt.errors import InvalidInput, NotFound
from gridmgmt.field.day import LOCAL_ZONE
from gridmgmt.ids import IncidentId
from gridmgmt.services.field.incidents import MoveRequest, delete_incident, incident_detail, move_incident
from gridmgmt.services.field.photos import MAX_BYTES, MAX_SIDE, keep_photo, made_anew, read_photo
from gridmgmt.store.tables import Photo
from tests.services.cases import EAST, OTHER_SUBDISTRICT, WEST, found, reported, someone


def picture(wide: int = 40, high: int = 20, kind: str = "JPEG", **options: object) -> bytes:
    """Red on the left, blue on the right."""
    image = Image.new("RGB", (wide, high), "red")
    image.paste("blue", (wide // 2, 0, wide, high))
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def with_exif() -> bytes:
    exif = Image.Exif()
    exif[0x0112] = 6  # held upright: turn it clockwise
    exif[0x010F] = "手机"
    exif.get_ifd(0x8769)[0x9003] = "2026:07:01 09:00:00"
    exif.get_ifd(0x8825).update({1: "N", 2: (22.0, 32.0, 30.0), 3: "E", 4: (114.0, 6.0, 18.0)})
    return picture(exif=exif)


def bomb(side: int = 100_000) -> bytes:
    """A PNG of a few bytes that says it is 10 000 million pixels."""
    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(b"\0" * 1000)), (b"IEND", b""))
    parts = [
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body)) for kind, body in chunks
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def sha256(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()


def kept(session: Session, body: bytes) -> str:
    return keep_photo(session, sha256(body), body).sha256


def test_what_the_camera_wrote_is_not_in_the_picture() -> None:
    made = made_anew(with_exif())
    with Image.open(io.BytesIO(made.content)) as image:
        assert image.format == "JPEG"
        assert not image.getexif()
        assert "exif" not in image.info
        assert image.size == (20, 40)  # turned upright
        red, blue = image.getpixel((10, 5)), image.getpixel((10, 35))
    assert red[0] > 200 > 60 > red[2]
    assert blue[2] > 200 > 60 > blue[0]
    assert made.taken_at == datetime(2026, 7, 1, 9, tzinfo=LOCAL_ZONE)
    assert made.taken_lon == pytest.approx(114.105)
    assert made.taken_lat == pytest.approx(22.5416667)


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_other_formats_become_jpeg(kind: str) -> None:
    made = made_anew(picture(kind=kind))
    assert (made.media_type, made.width, made.height, made.taken_at) == ("image/jpeg", 40, 20, None)


def test_a_large_picture_is_made_smaller() -> None:
    assert made_anew(picture(4000, 1000)).width == MAX_SIDE


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        (bomb(), "at most 60,000,000 pixels"),
        (bomb(8000), "says it has 8000 × 8000"),
        (b"", "no picture"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "no picture"),
        (picture()[:200], "no picture"),
        (picture(kind="GIF"), "no picture"),
        (b"\xff" * (MAX_BYTES + 1), "at most 15 MiB"),
    ],
    ids=["bomb", "small bomb", "empty", "svg", "cut off", "gif", "too large"],
)
def test_what_is_no_photo_is_refused(body: bytes, fault: str) -> None:
    with pytest.raises(InvalidInput, match=fault):
        made_anew(body)


def test_the_same_file_is_kept_once_and_another_under_its_hash_is_refused(session: Session) -> None:
    body = picture()
    first = keep_photo(session, sha256(body), body)
    assert keep_photo(session, sha256(body), body) == first
    assert session.scalar(select(func.count()).select_from(Photo)) == 1
    with pytest.raises(InvalidInput, match="SHA-256"):
        keep_photo(session, "0" * 64, body)


def test_a_photo_is_for_those_its_incident_concerns(session: Session) -> None:
    found(session)
    worker = someone(session, "ann", Role.worker, scope=WEST)
    body = picture()
    keep_photo(session, sha256(body), body, person=worker)
    stranger = someone(session, "sam", Role.dispatcher, scope=OTHER_SUBDISTRICT)
    centre = someone(session, "bob", Role.dispatcher)
    assert read_photo(session, sha256(body), worker).width == 40
    for person in (stranger, centre):
        with pytest.raises(NotFound):
            read_photo(session, sha256(body), person)
    key = reported(session, photos=(sha256(body),))
    assert incident_detail(session, key)["photos"][0]["sha256"] == sha256(body)
    assert read_photo(session, sha256(body), centre).media_type == "image/jpeg"
    for person in (stranger, someone(session, "eve", Role.worker, scope=EAST)):
        with pytest.raises(NotFound):
            read_photo(session, sha256(body), person)


def test_a_move_brings_photos_and_deleting_takes_those_that_show_nothing_else(session: Session) -> None:
    found(session)
    own, shared = picture(), picture(50)
    for body in (own, shared):
        kept(session, body)
    key, other = reported(session, photos=(sha256(shared),)), reported(session, photos=(sha256(shared),))
    request = MoveRequest("follow_up", note={"reason": "现场照片"}, photos=(sha256(own),))
    step = move_incident(session, key, request).step
    assert {"sha256": sha256(own), "step": step} in incident_detail(session, key)["photos"]
    delete_incident(session, key, "keeper")
    assert session.scalars(select(Photo.sha256)).all() == [sha256(shared)]
    with pytest.raises(InvalidInput, match="have not arrived"):
        move_incident(session, IncidentId(other), MoveRequest("follow_up", note={"reason": "x"}, photos=(sha256(own),)))

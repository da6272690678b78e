"""Photos by the SHA-256 of their file, made anew: what a camera writes into a picture does not go on with it.

They lie in the database beside what they belong to: one transaction, one backup, nothing lost with a folder.
"""

import hashlib
import io
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from PIL import ExifTags, Image, ImageOps
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert as insert_once
from sqlalchemy.orm import Session

from gridmgmt.access import Action, Person
from gridmgmt.errors import InvalidInput, NotFound
from gridmgmt.field.day import LOCAL_ZONE
from gridmgmt.ids import IncidentId
from gridmgmt.messages import Words
from gridmgmt.store.tables import Incident, IncidentNow, IncidentPhoto, Photo

MIB = 2**20
MAX_BYTES = 15 * MIB
MAX_PIXELS = 60_000_000  # a phone's 48 megapixels and some more; a bomb says 10 000 million
MAX_SIDE = 2560
FORMATS = ("JPEG", "PNG", "WEBP", "MPO")
QUALITY = 85
_GPS, _TAKEN, _OFFSET = 0x8825, 0x9003, 0x9011


@dataclass(frozen=True)
class PhotoReceipt:
    """What is kept of a photo. The same file gets the same receipt."""

    sha256: str  # of the file as sent
    media_type: str
    width: int
    height: int
    received_at: datetime


@dataclass(frozen=True)
class Picture:
    """A picture made anew, and what its EXIF said of time and place (EPSG:4326)."""

    content: bytes
    width: int
    height: int
    taken_at: datetime | None = None
    taken_lon: float | None = None
    taken_lat: float | None = None
    media_type: str = "image/jpeg"


def keep_photo(session: Session, sha256: str, body: bytes, *, person: Person | None = None) -> PhotoReceipt:
    """Keep a photo; InvalidInput where it is no picture, too large, or not the file its hash names."""
    kept = session.get(Photo, sha256)
    if kept is None:
        if hashlib.sha256(body).hexdigest() != sha256:
            raise InvalidInput(detail=Words("reasons.photo_hash"))
        row = vars(made_anew(body)) | {"sha256": sha256, "sender_id": None if person is None else person.id}
        session.execute(insert_once(Photo).values(row).on_conflict_do_nothing())
        kept = session.get_one(Photo, sha256)
    return PhotoReceipt(sha256, kept.media_type, kept.width, kept.height, kept.received_at)


def made_anew(body: bytes) -> Picture:
    """The picture upright, at most `MAX_SIDE` long, as JPEG without metadata. InvalidInput where it is none.

    The size is read from the header and refused before a pixel is decoded: that is what a decompression bomb needs.
    """
    if len(body) > MAX_BYTES:
        raise InvalidInput(detail=Words("reasons.photo_bytes", most=MAX_BYTES // MIB, size=len(body) / MIB))
    try:
        with Image.open(io.BytesIO(body), formats=FORMATS) as image:
            _require_size(image)
            said = _exif(image)
            image.thumbnail((MAX_SIDE, MAX_SIDE))  # first, so that little memory is needed for what follows
            upright = ImageOps.exif_transpose(image).convert("RGB")
    except InvalidInput:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise _too_large("far more") from error
    except Exception as error:  # Pillow's readers raise whatever a broken file makes them raise
        raise InvalidInput(detail=Words("reasons.photo_unreadable")) from error
    out = io.BytesIO()
    Image.frombytes("RGB", upright.size, upright.tobytes()).save(out, "JPEG", quality=QUALITY, optimize=True)
    return Picture(out.getvalue(), *upright.size, **said)


def attach_photos(session: Session, incident_id: IncidentId, step_id: int, sha256s: Iterable[str]) -> None:
    """Put photos to a step of an incident; InvalidInput names those that have not arrived."""
    wanted = list(dict.fromkeys(sha256s))
    if not wanted:
        return
    there = set(session.scalars(select(Photo.sha256).where(Photo.sha256.in_(wanted))))
    if missing := [sha256 for sha256 in wanted if sha256 not in there]:
        detail = Words("reasons.photos_missing", missing=missing)
        raise InvalidInput(detail=detail)
    rows = [{"incident_id": incident_id, "sha256": sha256, "step_id": step_id} for sha256 in wanted]
    session.execute(insert_once(IncidentPhoto).values(rows).on_conflict_do_nothing())


def read_photo(session: Session, sha256: str, person: Person | None = None) -> Photo:
    """A photo for somebody who sent it or sees an incident with it; NotFound for everybody else."""
    photo = session.get(Photo, sha256)
    if photo is None or not _may_see(session, photo, person):
        raise NotFound(what=Words("things.photo"), key=sha256)
    return photo


def _may_see(session: Session, photo: Photo, person: Person | None) -> bool:
    if person is None or photo.sender_id == person.id:
        return True
    shown = select(Incident.grid_code, IncidentNow.holder).join(IncidentNow, IncidentNow.incident_id == Incident.id)
    shown = shown.join(IncidentPhoto, IncidentPhoto.incident_id == Incident.id)
    area = person.area(Action.see_incidents)
    return any(
        area.holds(place) or person.serves(Action.see_incidents, holder, place)
        for place, holder in session.execute(shown.where(IncidentPhoto.sha256 == photo.sha256))
    )


def _require_size(image: Image.Image) -> None:
    width, height = image.size
    if width * height > MAX_PIXELS:
        raise _too_large(f"{width} × {height}")


def _too_large(said: str) -> InvalidInput:
    return InvalidInput(detail=Words("reasons.photo_pixels", most=MAX_PIXELS, said=said))


def _exif(image: Image.Image) -> dict[str, Any]:
    """Time and place out of EXIF, where they make sense: it is full of nonsense, which is no reason to refuse."""
    said: dict[str, Any] = {}
    with suppress(Exception):
        exif = image.getexif()
        base = exif.get_ifd(ExifTags.IFD.Exif)
        moment = datetime.strptime(f"{base[_TAKEN]}{base.get(_OFFSET, '+08:00')}", "%Y:%m:%d %H:%M:%S%z")
        said["taken_at"] = moment.astimezone(LOCAL_ZONE)
    with suppress(Exception):
        gps = image.getexif().get_ifd(_GPS)
        lon, lat = _degrees(gps[4], gps[3] == "W"), _degrees(gps[2], gps[1] == "S")
        if abs(lon) <= 180 and abs(lat) <= 90:
            said |= {"taken_lon": lon, "taken_lat": lat}
    return said


def _degrees(parts: tuple[Any, ...], negative: bool) -> float:
    value = float(parts[0]) + float(parts[1]) / 60 + float(parts[2]) / 3600
    return -value if negative else value

"""Load a whole city into an empty database, once."""

import hashlib
from collections.abc import Callable, Mapping
from datetime import date

import pandas
import shapely
from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from gridmgmt.errors import Conflict
from gridmgmt.messages import Words
from gridmgmt.services.boundaries import require_coverage
from gridmgmt.store.bulk import copy_frame
from gridmgmt.store.tables import (
    Barrier,
    Base,
    Boundary,
    BoundaryCode,
    Building,
    Compound,
    Entrance,
    Land,
    LoadReceipt,
    Place,
    Station,
    StationService,
    Street,
)

Progress = Callable[[str, int], None]

EPOCHLESS: dict[str, type[Base]] = {
    "compounds": Compound,
    "buildings": Building,
    "entrances": Entrance,
    "streets": Street,
    "barriers": Barrier,
    "places": Place,
    "land": Land,
}
WITH_EPOCHS: dict[str, type[Base]] = {"stations": Station, "station_services": StationService}
FRAMES = ("boundaries", *EPOCHLESS, *WITH_EPOCHS)


def load_city(
    session: Session,
    city_frames: Mapping[str, pandas.DataFrame],
    valid_from: date,
    progress: Progress | None = None,
) -> bool:
    """Fill boundaries, units and stations from frames named as the attributes of `gridmgmt.demo.city.City`.

    Everything goes by COPY in the caller's transaction; boundaries and stations are valid from the day `valid_from`.
    `progress` is called with the name of each frame and its rows once they are in. Returns True where it loaded,
    False where the same content had been loaded before.

    Raises Conflict where the database holds other boundaries, BrokenCoverage where a level has gaps or overlaps.
    """
    frames = {name: city_frames[name] for name in FRAMES if city_frames.get(name) is not None}
    digest = content_hash(frames, valid_from)
    if session.get(LoadReceipt, digest) is not None:
        return False
    if session.scalar(select(exists().where(BoundaryCode.code.is_not(None)))):
        raise Conflict(what=Words("things.stored_district"), key=_district_name(session))
    rows = sum(_load(session, name, frame, valid_from, progress) for name, frame in frames.items())
    session.add(LoadReceipt(content_hash=digest, what="city", valid_from=valid_from, row_count=rows))
    session.flush()
    return True


def content_hash(frames: Mapping[str, pandas.DataFrame], valid_from: date) -> str:
    """SHA-256 over names, columns, values and coordinates; the order of rows counts, that of columns does not."""
    digest = hashlib.sha256(valid_from.isoformat().encode())
    for name, frame in sorted(frames.items()):
        digest.update(f"\n{name}:{len(frame)}".encode())
        for column in sorted(frame.columns):
            digest.update(f"\n{column}=".encode())
            digest.update(_column_bytes(frame[column]))
    return digest.hexdigest()


def _column_bytes(column: pandas.Series) -> bytes:
    if column.dtype.name == "geometry":
        return b"".join(shapely.to_wkb(column.to_numpy()).tolist())
    return "\n".join(column.astype("string").fillna("\0")).encode()


def _load(session: Session, name: str, frame: pandas.DataFrame, valid_from: date, progress: Progress | None) -> int:
    if name == "boundaries":
        _load_boundaries(session, frame, valid_from)
    elif name in EPOCHLESS:
        copy_frame(session, EPOCHLESS[name], frame)
    else:
        copy_frame(session, WITH_EPOCHS[name], frame, valid_from=valid_from)
    if progress is not None:
        progress(name, len(frame))
    return len(frame)


def _load_boundaries(session: Session, frame: pandas.DataFrame, valid_from: date) -> None:
    for level, boundaries in frame.groupby("level"):
        require_coverage(boundaries, str(level))
    copy_frame(session, BoundaryCode, frame[["code", "level"]], issued_on=valid_from)
    copy_frame(session, Boundary, frame, version=1, valid_from=valid_from)


def _district_name(session: Session) -> str:
    name = session.scalar(select(Boundary.name).order_by(Boundary.code).limit(1))
    return name or ""

"""Track points into the store as fast as PostgreSQL takes them: COPY in its binary form, encoded by numpy.

A row's bytes have a fixed length once it is known which optional figures it has, so rows are encoded in groups that
agree in that: one structured array per group, no loop over rows.
"""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import numpy as np
import psycopg
from numpy.typing import NDArray
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from gridmgmt.field.sent import SYSTEMS, Mask, SentFixes
from gridmgmt.store.tables import WGS84_SRID

COLUMNS = (
    "patrol_id", "recorded_at", "seq", "segment", "geom", "mock", "twin", "crs", "source",
    "accuracy_m", "speed_mps", "heading_deg", "altitude_m",
)  # fmt: skip
OPTIONAL = {"accuracy_m": ">f8", "speed_mps": ">f4", "heading_deg": ">f4", "altitude_m": ">f4"}
STATEMENT = f"copy track_point ({', '.join(COLUMNS)}) from stdin (format binary)"
HEADER, TRAILER = b"PGCOPY\n\xff\r\n\0" + bytes(8), b"\xff\xff"
POSTGRES_EPOCH_US = 946_684_800_000_000  # 2000-01-01 in microseconds since 1970
POINT_WITH_SRID = 0x20000001
NULL = -1


def copy_points(session: Session, patrol_id: UUID, fixes: SentFixes, source: str, twins: Mask) -> None:
    """Append fixes in WGS 84 to `track_point`, inside the caller's transaction; `twins` (n,) marks those that another
    patrol of the worker holds already.

    None of them may be there already: that is the caller's to know (IntegrityError otherwise).
    """
    connection: Any = session.connection().connection.driver_connection
    try:
        with connection.cursor() as cursor, cursor.copy(STATEMENT) as copy:
            copy.write(HEADER)
            for block in encoded(patrol_id, fixes, source, twins):
                copy.write(block)
            copy.write(TRAILER)
    except psycopg.Error as error:  # as SQLAlchemy does with any other statement
        raise DBAPIError.instance(STATEMENT, None, error, psycopg.Error) from error


def encoded(patrol_id: UUID, fixes: SentFixes, source: str, twins: Mask) -> Iterator[bytes]:
    """The rows as COPY reads them, a block per group of rows with the same figures known."""
    known = np.stack([~np.isnan(getattr(fixes, name)) for name in OPTIONAL])
    shape = fixes.crs.astype(np.int64) * 16 + (known * np.array([[1], [2], [4], [8]])).sum(axis=0)
    for group in np.unique(shape):
        rows = shape == group
        present = [name for bit, name in enumerate(OPTIONAL) if int(group) >> bit & 1]
        yield _block(patrol_id, fixes.take(rows), twins[rows], source, SYSTEMS[int(group) // 16], present)


def _block(patrol_id: UUID, fixes: SentFixes, twins: Mask, source: str, crs: str, present: list[str]) -> bytes:
    words = {"crs": crs.encode(), "source": source.encode()}
    kinds = {
        "patrol_id": "S16", "recorded_at": ">i8", "seq": ">i4", "segment": ">i4", "geom": "V25", "mock": "?",
        "twin": "?",
        **{name: f"S{len(word)}" for name, word in words.items()},
        **{name: OPTIONAL[name] for name in present},
    }  # fmt: skip
    rows = np.zeros(len(fixes), dtype=_row_type(kinds))
    rows["fields"] = len(COLUMNS)
    for name in COLUMNS:
        rows[f"{name}_length"] = np.dtype(kinds[name]).itemsize if name in kinds else NULL
    rows["patrol_id"] = np.void(patrol_id.bytes)
    rows["recorded_at"] = fixes.time_us - POSTGRES_EPOCH_US
    rows["geom"] = _points(fixes.lon, fixes.lat)
    rows["twin"] = twins
    for name, word in words.items():
        rows[name] = np.void(word)
    for name in ("seq", "segment", "mock", *present):
        rows[name] = getattr(fixes, name)
    return rows.tobytes()


def _row_type(kinds: dict[str, str]) -> np.dtype[np.void]:
    """A row: how many fields, then each field's length and bytes; a missing figure is a length of −1 alone."""
    layout: list[tuple[str, str]] = [("fields", ">i2")]
    for name in COLUMNS:
        layout.append((f"{name}_length", ">i4"))
        if name in kinds:
            layout.append((name, kinds[name].replace("S", "V")))
    return np.dtype(layout)


def _points(lon: NDArray[np.float64], lat: NDArray[np.float64]) -> NDArray[np.void]:
    """EWKB of points with their SRID, 25 bytes each."""
    points = np.zeros(len(lon), dtype=[("order", "u1"), ("kind", "<u4"), ("srid", "<u4"), ("x", "<f8"), ("y", "<f8")])
    points["order"], points["kind"], points["srid"] = 1, POINT_WITH_SRID, WGS84_SRID
    points["x"], points["y"] = lon, lat
    return points.view("V25")

"""The product's own batch: `{"points": [row, …], "crs": "gcj02"}`; `crs` and other defaults are optional."""

from datetime import datetime
from typing import Any

import orjson

from gridmgmt.errors import InvalidInput
from gridmgmt.field.sent import SYSTEMS, Reading
from gridmgmt.io.protocols.rows import read_rows
from gridmgmt.messages import Words
from gridmgmt.messages.parsers import parser_fault

ALIASES = {  # what browsers and other clients call the same
    "timestamp": "time", "recorded_at": "time", "longitude": "lon", "lng": "lon", "latitude": "lat",
    "accuracy": "accuracy_m", "speed": "speed_mps", "heading": "heading_deg", "altitude": "altitude_m",
}  # fmt: skip


def read_batch(body: bytes, *, now: datetime | None = None) -> Reading:
    """The points of a batch; InvalidInput where the body is no such object at all.

    >>> body = b'{"points": [{"seq": 1, "time": "2026-07-10T09:20:00+08:00", "lon": 114.1, "lat": 22.5}]}'
    >>> read_batch(body).fixes.seq.tolist()
    [1]
    """
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise InvalidInput(detail=Words("reasons.body_no_json", error=parser_fault(error))) from error
    points = document.get("points") if isinstance(document, dict) else None
    if not isinstance(points, list):
        raise InvalidInput(detail=Words("reasons.body_points"))
    crs = document.get("crs", "wgs84")
    if crs not in SYSTEMS:
        raise InvalidInput(detail=Words("reasons.body_crs", systems=SYSTEMS, crs=crs))
    return read_rows(_named(points), crs=crs, now=now)


def _named(rows: list[Any]) -> list[Any]:
    """The rows by our names, where they use others."""
    used: set[str] = set().union(*(row for row in rows if isinstance(row, dict)))
    if ALIASES.keys().isdisjoint(used):
        return rows
    return [
        {ALIASES.get(key, key): value for key, value in row.items()} if isinstance(row, dict) else row for row in rows
    ]

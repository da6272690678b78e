"""Files and messages that hold a patrol's track: GPX, and GeoJSON as common tools write it."""

from datetime import datetime
from typing import Any

import orjson

from gridmgmt.errors import InvalidInput, UnreadableFile
from gridmgmt.field.track import Track
from gridmgmt.io.gpx import read_gpx
from gridmgmt.messages import Words
from gridmgmt.messages.parsers import parser_fault


def read_track(body: bytes, name: str = "track") -> Track:
    """A track from GPX or GeoJSON bytes, told apart by their first character.

    >>> read_track(b'{"type":"Feature","properties":{"coordTimes":["2026-07-01T08:00:00Z"]},'
    ...            b'"geometry":{"type":"LineString","coordinates":[[114.1,22.5]]}}').segment.tolist()
    [0]
    """
    start = body.removeprefix(b"\xef\xbb\xbf").lstrip()[:1]
    if start == b"<":
        return read_gpx(body, name)
    try:
        document = orjson.loads(body.removeprefix(b"\xef\xbb\xbf"))
    except orjson.JSONDecodeError as error:
        raise UnreadableFile(
            path=name, detail=Words("reasons.neither_gpx_nor_geojson", error=parser_fault(error))
        ) from error
    return read_geojson(document)


def read_geojson(document: Any) -> Track:
    """A track from a GeoJSON object: either

    - a LineString or MultiLineString feature whose property `coordTimes` (or `times`) holds one time per
      position (nested per line for a MultiLineString; each line is a segment), or
    - a FeatureCollection of Point features with a `time` property (and optional `accuracy` in m, `segment`).

    InvalidInput where it is neither, or where times and positions do not match.
    """
    try:
        if document["type"] == "FeatureCollection":
            return _from_points(document["features"])
        return _from_lines(document)
    except (KeyError, TypeError, ValueError, IndexError) as error:
        raise InvalidInput(detail=_no_patrol(_what_is_wrong(error))) from error


def _from_points(features: list[Any]) -> Track:
    positions = [feature["geometry"]["coordinates"] for feature in features]
    properties = [feature["properties"] for feature in features]
    return Track.of(
        [datetime.fromisoformat(entry["time"]) for entry in properties],
        [float(position[0]) for position in positions],
        [float(position[1]) for position in positions],
        [int(entry.get("segment", 0)) for entry in properties],
        [_accuracy(entry.get("accuracy")) for entry in properties],
    )


def _accuracy(written: object) -> float:
    return float("nan") if written is None else float(str(written))


def _from_lines(feature: Any) -> Track:
    geometry, properties = feature["geometry"], feature["properties"]
    times = properties["coordTimes"] if "coordTimes" in properties else properties["times"]
    lines = geometry["coordinates"]
    if geometry["type"] == "LineString":
        lines, times = [lines], [times]
    elif geometry["type"] != "MultiLineString":
        raise InvalidInput(detail=_no_patrol(Words("reasons.geojson_no_line", kind=geometry["type"])))
    rows = [
        (datetime.fromisoformat(moment), float(position[0]), float(position[1]), segment)
        for segment, (line, moments) in enumerate(zip(lines, times, strict=True))
        for position, moment in zip(line, moments, strict=True)
    ]
    recorded_at, lon, lat, segments = ([row[column] for row in rows] for column in range(4))
    return Track.of(recorded_at, lon, lat, segments)  # type: ignore[arg-type]


def _no_patrol(fault: Words) -> Words:
    return Words("reasons.geojson_no_patrol", fault=fault)


def _what_is_wrong(error: Exception) -> Words:
    if isinstance(error, KeyError):
        return Words("reasons.geojson_lacks", key=error.args[0])
    return Words("reasons.geojson_shape", said=error)

"""GPX 1.0 and 1.1 as tracks. Segments stay apart; DTDs and entities are refused."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import numpy as np
from defusedxml import ElementTree
from defusedxml.common import DefusedXmlException

from gridmgmt.errors import UnreadableFile
from gridmgmt.field.track import Track, Waypoint
from gridmgmt.messages import Words
from gridmgmt.messages.parsers import parser_fault

NAME = "GPX"


def read_gpx(body: bytes, name: str = NAME) -> Track:
    """The track points of a GPX document, one segment number per `trkseg`.

    UnreadableFile where it is no GPX, forges entities, or holds no track point with a time: a walk without
    times cannot be laid to a day. Waypoints come along as such; route points are left out.

    >>> fix = b"<trkpt lat='22.5' lon='114.1'><time>2026-07-01T08:00:00Z</time></trkpt>"
    >>> len(read_gpx(b"<gpx><trk><trkseg>" + fix + b"</trkseg></trk></gpx>"))
    1
    """
    root = _root(body, name)
    fixes = list(_fixes(root, name))
    timed = [fix for fix in fixes if fix[0] is not None]
    if not timed:
        raise UnreadableFile(path=name, detail=_nothing_found(len(fixes)))
    recorded_at, lon, lat, segment, accuracy_m = (list(column) for column in zip(*timed, strict=True))
    track = Track.of(recorded_at, lon, lat, segment, accuracy_m, untimed=len(fixes) - len(timed))
    return replace(track, waypoints=tuple(_waypoints(root)))


def read_waypoints(body: bytes, name: str = NAME) -> tuple[Waypoint, ...]:
    """The waypoints of a GPX document, with or without a track; UnreadableFile where it is no GPX.

    >>> mark = b"<wpt lat='22.5' lon='114.1'><name>P7</name><desc>\\xe4\\xba\\x95\\xe7\\x9b\\x96</desc></wpt>"
    >>> [(one.name, one.text) for one in read_waypoints(b"<gpx>" + mark + b"</gpx>")]
    [('P7', '井盖')]
    """
    return tuple(_waypoints(_root(body, name)))


def _waypoints(root: Any) -> Iterator[Waypoint]:
    """A fault in one never costs the file: what cannot be read is left unsaid."""
    for point in root:
        if _local(point.tag) != "wpt":
            continue
        said = {_local(child.tag): (child.text or "").strip() for child in point}
        hrefs = [child.get("href") for child in point if _local(child.tag) == "link"]
        moment, lon, lat = None, np.nan, np.nan
        with suppress(UnreadableFile):
            lon, lat = _coordinate(point, "lon", NAME), _coordinate(point, "lat", NAME)
        with suppress(UnreadableFile):
            moment = _time(point, NAME)
        words = said.get("desc") or said.get("cmt", "")
        yield Waypoint(lon, lat, moment, said.get("name", ""), words, next(filter(None, hrefs), said.get("url")))


def _root(body: bytes, name: str) -> Any:
    try:
        root = ElementTree.fromstring(body, forbid_dtd=True)
    except DefusedXmlException as error:
        raise UnreadableFile(path=name, detail=Words("reasons.xml_dtd")) from error
    except (ElementTree.ParseError, ValueError, LookupError) as error:
        raise UnreadableFile(path=name, detail=Words("reasons.xml_broken", error=parser_fault(error))) from error
    if _local(root.tag) != "gpx":
        raise UnreadableFile(path=name, detail=Words("reasons.xml_root", root=_local(root.tag)))
    return root


def _fixes(root: Any, name: str) -> Iterator[tuple[datetime | None, float, float, int, float]]:
    segments = (element for element in root.iter() if _local(element.tag) == "trkseg")
    for number, segment in enumerate(segments):
        for point in segment:
            if _local(point.tag) == "trkpt":
                yield (
                    _time(point, name),
                    _coordinate(point, "lon", name),
                    _coordinate(point, "lat", name),
                    number,
                    np.nan,
                )


def _time(point: Any, name: str) -> datetime | None:
    written = next((child.text for child in point if _local(child.tag) == "time"), None)
    if written is None or not written.strip():
        return None
    try:
        moment = datetime.fromisoformat(written.strip())
    except ValueError as error:
        raise UnreadableFile(path=name, detail=Words("reasons.no_time", written=written.strip())) from error
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)  # GPX times are UTC by definition


def _coordinate(point: Any, axis: str, name: str) -> float:
    written = point.get(axis)
    try:
        return float(written)
    except (TypeError, ValueError) as error:
        raise UnreadableFile(path=name, detail=Words("reasons.fix_coordinate", axis=axis, written=written)) from error


def _nothing_found(fixes: int) -> Words:
    if fixes:
        return Words("reasons.fixes_untimed", fixes=fixes)
    return Words("reasons.no_track_point")


def _local(tag: object) -> str:
    return str(tag).rpartition("}")[2]

"""Tracks from GPX and GeoJSON: what is read, and what is refused by name."""

from datetime import UTC, datetime
from pathlib import Path

import orjson
import pytest

from gridmgmt.errors import GridError, InvalidInput, UnreadableFile
from gridmgmt.io.gpx import read_gpx, read_waypoints
from gridmgmt.io.tracks import read_track

REAL_FILES = Path(__file__).parents[2] / ".." / "shared" / "data" / "gpx"


def fix(second: int, lon: float = 114.1, lat: float = 22.5) -> str:
    return f'<trkpt lat="{lat}" lon="{lon}"><time>2026-07-01T08:00:{second:02}Z</time></trkpt>'


def gpx(*segments: str, head: str = "") -> bytes:
    body = "".join(f"<trkseg>{segment}</trkseg>" for segment in segments)
    return f'<?xml version="1.0"?>{head}<gpx xmlns="http://www.topografix.com/GPX/1/1"><trk>{body}</trk></gpx>'.encode()


def test_segments_stay_apart_and_are_sorted_by_time() -> None:
    track = read_gpx(gpx(fix(9) + fix(1), "", fix(5)))
    assert track.segment.tolist() == [0, 0, 2]
    assert [moment.second for moment in track.recorded_at] == [1, 9, 5]
    assert track.started_at.second == 1
    assert track.ended_at.second == 9


def test_a_position_without_time_is_counted_not_lost_in_silence() -> None:
    assert read_gpx(gpx(fix(1) + '<trkpt lat="22.5" lon="114.1"/>')).untimed == 1


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        (b"<gpx", "not well-formed"),
        (b"<kml/>", "its root is <kml>"),
        (gpx(), "no track point"),
        (gpx('<trkpt lat="22.5" lon="114.1"/>'), "has a time"),
        (gpx('<trkpt lat="x" lon="114.1"><time>2026-07-01T08:00:00Z</time></trkpt>'), "lat='x'"),
        (gpx('<trkpt lat="1" lon="1"><time>yesterday</time></trkpt>'), "'yesterday' is not a time"),
        (gpx(fix(1), head='<!DOCTYPE gpx [<!ENTITY a "ha">]>'), "DTD"),
        (b"walked a lot", "neither GPX nor GeoJSON"),
    ],
)
def test_a_bad_file_is_refused_by_name(body: bytes, fault: str) -> None:
    with pytest.raises(UnreadableFile, match=fault):
        read_track(body, "walk.gpx")


def test_waypoints_come_along_and_a_faulty_one_costs_nothing() -> None:
    marks = """<wpt lat="22.51" lon="114.11"><time>2026-07-01T08:00:05Z</time><name>P7</name><desc>井盖</desc>
        <link href="https://photos.test/7.jpg"/></wpt>
        <wpt lat="x" lon="114.1"><time>noon</time><url>old.jpg</url></wpt>"""
    body = gpx(fix(1)).replace(b"<trk>", marks.encode() + b"<trk>")
    sound, faulty = read_gpx(body).waypoints
    assert (sound.lon, sound.lat, sound.name, sound.text) == (114.11, 22.51, "P7", "井盖")
    assert (sound.marked_at, sound.link) == (datetime(2026, 7, 1, 8, 0, 5, tzinfo=UTC), "https://photos.test/7.jpg")
    assert (faulty.lon != faulty.lon, faulty.marked_at, faulty.link) == (True, None, "old.jpg")
    assert len(read_waypoints(body)) == 2
    assert read_waypoints(gpx(fix(1))) == ()


def test_a_fix_off_the_world_is_refused() -> None:
    with pytest.raises(InvalidInput, match="off the world"):
        read_gpx(gpx(fix(1, lon=500)))


def test_geojson_lines_and_points_say_the_same() -> None:
    times = ["2026-07-01T08:00:00Z", "2026-07-01T08:00:12Z"]
    positions = [[114.1, 22.5], [114.1001, 22.5]]
    line = {
        "type": "Feature",
        "properties": {"coordTimes": times},
        "geometry": {"type": "LineString", "coordinates": positions},
    }
    points = {
        "type": "FeatureCollection",
        "features": [
            {"type": "Feature", "properties": {"time": time}, "geometry": {"type": "Point", "coordinates": position}}
            for time, position in zip(times, positions, strict=True)
        ],
    }
    a, b = read_track(orjson.dumps(line)), read_track(b"\xef\xbb\xbf" + orjson.dumps(points))
    assert a.lon.tolist() == b.lon.tolist()
    assert a.recorded_at.tolist() == b.recorded_at.tolist()


@pytest.mark.parametrize(
    ("document", "fault"),
    [
        ({"type": "Feature", "properties": {}, "geometry": {"type": "LineString", "coordinates": [[1, 2]]}}, "times"),
        (
            {
                "type": "Feature",
                "properties": {"times": []},
                "geometry": {"type": "LineString", "coordinates": [[1, 2]]},
            },
            "is not a patrol",
        ),
        (
            {"type": "Feature", "properties": {"times": []}, "geometry": {"type": "Polygon", "coordinates": []}},
            "no line",
        ),
        ({"type": "FeatureCollection", "features": []}, "no track point"),
        ([], "is not a patrol"),
        (None, "is not a patrol"),
    ],
)
def test_other_geojson_is_refused(document: object, fault: str) -> None:
    with pytest.raises(InvalidInput, match=fault):
        read_track(orjson.dumps(document))


@pytest.mark.skipif(not REAL_FILES.exists(), reason="the folder of real GPX files is not beside this checkout")
def test_every_real_gpx_is_read_or_refused_by_name() -> None:
    read, refused = 0, []
    for path in sorted(REAL_FILES.glob("*.gpx")):
        try:
            read += len(read_track(path.read_bytes(), path.name)) > 0
        except GridError as error:
            refused.append((path.name, str(error)))
    assert read >= 15
    assert all(name in message for name, message in refused)

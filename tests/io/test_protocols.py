"""What trackers send, as their own documentation shows it."""

from datetime import UTC, datetime
from typing import Any

import orjson
import pytest

from gridmgmt.errors import InvalidInput
from gridmgmt.field.sent import moment_of
from gridmgmt.io.protocols import (
    Message,
    read_batch,
    read_osmand,
    read_overland,
    read_owntracks,
    read_rows,
    read_traccar,
)

NOW = datetime(2026, 7, 11, tzinfo=UTC)
MOMENT = datetime(2026, 7, 10, 1, 20, tzinfo=UTC)
SECONDS = int(MOMENT.timestamp())


def only_fix(message: Message) -> dict[str, Any]:
    reading = read_rows(message.rows, now=NOW)
    assert (len(reading.fixes), reading.faults) == (1, ())
    fixes = reading.fixes
    names = ("accuracy_m", "speed_mps", "heading_deg", "altitude_m")
    place = {"time": moment_of(int(fixes.time_us[0])), "lon": float(fixes.lon[0]), "lat": float(fixes.lat[0])}
    return place | {name: float(getattr(fixes, name)[0]) for name in names} | {"mock": bool(fixes.mock[0])}


@pytest.mark.parametrize(
    "timestamp",
    [
        str(SECONDS), f"{SECONDS}000", f"{SECONDS}.0", "2026-07-10T01:20:00Z", "2026-07-10T09:20:00.000+08:00",
        "2026-07-10 01:20:00",
    ],
)  # fmt: skip
def test_osmand_knows_every_form_of_time(timestamp: str) -> None:
    message = read_osmand({"id": "P1", "lat": "22.5", "lon": "114.1", "timestamp": timestamp})
    assert only_fix(message)["time"] == MOMENT


@pytest.mark.parametrize(
    "values",
    [
        {"id": "P1", "lat": "22.5", "lon": "114.1", "bearing": "90", "altitude": "-3", "accuracy": "5.5"},
        {"deviceid": "P1", "location": "22.5,114.1", "heading": "90", "altitude": "-3", "accuracy": "5.5"},
    ],
)
def test_osmand_by_query(values: dict[str, str]) -> None:
    message = read_osmand(values | {"timestamp": str(SECONDS), "batt": "71.5", "charge": "true", "speed": "99"})
    assert (message.device, message.battery_percent) == ("P1", 71.5)
    fix = only_fix(message)
    assert (fix["lon"], fix["lat"], fix["accuracy_m"], fix["heading_deg"], fix["altitude_m"]) == (
        114.1, 22.5, 5.5, 90, -3,
    )  # fmt: skip
    assert fix["speed_mps"] != fix["speed_mps"]  # its unit varies between clients


def test_the_traccar_clients_json() -> None:
    coords = {"latitude": 22.5, "longitude": 114.1, "accuracy": 12, "speed": -1, "heading": -1, "altitude": 40}
    location = {
        "timestamp": "2026-07-10T01:20:00.000Z", "coords": coords, "is_moving": True, "mock": True, "uuid": "u-1",
        "battery": {"level": 0.5, "is_charging": False},
    }  # fmt: skip
    message = read_osmand({"location": location, "device_id": "P1"})
    assert (message.device, message.battery_percent) == ("P1", 50)
    fix = only_fix(message)
    assert (fix["time"], fix["accuracy_m"], fix["mock"]) == (MOMENT, 12, True)
    assert fix["speed_mps"] != fix["speed_mps"]  # -1 is unknown


def test_owntracks_locations_and_everything_else() -> None:
    location = {
        "_type": "location", "lat": 22.5, "lon": 114.1, "tst": SECONDS, "acc": 9, "alt": 30, "vel": 36, "cog": 270,
        "batt": 80, "tid": "ab", "topic": "owntracks/wang/phone", "_id": "1",
    }  # fmt: skip
    message = read_owntracks(location)
    assert (message.device, message.battery_percent) == ("phone", 80)
    assert only_fix(message)["speed_mps"] == 10
    for kind in ("transition", "waypoint", "lwt", "status", "something new"):
        assert read_owntracks({"_type": kind}).rows == []
    faulty = read_rows(read_owntracks({"_type": "location", "lat": "north"}).rows, now=NOW)
    assert [fault.reason for fault in faulty.faults] == ["no_time"]


def overland_feature(**properties: Any) -> dict[str, Any]:
    said = {"timestamp": "2026-07-10T01:20:00Z", "speed": 2, "course": 10, "horizontal_accuracy": 30,
            "battery_level": 0.8, "device_id": "P1", "unique_id": "u"} | properties  # fmt: skip
    point = {"type": "Point", "coordinates": [114.1, 22.5]}
    return {"type": "Feature", "geometry": point, "properties": said}


def test_overland_batches() -> None:
    message = read_overland({"locations": [overland_feature(), overland_feature(timestamp=None), {"type": "Feature"}]})
    assert (message.device, message.battery_percent) == ("P1", 80)
    reading = read_rows(message.rows, now=NOW)
    assert (len(reading.fixes), [fault.index for fault in reading.faults]) == (1, [1, 2])
    assert read_overland([]).rows == [{"raw": []}]


def test_a_forwarding_traccar_server() -> None:
    position = {
        "fixTime": "2026-07-10T01:20:00.000+00:00", "longitude": 114.1, "latitude": 22.5, "speed": 10, "course": 1,
        "altitude": 0, "accuracy": 0, "attributes": {"batteryLevel": 33},
    }  # fmt: skip
    message = read_traccar({"position": position, "device": {"uniqueId": "P1"}})
    assert (message.device, message.battery_percent) == ("P1", 33)
    assert only_fix(message)["speed_mps"] == pytest.approx(5.14444)
    assert read_traccar([]).device is None


def test_a_native_batch_reads_the_names_of_browsers_too() -> None:
    rows = [
        {"seq": 1, "time": "2026-07-10T01:20:00Z", "lon": 114.1, "lat": 22.5, "accuracy_m": 5},
        {"seq": 2, "timestamp": SECONDS * 1000 + 10, "longitude": 114.1, "latitude": 22.5, "accuracy": 5},
    ]
    reading = read_batch(orjson.dumps({"points": rows, "crs": "gcj02"}), now=NOW)
    assert reading.faults == ()
    assert reading.fixes.time_us.tolist() == [SECONDS * 1_000_000, SECONDS * 1_000_000 + 10_000]
    assert reading.fixes.crs.tolist() == [1, 1]


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"points": 1}', b'{"points": [], "crs": "mars"}'])
def test_what_is_no_batch_at_all_is_refused_with_words(body: bytes) -> None:
    with pytest.raises(InvalidInput):
        read_batch(body, now=NOW)


def test_sound_and_faulty_rows_mix_without_loss_of_precision() -> None:
    row = {"time": "2026-07-10T01:20:00.123457Z", "lon": "114.1234567", "lat": 22.5, "speed_mps": "fast"}
    reading = read_rows([row, 3], now=NOW)
    assert reading.fixes.time_us.tolist() == [SECONDS * 1_000_000 + 123_457]
    assert reading.fixes.lon.tolist() == [114.1234567]

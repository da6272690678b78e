"""The OsmAnd protocol, which the Traccar client speaks: one fix by query, form, or the client's JSON (from version 9).

Facts: `id` or `deviceid`; `lat` and `lon`, or `location=lat,lon`; `timestamp` as epoch seconds, milliseconds, ISO or
`yyyy-MM-dd HH:mm:ss` (UTC). The unit of `speed` varies between clients, so it is not taken over; in JSON it is m/s.
"""

from collections.abc import Mapping
from typing import Any

from gridmgmt.io.protocols.message import Message
from gridmgmt.io.protocols.times import utc_where_unsaid


def read_osmand(values: Mapping[str, Any]) -> Message:
    """The message of query or form parameters, or of the JSON object.

    >>> message = read_osmand({"id": "123456", "lat": "22.5", "lon": "114.1", "timestamp": "1783646400", "batt": "80"})
    >>> message.device, message.rows[0]["lon"], message.battery_percent
    ('123456', '114.1', 80.0)
    """
    if "location" in values and isinstance(values["location"], Mapping):
        return _of_json(values)
    lat, lon = values.get("lat"), values.get("lon")
    if lat is None and lon is None and "location" in values:
        lat, _, lon = str(values["location"]).partition(",")
    row = {
        "time": utc_where_unsaid(values.get("timestamp")),
        "lon": lon,
        "lat": lat,
        "accuracy_m": values.get("accuracy"),
        "heading_deg": values.get("bearing", values.get("heading")),
        "altitude_m": values.get("altitude"),
        "crs": values.get("crs"),
    }
    return Message(_device(values.get("id") or values.get("deviceid")), [row], _number(values.get("batt")))


def _of_json(document: Mapping[str, Any]) -> Message:
    location = document["location"]
    coords = location.get("coords") if isinstance(location.get("coords"), Mapping) else {}
    row = {
        "time": location.get("timestamp"),
        "lon": coords.get("longitude"),
        "lat": coords.get("latitude"),
        "accuracy_m": coords.get("accuracy"),
        "speed_mps": coords.get("speed"),
        "heading_deg": coords.get("heading"),
        "altitude_m": coords.get("altitude"),
        "mock": location.get("mock"),
    }
    battery = location.get("battery")
    level = _number(battery.get("level")) if isinstance(battery, Mapping) else None
    return Message(_device(document.get("device_id")), [row], None if level is None or level < 0 else level * 100)


def _device(name: object) -> str | None:
    return None if name is None or str(name) == "" else str(name)


def _number(value: object) -> float | None:
    try:
        return None if value is None else float(str(value))
    except ValueError:
        return None

"""Overland: batches of GeoJSON features."""

from collections.abc import Mapping
from typing import Any

from gridmgmt.io.protocols.message import Message, Row


def read_overland(document: Any, device: str | None = None) -> Message:
    """The message of `{"locations": [Feature, …]}`. `device` is what the sign-in said; else the properties say it.

    >>> point = {"type": "Point", "coordinates": [114.1, 22.5]}
    >>> said = {"timestamp": "2026-07-10T01:20:00Z", "device_id": "P1", "speed": -1}
    >>> feature = {"geometry": point, "properties": said}
    >>> message = read_overland({"locations": [feature]})
    >>> message.device, message.rows[0]["lat"]
    ('P1', 22.5)
    """
    locations = document.get("locations") if isinstance(document, Mapping) else None
    if not isinstance(locations, list):
        return Message(device, [{"raw": document}])
    properties = [_properties(feature) for feature in locations]
    named = (str(entry["device_id"]) for entry in properties if entry.get("device_id"))
    levels = [entry["battery_level"] for entry in properties if isinstance(entry.get("battery_level"), (int, float))]
    rows = [_row(feature, entry) for feature, entry in zip(locations, properties, strict=True)]
    return Message(device or next(named, None), rows, levels[-1] * 100 if levels and levels[-1] >= 0 else None)


def _properties(feature: Any) -> Mapping[str, Any]:
    found = feature.get("properties") if isinstance(feature, Mapping) else None
    return found if isinstance(found, Mapping) else {}


def _row(feature: Any, properties: Mapping[str, Any]) -> Row:
    lon, lat = _position(feature)
    row = {
        "time": properties.get("timestamp"),
        "lon": lon,
        "lat": lat,
        "accuracy_m": properties.get("horizontal_accuracy"),
        "speed_mps": properties.get("speed"),
        "heading_deg": properties.get("course"),
        "altitude_m": properties.get("altitude"),
    }
    return row if lon is not None else {**row, "raw": feature}


def _position(feature: Any) -> tuple[Any, Any]:
    geometry = feature.get("geometry") if isinstance(feature, Mapping) else None
    coordinates = geometry.get("coordinates") if isinstance(geometry, Mapping) else None
    if isinstance(coordinates, list) and len(coordinates) >= 2:
        return coordinates[0], coordinates[1]
    return None, None

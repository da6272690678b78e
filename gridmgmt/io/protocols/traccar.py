"""What a Traccar server forwards: `{"position": {…}, "device": {"uniqueId": …}}`. Its speeds are knots."""

from collections.abc import Mapping
from typing import Any

from gridmgmt.io.protocols.message import Message

MPS_PER_KNOT = 0.514444


def read_traccar(document: Any) -> Message:
    """The message of a forwarded position.

    >>> position = {"fixTime": "2026-07-10T01:20:00.000+00:00", "longitude": 114.1, "latitude": 22.5, "speed": 2.0}
    >>> read_traccar({"position": position, "device": {"uniqueId": "P1"}}).device
    'P1'
    """
    if not isinstance(document, Mapping) or not isinstance(document.get("position"), Mapping):
        return Message(None, [{"raw": document}])
    position, device = document["position"], document.get("device")
    speed_kn = position.get("speed")
    row = {
        "time": position.get("fixTime") or position.get("deviceTime"),
        "lon": position.get("longitude"),
        "lat": position.get("latitude"),
        "accuracy_m": position.get("accuracy"),
        "speed_mps": speed_kn * MPS_PER_KNOT if isinstance(speed_kn, (int, float)) else None,
        "heading_deg": position.get("course"),
        "altitude_m": position.get("altitude"),
    }
    name = device.get("uniqueId") if isinstance(device, Mapping) else None
    attributes = position.get("attributes")
    battery = attributes.get("batteryLevel") if isinstance(attributes, Mapping) else None
    level = float(battery) if isinstance(battery, (int, float)) else None
    return Message(None if name is None else str(name), [row], level)

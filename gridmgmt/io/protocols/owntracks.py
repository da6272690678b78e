"""OwnTracks over HTTP: one object per request; only `location` holds a fix, every other type is acknowledged."""

from collections.abc import Mapping
from typing import Any

from gridmgmt.io.protocols.message import Message

KMH_PER_MPS = 3.6


def read_owntracks(document: Any, device: str | None = None) -> Message:
    """The message of a JSON object. `device` is what the request's header or sign-in said; else the topic says it.

    >>> location = {"_type": "location", "lat": 22.5, "lon": 114.1, "tst": 1783646400, "vel": 36}
    >>> read_owntracks(location).rows[0]["speed_mps"]
    10.0
    >>> read_owntracks({"_type": "status"}).rows
    []
    """
    if not isinstance(document, Mapping):
        return Message(device, [{"raw": document}])
    if device is None:
        topic = str(document.get("topic") or "")
        device = topic.rsplit("/", 1)[-1] or None
    if document.get("_type") != "location":
        return Message(device)
    speed_kmh = document.get("vel")
    row = {
        "time": document.get("tst"),
        "lon": document.get("lon"),
        "lat": document.get("lat"),
        "accuracy_m": document.get("acc"),
        "speed_mps": speed_kmh / KMH_PER_MPS if isinstance(speed_kmh, (int, float)) else None,
        "heading_deg": document.get("cog"),
        "altitude_m": document.get("alt"),
    }
    battery = document.get("batt")
    return Message(device, [row], float(battery) if isinstance(battery, (int, float)) else None)

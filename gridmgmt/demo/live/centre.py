"""A simulated hand at the centre: looks at the queue and moves cases on, as the workflow lets it."""

from typing import Any

import numpy as np

from gridmgmt.demo.live.sender import Sender

COURSE = ("confirm", "file", "dispatch", "divert", "handle", "feed_back", "verify", "close")
AT_ONCE = 20
MOVED = 0.5  # share of the open cases that get on in one look


def look(sender: Sender, departments: dict[str, str], rng: np.random.Generator) -> int:
    """Move some of the latest open incidents by one step; how many were."""
    page = sender.send("GET", f"/api/v1/incidents?open=true&limit={AT_ONCE}")
    moved = 0
    for row in page["incidents"] if page else ():
        if rng.random() < MOVED:
            moved += _move_on(sender, row["id"], departments)
    return moved


def _move_on(sender: Sender, incident_id: str, departments: dict[str, str]) -> bool:
    detail = sender.send("GET", f"/api/v1/incidents/{incident_id}")
    if detail is None:
        return False
    possible = _names(detail.get("moves", ()))
    move = next((name for name in COURSE if name in possible), None)
    if move is None:
        return False
    body: dict[str, Any] = {"move": move, "after": detail["step"]}
    if move == "dispatch":
        department = departments.get(detail["category"])
        if department is None:
            return False
        body["holder"] = department
    return sender.send("POST", f"/api/v1/incidents/{incident_id}/moves", body) is not None


def _names(moves: Any) -> set[str]:
    return {move if isinstance(move, str) else move["move"] for move in moves}

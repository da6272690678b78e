"""A simulated phone: it walks along streets, loses its network, and sends everything later."""

import hashlib
import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import numpy as np
import shapely
from PIL import Image, ImageDraw

from gridmgmt.demo.live.cast import Phone
from gridmgmt.demo.live.sender import Sender
from gridmgmt.demo.walks import Fixes, Footways
from gridmgmt.geo.crs import wgs84_to_gcj02

BATCH_S = 60.0  # a phone with a network sends once a minute
MINUTES = (25.0, 55.0)
NO_NETWORK, AGAIN = 0.15, 0.1  # shares of batches
SENT = ("seq", "time", "lon", "lat", "accuracy_m")


@dataclass
class Walk:
    """A patrol as the phone keeps it: fixes in the order of time, and what is still to be sent."""

    id: UUID
    started_at: datetime
    rows: list[dict[str, Any]]
    sent: int = 0

    @property
    def ended_at(self) -> datetime:
        """When the last fix was taken."""
        ended_at: datetime = self.rows[-1]["at"]
        return ended_at


@dataclass
class Handset:
    """One worker's phone. `rng` is its own: what one phone does never depends on another."""

    phone: Phone
    sender: Sender
    ways: Footways
    rng: np.random.Generator
    told: dict[str, int] = field(default_factory=dict)

    def begin(self, moment: datetime) -> Walk:
        """Draw a walk and open its patrol."""
        fixes = self.ways.walk(self.phone.segment, 60 * float(self.rng.uniform(*MINUTES)), self.rng)
        walk = Walk(self._uuid(), moment, list(self._rows(fixes, moment)))
        self._tell("patrols", "PUT", f"/api/v1/patrols/{walk.id}", self._description(walk))
        return walk

    def report_points(self, walk: Walk, now: datetime) -> bool:
        """Send what was recorded up to `now`, unless there is no network; whether the walk is over and told."""
        recorded: int = walk.sent + sum(row["at"] <= now for row in walk.rows[walk.sent :])
        over: bool = recorded == len(walk.rows)
        if not over and self.rng.random() < NO_NETWORK:
            return False
        first = max(0, walk.sent - 5) if self.rng.random() < AGAIN else walk.sent  # as if a receipt had been lost
        rows = list(walk.rows[first:recorded])
        if rows:
            self.rng.shuffle(rows)
            body = {"points": [{key: row[key] for key in SENT} for row in rows], "crs": self.phone.crs}
            self._tell("points", "POST", f"/api/v1/patrols/{walk.id}/points", body, len(rows))
            walk.sent = recorded
        if over:
            ended_at = walk.ended_at.isoformat()
            self._tell("ended", "PUT", f"/api/v1/patrols/{walk.id}", self._description(walk) | {"ended_at": ended_at})
        return over

    def report_incident(self, walk: Walk, now: datetime, category: str, words: str) -> None:
        """Report something seen where the worker is, every third time with a photo."""
        seen = [row for row in walk.rows if row["at"] <= now] or walk.rows[:1]
        lon, lat = seen[-1]["place"]
        incident_id = self._uuid()
        body = {
            "category": category, "text": words, "lon": lon, "lat": lat,
            "occurred_at": now.isoformat(), "source": "phone", "photos": self._photos(category, now),
        }  # fmt: skip
        self._tell("incidents", "PUT", f"/api/v1/incidents/{incident_id}", body)
        self.sender.send("PUT", f"/api/v1/patrols/{walk.id}/incidents/{incident_id}")

    def _photos(self, category: str, now: datetime) -> list[str]:
        if self.rng.random() > 1 / 3:
            return []
        image = Image.new("RGB", (320, 240), tuple(int(v) for v in self.rng.integers(60, 200, 3)))
        ImageDraw.Draw(image).text((12, 12), f"{category}\n{now:%F %T}", fill="white")
        buffer = io.BytesIO()
        image.save(buffer, "JPEG")
        digest = hashlib.sha256(buffer.getvalue()).hexdigest()
        receipt = self.sender.send("PUT", f"/api/v1/photos/{digest}", buffer.getvalue(), "image/jpeg")
        return [] if receipt is None else [digest]

    def _rows(self, fixes: Fixes, moment: datetime) -> Iterator[dict[str, Any]]:
        """The fixes as the phone has them, in its own coordinate system."""
        lon, lat = shapely.get_coordinates(fixes.geometry).T
        shown = wgs84_to_gcj02(lon, lat) if self.phone.crs == "gcj02" else (lon, lat)
        for number, second in enumerate(fixes.seconds):
            at = moment + timedelta(seconds=float(second))
            yield {
                "at": at,
                "seq": number,
                "time": at.isoformat(),
                "lon": round(float(shown[0][number]), 7),
                "lat": round(float(shown[1][number]), 7),
                "accuracy_m": float(fixes.accuracy_m[number]),
                "place": (round(float(lon[number]), 7), round(float(lat[number]), 7)),
            }

    def _description(self, walk: Walk) -> dict[str, Any]:
        return {"kind": "routine", "started_at": walk.started_at.isoformat()}

    def _tell(self, what: str, method: str, path: str, body: Any, count: int = 1) -> None:
        if self.sender.send(method, path, body) is not None:
            self.told[what] = self.told.get(what, 0) + count

    def _uuid(self) -> UUID:
        return UUID(bytes=self.rng.bytes(16), version=4)

"""Whether two reports may be one matter: the same kind of thing, near, and not long apart.

Each category says how near (50-250 m) and how recent; the likeness only orders the suggestions, a person decides.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gridmgmt.field.codes import RADIUS_M


@dataclass(frozen=True)
class Nearness:
    """How near in metres and in days another report of the category counts as a possible duplicate."""

    radius_m: float = 100.0
    days: float = 2.0

    @classmethod
    def of(cls, settings: Mapping[str, Any]) -> "Nearness":
        """What a category's settings say, within what is allowed.

        >>> Nearness.of({"radius_m": 1000})
        Nearness(radius_m=250.0, days=2.0)
        """
        low, high = RADIUS_M
        radius_m = min(high, max(low, float(settings.get("radius_m", cls.radius_m))))
        return cls(radius_m, float(settings.get("days", cls.days)))

    def likeness(self, distance_m: float, apart_s: float) -> float:
        """1 for the same place and moment, falling to 0 at either limit: (1 - d/r) (1 - t/T).

        >>> Nearness(100, 2).likeness(50, 86400)
        0.25
        """
        near = max(0.0, 1 - distance_m / self.radius_m)
        recent = max(0.0, 1 - abs(apart_s) / (self.days * 86400))
        return near * recent

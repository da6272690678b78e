"""A plan of one pool, with what is proven about it."""

from dataclasses import dataclass

from gridmgmt.planning.merging.groups import Group
from gridmgmt.planning.merging.prices import Goal


@dataclass(frozen=True)
class PoolPlan:
    """Groups that cover the pool; per goal, violation first, the value reached and the bound proven."""

    groups: tuple[Group, ...]
    goals: tuple[Goal, ...]
    values: tuple[int, ...]
    bounds: tuple[int, ...]
    stopped: bool = False  # the clock, not a work limit, ended the search

    @property
    def optimal(self) -> bool:
        return self.values == self.bounds

    def __add__(self, other: "PoolPlan") -> "PoolPlan":
        """Two pools side by side: groups (masks of the same numbering) join, values and bounds add up."""
        values = tuple(a + b for a, b in zip(self.values, other.values, strict=True))
        bounds = tuple(a + b for a, b in zip(self.bounds, other.bounds, strict=True))
        return PoolPlan(self.groups + other.groups, self.goals, values, bounds, self.stopped or other.stopped)

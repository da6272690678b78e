"""What is proven about a partition."""

from dataclasses import dataclass
from typing import Literal

Status = Literal["optimal", "feasible", "infeasible"]

OVERSIZE_UNIT = "oversize_unit"  # one unit alone exceeds the cap
POCKET_BELOW_LOW = "pocket_below_low"  # a pocket that nothing else touches holds too little
NO_FEASIBLE_COUNT = "no_feasible_count"  # no number of parts fits the pocket's total into the range
PACKING = "units_do_not_pack"  # enumeration shows that the units cannot be grouped into the range
NOT_FOUND = "not_found"  # the search found nothing better, and nothing proves that there is none

#: Reasons that are proofs: no plan whatever brings these parts into the range.
PROOFS = frozenset({OVERSIZE_UNIT, POCKET_BELOW_LOW, NO_FEASIBLE_COUNT, PACKING})


@dataclass(frozen=True)
class Miss:
    """A part outside the range: its number, a reason code, and the units (row numbers) that force it."""

    part: int
    reason: str
    units: tuple[int, ...]


@dataclass(frozen=True)
class Certificate:
    """The proof that comes with a partition.

    Attributes
    ----------
    status : `infeasible` wherever a part misses the range for a reason that is a proof (no plan has every part in
        range; the labels are the least violation found); else `optimal` where every part is in range and the value is
        proven least; else `feasible` (every part in range, or as near as found)
    objective, value, bound : the first objective, its value, and a proven lower bound
    outside, outside_bound : weight in parts outside the range (a lone oversize unit counts as met), and a proven
        lower bound of it
    total : weight of all units
    reason : the smallest reason why the range cannot be met; None where it is met
    misses : every part outside the range
    uneven : total deviation that effort `exact` proves beyond what counting proves (`evenness`), for plans
        with no more weight outside in any pool, and no dearer cuts there
    stopped : True where the clock, not the work limit, ended the search: only then may another run differ
    """

    status: Status
    objective: str
    value: float
    bound: float
    outside: int
    outside_bound: int
    reason: str | None = None
    misses: tuple[Miss, ...] = ()
    stopped: bool = False
    total: int = 0
    uneven: float = 0.0

    @property
    def share(self) -> float:
        """Share of the weight in parts within the range; a lone oversize unit counts as met."""
        return 1 - self.outside / self.total if self.total else 1.0

    @property
    def share_bound(self) -> float:
        """What no plan's share exceeds."""
        return 1 - self.outside_bound / self.total if self.total else 1.0

    @property
    def gap(self) -> float:
        """(value − bound) / value; 0 where both are equal."""
        return 0.0 if self.value <= self.bound else (self.value - self.bound) / abs(self.value)

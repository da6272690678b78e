"""Connected groups of communities: what a station may serve.

A *pool* is the communities of one parent (a subdistrict). A group is a connected set of them, kept as a bit mask. Its
violation is the number of households it lacks below `low` or has above `high`. Some violation is forced: a community
above `high` carries its own excess into every group. What a group adds to that is its *slack*,

    slack(G) = violation(G) − Σ_{u∈G} max(w_u − high, 0) ≥ 0,

and the slacks of a plan sum to its violation less the forced part. So once a plan with total slack B is known, no group
with more slack than B can stand in a better one: the enumeration stays complete while it stays small.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

SiteGoal = Literal["premises", "walk", "upgrade"]


@dataclass(frozen=True)
class SiteWeights:
    """How a group chooses its site: what a household-norm missed, a household-metre and a unit of upgrade weigh."""

    premises: float = 0.0
    walk: float = 1.0
    upgrade: float = 0.0


@dataclass(frozen=True)
class SitePrices:
    """A site's price: household-metres × `per_metre` + households × `per_household` + `fixed`, the last two by site."""

    per_metre: float
    per_household: NDArray[np.float64]
    fixed: NDArray[np.float64]


def _none() -> NDArray[np.int64]:
    return np.zeros(0, dtype=np.int64)


@dataclass(frozen=True)
class Pool:
    """Communities that may be grouped with each other, and what it costs to serve one from another's site.

    `neighbours[u]` is the bit mask of u's neighbours, `weights[u]` its households, `travel[u, s]` the household-metres
    from the homes of u to the site in s, `site_rank[s]` the norms that the premises there miss (0 is best), `locks[u]`
    a label (−1: free): units of one label stay together, units of two labels never meet. What else a plan may be priced
    by, nothing where it is not given: `upgrade[s]` what the site in s lacks, `kinds[u]` the type of u, `staff[u]` the
    people that u's station has today. A group's site is chosen by `order`, or by `weigh` where that is given. `shared`
    are the people and households that shares of staff are of; None: those of the pool.
    """

    neighbours: tuple[int, ...]
    weights: NDArray[np.int64]
    travel: NDArray[np.float64]
    site_rank: NDArray[np.int64]
    locks: NDArray[np.int64]
    low: int
    high: int
    upgrade: NDArray[np.int64] = field(default_factory=_none)
    kinds: NDArray[np.int64] = field(default_factory=_none)
    staff: NDArray[np.int64] = field(default_factory=_none)
    weigh: SiteWeights | None = None
    order: tuple[SiteGoal, ...] = ("premises", "walk")
    shared: tuple[int, int] | None = None
    lone_exempt: bool = False  # a community alone is never above the range

    def __post_init__(self) -> None:
        for name in ("upgrade", "kinds", "staff"):
            if not len(getattr(self, name)):
                object.__setattr__(self, name, np.zeros(len(self.neighbours), dtype=np.int64))

    def __len__(self) -> int:
        return len(self.neighbours)

    @cached_property
    def forced(self) -> int:
        """Households above `high` in communities that are too large by themselves: no plan can avoid them."""
        return 0 if self.lone_exempt else int(np.maximum(self.weights - self.high, 0).sum())

    @cached_property
    def loads(self) -> list[int]:
        """Households of each community, at most `high`: the slack of a group follows from their sum."""
        capped: list[int] = np.minimum(self.weights, self.high).tolist()
        return capped

    @cached_property
    def lock_masks(self) -> tuple[int, ...]:
        """One bit mask per lock label."""
        return tuple(mask_of(np.flatnonzero(self.locks == label)) for label in np.unique(self.locks[self.locks >= 0]))

    @cached_property
    def standing(self) -> NDArray[np.int64]:
        """(n,) how the sites stand by the goals that go before the walk: 0 is best, equals stand alike."""
        return self._standing(self.order[: self.order.index("walk")])

    def _standing(self, goals: Sequence[SiteGoal]) -> NDArray[np.int64]:
        measures = {"premises": self.site_rank, "upgrade": self.upgrade}
        if not goals:
            return np.zeros(len(self), dtype=np.int64)
        rows = np.column_stack([measures[goal] for goal in goals])
        return np.unique(rows, axis=0, return_inverse=True)[1].ravel().astype(np.int64)

    @cached_property
    def site_prices(self) -> SitePrices:
        """What a site costs a group; the cheapest is chosen, of equals the first. Household-metres are whole."""
        if self.weigh is None:
            farthest = 1.0 + float(self.travel.sum(axis=0).max(initial=0))
            ties = self._standing(self.order[self.order.index("walk") + 1 :]) / (2 * len(self) + 2)
            return SitePrices(1.0, np.zeros(len(self)), self.standing * farthest + ties)
        premises, walk, upgrade = self.weigh.premises, self.weigh.walk, self.weigh.upgrade
        rank_price = np.asarray(premises * self.site_rank, dtype=np.float64)
        return SitePrices(walk, rank_price, upgrade * self.upgrade.astype(np.float64))

    def staff_gap(self, people: NDArray[np.int64], households: NDArray[np.int64]) -> NDArray[np.int64]:
        """Hundredths of people that a group has above or below its share, which is by households."""
        total, homes = self.shared or (int(self.staff.sum()), int(self.weights.sum()))
        gap: NDArray[np.int64] = np.rint(100 * np.abs(people - total * households / max(homes, 1))).astype(np.int64)
        return gap

    def violation(self, households: int) -> int:
        """Households missing below `low` or in excess of `high`."""
        return max(self.low - households, households - self.high, 0)


@dataclass(frozen=True)
class Group:
    """A connected set of communities served by one station at the site of one of them."""

    mask: int
    households: int
    violation: int
    site: int
    site_rank: int
    travel: int  # household-metres, whole
    upgrade: int = 0  # what the site lacks
    mixed: int = 0  # households that are not of the group's commonest type
    staff_gap: int = 0  # hundredths of people above or below the group's share

    @property
    def members(self) -> list[int]:
        return bits(self.mask)


def bits(mask: int) -> list[int]:
    """Positions of the ones.

    >>> bits(0b1011)
    [0, 1, 3]
    """
    return [position for position in range(mask.bit_length()) if mask >> position & 1]


def mask_of(members: Sequence[int] | NDArray[np.intp]) -> int:
    """The bit mask of some positions."""
    return sum(1 << int(member) for member in members)


def neighbour_masks(adjacency: sparse.sparray) -> tuple[int, ...]:
    """Bit masks of the neighbours of each node of a symmetric sparse matrix; the diagonal is ignored."""
    matrix = sparse.csr_array(adjacency)
    rows = (matrix.indices[matrix.indptr[row] : matrix.indptr[row + 1]] for row in range(matrix.shape[0]))
    return tuple(mask_of(sorted(set(map(int, row)) - {number})) for number, row in enumerate(rows))


def connected_masks(neighbours: Sequence[int], loads: Sequence[int], cap: int) -> Iterator[tuple[int, int]]:
    """Every connected set with a load of at most `cap`, once, and every single node: its mask and its load."""
    for root in range(len(neighbours)):
        yield from connected_masks_with(root, neighbours, loads, cap, banned=(2 << root) - 1)


def connected_masks_with(
    root: int, neighbours: Sequence[int], loads: Sequence[int], cap: int, banned: int
) -> Iterator[tuple[int, int]]:
    """Every connected set that holds `root` and nothing `banned`, with a load of at most `cap`, once.

    Loads are not negative, so a set over the cap has no smaller superset. Branching on the frontier with a ban on what
    was passed over lists each set exactly once (Wernicke 2006, ESU).
    """
    stack = [(1 << root, loads[root], neighbours[root] & ~banned, banned | 1 << root)]
    while stack:
        members, load, frontier, banned = stack.pop()
        yield members, load
        while frontier:
            node = frontier & -frontier
            frontier ^= node
            banned |= node
            position = node.bit_length() - 1
            if load + loads[position] <= cap:
                reach = (frontier | neighbours[position]) & ~banned
                stack.append((members | node, load + loads[position], reach, banned))


def sub_pool(pool: Pool, members: NDArray[np.intp]) -> Pool:
    """The pool of some members only, numbered in the order given."""
    place = {int(member): position for position, member in enumerate(members)}
    near = ([place[other] for other in bits(pool.neighbours[member]) if other in place] for member in members)
    return replace(
        pool,
        neighbours=tuple(mask_of(row) for row in near),
        weights=pool.weights[members],
        travel=pool.travel[np.ix_(members, members)],
        site_rank=pool.site_rank[members],
        locks=pool.locks[members],
        upgrade=pool.upgrade[members],
        kinds=pool.kinds[members],
        staff=pool.staff[members],
        shared=pool.shared or (int(pool.staff.sum()), int(pool.weights.sum())),
    )


def is_allowed(pool: Pool, mask: int, load: int, slack: int) -> bool:
    """Whether a group of that load (see `Pool.loads`) keeps the locks and has no more slack than that."""
    return max(pool.low - load, load - pool.high) <= slack and keeps_locks(pool, mask)


def keeps_locks(pool: Pool, mask: int) -> bool:
    """Whether a group holds all units of one lock, or none of any."""
    held = [lock for lock in pool.lock_masks if lock & mask]
    return not held or (len(held) == 1 and held[0] & mask == held[0])

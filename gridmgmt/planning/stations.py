"""The best stations for one pool of communities: least violation of the range first, then the goals asked for."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse import csgraph

from gridmgmt.errors import InvalidInput
from gridmgmt.planning.groups import Group, Pool, bits, groups_within, mask_of, sub_pool
from gridmgmt.planning.largepool import candidates, median_bound, start_plan
from gridmgmt.planning.setpartition import Cover, OutOfTime, cover, cover_by_count

Goal = Literal["violation", "outside", "stations", "premises", "walk"]

# What one group costs under each goal, in whole units; a plan costs the sum over its groups.
GOALS: dict[Goal, Callable[[Group], int]] = {
    "violation": lambda group: group.violation,  # households missing below the range or in excess of it
    "outside": lambda group: group.households if group.violation else 0,  # households of stations out of range
    "stations": lambda group: 1,
    "premises": lambda group: group.households * group.site_rank,  # household-norms missed at the chosen premises
    "walk": lambda group: group.travel,  # household-metres to the site
}
FEW_GROUPS = 15_000  # connected sets up to which no plan to start from is needed
EVERY_COUNT_STEPS = 200_000_000
DEFAULT_GOALS: tuple[Goal, ...] = ("stations", "walk")


def goals_named(names: Sequence[str]) -> tuple[Goal, ...]:
    """Goals by name; InvalidInput for a name there is not.

    >>> goals_named(["stations", "walk"])
    ('stations', 'walk')
    """
    unknown = [name for name in names if name not in GOALS]
    if unknown:
        raise InvalidInput(detail=f"there is no goal {unknown[0]!r}; there are {', '.join(GOALS)}")
    return tuple(goal for name in names for goal in GOALS if goal == name)


@dataclass(frozen=True)
class PoolPlan:
    """Groups that cover the pool; per goal, violation first, the value reached and the bound proven."""

    groups: tuple[Group, ...]
    goals: tuple[Goal, ...]
    values: tuple[int, ...]
    bounds: tuple[int, ...]

    @property
    def optimal(self) -> bool:
        return self.values == self.bounds

    def __add__(self, other: "PoolPlan") -> "PoolPlan":
        """Two pools side by side: groups (masks of the same numbering) join, values and bounds add up."""
        values = tuple(a + b for a, b in zip(self.values, other.values, strict=True))
        bounds = tuple(a + b for a, b in zip(self.bounds, other.bounds, strict=True))
        return PoolPlan(self.groups + other.groups, self.goals, values, bounds)


def plan_pool(
    pool: Pool, goals: Sequence[Goal] = DEFAULT_GOALS, time_limit_s: float = 60.0, seed: int = 0
) -> PoolPlan | None:
    """The lexicographically best plan of a pool: violation, then `goals`; None where the locks leave no plan."""
    plans = []
    pieces = _components(pool)
    if any(sum(1 for piece in pieces if mask_of(piece) & lock) > 1 for lock in pool.lock_masks):
        return None
    for members in pieces:
        part = sub_pool(pool, members)
        found = _plan_connected(part, ("violation", *goals), time_limit_s, seed)
        if found is None:
            return None
        plans.append(_renumber(found, members))
    return _sum(plans, ("violation", *goals))


def plans_by_count(pool: Pool, goals: Sequence[Goal] = ("violation", "walk")) -> dict[int, PoolPlan]:
    """The best plan for every number of stations a pool can have, all exact, the goals in any order.

    Every connected group is looked at, so this is meant for pools of at most fifteen communities or so; InvalidInput
    where there are too many.
    """
    wanted = tuple(goals)
    total: dict[int, PoolPlan] = {0: _sum([], wanted)}
    for members in _components(pool):
        part = sub_pool(pool, members)
        groups = groups_within(part, int(part.weights.sum()) + part.low) or []
        masks = [group.mask for group in groups]
        covers = cover_by_count(len(part), masks, _costs(groups, wanted), EVERY_COUNT_STEPS) if groups else None
        if covers is None:
            raise InvalidInput(detail=f"{len(part)} communities are too many to try every number of stations")
        front = {count: _renumber(_plan(groups, found, wanted), members) for count, found in covers.items()}
        total = best_counts(total, front)
    return total


def best_counts(left: dict[int, PoolPlan], right: dict[int, PoolPlan]) -> dict[int, PoolPlan]:
    """Two pools' plans by number of stations, joined: for every total the best pair (a min-plus convolution)."""
    joined: dict[int, PoolPlan] = {}
    for a, one in left.items():
        for b, two in right.items():
            both = one + two
            if a + b not in joined or both.values < joined[a + b].values:
                joined[a + b] = both
    return joined


def _plan_connected(pool: Pool, goals: tuple[Goal, ...], time_limit_s: float, seed: int) -> PoolPlan | None:
    deadline = time.monotonic() + time_limit_s
    complete, start = _sufficient_groups(pool, deadline, seed)
    if complete is None:
        start = start_plan(pool, seed, time.monotonic() + time_limit_s / 3)
        complete = groups_within(pool, sum(group.violation for group in start) - pool.forced)
    groups = list({group.mask: group for group in [*start, *(complete or candidates(pool))]}.values())
    masks = [group.mask for group in groups]
    chosen = cover(len(pool), masks, _costs(groups, goals), deadline - time.monotonic(), seed, range(len(start)))
    if chosen is None:
        return None
    plan = _plan(groups, chosen, goals)
    if plan.optimal and complete is not None:
        return plan
    proven = plan.bounds if complete is not None else (0,) * len(goals)
    return replace(plan, bounds=tuple(map(max, proven, _outer_bounds(pool, plan))))


def _outer_bounds(pool: Pool, plan: PoolPlan) -> tuple[int, ...]:
    """Bounds that hold over all groups, listed or not; a later goal's bound supposes the values of the earlier ones."""
    bounds = dict.fromkeys(plan.goals, 0)
    bounds["violation"] = pool.forced
    if plan.values[0] == pool.forced:
        bounds["stations"] = -(-sum(pool.loads) // pool.high)
        if "walk" in plan.goals:
            bounds["walk"] = median_bound(pool, len(plan.groups))
    return tuple(min(bounds[goal], value) for goal, value in zip(plan.goals, plan.values, strict=True))


def _sufficient_groups(pool: Pool, deadline: float, seed: int) -> tuple[list[Group] | None, list[Group]]:
    """All groups that a plan of least violation may hold, and such a plan; None and no plan where they are too many.

    With every group of slack ≤ s listed, a cover of total slack T ≤ s is proven least: a better one would hold only
    groups of slack < T. Otherwise s is raised to T, or doubled where there is no cover at all.
    """
    slack, ceiling = 0, int(pool.weights.sum()) + pool.low
    while True:
        groups = groups_within(pool, slack, limit=FEW_GROUPS)
        if groups is None:
            return None, []
        costs = [[group.violation] for group in groups]
        try:
            best = cover(len(pool), [group.mask for group in groups], costs, deadline - time.monotonic(), seed)
        except OutOfTime:
            return None, []
        if best is not None and best.values[0] - pool.forced <= slack:
            return groups, [groups[chosen] for chosen in best.chosen]
        if slack >= ceiling:
            return groups, []
        slack = best.values[0] - pool.forced if best is not None else min(ceiling, max(2 * slack, pool.low // 8))


def _costs(groups: Sequence[Group], goals: Sequence[Goal]) -> list[list[int]]:
    return [[GOALS[goal](group) for goal in goals] for group in groups]


def _plan(groups: Sequence[Group], found: Cover, goals: tuple[Goal, ...]) -> PoolPlan:
    return PoolPlan(tuple(groups[g] for g in found.chosen), goals, found.values, found.bounds)


def _sum(plans: Sequence[PoolPlan], goals: tuple[Goal, ...]) -> PoolPlan:
    total = PoolPlan((), goals, (0,) * len(goals), (0,) * len(goals))
    for plan in plans:
        total = total + plan
    return total


def _components(pool: Pool) -> list[NDArray[np.intp]]:
    """Connected pieces of the pool, each in an order that keeps the frontier of the dynamic programme narrow."""
    size = len(pool)
    edges = [(u, v) for u in range(size) for v in bits(pool.neighbours[u])]
    rows, columns = np.asarray(edges, dtype=np.intp).reshape(-1, 2).T
    graph = sparse.csr_array((np.ones(len(edges), dtype=np.int8), (rows, columns)), shape=(size, size))
    order = csgraph.reverse_cuthill_mckee(graph, symmetric_mode=True)
    count, piece = csgraph.connected_components(graph, directed=False)
    return [order[piece[order] == number] for number in range(count)]


def _renumber(plan: PoolPlan, members: NDArray[np.intp]) -> PoolPlan:
    """The plan of a sub-pool in the numbers of the pool it was taken from."""
    groups = (
        replace(group, mask=mask_of(members[bits(group.mask)]), site=int(members[group.site])) for group in plan.groups
    )
    return replace(plan, groups=tuple(groups))

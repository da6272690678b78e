"""The best stations for one pool of communities: least violation of the range first, then the goals asked for."""

import itertools
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
from numpy.typing import NDArray

from gridmgmt.errors import InvalidInput
from gridmgmt.messages import Words
from gridmgmt.planning.merging.bysite import can_be_priced_by_site, decided, is_paid_by_site
from gridmgmt.planning.merging.columnchoice import choose
from gridmgmt.planning.merging.groups import Group, Pool, bits, groups_within, mask_of, sub_pool
from gridmgmt.planning.merging.largepool import candidates, least_violation, median_bound, start_plan
from gridmgmt.planning.merging.listing import (
    MAX_LISTED,
    UNLIMITED,
    Listing,
    listed_members,
    listing,
    rows_of,
    silent,
    stacked,
)
from gridmgmt.planning.merging.neighbourhood import improved
from gridmgmt.planning.merging.pieces import components, untorn_pieces
from gridmgmt.planning.merging.prices import DEFAULT_GOALS, Goal, Weights, costs_listed, costs_of, site_order
from gridmgmt.planning.merging.setpartition import Cover, cover_by_count
from gridmgmt.planning.merging.sitemodel import assigned, is_decided_by_sites
from gridmgmt.planning.partition.search import Budget

FEW_GROUPS = 15_000  # connected sets up to which no plan to start from is needed
FEW_COMMUNITIES = 32  # above which the dynamic programme is not tried
EVERY_COUNT_STEPS = 200_000_000
SHORT = 2_000_000  # groups that are looked at one by one, all of them, in some seconds
WITHIN = 0.95  # of the time limit: the step that runs when it is over is still brought to its end
MENDING = 0.4  # of the time that is left, before bounds are looked for


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


def plan_pool(
    pool: Pool,
    goals: Sequence[Goal] = DEFAULT_GOALS,
    budget: Budget = UNLIMITED,
    seed: int = 0,
    weights: Weights | None = None,
) -> PoolPlan | None:
    """The lexicographically best plan of a pool: violation, then `goals`; None where the locks leave no plan.

    The budget is all pieces' together; while a large one is worked on it is told of the goal in hand, its value and
    bound.
    """
    plans = []
    pool = replace(pool, order=site_order(goals))
    pieces = untorn_pieces(pool)
    if pieces is None:
        return None
    for members in pieces:
        found = _plan_connected(sub_pool(pool, members), ("violation", *goals), budget, seed, weights)
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
    pool = replace(pool, order=site_order(wanted))
    total: dict[int, PoolPlan] = {0: _sum([], wanted)}
    for members in components(pool):
        part = sub_pool(pool, members)
        groups = groups_within(part, int(part.weights.sum()) + part.low) or []
        masks = [group.mask for group in groups]
        covers = cover_by_count(len(part), masks, costs_of(wanted, groups), EVERY_COUNT_STEPS) if groups else None
        if covers is None:
            raise InvalidInput(detail=Words("reasons.counts_too_many", count=len(part)))
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


def _plan_connected(
    pool: Pool, goals: tuple[Goal, ...], budget: Budget, seed: int, weights: Weights | None
) -> PoolPlan | None:
    groups = sufficient_groups(pool)
    covers = None
    if groups is not None:
        covers = cover_by_count(len(pool), [group.mask for group in groups], costs_of(goals, groups, weights))
    if groups is None or covers is None:
        began = time.monotonic()
        _compile()
        compiled_s = time.monotonic() - began
        budget = replace(budget, deadline=began + WITHIN * (budget.deadline - began) + compiled_s)
        return _plan_large(pool, goals, budget, seed, weights, SHORT)
    best = min(covers.values(), key=lambda found: found.values, default=None)
    return None if best is None else _plan(groups, best, goals)


@cache
def _compile() -> None:
    """Plan a small board as if it were large: what compiles on first use takes nothing from a plan's time."""
    side = np.arange(16)
    near = [[v for v in range(16) if abs(u // 4 - v // 4) + abs(u % 4 - v % 4) == 1] for u in range(16)]
    far = np.abs(side[:, None] - side).astype(np.float64)
    none = np.zeros(16, dtype=np.int64)
    board = Pool(tuple(mask_of(vs) for vs in near), none + 10, 10 * far, none, none - 1, low=30, high=50)
    for goals, shortest in itertools.product((DEFAULT_GOALS, DEFAULT_GOALS[::-1]), (0, SHORT)):
        _plan_large(board, ("violation", *goals), UNLIMITED, 0, None, shortest)


def _plan_large(
    pool: Pool, goals: tuple[Goal, ...], budget: Budget, seed: int, weights: Weights | None, short: int
) -> PoolPlan | None:
    """Columns from a plan that a search found and mended: exact where all groups that may count can be listed.

    A listing of up to `short` groups is looked at as a whole whatever the goals; a longer one where the goals are not
    paid by site.
    """
    start = start_plan(pool, seed, budget)
    if not start:
        return None
    start = improved(
        pool, start, goals, weights, replace(budget, deadline=time.monotonic() + MENDING * budget.left_s())
    )
    floor = 0
    if is_decided_by_sites(pool, goals, start):
        by_sites = assigned(pool, goals[1], start, budget)
        start, floor = list(by_sites.groups or start), by_sites.bound
    slack = sum(group.violation for group in start) - pool.forced
    by_site = can_be_priced_by_site(pool, goals, start)
    longest = short if by_site and is_paid_by_site(goals, weights) else MAX_LISTED
    listed = listing(pool, slack, longest, _least_load(pool, goals, start, slack), budget)
    if listed is None and by_site:
        found = decided(pool, goals, weights, start, budget)
        plan = PoolPlan(found.groups, goals, found.values, found.bounds, found.stopped)
    else:
        plan = _plan_listed(pool, goals, budget, weights, start, listed, floor)
    budget.so_far(plan.values[-1], plan.bounds[-1])
    return plan


def _least_load(pool: Pool, goals: Sequence[Goal], start: Sequence[Group], slack: int) -> int:
    """What each group holds of a plan in range of no more stations than known, where these are the next goal."""
    if slack or goals[1:2] != ("stations",):
        return 0
    return sum(pool.loads) - (len(start) - 1) * pool.high


def _plan_listed(
    pool: Pool,
    goals: tuple[Goal, ...],
    budget: Budget,
    weights: Weights | None,
    start: Sequence[Group],
    listed: Listing | None,
    floor: int = 0,
) -> PoolPlan:
    """The best plan by the listed groups, or without a complete list by such as lie near each other.

    `floor` is a bound that is known of the first goal after the violation.
    """
    slack, complete = sum(group.violation for group in start) - pool.forced, listed is not None
    if listed is None:
        listed = listed_members(pool, stacked(rows_of(start), candidates(pool, budget)))
    least_load = pool.low - slack
    most = sum(pool.loads) // least_load if least_load > 0 else len(pool)
    rows, costs = listed.rows_of(group.mask for group in start), costs_listed(goals, listed, weights)
    floors, told = _floors(pool, goals, slack), budget if complete else silent(budget)
    floors[1] = max(floors[1], floor)
    found = choose(listed.members, costs, rows, floors, min(most, len(pool)), len(pool), told)
    plan = PoolPlan(tuple(listed.group(row) for row in found.rows), goals, found.values, found.bounds, found.stopped)
    return plan if complete else replace(plan, bounds=_outer_bounds(pool, plan, floor, budget))


def _floors(pool: Pool, goals: Sequence[Goal], slack: int) -> list[int]:
    """Per goal a bound that is plain to see."""
    known = {"violation": least_violation(pool), "stations": -(-sum(pool.loads) // (pool.high + slack))}
    return [known.get(goal, 0) for goal in goals]


def _outer_bounds(pool: Pool, plan: PoolPlan, floor: int, budget: Budget) -> tuple[int, ...]:
    """Bounds that hold over all groups, listed or not; a later goal's bound supposes the values of the earlier ones."""
    bounds = dict.fromkeys(plan.goals, 0)
    bounds["violation"] = least_violation(pool)
    if plan.values[0] == pool.forced:
        bounds["stations"] = -(-sum(pool.loads) // pool.high)
        bounds["upgrade"] = int(np.sort(pool.upgrade)[: bounds["stations"]].sum())  # no two stations share a site
        if "stations" in plan.goals[: plan.goals.index("walk") if "walk" in plan.goals else 0]:
            bounds["walk"] = median_bound(pool, len(plan.groups), budget)
    bounds[plan.goals[1]] = max(bounds[plan.goals[1]], floor)
    return tuple(min(bounds[goal], value) for goal, value in zip(plan.goals, plan.values, strict=True))


def sufficient_groups(pool: Pool) -> list[Group] | None:
    """All groups that a plan of least violation may hold; None where they are too many for the dynamic programme.

    With every group of slack ≤ s listed, a cover of total slack T ≤ s is proven least: a better one would hold only
    groups of slack < T. Otherwise s is raised to T, or doubled where there is no cover at all.
    """
    slack, ceiling = 0, int(pool.weights.sum()) + pool.low
    while len(pool) <= FEW_COMMUNITIES:
        groups = groups_within(pool, slack, limit=FEW_GROUPS)
        if groups is None:
            return None
        covers = cover_by_count(len(pool), [group.mask for group in groups], [[group.violation] for group in groups])
        if covers is None:
            return None
        least = min((found.values[0] for found in covers.values()), default=None)
        if (least is not None and least - pool.forced <= slack) or slack >= ceiling:
            return groups
        slack = least - pool.forced if least is not None else min(ceiling, max(2 * slack, pool.high // 8, 1))
    return None


def _plan(groups: Sequence[Group], found: Cover, goals: tuple[Goal, ...]) -> PoolPlan:
    return PoolPlan(tuple(groups[g] for g in found.chosen), goals, found.values, found.bounds)


def _sum(plans: Sequence[PoolPlan], goals: tuple[Goal, ...]) -> PoolPlan:
    total = PoolPlan((), goals, (0,) * len(goals), (0,) * len(goals))
    for plan in plans:
        total = total + plan
    return total


def renumbered(groups: Iterable[Group], members: NDArray[np.intp]) -> Iterator[Group]:
    """Groups of a sub-pool in the numbers of the pool it was taken from."""
    for group in groups:
        yield replace(group, mask=mask_of(members[bits(group.mask)]), site=int(members[group.site]))


def _renumber(plan: PoolPlan, members: NDArray[np.intp]) -> PoolPlan:
    return replace(plan, groups=tuple(renumbered(plan.groups, members)))

"""The best stations for one pool of communities: least violation of the range first, then the goals asked for."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from gridmgmt.errors import InvalidInput
from gridmgmt.messages import Words
from gridmgmt.planning.budget import Budget
from gridmgmt.planning.merging.groups import Group, Pool, bits, mask_of, sub_pool
from gridmgmt.planning.merging.largeplan import plan_large
from gridmgmt.planning.merging.listing import UNLIMITED
from gridmgmt.planning.merging.pieces import components, untorn_pieces
from gridmgmt.planning.merging.poolplan import PoolPlan
from gridmgmt.planning.merging.pricedgroups import groups_within
from gridmgmt.planning.merging.prices import DEFAULT_GOALS, Goal, Weights, costs_of, site_order
from gridmgmt.planning.merging.setpartition import Cover, cover_by_count

FEW_GROUPS = 15_000  # connected sets up to which no plan to start from is needed
FEW_COMMUNITIES = 32  # above which the dynamic programme is not tried
EVERY_COUNT_STEPS = 200_000_000


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
        return plan_large(pool, goals, budget, seed, weights)
    best = min(covers.values(), key=lambda found: found.values, default=None)
    return None if best is None else _plan(groups, best, goals)


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

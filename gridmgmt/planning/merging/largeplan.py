"""Pools too large for the exact programme: a plan that is searched for, mended, and decided among columns or sites."""

import itertools
import time
from collections.abc import Sequence
from dataclasses import replace
from functools import cache

import numpy as np

from gridmgmt.planning.budget import Budget
from gridmgmt.planning.merging.bysite import can_be_priced_by_site, decided, is_paid_by_site
from gridmgmt.planning.merging.columnchoice import choose
from gridmgmt.planning.merging.groups import Group, Pool, mask_of
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
from gridmgmt.planning.merging.poolplan import PoolPlan
from gridmgmt.planning.merging.prices import DEFAULT_GOALS, Goal, Weights, costs_listed
from gridmgmt.planning.merging.sitemodel import assigned, is_decided_by_sites

SHORT = 2_000_000  # groups that are looked at one by one, all of them, in some seconds
WITHIN = 0.95  # of the time limit: the step that runs when it is over is still brought to its end
MENDING = 0.4  # of the time that is left, before bounds are looked for


def plan_large(
    pool: Pool, goals: tuple[Goal, ...], budget: Budget, seed: int, weights: Weights | None
) -> PoolPlan | None:
    """The best plan known when the budget or the work is spent, with bounds; None where the locks leave no plan.

    The pool hangs together. What compiles on first use is not counted.
    """
    began = time.monotonic()
    _compile()
    compiled_s = time.monotonic() - began
    budget = replace(budget, deadline=began + WITHIN * (budget.deadline - began) + compiled_s)
    return _planned(pool, goals, budget, seed, weights, SHORT)


@cache
def _compile() -> None:
    """Plan a small board as if it were large: what compiles on first use takes nothing from a plan's time."""
    side = np.arange(16)
    near = [[v for v in range(16) if abs(u // 4 - v // 4) + abs(u % 4 - v % 4) == 1] for u in range(16)]
    far = np.abs(side[:, None] - side).astype(np.float64)
    none = np.zeros(16, dtype=np.int64)
    board = Pool(tuple(mask_of(vs) for vs in near), none + 10, 10 * far, none, none - 1, low=30, high=50)
    for goals, shortest in itertools.product((DEFAULT_GOALS, DEFAULT_GOALS[::-1]), (0, SHORT)):
        _planned(board, ("violation", *goals), UNLIMITED, 0, None, shortest)


def _planned(
    pool: Pool, goals: tuple[Goal, ...], budget: Budget, seed: int, weights: Weights | None, short: int
) -> PoolPlan | None:
    """Columns from a plan that a search found and mended: exact where all groups that may count can be listed.

    A listing of up to `short` groups is looked at as a whole whatever the goals; a longer one where the goals are not
    paid by site.
    """
    start = start_plan(pool, seed, budget)
    if not start:
        return None
    start = improved(pool, start, goals, weights, budget.within(MENDING))
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
    floors[1:2] = [max(other, floor) for other in floors[1:2]]
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
    for goal in plan.goals[1:2]:
        bounds[goal] = max(bounds[goal], floor)
    return tuple(min(bounds[goal], value) for goal, value in zip(plan.goals, plan.values, strict=True))

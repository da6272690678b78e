"""Large pools whose last goal is paid site by site: the groups a better plan may hold, without listing the rest."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gridmgmt.planning.budget import Budget
from gridmgmt.planning.merging.columnchoice import Chosen, choose
from gridmgmt.planning.merging.groups import Group, Pool
from gridmgmt.planning.merging.listing import Listing, listed_members, rows_of, silent, stacked
from gridmgmt.planning.merging.prices import THOUSANDTHS, UNITS, Goal, Weights, costs_listed
from gridmgmt.planning.merging.sitegen import LISTING_WORK, Priced, Task, padded, priced
from gridmgmt.planning.merging.sitesearch import Members, SiteSearch

PAID_BY_SITE = ("walk", "weighted")
NOT_BY_SITE = ("type", "staff", "outside")  # weights of which the search by site knows nothing
ROUNDING = 0.5  # costs of groups are whole: none is more than this below what its shares add up to
ENOUGH = 25_000  # groups that a first good plan is made of
WIDER = 3  # times as many where no better plan is among them
ROOM = 700_000  # groups up to which a plan is decided among all that may count
HALVINGS = 12


@dataclass(frozen=True)
class Decided:
    """A plan: its groups, per goal the value and the bound, and whether the clock ended the search."""

    groups: tuple[Group, ...]
    values: tuple[int, ...]
    bounds: tuple[int, ...]
    stopped: bool


def can_be_priced_by_site(pool: Pool, goals: Sequence[Goal], start: Sequence[Group]) -> bool:
    """Whether a plan in range is known and the goals are violation, perhaps stations, then one paid by site."""
    in_range = sum(group.violation for group in start) == pool.forced
    return in_range and goals[-1] in PAID_BY_SITE and goals[:-1] in (("violation",), ("violation", "stations"))


def is_paid_by_site(goals: Sequence[Goal], weights: Weights | None) -> bool:
    """Whether the last goal is nothing but what serving costs: the search by site then sees all of it."""
    foreign = any((weights or {}).get(name, 0.0) for name in NOT_BY_SITE)
    return goals[-1] == "walk" or (goals[-1] == "weighted" and not foreign)


def decided(
    pool: Pool, goals: tuple[Goal, ...], weights: Weights | None, start: Sequence[Group], budget: Budget
) -> Decided:
    """The best plan, goal after goal, from one in range; see `can_be_priced_by_site`."""
    best, stopped = tuple(start), False
    fewest = -(-sum(pool.loads) // pool.high)
    if "stations" in goals:
        best, fewest = _fewer(pool, goals, weights, best, fewest, budget)
    most = len(best) if "stations" in goals else min(sum(pool.loads) // max(pool.low, 1), len(pool))
    task = _task(pool, weights if goals[-1] == "weighted" else None, fewest, max(most, len(best)))
    found = priced(task, padded(rows_of(best), task.size), budget)
    floors = _floors(pool, goals, fewest, found.bound)
    complete, room, value = False, ENOUGH, _value(pool, goals, weights, best)
    while not complete and room <= ROOM:
        members, complete = _near(task, found, value, room, budget)
        proving, told = complete or WIDER * room > ROOM, budget if complete else silent(budget)
        listed, chosen = _chosen(pool, goals, weights, members, best, floors, task.most, told, proving)
        budget.so_far(chosen.values[-1], min(floors[-1], chosen.values[-1]))
        best = tuple(listed.group(row) for row in chosen.rows)
        room, value = room if chosen.values[-1] < value else WIDER * room, chosen.values[-1]
        if budget.spent():
            break
    bounds = chosen.bounds if complete else tuple(min(pair) for pair in zip(floors, chosen.values, strict=True))
    stopped = chosen.values != bounds and (found.stopped or chosen.stopped)
    return Decided(best, chosen.values, bounds, stopped)


def _fewer(
    pool: Pool,
    goals: tuple[Goal, ...],
    weights: Weights | None,
    best: tuple[Group, ...],
    fewest: int,
    budget: Budget,
) -> tuple[tuple[Group, ...], int]:
    """A plan of fewer stations where the groups that such a plan prefers make one; and the least number possible."""
    for count in range(fewest, len(best)):
        task = _task(pool, None, count, count)
        found = priced(task, padded(rows_of(best), task.size), budget)
        if found.bound > _dearest(task):
            fewest = count + 1  # dearer than any plan can be: there is none
            continue
        members, _ = _near(task, found, _dearest(task), ROOM // 10, budget)
        floors = _floors(pool, goals[:-1], fewest, 0)
        listed, chosen = _chosen(pool, goals[:-1], weights, members, best, floors, len(best), silent(budget))
        if chosen.values[1] < len(best):
            return tuple(listed.group(row) for row in chosen.rows), fewest
    return best, fewest


def _dearest(task: Task) -> float:
    """What no plan costs more than."""
    return float(task.search.serve.max(axis=1).sum() + np.abs(task.search.fixed).sum())


def _task(pool: Pool, weights: Weights | None, fewest: int, most: int) -> Task:
    """Loads that groups of a plan of so many stations can have, and what sites are paid by."""
    total = sum(pool.loads)
    least = max(pool.low, total - (most - 1) * pool.high)
    cap = min(pool.high, total - (fewest - 1) * pool.low)
    return Task(_search(pool, weights), least, cap, fewest, most)


def _search(pool: Pool, weights: Weights | None) -> SiteSearch:
    travel = np.asarray(pool.travel, dtype=float)
    if weights is None:
        rank = pool.standing if pool.weigh is None else np.zeros(len(pool), dtype=np.int64)
        return SiteSearch.of(pool, travel, np.full(len(pool), -ROUNDING), rank)
    weight = {name: THOUSANDTHS * weights.get(name, 0.0) / UNITS[name][0] for name in UNITS}
    serve = weight["walk"] * travel + weight["premises"] * np.outer(pool.weights, pool.site_rank)
    fixed: NDArray[np.float64] = weight["stations"] + weight["upgrade"] * pool.upgrade.astype(float) - ROUNDING
    return SiteSearch.of(pool, serve, fixed, np.zeros(len(pool), dtype=np.int64))


def _near(task: Task, found: Priced, value: float, room: int, budget: Budget) -> tuple[Members, bool]:
    """The groups that a plan below a value may hold, and True; else as many near the bound as there is room for."""
    if not np.isfinite(found.bound):  # no search came to its end: nothing is ruled out
        return found.members, False
    gap = max(value - 1 - found.bound, 0.0)
    for halving in range(HALVINGS):
        ceilings = found.ceilings(task, found.bound + gap / 2**halving)
        rows = task.search.below(found.prices, task.least_load, task.most_load, ceilings, room, LISTING_WORK, budget)
        if rows.complete:
            return rows.members, halving == 0
        if budget.spent():
            break
    return found.members, False


def _chosen(
    pool: Pool,
    goals: tuple[Goal, ...],
    weights: Weights | None,
    members: Members,
    best: Sequence[Group],
    floors: Sequence[int],
    most: int,
    budget: Budget,
    proving: bool = True,
) -> tuple[Listing, Chosen]:
    """The best plan of some groups and those of a plan that is known."""
    listed = listed_members(pool, stacked(members, rows_of(best)))
    rows = listed.rows_of(group.mask for group in best)
    costs = costs_listed(goals, listed, weights)
    return listed, choose(listed.members, costs, rows, floors, most, len(pool), budget, proving)


def _floors(pool: Pool, goals: Sequence[Goal], fewest: int, bound: float) -> list[int]:
    known = {"violation": pool.forced, "stations": fewest}
    least = max(0, int(np.ceil(bound - 1e-6))) if np.isfinite(bound) else 0
    return [known.get(goal, least) for goal in goals]


def _value(pool: Pool, goals: tuple[Goal, ...], weights: Weights | None, best: Sequence[Group]) -> float:
    listed = listed_members(pool, rows_of(best))
    return float(costs_listed(goals[-1:], listed, weights).sum())

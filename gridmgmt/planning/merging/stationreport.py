"""The frames and the report of station plans: parts, reasons, exceptions, status (ADR 9)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import shapely
from geopandas import GeoDataFrame
from numpy.typing import NDArray

from gridmgmt.planning.merging.groups import Group, Pool, connected_masks, keeps_locks
from gridmgmt.planning.merging.poolplan import PoolPlan
from gridmgmt.planning.merging.prices import GOAL_NAMES, GOALS, UNITS, Goal, Weights
from gridmgmt.planning.report import Objective, PlanResult, Status, Unmet, build_report

LARGE_COMMUNITY = "large_self_contained_community"  # 罗湖 2006 二(二): such a one may exceed the range
NO_SHARED_BORDERS = "no_shared_borders"
STOPPED = "stopped_by_the_clock"  # not by a work limit: another machine may end with another plan
LOOKED_AT = 200_000  # connected groups looked at for one in range


@dataclass(frozen=True)
class ParentPool:
    """The pool of one parent and the rows of the frame it is made of."""

    parent: Any
    rows: NDArray[np.intp]
    pool: Pool


def plan_result(
    communities: GeoDataFrame,
    names: NDArray[np.object_],
    pools: Sequence[ParentPool],
    plans: Sequence[PoolPlan],
    elapsed_s: float,
    seed: int,
    weights: Weights | None = None,
    **more: Any,
) -> PlanResult:
    """The frames and the report of one plan per pool; parts are numbered pool by pool, by their first row.

    `more` goes into the report.
    """
    groups = [(pool, group) for pool, plan in zip(pools, plans, strict=True) for group in _ordered(plan.groups)]
    labels = np.empty(len(communities), dtype=np.int64)
    for part, (pool, group) in enumerate(groups):
        labels[pool.rows[group.members]] = part
    goals = goal_totals(plans)
    low, high = pools[0].pool.low, pools[0].pool.high
    if pools[0].pool.lone_exempt:
        high = max([high, *(group.households for _, group in groups if len(group.members) == 1)])
    report = build_report(
        task="merge",
        status=_status(pools, plans, groups),
        households=np.asarray([group.households for _, group in groups], dtype=np.int64),
        low=low,
        high=high,
        target=(low + high) / 2,
        oversize=np.asarray([bool(_oversize(where.pool, group)) for where, group in groups], dtype=bool),
        not_contiguous=0,
        objective=goals[0],
        objectives=[goal.as_dict() for goal in goals],
        prices=_prices(plans, weights),
        exceptions=_exceptions(groups, names),
        remarks=_remarks(pools, plans),
        **more,
        unmet=_unmet(groups, names),
        elapsed_s=elapsed_s,
        seed=seed,
    )
    return PlanResult(communities.assign(part=labels), _parts(communities, names, groups), report)


def _unmet(groups: Sequence[tuple[ParentPool, Group]], names: NDArray[np.object_]) -> list[Unmet]:
    """The parts out of range, each with its reason and communities."""
    return [
        Unmet(part, reason(where.pool, group), tuple(names[where.rows[group.members]]))
        for part, (where, group) in enumerate(groups)
        if group.violation
    ]


def goal_totals(plans: Sequence[PoolPlan]) -> list[Objective]:
    """Value and bound of each goal, summed over the pools."""
    values = np.asarray([plan.values for plan in plans], dtype=object).sum(axis=0)
    bounds = np.asarray([plan.bounds for plan in plans], dtype=object).sum(axis=0)
    names = (GOAL_NAMES[goal] for goal in plans[0].goals)
    return [Objective(name, int(value), int(bound)) for name, value, bound in zip(names, values, bounds, strict=True)]


def reason(pool: Pool, group: Group) -> str:
    """Why a group stands outside the range in a plan of least violation (a code of the message catalogue).

    >>> from gridmgmt.planning.merging.pricedgroups import price
    >>> two = Pool((0, 0), np.array([12000, 900]), np.zeros((2, 2)), np.zeros(2), np.full(2, -1), 6000, 10000)
    >>> [reason(two, price(two, mask)) for mask in (0b01, 0b10)]
    ['single_community_above_high', 'single_below_low_no_neighbour']
    """
    alone = len(group.members) == 1
    if any(lock & group.mask for lock in pool.lock_masks):
        return "locked"
    if group.households > pool.high:
        if alone:
            return "single_community_above_high"
        return "joined_to_community_above_high" if _oversize(pool, group) else "group_above_high_no_better_split"
    around = 0
    for member in group.members:
        around |= pool.neighbours[member]
    if not around & ~group.mask:
        return "single_below_low_no_neighbour" if alone else "isolated_group_below_low"
    return "single_below_low_any_merge_is_worse" if alone else "group_below_low_any_merge_is_worse"


def _status(
    pools: Sequence[ParentPool], plans: Sequence[PoolPlan], groups: Sequence[tuple[ParentPool, Group]]
) -> Status:
    """What is proven about the plan: `infeasible` only where no station at all can be in range (ADR 9)."""
    if not all(plan.optimal for plan in plans):
        return "feasible"
    hopeless = all(group.violation for _, group in groups) and not any(_can_be_in_range(where.pool) for where in pools)
    return "infeasible" if hopeless else "optimal"


def _can_be_in_range(pool: Pool) -> bool:
    """Whether there is a connected group in range, or too many groups to tell."""
    for count, (mask, load) in enumerate(connected_masks(pool.neighbours, pool.weights.tolist(), pool.high)):
        if count > LOOKED_AT or (pool.low <= load <= pool.high and keeps_locks(pool, mask)):
            return True
    return False


def _prices(plans: Sequence[PoolPlan], weights: Weights | None) -> list[dict[str, Any]]:
    """What the plan measures under each weight, the unit the weight is for, and its part of the price."""
    rows = []
    for name, weight in (weights or {}).items():
        per_unit, unit = UNITS[name]
        measured = [int(GOALS[cast(Goal, name)](group)) for plan in plans for group in plan.groups]
        amount = sum(measured) / per_unit
        rows.append(
            {"name": name, "unit": unit, "weight": weight, "amount": amount, "price": round(weight * amount, 3)}
        )
    return rows


def _exceptions(groups: Sequence[tuple[ParentPool, Group]], names: NDArray[np.object_]) -> list[dict[str, Any]]:
    """Communities that keep a station of their own above the range, as 二(二) allows the large and self-contained."""
    return [
        {"part": part, "reason": LARGE_COMMUNITY, "units": [str(names[where.rows[group.site]])]}
        | {"households": group.households, "above": group.households - where.pool.high}
        for part, (where, group) in enumerate(groups)
        if len(group.members) == 1 and group.violation and group.households > where.pool.high
    ]


def _remarks(pools: Sequence[ParentPool], plans: Sequence[PoolPlan]) -> list[str]:
    """What a reader has to know about the input and the search."""
    apart = any(len(where.rows) > 1 for where in pools) and not any(any(where.pool.neighbours) for where in pools)
    stopped = any(plan.stopped for plan in plans)
    return [remark for remark, applies in ((NO_SHARED_BORDERS, apart), (STOPPED, stopped)) if applies]


def _oversize(pool: Pool, group: Group) -> list[int]:
    return [member for member in group.members if pool.weights[member] > pool.high]


def _ordered(groups: Sequence[Group]) -> list[Group]:
    return sorted(groups, key=lambda group: group.members)


def _parts(
    communities: GeoDataFrame, names: NDArray[np.object_], groups: Sequence[tuple[ParentPool, Group]]
) -> GeoDataFrame:
    shapes = communities.geometry.to_numpy()
    return GeoDataFrame(
        {
            "part": range(len(groups)),
            "parent": [pool.parent for pool, _ in groups],
            "households": [group.households for _, group in groups],
            "deviation": [group.households - (pool.pool.low + pool.pool.high) // 2 for pool, group in groups],
            "violation": [group.violation for _, group in groups],
            "communities": [len(group.members) for _, group in groups],
            "site": [names[pool.rows[group.site]] for pool, group in groups],
            "walk_m": [round(group.travel / max(group.households, 1), 1) for _, group in groups],
        },
        geometry=[shapely.union_all(shapes[pool.rows[group.members]]) for pool, group in groups],
        crs=communities.crs,
    )

"""Stations: group the communities of each parent so that every station serves about 6,000–10,000 households.

Clause 二(二) of the Luohu measures of 2006 gives the range, 二(四) the rule that a merge never crosses a subdistrict
and stays in one piece. The plan is exact for each parent: least violation of the range first, then the other goals.
"""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from geopandas import GeoDataFrame
from numpy.typing import NDArray
from scipy import sparse

from gridmgmt.errors import InfeasiblePlan, InvalidInput
from gridmgmt.geo.adjacency import adjacency
from gridmgmt.planning.frames import column_of, households_of, metric, names_of
from gridmgmt.planning.groups import Group, Pool, neighbour_masks
from gridmgmt.planning.prices import DEFAULT_GOALS, GOAL_NAMES, Goal
from gridmgmt.planning.report import Objective, PlanResult, Unmet, build_report
from gridmgmt.planning.stations import PoolPlan, plan_pool

MIN_BORDER_M = 1.0  # communities that share less of a border than this only touch


@dataclass(frozen=True)
class ParentPool:
    """The pool of one parent and the rows of the frame it is made of."""

    parent: Any
    rows: NDArray[np.intp]
    pool: Pool


def merge(
    communities: GeoDataFrame,
    *,
    households: str = "households",
    parent: str | None = "parent_code",
    low: int = 6000,
    high: int = 10000,
    goals: Sequence[Goal] = DEFAULT_GOALS,
    locks: str | None = None,
    travel: NDArray[np.float64] | None = None,
    site_rank: NDArray[np.int64] | None = None,
    code: str | None = None,
    tolerance_m: float = 0.5,
    seed: int = 0,
    time_limit_s: float = 60.0,
) -> PlanResult:
    """Station areas: connected groups of communities inside one parent, nearest to the range of households.

    Parameters
    ----------
    communities : one polygon per community, any CRS
    households : column of whole, not negative household counts
    parent : column no station area may cross; None: one pool
    low, high : households one station serves
    goals : after the least violation of the range, minimised one after the other: "stations", "walk" (household-metres
        to the site), "premises" (household-norms missed there), "outside" (households of stations out of range)
    locks : column of labels; rows of one label stay together, rows of two never meet, empty is free
    travel : (n, n) household-metres from the homes of row u to the site in row s; without it, households times the
        straight distance between the communities' inner points
    site_rank : (n,) standing of the site in each row, 0 best, chosen before distance; without it all are equal
    code : column that names the rows in the report; without it, `code` where there is one, else the index
    tolerance_m : borders no farther apart count as shared
    time_limit_s : for each parent; decides only where a pool is too large for the exact programme

    Returns
    -------
    PlanResult; parts carry `parent`, `site` (the name of its row), `violation` and `walk_m`, the mean distance.

    Raises
    ------
    UnknownColumn, InvalidInput : the input is not as described
    InfeasiblePlan : locks that tear a group apart

    >>> squares = GeoDataFrame({"households": [4000, 3000, 7000]}, crs=4547,
    ...     geometry=shapely.box([0, 10, 20], 0, [10, 20, 30], 10))
    >>> result = merge(squares, parent=None)
    >>> result.units["part"].tolist(), result.report["status"], result.report["share_in_range"]
    ([0, 0, 1], 'optimal', 1.0)
    """
    started = time.perf_counter()
    frame = metric(communities)
    pools = list(parent_pools(frame, households, parent, low, high, locks, travel, site_rank, tolerance_m))
    plans = [_solve(pool, goals, time_limit_s, seed) for pool in pools]
    return plan_result(communities, names_of(communities, code), pools, plans, time.perf_counter() - started, seed)


def parent_pools(
    frame: GeoDataFrame,
    households: str,
    parent: str | None,
    low: int,
    high: int,
    locks: str | None = None,
    travel: NDArray[np.float64] | None = None,
    site_rank: NDArray[np.int64] | None = None,
    tolerance_m: float = 0.5,
) -> Iterator[ParentPool]:
    """The pools of a frame in metres, parent by parent in sorted order; see `merge` for the parameters."""
    if not 0 <= low <= high:
        raise InvalidInput(detail=f"the range {low}–{high} is empty")
    weights = households_of(frame, households)
    borders = adjacency(frame.geometry, tolerance_m=tolerance_m)
    ways = _straight_travel(frame, weights) if travel is None else travel
    ranks = np.zeros(len(frame), dtype=np.int64) if site_rank is None else site_rank
    labels = _lock_labels(frame, locks)
    for name, rows in _rows_by_parent(frame, parent):
        near = sparse.csr_array(borders[rows][:, rows] >= MIN_BORDER_M)
        square = np.ix_(rows, rows)
        pool = Pool(neighbour_masks(near), weights[rows], ways[square], ranks[rows], labels[rows], low, high)
        yield ParentPool(name, rows, pool)


def _rows_by_parent(frame: GeoDataFrame, parent: str | None) -> list[tuple[Any, NDArray[np.intp]]]:
    if parent is None:
        return [(None, np.arange(len(frame)))]
    column = column_of(frame, parent)
    if column.isna().any():
        raise InvalidInput(detail=f"{int(column.isna().sum())} rows have no {parent}")
    values = column.to_numpy(dtype=object)
    return [(name, np.flatnonzero(values == name)) for name in sorted(set(values.tolist()))]


def _straight_travel(frame: GeoDataFrame, weights: NDArray[np.int64]) -> NDArray[np.float64]:
    inner = shapely.get_coordinates(shapely.point_on_surface(frame.geometry.to_numpy()))
    distance: NDArray[np.float64] = np.hypot(*(inner[:, None, :] - inner[None, :, :]).transpose(2, 0, 1))
    return weights[:, None] * distance


def _lock_labels(frame: GeoDataFrame, locks: str | None) -> NDArray[np.int64]:
    if locks is None:
        return np.full(len(frame), -1, dtype=np.int64)
    column = column_of(frame, locks)
    locked = (column.notna() & (column.astype(str) != "")).to_numpy()
    labels = np.full(len(frame), -1, dtype=np.int64)
    labels[locked] = np.unique(column.astype(str).to_numpy()[locked], return_inverse=True)[1]
    return labels


def _solve(pool: ParentPool, goals: Sequence[Goal], time_limit_s: float, seed: int) -> PoolPlan:
    plan = plan_pool(pool.pool, goals, time_limit_s, seed)
    if plan is None:
        raise InfeasiblePlan(reason=f"the locks in {pool.parent} join communities that are not neighbours")
    return plan


def plan_result(
    communities: GeoDataFrame,
    names: NDArray[np.object_],
    pools: Sequence[ParentPool],
    plans: Sequence[PoolPlan],
    elapsed_s: float,
    seed: int,
) -> PlanResult:
    """The frames and the report of one plan per pool; parts are numbered pool by pool, by their first row."""
    groups = [(pool, group) for pool, plan in zip(pools, plans, strict=True) for group in _ordered(plan.groups)]
    labels = np.empty(len(communities), dtype=np.int64)
    for part, (pool, group) in enumerate(groups):
        labels[pool.rows[group.members]] = part
    unmet = [
        Unmet(part, reason(where.pool, group), tuple(names[where.rows[group.members]]))
        for part, (where, group) in enumerate(groups)
        if group.violation
    ]
    goals = goal_totals(plans)
    low, high = pools[0].pool.low, pools[0].pool.high
    report = build_report(
        task="merge",
        status="optimal" if all(plan.optimal for plan in plans) else "feasible",
        households=np.asarray([group.households for _, group in groups], dtype=np.int64),
        low=low,
        high=high,
        target=(low + high) / 2,
        oversize=np.asarray([bool(_oversize(where.pool, group)) for where, group in groups], dtype=bool),
        not_contiguous=0,
        objective=goals[0],
        objectives=[goal.as_dict() for goal in goals],
        unmet=unmet,
        elapsed_s=elapsed_s,
        seed=seed,
    )
    return PlanResult(communities.assign(part=labels), _parts(communities, names, groups), report)


def goal_totals(plans: Sequence[PoolPlan]) -> list[Objective]:
    """Value and bound of each goal, summed over the pools."""
    values = np.asarray([plan.values for plan in plans], dtype=object).sum(axis=0)
    bounds = np.asarray([plan.bounds for plan in plans], dtype=object).sum(axis=0)
    names = (GOAL_NAMES[goal] for goal in plans[0].goals)
    return [Objective(name, int(value), int(bound)) for name, value, bound in zip(names, values, bounds, strict=True)]


def reason(pool: Pool, group: Group) -> str:
    """Why a group stands outside the range in a plan of least violation (a code of the message catalogue).

    >>> from gridmgmt.planning.groups import price
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

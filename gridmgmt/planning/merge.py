"""Stations: group the communities of each parent so that every station serves about 6,000–10,000 households.

Clause 二(二) of the Luohu measures of 2006 gives the range, 二(四) the rule that a merge never crosses a subdistrict
and stays in one piece. The plan is exact for each parent: least violation of the range first, then the other goals.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import shapely
from geopandas import GeoDataFrame
from numpy.typing import NDArray
from scipy import sparse

from gridmgmt.errors import InfeasiblePlan, InvalidInput
from gridmgmt.geo.adjacency import adjacency
from gridmgmt.messages import Words
from gridmgmt.planning.budget import Budget, Cancelled, SoFar
from gridmgmt.planning.frames import (
    column_of,
    filled,
    households_of,
    metric,
    names_of,
    require_unused,
    sound,
    warnings_about,
)
from gridmgmt.planning.merging.groups import Pool, neighbour_masks
from gridmgmt.planning.merging.poolplan import PoolPlan
from gridmgmt.planning.merging.prices import DEFAULT_GOALS, Goal, Weights, goals_named, site_weights, weights_named
from gridmgmt.planning.merging.stationchecks import (
    require_areas,
    require_locks_inside,
    require_measures,
    sound_rank,
    sound_travel,
)
from gridmgmt.planning.merging.stationreport import ParentPool, plan_result
from gridmgmt.planning.merging.stations import plan_pool
from gridmgmt.planning.report import PlanResult

URBAN_RANGE = (6000, 10000)  # 罗湖 2006 二(二)
RURAL_RANGE = (0, 600)  # 北京 2020 第十八条: two workers serve up to 600 households
MIN_BORDER_M = 1.0  # communities that share less of a border than this only touch


def merge(
    communities: GeoDataFrame,
    *,
    households: str = "households",
    parent: str | None = "parent_code",
    low: int | None = None,
    high: int | None = None,
    rural: bool = False,
    goals: Sequence[Goal] = DEFAULT_GOALS,
    weights: Weights | None = None,
    locks: str | None = None,
    upgrade: str | None = None,
    kinds: str | None = None,
    staff: str | None = None,
    travel: NDArray[np.float64] | None = None,
    site_rank: NDArray[np.int64] | None = None,
    code: str | None = None,
    tolerance_m: float = 0.5,
    seed: int = 0,
    time_limit_s: float = 60.0,
    progress: Callable[[int, int], None] = lambda done, of: None,
    so_far: SoFar = lambda value, bound: None,
    cancelled: Cancelled = lambda: False,
) -> PlanResult:
    """Station areas: connected groups of communities inside one parent, nearest to the range of households.

    Parameters
    ----------
    communities : one polygon per community, any CRS
    households : column of whole, not negative household counts
    parent : column no station area may cross; None: one pool
    low, high : households one station serves; 6,000–10,000 without them, in rural mode 0–600
    rural : villages (多村一站): every village may keep its station whatever its size, and neighbours share one while
        two workers still serve them, which is up to 600 households (北京 2020 第七条, 第十八条)
    goals : after the least violation of the range, minimised one after the other (`prices.GOALS`): "stations", "walk"
        (household-metres to the site), "premises" (household-norms missed there), "upgrade", "type", "staff",
        "outside" (households of stations out of range)
    weights : one price of several goals instead of `goals`, each weight per unit of `prices.UNITS`
    locks : column of labels; rows of one label stay together, rows of two never meet, empty is free
    upgrade, kinds, staff : columns with what a site lacks (m² or yuan, whole), the type of a community, and the people
        of its station, for the goals and weights of those names
    travel : (n, n) household-metres from the homes of row u to the site in row s; without it, households times the
        straight distance between the communities' inner points
    site_rank : (n,) norms that the premises in each row miss, 0 best. A group's site is the one that misses fewest, of
        these the nearest, unless `goals` put "premises", "upgrade" and "walk" in another order
    code : column that names the rows in the report; without it, `code` where there is one, else the index
    tolerance_m : borders no farther apart count as shared
    time_limit_s : for each parent; decides only where a pool is too large for the exact programme
    progress, so_far : told of every parent that is done: how many of how many; households by which their stations miss
        the range, and the proven bound of that. While a large pool is worked on, `so_far` is told of the goal in hand
        whenever its value or its bound is better
    cancelled : asked now and then in large pools; after True they end with the best plan and the bounds known by then

    Returns
    -------
    PlanResult; parts carry `parent`, `site` (the name of its row), `violation` and `walk_m`, the mean distance.

    Raises
    ------
    UnknownColumn, InvalidInput : the input is not as described, has a column `part`, or lacks what a goal or weight is
        about
    InfeasiblePlan : locks that tear a group apart or reach across parents

    >>> squares = GeoDataFrame({"households": [4000, 3000, 7000]}, crs=4547,
    ...     geometry=shapely.box([0, 10, 20], 0, [10, 20, 30], 10))
    >>> result = merge(squares, parent=None)
    >>> result.units["part"].tolist(), result.report["status"], result.report["share_in_range"]
    ([0, 0, 1], 'optimal', 1.0)
    """
    started = time.perf_counter()
    goals, weights = _asked(goals, weights)
    given, communities = communities, sound(communities)
    require_unused(communities, "part")
    require_measures(goals, weights, {"upgrade": upgrade, "kinds": kinds, "staff": staff, "site_rank": site_rank})
    pools = station_pools(
        communities,
        households=households,
        parent=parent,
        low=low,
        high=high,
        rural=rural,
        weights=weights,
        locks=locks,
        upgrade=upgrade,
        kinds=kinds,
        staff=staff,
        travel=travel,
        site_rank=site_rank,
        tolerance_m=tolerance_m,
    )
    plans: list[PoolPlan] = []
    for pool in pools:
        budget = Budget(time.monotonic() + time_limit_s, cancelled, so_far)
        plans.append(_solve(pool, goals, weights, budget, seed))
        so_far(sum(plan.values[0] for plan in plans), sum(plan.bounds[0] for plan in plans))
        progress(len(plans), len(pools))
    names = names_of(communities, code)
    warnings = warnings_about(given, metric(communities), names)
    elapsed_s = time.perf_counter() - started
    return plan_result(communities, names, pools, plans, elapsed_s, seed, weights, warnings=warnings)


def _asked(goals: Sequence[Goal], weights: Weights | None) -> tuple[tuple[Goal, ...], Weights | None]:
    """The goals and weights, checked; weights make one goal of all."""
    return (goals_named(goals), None) if weights is None else (("weighted",), weights_named(weights))


def station_pools(
    communities: GeoDataFrame,
    *,
    households: str = "households",
    parent: str | None = "parent_code",
    low: int | None = None,
    high: int | None = None,
    rural: bool = False,
    weights: Weights | None = None,
    locks: str | None = None,
    upgrade: str | None = None,
    kinds: str | None = None,
    staff: str | None = None,
    travel: NDArray[np.float64] | None = None,
    site_rank: NDArray[np.int64] | None = None,
    tolerance_m: float = 0.5,
) -> list[ParentPool]:
    """The pools that `merge` plans, one for each parent, with all that plans are priced by."""
    usual = RURAL_RANGE if rural else URBAN_RANGE
    least, most = usual[0] if low is None else low, usual[1] if high is None else high
    frame = metric(sound(communities))
    require_areas(frame)
    lacking, types, people = _whole(frame, upgrade), _types(frame, kinds), _whole(frame, staff)
    weigh = site_weights(weights) if weights else None
    return [
        replace(
            found,
            pool=replace(
                found.pool,
                upgrade=lacking[found.rows],
                kinds=types[found.rows],
                staff=people[found.rows],
                weigh=weigh,
                lone_exempt=rural,
            ),
        )
        for found in parent_pools(frame, households, parent, least, most, locks, travel, site_rank, tolerance_m)
    ]


def _whole(frame: GeoDataFrame, column: str | None) -> NDArray[np.int64]:
    return np.zeros(len(frame), dtype=np.int64) if column is None else households_of(frame, column)


def _types(frame: GeoDataFrame, column: str | None) -> NDArray[np.int64]:
    """(n,) a number for each type; an empty one is a type of its own."""
    if column is None:
        return np.zeros(len(frame), dtype=np.int64)
    return np.unique(column_of(frame, column).fillna("").astype(str), return_inverse=True)[1].astype(np.int64)


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
        raise InvalidInput(detail=Words("reasons.range_empty", low=low, high=high))
    weights = households_of(frame, households)
    borders = adjacency(frame.geometry, tolerance_m=tolerance_m)
    ways = sound_travel(_straight_travel(frame, weights) if travel is None else travel, len(frame))
    ranks = np.zeros(len(frame), dtype=np.int64) if site_rank is None else sound_rank(site_rank, len(frame))
    labels, parents = _lock_labels(frame, locks), _rows_by_parent(frame, parent)
    require_locks_inside(labels, parents)
    for name, rows in parents:
        near = sparse.csr_array(borders[rows][:, rows] >= MIN_BORDER_M)
        square = np.ix_(rows, rows)
        pool = Pool(neighbour_masks(near), weights[rows], ways[square], ranks[rows], labels[rows], low, high)
        yield ParentPool(name, rows, pool)


def _rows_by_parent(frame: GeoDataFrame, parent: str | None) -> list[tuple[Any, NDArray[np.intp]]]:
    if parent is None:
        return [(None, np.arange(len(frame)))]
    values = filled(frame, parent).to_numpy(dtype=object)
    names = sorted(set(values.tolist()), key=lambda name: (isinstance(name, str), name))
    return [(name, np.flatnonzero(values == name)) for name in names]


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


def _solve(pool: ParentPool, goals: Sequence[Goal], weights: Weights | None, budget: Budget, seed: int) -> PoolPlan:
    plan = plan_pool(pool.pool, goals, budget, seed, weights)
    if plan is None:
        raise locks_leave_none(pool)
    return plan


def locks_leave_none(pool: ParentPool) -> InfeasiblePlan:
    """The refusal of a pool whose locks leave no plan."""
    if pool.parent is None:
        return InfeasiblePlan(reason=Words("reasons.locks_apart_anywhere"))
    return InfeasiblePlan(reason=Words("reasons.locks_apart", parent=pool.parent))

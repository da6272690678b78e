"""The Pareto fronts of the parents of a frame as one table: stations × mean walk × upgrade, complete and proven."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from geopandas import GeoDataFrame
from numpy.typing import NDArray

from gridmgmt.planning.frames import names_of
from gridmgmt.planning.merge import locks_leave_none, station_pools
from gridmgmt.planning.merging.pareto import FrontPlan, combined_figures, pareto_front
from gridmgmt.planning.merging.stationreport import ParentPool

WHOLE = "*"  # in place of a parent: all parents together


def merge_front(communities: GeoDataFrame, *, code: str | None = None, **how: Any) -> pd.DataFrame:
    """Every plan of least violation that no other beats in stations, mean walk and upgrade, parent by parent.

    Parameters
    ----------
    communities, code : as `merge` takes them
    how : `households`, `parent`, `low`, `high`, `rural`, `locks`, `upgrade`, `travel`, `tolerance_m` of `merge`

    Returns
    -------
    One row per plan: parent, plan (from 1), stations, mean_walk_m, upgrade, households_out_of_range (missing or in
    excess), areas ("A+B | C"), sites ("B | C"). Where there are several parents, the rows of parent `*` are the front
    of all of them together, without areas.

    Raises
    ------
    InvalidInput : a pool of more than about thirty communities
    InfeasiblePlan : locks that leave no plan

    >>> import shapely
    >>> squares = GeoDataFrame({"code": list("abc"), "households": [4000, 3000, 7000], "m2": [300, 0, 0]}, crs=4547,
    ...     geometry=shapely.box([0, 10, 20], 0, [10, 20, 30], 10))
    >>> merge_front(squares, parent=None, upgrade="m2")[["stations", "upgrade", "areas", "sites"]].values.tolist()
    [[2, 0, 'a+b | c', 'b | c'], [2, 300, 'a+b | c', 'a | c']]
    """
    pools = station_pools(communities, **how)
    fronts = [pareto_front(where.pool) for where in pools]
    for where, front in zip(pools, fronts, strict=True):
        if not front:
            raise locks_leave_none(where)
    names = names_of(communities, code)
    rows = [row for where, front in zip(pools, fronts, strict=True) for row in _rows(where, front, names)]
    if len(pools) > 1:
        rows += _together(pools, fronts)
    return pd.DataFrame(rows)


def _rows(where: ParentPool, front: Sequence[FrontPlan], names: NDArray[np.object_]) -> list[dict[str, Any]]:
    homes = int(where.pool.weights.sum())
    called = names[where.rows]
    return [
        {
            "parent": where.parent,
            "plan": number,
            **_figures(plan.stations, plan.travel, plan.upgrade, plan.violation, homes),
            "areas": " | ".join("+".join(map(str, called[group.members])) for group in plan.groups),
            "sites": " | ".join(str(called[group.site]) for group in plan.groups),
        }
        for number, plan in enumerate(front, 1)
    ]


def _together(pools: Sequence[ParentPool], fronts: Sequence[Sequence[FrontPlan]]) -> list[dict[str, Any]]:
    homes = sum(int(where.pool.weights.sum()) for where in pools)
    figures = combined_figures(fronts)
    ordered = figures[np.lexsort((figures[:, 3], figures[:, 1]))].tolist()
    return [
        {"parent": WHOLE, "plan": number, **_figures(stations, travel, upgrade, violation, homes)}
        for number, (violation, stations, travel, upgrade) in enumerate(ordered, 1)
    ]


def _figures(stations: int, travel: int, upgrade: int, violation: int, homes: int) -> dict[str, Any]:
    return {
        "stations": stations,
        "mean_walk_m": round(travel / max(homes, 1), 1),
        "upgrade": upgrade,
        "households_out_of_range": violation,
    }

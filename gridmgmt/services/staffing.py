"""Staff of a station plan: shared out by households with each parent's total kept, and who moves where."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import shapely
from geopandas import GeoDataFrame
from numpy.typing import NDArray

from gridmgmt.planning.frames import households_of, metric
from gridmgmt.planning.report import PlanResult
from gridmgmt.policy.staffing import largest_remainder, staff_moves


@dataclass(frozen=True)
class StaffPlan:
    """Staff after a merge.

    Attributes
    ----------
    staff : (parts,) people per station
    moves : from_community, to_site, people, metres, stays_in_area; one row per pair between which people go
    figures : JSON-ready: total_before, total_after, moved, moved_to_another_area
    """

    staff: NDArray[np.int64]
    moves: pd.DataFrame
    figures: dict[str, Any]


def staff_of_plan(plan: PlanResult, names: NDArray[np.object_], staff: str = "staff") -> StaffPlan:
    """Largest remainder inside each parent (罗湖 2006 二(五)), and the fewest and shortest moves that lead there.

    `names` are what `merge` called the rows; `staff` is the column of `plan.units` with the people of today. Ways are
    straight lines between the inner points of the communities.
    """
    before = households_of(plan.units, staff)
    part = plan.units["part"].to_numpy(dtype=np.int64)
    points = shapely.get_coordinates(shapely.point_on_surface(metric(plan.units).geometry.to_numpy()))
    site = _site_rows(plan, names, part)
    after, flows = np.zeros(len(plan.parts), dtype=np.int64), []
    for mine in _parents(plan.parts):
        olds = np.flatnonzero(np.isin(part, mine))
        after[mine] = largest_remainder(int(before[olds].sum()), plan.parts["households"].to_numpy()[mine])
        metres = np.hypot(*(points[olds][:, None] - points[site[mine]][None, :]).transpose(2, 0, 1))
        moved = staff_moves(before[olds], after[mine], np.searchsorted(mine, part[olds]), metres)
        old, new = np.nonzero(moved)
        here = part[olds[old]] == mine[new]
        flows.append(_table(names, olds[old], site[mine[new]], moved[old, new], metres[old, new], here))
    moves = pd.concat(flows, ignore_index=True)
    figures = {
        "total_before": int(before.sum()),
        "total_after": int(after.sum()),
        "moved": int(moves["people"].sum()),
        "moved_to_another_area": int(moves.loc[~moves["stays_in_area"], "people"].sum()),
    }
    return StaffPlan(after, moves, figures)


def _site_rows(plan: PlanResult, names: NDArray[np.object_], part: NDArray[np.int64]) -> NDArray[np.intp]:
    """(parts,) the row of each part's site, by its name inside the part: two subdistricts may use one name."""
    sites = plan.parts["site"].to_numpy(dtype=object)
    rows = [np.flatnonzero((part == number) & (names == site))[0] for number, site in enumerate(sites)]
    return np.asarray(rows, dtype=np.intp)


def _table(
    names: NDArray[np.object_],
    old: NDArray[np.intp],
    new: NDArray[np.intp],
    people: NDArray[np.int64],
    metres: NDArray[np.float64],
    here: NDArray[np.bool_],
) -> pd.DataFrame:
    """The moves from place to place; those who stay where they are do not move."""
    columns = {"from_community": names[old], "to_site": names[new], "people": people, "metres": np.round(metres)}
    return pd.DataFrame(columns | {"stays_in_area": here})[old != new]


def _parents(parts: GeoDataFrame) -> list[NDArray[np.intp]]:
    """The rows of each parent's parts, ascending; parts are numbered parent by parent."""
    numbers = pd.factorize(parts["parent"], use_na_sentinel=False)[0]  # without parents all have the same none
    return [np.flatnonzero(numbers == number) for number in range(numbers.max(initial=-1) + 1)]

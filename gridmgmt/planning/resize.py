"""Communities of 1,000–2,000 households: redraw the ones that are too small or too large, moving as few as possible.

Clause 二(一)2 of the Zhangzi plan of 2018 gives the size. Units (cells, buildings, grids) keep together in contiguous
communities inside their parent. A household counts as *moved* when it is not in the part that continues its community
of today: every community is continued by one part at most, every part continues one community at most, and among all
such pairings the one that moves fewest is taken (linear assignment). Where a community of 4,300 must be split, at
least 2,300 households move, whatever the plan.
"""

import time
from collections.abc import Callable, Collection
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import shapely
from geopandas import GeoDataFrame
from numpy.typing import NDArray
from scipy.sparse import csr_array

from gridmgmt.errors import InvalidInput
from gridmgmt.geo.adjacency import adjacency
from gridmgmt.geo.tessellation import tessellate
from gridmgmt.messages import Words
from gridmgmt.planning.budget import Budget, Cancelled, SoFar
from gridmgmt.planning.frames import (
    column_of,
    filled,
    households_of,
    metric,
    names_of,
    require_shapes,
    require_unused,
    sound,
    warnings_about,
)
from gridmgmt.planning.partition.problem import IntArray, Problem, make_problem
from gridmgmt.planning.report import PlanResult
from gridmgmt.planning.resizing.outcome import outcome, part_rows, report_of
from gridmgmt.planning.resizing.settle import require_whole, settle

HULL_MARGIN_M = 30.0  # points and footprints get cells that reach this far beyond their hull


def resize(
    units: GeoDataFrame,
    *,
    current: str,
    households: str = "households",
    parent: str | None = None,
    low: int = 1000,
    high: int = 2000,
    locks: str | None = None,
    locked: Collection[Any] = (),
    grids: str | None = None,
    code: str | None = None,
    cells: NDArray[np.object_] | None = None,
    seed: int = 0,
    time_limit_s: float = 60.0,
    progress: Callable[[int, int], None] = lambda done, of: None,
    so_far: SoFar = lambda value, bound: None,
    cancelled: Cancelled = lambda: False,
) -> PlanResult:
    """New communities in the range, contiguous, inside their parent, with the fewest households moved.

    Of plans that move equally few, the one that touches the fewest communities; of those the shortest borders.

    Parameters
    ----------
    units : polygons that tile, or points or footprints (they get cells of their own), any CRS
    current : column with the community of today
    households : column of whole, not negative household counts
    parent : column no community may cross
    low, high : households of a community
    locks : column; rows where it is true stay in their community, which therefore stays too
    locked : communities (values of `current`) that stay exactly as they are
    grids : column with the grid of today; whole grids move where a plan in range allows it, units elsewhere
    code : column that names the units in the report; without it, `code` where there is one, else the index
    cells : (n,) polygons in metres that stand for the units and tile, where the units themselves do not
    time_limit_s : the last stop; work limits decide before it
    progress, so_far : told how many pools of how many are done; and, whenever a better plan of a pool is known, the
        households moved so far, and the proven bound of that
    cancelled : asked now and then; True ends the search with the best plan so far

    Returns
    -------
    PlanResult; units carry `part` and `moved`; parts carry `continues` (the community of today, None for a new one),
    `parent`, `moved_in` (households). The report adds `moved_households`, `opened`, `closed`, `communities_touched`,
    `objectives` (households moved, communities touched, border: each with what is proven about it, of the border
    nothing; the status speaks of the first), `stopped` (True where the clock, not the work limit, ended the search:
    only then may another run differ), and with `grids` those that were split (`grids_split`).

    Raises
    ------
    UnknownColumn, InvalidInput : the input is not as described, or has a column `part` or `moved`

    >>> cells = GeoDataFrame({"households": [900, 900, 900, 300], "community": ["A", "A", "A", "B"]}, crs=4547,
    ...     geometry=shapely.box([0, 10, 20, 30], 0, [10, 20, 30, 40], 10))
    >>> result = resize(cells, current="community")
    >>> result.units["part"].tolist(), result.report["status"], result.report["moved_households"]
    ([0, 0, 1, 1], 'optimal', 900)
    """
    started = time.perf_counter()
    budget = Budget(time.monotonic() + time_limit_s, cancelled, so_far)
    _require_range(low, high)
    require_unused(units, "part", "moved")
    home, communities = _codes(filled(units, current))
    frozen = _frozen(home, communities, locked)
    held = np.zeros(len(units), dtype=bool) if locks is None else _truths(column_of(units, locks))
    grid, grid_names = (None, None) if grids is None else _codes(filled(units, grids))
    fields = np.zeros(len(units), dtype=np.int64) if parent is None else _codes(filled(units, parent))[0]
    frame, names = metric(sound(units)), names_of(units, code)
    require_shapes(frame, names)
    shapes = unit_cells(frame) if cells is None else cells
    problem = _problem(shapes, fields, households_of(units, households), home, held, low, high)
    require_whole(problem, frozen, communities)
    plan = outcome(problem, communities, list(settle(problem, frozen, grid, seed, budget, progress)))
    report = report_of(plan, names, None if grid_names is None else grid_names[grid], started, seed)
    report |= {"warnings": warnings_about(units, frame, names)}
    marked = units.assign(part=plan.labels, moved=plan.away)
    return PlanResult(marked, part_rows(plan, units, shapes, parent), report)


def unit_cells(frame: GeoDataFrame) -> NDArray[np.object_]:
    """Polygons that tile, one per row of a frame in metres: the rows, or cells round points or footprints."""
    shapes: NDArray[np.object_] = frame.geometry.to_numpy()
    if (shapely.get_dimensions(shapes) == 2).all():
        near = adjacency(shapes)
        if (np.diff(near.indptr) > 0).mean() >= 0.5:
            return shapes
    hull = shapely.buffer(shapely.convex_hull(shapely.union_all(shapes)), HULL_MARGIN_M)
    cells: NDArray[np.object_] = tessellate(np.array([hull]), shapes)
    return cells


def _require_range(low: int, high: int) -> None:
    if not 0 <= low <= high:
        raise InvalidInput(detail=Words("reasons.range_empty", low=low, high=high))


def _codes(column: pd.Series) -> tuple[IntArray, NDArray[np.object_]]:
    """Numbers from 0 in sorted order, and the values they stand for."""
    numbers, values = pd.factorize(column, sort=True)
    return numbers.astype(np.int64), np.asarray(values, dtype=object)


def _truths(column: pd.Series) -> NDArray[np.bool_]:
    """(n,) a column of true and false (or 1 and 0; nothing is false); InvalidInput for other values."""
    values = pd.to_numeric(column.astype(object).replace({"true": 1, "false": 0}), errors="coerce")
    wrong = column.notna() & ~values.isin([0, 1])
    if wrong.any():
        row, value = next(iter(column[wrong].items()))
        raise InvalidInput(detail=Words("reasons.truths_unsound", column=column.name, value=value, row=row))
    truths: NDArray[np.bool_] = (values == 1).to_numpy(dtype=bool)
    return truths


def _frozen(home: IntArray, communities: NDArray[np.object_], locked: Collection[Any]) -> NDArray[np.bool_]:
    wanted, names = set(map(str, locked)), np.array([str(name) for name in communities])
    if unknown := sorted(wanted - set(names)):
        raise InvalidInput(detail=Words("reasons.locked_community_missing", community=unknown[0]))
    return np.isin(home, np.flatnonzero(np.isin(names, sorted(wanted))))


def _borders(shapes: NDArray[np.object_], fields: IntArray) -> csr_array:
    """Shared borders in metres between units of the same parent."""
    edges = adjacency(shapes, tolerance_m=0.1).tocoo()
    same = fields[edges.row] == fields[edges.col]
    return csr_array((edges.data[same], (edges.row[same], edges.col[same])), shape=edges.shape)


def _problem(
    shapes: NDArray[np.object_],
    fields: IntArray,
    weights: IntArray,
    home: IntArray,
    held: NDArray[np.bool_],
    low: int,
    high: int,
) -> Problem:
    borders = _borders(shapes, fields)
    problem = make_problem(
        borders, weights, low, high, max((low + high) / 2, 1.0), None, ("moved",), None, home,
        borders, shapely.area(shapes), shapely.length(shapes), None,
    )  # fmt: skip
    return replace(problem, locks=np.where(held, home, -1))

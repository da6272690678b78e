"""Communities of 1,000–2,000 households: redraw the ones that are too small or too large, moving as few as possible.

Clause 二(一)2 of the Zhangzi plan of 2018 gives the size. Units (cells, buildings, grids) keep together in contiguous
communities inside their parent. A household counts as *moved* when it is not in the part that continues its community
of today: every community is continued by one part at most, every part continues one community at most, and among all
such pairings the one that moves fewest is taken (linear assignment). Where a community of 4,300 must be split, at
least 2,300 households move, whatever the plan.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
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
from gridmgmt.planning import metrics
from gridmgmt.planning.frames import column_of, households_of, metric, names_of
from gridmgmt.planning.partition.certificate import OVERSIZE_UNIT
from gridmgmt.planning.partition.pools import carve
from gridmgmt.planning.partition.problem import IntArray, Problem, make_problem
from gridmgmt.planning.partition.search import Budget
from gridmgmt.planning.regrow import goals, matched, search, violation
from gridmgmt.planning.relabel import moved_bound
from gridmgmt.planning.report import Objective, PlanResult, Unmet, build_report

HULL_MARGIN_M = 30.0  # points and footprints get cells that reach this far beyond their hull


@dataclass(frozen=True)
class Settled:
    """The parts of some units (row numbers): labels from 0, what is proven, and why a part may miss the range."""

    units: IntArray
    labels: IntArray
    moved_bound: int
    reason: str | None


def resize(
    units: GeoDataFrame,
    *,
    current: str,
    households: str = "households",
    parent: str | None = None,
    low: int = 1000,
    high: int = 2000,
    code: str | None = None,
    cells: NDArray[np.object_] | None = None,
    seed: int = 0,
    time_limit_s: float = 60.0,
) -> PlanResult:
    """New communities in the range, contiguous, inside their parent, with the fewest households moved.

    Parameters
    ----------
    units : polygons that tile, or points or footprints (they get cells of their own), any CRS
    current : column with the community of today
    households : column of whole, not negative household counts
    parent : column no community may cross
    low, high : households of a community
    code : column that names the units in the report; without it, `code` where there is one, else the index
    cells : (n,) polygons in metres that stand for the units and tile, where the units themselves do not
    time_limit_s : the last stop; work limits decide before it

    Returns
    -------
    PlanResult; units carry `part` and `moved`; parts carry `continues` (the community of today, None for a new one),
    `parent`, `moved_in` (households). The report adds `moved_households`, `opened`, `closed`, `communities_touched`.

    Raises
    ------
    UnknownColumn, InvalidInput : the input is not as described

    >>> cells = GeoDataFrame({"households": [900, 900, 900, 300], "community": ["A", "A", "A", "B"]}, crs=4547,
    ...     geometry=shapely.box([0, 10, 20, 30], 0, [10, 20, 30, 40], 10))
    >>> result = resize(cells, current="community")
    >>> result.units["part"].tolist(), result.report["status"], result.report["moved_households"]
    ([0, 0, 1, 1], 'optimal', 900)
    """
    started = time.perf_counter()
    _require_range(low, high)
    shapes = unit_cells(metric(units)) if cells is None else cells
    weights, home = households_of(units, households), _codes(column_of(units, current))
    fields = np.zeros(len(units), dtype=np.int64) if parent is None else _codes(column_of(units, parent))[0]
    borders = _borders(shapes, fields)
    problem = _problem(borders, weights, home[0], low, high, shapes)
    settled = list(_settle(problem, seed, Budget(time.monotonic() + time_limit_s)))
    labels = _numbered(len(units), settled)
    continues, _ = matched(home[0], labels, weights)
    parts = _parts(units, shapes, labels, continues, home, parent, weights, (low + high) / 2)
    report = _report(problem, labels, continues, home, settled, names_of(units, code), started, seed)
    return PlanResult(units.assign(part=labels, moved=continues[labels] != home[0]), parts, report)


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
        raise InvalidInput(detail=f"the range {low}–{high} is empty")


def _codes(column: pd.Series) -> tuple[IntArray, NDArray[np.object_]]:
    """Numbers from 0 in sorted order, and the values they stand for; InvalidInput where one is missing."""
    if column.isna().any():
        raise InvalidInput(detail=f"{int(column.isna().sum())} rows have no {column.name}")
    numbers, values = pd.factorize(column, sort=True)
    return numbers.astype(np.int64), np.asarray(values, dtype=object)


def _borders(shapes: NDArray[np.object_], fields: IntArray) -> csr_array:
    """Shared borders in metres between units of the same parent."""
    edges = adjacency(shapes, tolerance_m=0.1).tocoo()
    same = fields[edges.row] == fields[edges.col]
    return csr_array((edges.data[same], (edges.row[same], edges.col[same])), shape=edges.shape)


def _problem(
    borders: csr_array, weights: IntArray, home: IntArray, low: int, high: int, shapes: NDArray[np.object_]
) -> Problem:
    target = (low + high) / 2
    return make_problem(
        borders,
        weights,
        low,
        high,
        target,
        None,
        ("moved",),
        None,
        home,
        borders,
        shapely.area(shapes),
        shapely.length(shapes),
        goals(target),
    )


def _settle(problem: Problem, seed: int, budget: Budget) -> Iterator[Settled]:
    """Units above the cap by themselves, then every connected pool on its own."""
    carving = carve(problem)
    for units in carving.oversize:
        yield Settled(units, np.zeros_like(units), 0, OVERSIZE_UNIT)
    for number, pool in enumerate(carving.pools):
        part = problem.pool(pool.units)
        part = replace(part, home=np.unique(part.home, return_inverse=True)[1].astype(np.int64))
        if part.total < problem.low or part.size == 1:
            yield Settled(pool.units, np.zeros_like(pool.units), 0, pool.reason)
            continue
        bound = moved_bound(part.weights, part.home, int(part.low), int(part.high))
        found = search(part, seed + 7919 * number, budget, bound)
        # Outside the range fewer households may move than the bound says: then nothing is proven.
        yield Settled(pool.units, found.labels, bound if found.violation == 0 else 0, pool.reason)


def _numbered(size: int, settled: list[Settled]) -> IntArray:
    labels, offset = np.empty(size, dtype=np.int64), 0
    for one in settled:
        labels[one.units] = one.labels + offset
        offset += int(one.labels.max()) + 1
    _, first, compact = np.unique(labels, return_index=True, return_inverse=True)
    ordered: IntArray = np.argsort(np.argsort(first))[compact].astype(np.int64)
    return ordered


def _parts(
    units: GeoDataFrame,
    shapes: NDArray[np.object_],
    labels: IntArray,
    continues: IntArray,
    home: tuple[IntArray, NDArray[np.object_]],
    parent: str | None,
    weights: IntArray,
    target: float,
) -> GeoDataFrame:
    """One row per part; the areas are those of the cells, in the CRS of the units."""
    loads = metrics.part_weights(labels, weights)
    arrived = metrics.part_weights(labels, weights * (continues[labels] != home[0]), len(loads))
    first = np.unique(labels, return_index=True)[1]
    members = [np.flatnonzero(labels == part) for part in range(len(loads))]
    crs = metric(units).crs
    frame = GeoDataFrame(
        {
            "part": range(len(loads)),
            "continues": [home[1][name] if name >= 0 else None for name in continues],
            "parent": None if parent is None else units[parent].to_numpy()[first],
            "households": loads,
            "deviation": loads - target,
            "moved_in": arrived,
            "units": [len(rows) for rows in members],
        },
        geometry=[shapely.union_all(shapes[rows]) for rows in members],
        crs=crs,
    )
    return frame.to_crs(units.crs)


def _report(
    problem: Problem,
    labels: IntArray,
    continues: IntArray,
    home: tuple[IntArray, NDArray[np.object_]],
    settled: list[Settled],
    names: NDArray[np.object_],
    started: float,
    seed: int,
) -> dict[str, Any]:
    loads = metrics.part_weights(labels, problem.weights)
    moved = int(problem.weights[continues[labels] != home[0]].sum())
    bound = min(moved, sum(one.moved_bound for one in settled))
    unmet = list(_unmet(problem, labels, settled, names))
    alone = {entry.part for entry in unmet if entry.reason == OVERSIZE_UNIT}
    changed = _changed(labels, continues, home[0])
    return build_report(
        task="resize",
        status="optimal" if moved == bound and violation(problem, labels) == 0 else "feasible",
        households=loads,
        low=problem.low,
        high=problem.high,
        target=problem.target,
        oversize=np.isin(np.arange(len(loads)), list(alone)),
        not_contiguous=metrics.not_contiguous(problem.graph, labels),
        objective=Objective("moved_households", moved, bound),
        moved_households=moved,
        opened=int((continues < 0).sum()),
        closed=int(len(home[1]) - (continues >= 0).sum()),
        communities_touched=int(changed.sum()),
        unmet=unmet,
        elapsed_s=time.perf_counter() - started,
        seed=seed,
    )


def _changed(labels: IntArray, continues: IntArray, home: IntArray) -> NDArray[np.bool_]:
    """(communities,) which of today's lose a unit or gain one."""
    changed = np.zeros(int(home.max()) + 1, dtype=bool)
    differs = continues[labels] != home
    changed[home[differs]] = True
    gained = continues[labels[differs]]
    changed[gained[gained >= 0]] = True
    return changed


def _unmet(problem: Problem, labels: IntArray, settled: list[Settled], names: NDArray[np.object_]) -> Iterator[Unmet]:
    loads = metrics.part_weights(labels, problem.weights)
    for one in settled:
        for part in np.unique(labels[one.units]):
            if problem.low <= loads[part] <= problem.high:
                continue
            reason = one.reason or ("above_high_not_mended" if loads[part] > problem.high else "below_low_not_mended")
            yield Unmet(int(part), reason, tuple(names[labels == part]))

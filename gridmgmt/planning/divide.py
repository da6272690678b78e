"""Grids of about 150 households: divide buildings, cells or points into contiguous parts within a range.

Clause 003 二(三)11 asks for grids of about 150 households, compounds divided by building, and dedicated grids for
markets, malls, schools, hospitals and enterprises.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from geopandas import GeoDataFrame
from numpy.typing import NDArray
from scipy.sparse import csr_array

from gridmgmt.errors import InvalidInput
from gridmgmt.planning import metrics
from gridmgmt.planning.atoms import (
    Atoms,
    areas_by_group,
    atoms_of,
    borders_within_groups,
    split_by_entrances,
    with_cells,
)
from gridmgmt.planning.crossings import crossing_costs
from gridmgmt.planning.dedicated import Carved, carve_places
from gridmgmt.planning.frames import column_of, metric, names_of
from gridmgmt.planning.partition import Certificate, Goals, partition
from gridmgmt.planning.partition.certificate import OVERSIZE_UNIT, PROOFS
from gridmgmt.planning.report import Objective, PlanResult, Status, Unmet, build_report

#: Being in range outweighs everything. `fast` weighs even grids against round ones; `thorough` looks for the roundest.
GOALS = {
    "fast": Goals(outside=5.0, deviation=4.0, roundness=2.0, cut=1.0),
    "thorough": Goals(outside=5.0, deviation=1.0, roundness=2.0, cut=1.0),
}
RESIDENTIAL = "residential"


@dataclass(frozen=True)
class Range:
    """Households of a grid: InvalidInput unless low ≤ target ≤ high."""

    low: float
    high: float
    target: float

    def __post_init__(self) -> None:
        if not self.low <= self.target <= self.high:
            raise InvalidInput(detail=f"the target {self.target} lies outside the range {self.low}–{self.high}")


def divide(
    units: GeoDataFrame,
    *,
    households: str = "households",
    within: str | None = None,
    target: float = 150,
    low: float = 120,
    high: float = 180,
    areas: GeoDataFrame | None = None,
    areas_code: str = "code",
    entrances: GeoDataFrame | None = None,
    places: GeoDataFrame | None = None,
    streets: GeoDataFrame | None = None,
    barriers: GeoDataFrame | None = None,
    code: str | None = None,
    effort: str = "fast",
    seed: int = 0,
    time_limit_s: float = 60.0,
    progress: Callable[[int, int], None] | None = None,
) -> PlanResult:
    """Divide units into contiguous grids within a range of households.

    Parameters
    ----------
    units : polygons that tile, building footprints, or points; any CRS. Without households they are assigned too
    households : column of whole, not negative numbers
    within : column; no grid reaches across two of its values (communities)
    target, low, high : households of a grid
    areas, areas_code : polygons that the grids must tile, and the column in which they bear the values of `within`.
        Without them footprints and points share the hull of everything
    entrances : points with `code`, `building_code`, `households`: units above `high` are split by them
    places : polygons with `kind`; markets, malls, schools, hospitals and enterprises become grids of their own
        (needs `areas`)
    streets, barriers : lines with `street_class` and `kind` that grids had better follow than cross
    code : column that names the units in the report; without it `code` where there is one, else the index
    effort : `fast` or `thorough`
    time_limit_s : the last stop; the work limits of `effort` decide, so that equal seeds give equal plans

    Returns
    -------
    PlanResult; `units` also has `part` (a unit split by its entrances lies in the part with most of its households),
    `parts` has `part`, `kind`, `within` (its value), `units`, `households`, `deviation` and the dissolved `geometry`,
    in the CRS of `units`. The objective is the households that live outside the range, a lone unit above `high`
    left out.

    Raises
    ------
    InvalidInput : no rows, no CRS, missing geometries or households, or a value of `within` without an area
    UnknownColumn : a column named is not there

    >>> cells = gpd.GeoDataFrame(
    ...     {"households": [80] * 4}, geometry=shapely.box([0, 9, 0, 9], [0, 0, 9, 9], [9, 18, 9, 18], [9, 9, 18, 18]),
    ...     crs="EPSG:4547")
    >>> plan = divide(cells)
    >>> plan.report["status"], plan.report["parts"], plan.parts["households"].tolist()
    ('optimal', 2, [160, 160])
    """
    started = time.monotonic()
    frame = metric(units)
    limits = Range(low, high, target)
    group, values = _groups(frame, within)
    atoms = atoms_of(frame, households, group, names_of(frame, code))
    if entrances is not None:
        atoms = split_by_entrances(atoms, entrances.to_crs(frame.crs), high)
    outlines = areas_by_group(None if areas is None else areas.to_crs(frame.crs), areas_code, values)
    carved = carve_places(atoms, outlines, None if places is None else places.to_crs(frame.crs))
    sites = carved.atoms.cells
    carved = Carved(with_cells(carved.atoms, carved.areas), carved.areas, carved.kinds, carved.parents)
    borders = borders_within_groups(carved.atoms)
    costs = crossing_costs(borders, shapely.point_on_surface(sites), _in(frame, streets), _in(frame, barriers))
    labels, proof = _labels(carved, borders, costs, limits, effort, seed, time_limit_s, progress)
    parts = _parts(carved, labels, values, target, units.crs, frame.crs)
    report = _report(carved, labels, borders, proof, limits, parts, time.monotonic() - started, seed)
    return PlanResult(units.assign(part=_part_of_rows(carved.atoms, labels)), parts, report)


def _groups(frame: GeoDataFrame, within: str | None) -> tuple[NDArray[np.int64], list[Any]]:
    if within is None:
        return np.zeros(len(frame), dtype=np.int64), [None]
    column = column_of(frame, within)
    if column.isna().any():
        raise InvalidInput(detail=f"{int(column.isna().sum())} rows have no {within}")
    numbers, values = pd.factorize(column)
    return numbers.astype(np.int64), list(values)


def _in(frame: GeoDataFrame, other: GeoDataFrame | None) -> GeoDataFrame | None:
    return None if other is None else other.to_crs(frame.crs)


def _labels(
    carved: Carved,
    borders: csr_array,
    costs: csr_array,
    limits: Range,
    effort: str,
    seed: int,
    time_limit_s: float,
    progress: Callable[[int, int], None] | None,
) -> tuple[NDArray[np.int64], Certificate]:
    """Part of every atom: the residential ones by the engine, then one part per dedicated grid."""
    atoms = carved.atoms
    free = np.flatnonzero(~np.isin(atoms.group, list(carved.kinds)))
    labels = np.empty(len(atoms), dtype=np.int64)
    labels[free], proof = partition(
        costs[free][:, free],
        atoms.households[free],
        low=limits.low,
        high=limits.high,
        target=limits.target,
        borders=borders[free][:, free],
        areas=shapely.area(atoms.cells[free]),
        perimeters=shapely.length(atoms.cells[free]),
        goals=GOALS[effort],
        effort=effort,
        seed=seed,
        time_limit_s=time_limit_s,
        progress=progress,
    )
    after = int(labels[free].max(initial=-1)) + 1
    for number, grid in enumerate(carved.kinds):
        labels[atoms.group == grid] = after + number
    return labels, proof


def _parts(
    carved: Carved, labels: NDArray[np.int64], values: list[Any], target: float, crs: Any, metric_crs: Any
) -> GeoDataFrame:
    """One row per part, dissolved."""
    atoms = carved.atoms
    order = np.argsort(labels, kind="stable")
    first = np.flatnonzero(np.diff(labels[order], prepend=-1))
    shapes = [shapely.coverage_union_all(cells) for cells in np.split(atoms.cells[order], first[1:])]
    group = atoms.group[order][first]
    total = metrics.part_weights(labels, atoms.households)
    frame = gpd.GeoDataFrame(
        {
            "part": np.arange(len(first)),
            "kind": [carved.kinds.get(number, RESIDENTIAL) for number in group],
            "within": [values[carved.parents.get(number, number)] for number in group],
            "units": np.bincount(labels, weights=atoms.row >= 0).astype(np.int64),
            "households": total,
            "deviation": total - target,
        },
        geometry=shapes,
        crs=metric_crs,
    )
    return frame.to_crs(crs)


def _part_of_rows(atoms: Atoms, labels: NDArray[np.int64]) -> NDArray[np.int64]:
    """(rows,) the part with most households of each row; of equals the one with more atoms, then the first."""
    real = atoms.row >= 0
    tally = pd.DataFrame({"row": atoms.row[real], "part": labels[real], "households": atoms.households[real]})
    sums = tally.groupby(["row", "part"])["households"].agg(["sum", "size"]).reset_index()
    best = sums.sort_values(["row", "sum", "size", "part"], ascending=[True, False, False, True]).drop_duplicates("row")
    return np.asarray(best["part"], dtype=np.int64)


def _report(
    carved: Carved,
    labels: NDArray[np.int64],
    borders: csr_array,
    proof: Certificate,
    limits: Range,
    parts: GeoDataFrame,
    elapsed_s: float,
    seed: int,
) -> dict[str, Any]:
    residential = (parts["kind"] == RESIDENTIAL).to_numpy()
    alone = {miss.part for miss in proof.misses if miss.reason == OVERSIZE_UNIT}
    free = np.flatnonzero(~np.isin(carved.atoms.group, list(carved.kinds)))
    names = carved.atoms.name[free]
    return build_report(
        task="divide",
        status=_status(proof, int(residential.sum())),
        households=parts["households"].to_numpy()[residential],
        low=limits.low,
        high=limits.high,
        target=limits.target,
        oversize=np.isin(parts["part"].to_numpy()[residential], list(alone)),
        not_contiguous=metrics.not_contiguous(borders[free][:, free], labels[free]),
        objective=Objective("households_out_of_range", proof.outside, proof.outside_bound),
        dedicated_grids=int((~residential).sum()),
        household_share_bound=round(proof.share_bound, 6),
        household_share_of_bound=round(proof.share / proof.share_bound, 6) if proof.share_bound else 1.0,
        unmet=[Unmet(miss.part, miss.reason, tuple(names[list(miss.units)])) for miss in proof.misses],
        elapsed_s=elapsed_s,
        seed=seed,
    )


def _status(proof: Certificate, parts: int) -> Status:
    """Infeasible only where it is proven that no grid at all can be in range; optimal where no fewer can be out."""
    if len(proof.misses) == parts and all(miss.reason in PROOFS for miss in proof.misses):
        return "infeasible"
    return "optimal" if proof.outside <= proof.outside_bound else "feasible"

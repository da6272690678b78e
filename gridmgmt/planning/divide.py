"""Grids of about 150 households: divide buildings, cells or points into contiguous parts within a range.

Clause 003 二(三)11 asks for grids of about 150 households, compounds divided by building, and dedicated grids for
markets, malls, schools, hospitals and enterprises.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
import shapely
from geopandas import GeoDataFrame
from numpy.typing import NDArray
from scipy.sparse import csr_array

from gridmgmt.messages import Words
from gridmgmt.planning.budget import Cancelled, SoFar
from gridmgmt.planning.dividing.atoms import (
    areas_by_group,
    atoms_of,
    borders_within,
    doors_of_large,
    with_cells,
)
from gridmgmt.planning.dividing.crossings import cohesion_costs, crossing_costs
from gridmgmt.planning.dividing.dedicated import Carved, carve_places
from gridmgmt.planning.dividing.goals import goals_of
from gridmgmt.planning.dividing.gridparts import Grids, Range, grid_report, part_of_rows, parts_frame
from gridmgmt.planning.dividing.pockets import joined_pockets
from gridmgmt.planning.dividing.unitchecks import (
    require_units,
    warnings_about_entrances,
    warnings_about_places,
)
from gridmgmt.planning.frames import beside, filled, metric, names_of, sound, warnings_about
from gridmgmt.planning.partition import Certificate, Goals, partition
from gridmgmt.planning.report import PlanResult

COMPOUND_COLUMN = "compound_code"


@dataclass(frozen=True)
class Work:
    """How long and how to search."""

    effort: str
    goals: Goals
    seed: int
    time_limit_s: float
    progress: Callable[[int, int], None] | None
    so_far: SoFar
    cancelled: Cancelled


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
    compounds: str | None = None,
    code: str | None = None,
    effort: str = "fast",
    roundness: float | None = None,
    seed: int = 0,
    time_limit_s: float = 60.0,
    progress: Callable[[int, int], None] | None = None,
    so_far: SoFar = lambda value, bound: None,
    cancelled: Cancelled = lambda: False,
) -> PlanResult:
    """Divide units into contiguous grids within a range of households.

    Parameters
    ----------
    units : polygons that tile, building footprints, or points; any CRS. Without households they are assigned too.
        Polygons that overlap, or had to be mended, are named in the report (`warnings`)
    households : column of whole, not negative numbers
    within : column; no grid reaches across two of its values (communities)
    target, low, high : households of a grid
    areas, areas_code : polygons that the grids must tile, and the column in which they bear the values of `within`.
        Without them footprints and points share the hull of everything
    entrances : points with `code`, `building_code`, `households`: units above half of `low` may be split by them, and
        count what they count. What belongs to no unit, or counts otherwise, is named in `warnings`
    places : polygons with `kind`; markets, malls, schools, hospitals and enterprises become grids of their own, cut
        out of the `areas`, or without these made of the units in them. `warnings` names those that get none
    streets, barriers : lines with `street_class` and `kind` that grids had better follow than cross; one that does not
        say it counts as a local street or a wall. With `areas` the ground of a unit ends at the streets around it
    compounds : column with the compound of a unit, kept whole where it can be; without it `compound_code` where there
        is one
    code : column that names the units in the report; without it `code` where there is one, else the index
    effort : `fast`, for grids as round as 0.67 on the mean (Polsby–Popper), then as even as can be; `thorough`, some
        twenty times as long, for grids as round as 0.69, or the roundest found where the ground does not give them;
        `exact`, for the least total deviation, in pools of about a hundred units at most (up to a minute each): the
        report's `total_deviation` has the bound proven for grids with no more households outside the range and no
        dearer cuts. (`status` is about the households outside the range.)
    roundness : how round grids shall be on the mean in place of that, above 0 and up to 1 (a square has 0.785): the
        less is asked for, the evener they are. Not for `exact`
    time_limit_s : the last stop; the work limits of `effort` decide, so that equal seeds give equal plans
    progress, so_far : told of every pool that is done: how many of how many; households outside the range in them, and
        the proven bound of that
    cancelled : asked now and then; True ends the search with the best grids so far

    Returns
    -------
    PlanResult; `units` also has `part` (a unit split by its entrances lies in the part with most of its households),
    `parts` has `part`, `kind`, `within` (its value), `units`, `households`, `deviation` and the dissolved `geometry`,
    in the CRS of `units`. The objective is the households that live outside the range, a lone unit above `high`
    left out. Ground without households that a dedicated grid cuts off belongs to that grid.

    Raises
    ------
    InvalidInput : no rows, no CRS, missing geometries or households, lines, a column `part`, a value of `within`
        without an area, or a roundness that is none
    UnknownColumn : a column named is not there

    >>> cells = GeoDataFrame(
    ...     {"households": [80] * 4}, geometry=shapely.box([0, 9, 0, 9], [0, 0, 9, 9], [9, 18, 9, 18], [9, 9, 18, 18]),
    ...     crs="EPSG:4547")
    >>> plan = divide(cells)
    >>> plan.report["status"], plan.report["parts"], plan.parts["households"].tolist()
    ('optimal', 2, [160, 160])
    """
    started = time.monotonic()
    limits = Range(low, high, target)
    work = Work(effort, goals_of(effort, roundness), seed, time_limit_s, progress, so_far, cancelled)
    frame, names = metric(sound(units)), names_of(units, code)
    require_units(frame, names)
    group, values = _groups(frame, within)
    compound = compounds or (COMPOUND_COLUMN if COMPOUND_COLUMN in frame else None)
    atoms = atoms_of(frame, households, group, names, compound)
    entrances, places = _in(frame, entrances, "entrances"), _in(frame, places, "places")
    doubts = warnings_about(units, frame, names)
    doors = {} if entrances is None else doors_of_large(atoms, entrances, low / 2)
    warnings = doubts + warnings_about_entrances(atoms, entrances, doors)
    carved = carve_places(atoms, areas_by_group(_in(frame, areas, "areas"), areas_code, values), places)
    warnings += warnings_about_places(places, carved)
    streets, barriers = _in(frame, streets, "streets"), _in(frame, barriers, "barriers")
    atoms, touching = with_cells(carved.atoms, carved.areas, streets, entrances, doors)
    grids, borders = _divided(replace(carved, atoms=atoms), touching, streets, barriers, limits, work)
    parts = parts_frame(grids, values, target, frame.crs, overlapping=bool(doubts)).to_crs(units.crs)
    elapsed_s = time.monotonic() - started
    report = grid_report(grids, borders, limits, parts, warnings=warnings, elapsed_s=elapsed_s, seed=seed)
    return PlanResult(units.assign(part=part_of_rows(grids.carved.atoms, grids.labels)), parts, report)


def _groups(frame: GeoDataFrame, within: str | None) -> tuple[NDArray[np.int64], list[Any]]:
    if within is None:
        return np.zeros(len(frame), dtype=np.int64), [None]
    numbers, values = pd.factorize(filled(frame, within))
    return numbers.astype(np.int64), list(values)


def _in(frame: GeoDataFrame, other: GeoDataFrame | None, what: str) -> GeoDataFrame | None:
    """What is given beside the units in their CRS, without rows that have no geometry; None where it is not given."""
    if other is None:
        return None
    there = beside(other, frame, Words(f"things.{what}"))
    return there[~(there.geometry.isna() | there.geometry.is_empty)]


def _divided(
    carved: Carved,
    touching: csr_array,
    streets: GeoDataFrame | None,
    barriers: GeoDataFrame | None,
    limits: Range,
    work: Work,
) -> tuple[Grids, csr_array]:
    """The grids, and the borders (a, a) between atoms of one community."""
    atoms = carved.atoms
    community = np.array([carved.parents.get(number, number) for number in atoms.group.tolist()])
    borders = borders_within(atoms, touching, atoms.group)
    costs = crossing_costs(borders, atoms.sites, streets, barriers)
    costs.data += cohesion_costs(borders, atoms.row, atoms.compound).data
    labels, proof = _labels(carved, borders, costs, limits, work)
    beside = borders_within(atoms, touching, community)
    return _without_pockets(Grids(carved, labels, proof), beside), beside


def _labels(
    carved: Carved, borders: csr_array, costs: csr_array, limits: Range, work: Work
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
        goals=work.goals,
        effort=work.effort,
        seed=work.seed,
        time_limit_s=work.time_limit_s,
        progress=work.progress,
        so_far=work.so_far,
        cancelled=work.cancelled,
    )
    after = int(labels[free].max(initial=-1)) + 1
    for number, grid in enumerate(carved.kinds):
        labels[atoms.group == grid] = after + number
    misses = tuple(replace(miss, units=tuple(free[list(miss.units)].tolist())) for miss in proof.misses)
    return labels, replace(proof, misses=misses)


def _without_pockets(grids: Grids, beside: csr_array) -> Grids:
    """Residential grids that hold nobody joined to a grid beside them, parts numbered without holes again."""
    atoms = grids.carved.atoms
    joined = joined_pockets(grids.labels, atoms.households, grids.residential, beside)
    kept, labels = np.unique(joined, return_inverse=True)
    group = atoms.group.copy()
    for part in np.unique(joined[joined != grids.labels]):
        group[joined == part] = atoms.group[grids.labels == part][0]
    number = {int(part): row for row, part in enumerate(kept)}
    misses = tuple(replace(miss, part=number[miss.part]) for miss in grids.proof.misses if miss.part in number)
    carved = replace(grids.carved, atoms=replace(atoms, group=group))
    return Grids(carved, labels.astype(np.int64), replace(grids.proof, misses=misses))

"""From the rows a planner has to the atoms the engine divides: cells that tile, their borders, their households."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import shapely
from geopandas import GeoDataFrame
from numpy.typing import NDArray
from scipy.sparse import coo_array, csr_array

from gridmgmt.errors import InvalidInput
from gridmgmt.geo.adjacency import adjacency
from gridmgmt.geo.noding import node
from gridmgmt.geo.tessellation import tessellate
from gridmgmt.planning.frames import column_of, households_of

Geometries = NDArray[np.object_]
Ints = NDArray[np.int64]

MIN_BORDER_M = 0.5  # cells that share less only touch
TILING_SHARE = 0.3  # polygons that share more of their outlines than this are taken to tile
HULL_MARGIN_M = 20.0


@dataclass(frozen=True)
class Atoms:
    """What is divided, all by atom.

    Attributes
    ----------
    cells : (a,) polygons or points, metres
    households : (a,)
    group : (a,) number of the value of `within`; a part never leaves its group
    row : (a,) row of the unit it comes from; a unit split by its entrances has several atoms
    name : (a,) what to call it in a report
    """

    cells: Geometries
    households: Ints
    group: Ints
    row: Ints
    name: NDArray[np.object_]

    def __len__(self) -> int:
        return len(self.cells)

    def take(self, which: NDArray[Any]) -> "Atoms":
        """The atoms chosen by a mask or by numbers."""
        return Atoms(*(column[which] for column in (self.cells, self.households, self.group, self.row, self.name)))


def atoms_of(frame: GeoDataFrame, households: str, group: Ints, names: NDArray[np.object_]) -> Atoms:
    """One atom per row. Raises InvalidInput where a geometry is missing."""
    shapes = frame.geometry.to_numpy()
    lost = np.flatnonzero(shapely.is_missing(shapes) | shapely.is_empty(shapes))
    if len(lost):
        raise InvalidInput(detail=f"{len(lost)} units have no geometry, the first is {names[lost[0]]}")
    return Atoms(shapes, households_of(frame, households), group, np.arange(len(frame)), names)


def split_by_entrances(atoms: Atoms, entrances: GeoDataFrame, high: float) -> Atoms:
    """Units above `high` replaced by their entrances: the footprint is shared out to the nearest entrance.

    `entrances` has `code`, `building_code` (a unit's name) and `households`, in the CRS of the atoms. A unit without
    two entrances stays whole; its households are those of its entrances.
    """
    by_building = entrances.groupby(column_of(entrances, "building_code").to_numpy(), sort=False).indices
    large = np.flatnonzero(atoms.households > high)
    split = [unit for unit in large if len(by_building.get(atoms.name[unit], ())) > 1]
    pieces = [_split(atoms, int(unit), entrances.iloc[by_building[atoms.name[unit]]]) for unit in split]
    rest = np.setdiff1d(np.arange(len(atoms)), split)
    return _concatenated([atoms.take(rest), *pieces])


def _split(atoms: Atoms, unit: int, entrances: GeoDataFrame) -> Atoms:
    doors = entrances.geometry.to_numpy()
    shape, count = atoms.cells[unit], len(entrances)
    areal = shapely.get_dimensions(shape) == 2
    pieces = tessellate([shape], doors, area_of=np.zeros(count, dtype=np.int64)) if areal else doors
    return Atoms(
        pieces,
        households_of(entrances, "households"),
        np.full(count, atoms.group[unit]),
        np.full(count, atoms.row[unit]),
        column_of(entrances, "code").to_numpy(dtype=object),
    )


def _concatenated(pieces: list[Atoms]) -> Atoms:
    columns = zip(*((p.cells, p.households, p.group, p.row, p.name) for p in pieces), strict=True)
    return Atoms(*(np.concatenate(column) for column in columns))


def tiles(shapes: Geometries) -> bool:
    """Whether polygons share so much of their outlines that they are meant to tile."""
    if not (shapely.get_dimensions(shapes) == 2).all():
        return False
    whole = float(shapely.length(shapes).sum())
    return float(adjacency(shapes).sum()) > TILING_SHARE * whole


def with_cells(atoms: Atoms, areas: Mapping[int, Any]) -> Atoms:
    """The atoms with cells that tile: their own polygons where these do, else tessellated.

    `areas` gives the polygon of each group; empty: all groups share the hull of everything.
    """
    if not areas and tiles(atoms.cells):
        return replace(atoms, cells=node(atoms.cells) if len(np.unique(atoms.row)) < len(atoms) else atoms.cells)
    if areas:
        numbers = sorted(areas)
        outlines = np.array([areas[number] for number in numbers], dtype=object)
        return replace(atoms, cells=tessellate(outlines, atoms.cells, area_of=np.searchsorted(numbers, atoms.group)))
    hull = shapely.buffer(shapely.convex_hull(shapely.union_all(atoms.cells)), HULL_MARGIN_M)
    return replace(atoms, cells=tessellate(np.array([hull]), atoms.cells))


def borders_within_groups(atoms: Atoms) -> csr_array:
    """(a, a) shared border, m, of neighbours in one group."""
    edges = adjacency(atoms.cells).tocoo()
    keep = (atoms.group[edges.row] == atoms.group[edges.col]) & (edges.data >= MIN_BORDER_M)
    matrix = coo_array((edges.data[keep], (edges.row[keep], edges.col[keep])), shape=edges.shape).tocsr()
    matrix.sort_indices()
    return matrix


def areas_by_group(areas: GeoDataFrame | None, column: str, values: Sequence[Any]) -> dict[int, Any]:
    """The polygon of each group, found by its value in `column` of `areas`; without values the union of all.

    Raises InvalidInput for a value that no area bears.
    """
    if areas is None:
        return {}
    if values[0] is None:
        return {0: shapely.union_all(areas.geometry.to_numpy())}
    shapes = dict(zip(column_of(areas, column), areas.geometry, strict=True))
    missing = [value for value in values if value not in shapes]
    if missing:
        raise InvalidInput(detail=f"no area bears {missing[0]!r} in {column!r} ({len(missing)} such among the units)")
    return {number: shapes[value] for number, value in enumerate(values)}

"""From the rows a planner has to the atoms the engine divides: cells that tile, their borders, their households."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
import shapely
from geopandas import GeoDataFrame
from numpy.typing import NDArray
from scipy.sparse import coo_array, csr_array

from gridmgmt.errors import InvalidInput
from gridmgmt.geo.adjacency import adjacency
from gridmgmt.geo.noding import node
from gridmgmt.geo.tessellation import tessellate
from gridmgmt.messages import Words
from gridmgmt.planning.dividing.blocks import street_blocks
from gridmgmt.planning.frames import column_of, households_of

Geometries = NDArray[np.object_]
Ints = NDArray[np.int64]

MIN_BORDER_M = 0.5  # cells that share less only touch
TOUCH_SHARE = 0.05  # so do cells that share less of the smaller one's outline
TILING_SHARE = 0.3  # polygons that share more of their outlines than this are taken to tile
HULL_MARGIN_M = 20.0


@dataclass(frozen=True)
class Atoms:
    """What is divided, all by atom.

    Attributes
    ----------
    cells : (a,) polygons or points, metres
    sites : (a,) points, metres, where its households are: the entrance, or a point inside the unit
    households : (a,)
    group : (a,) number of the value of `within`; a part never leaves its group
    row : (a,) row of the unit it comes from; a unit split by its entrances has several atoms
    name : (a,) what to call it in a report
    compound : (a,) number of the compound it belongs to, −1 for none
    """

    cells: Geometries
    sites: Geometries
    households: Ints
    group: Ints
    row: Ints
    name: NDArray[np.object_]
    compound: Ints

    def __len__(self) -> int:
        return len(self.cells)

    def take(self, which: NDArray[Any]) -> "Atoms":
        """The atoms chosen by a mask or by numbers."""
        return Atoms(*(column[which] for column in self.columns))

    @property
    def columns(self) -> tuple[NDArray[Any], ...]:
        return self.cells, self.sites, self.households, self.group, self.row, self.name, self.compound


def atoms_of(
    frame: GeoDataFrame, households: str, group: Ints, names: NDArray[np.object_], compound: str | None = None
) -> Atoms:
    """One atom per row; `compound` is the column with the compound of a unit, where there is one."""
    compounds = np.full(len(frame), -1) if compound is None else pd.factorize(column_of(frame, compound))[0]
    shapes = frame.geometry.to_numpy()
    sites, rows = shapely.point_on_surface(shapes), np.arange(len(frame))
    return Atoms(shapes, sites, households_of(frame, households), group, rows, names, compounds.astype(np.int64))


def doors_of_large(atoms: Atoms, entrances: GeoDataFrame, above: float) -> dict[int, NDArray[np.intp]]:
    """The rows of the entrances of every unit above so many households that has two of them or more, by its number.

    `entrances` has `building_code`, a unit's name; numbers and their digits are one name.
    """
    by_building = entrances.groupby(column_of(entrances, "building_code").to_numpy().astype(str), sort=False).indices
    large = np.flatnonzero(atoms.households > above).tolist()
    doors = {unit: by_building.get(str(atoms.name[unit]), np.empty(0, dtype=np.intp)) for unit in large}
    return {unit: rows for unit, rows in doors.items() if len(rows) > 1}


def split_by_entrances(atoms: Atoms, entrances: GeoDataFrame, doors: Mapping[int, NDArray[np.intp]]) -> Atoms:
    """Units replaced by their entrances (`doors_of_large`), each with what of the unit's cell lies nearest to it.

    The cells go on to tile, edge-matched: who lives behind an entrance is found in its cell. `entrances` has `code` and
    `households`, in the CRS of the atoms; a unit's households are those of its entrances.
    """
    rest = np.setdiff1d(np.arange(len(atoms)), list(doors))
    pieces = [_split(atoms, unit, entrances.iloc[rows]) for unit, rows in doors.items()]
    split = _concatenated([atoms.take(rest), *pieces])
    return replace(split, cells=node(split.cells))


def _split(atoms: Atoms, unit: int, entrances: GeoDataFrame) -> Atoms:
    doors, count = entrances.geometry.to_numpy(), len(entrances)
    return Atoms(
        tessellate([atoms.cells[unit]], doors, area_of=np.zeros(count, dtype=np.int64)),
        doors,
        households_of(entrances, "households"),
        np.full(count, atoms.group[unit]),
        np.full(count, atoms.row[unit]),
        column_of(entrances, "code").to_numpy(dtype=object),
        np.full(count, atoms.compound[unit]),
    )


def _concatenated(pieces: list[Atoms]) -> Atoms:
    columns = zip(*(piece.columns for piece in pieces), strict=True)
    return Atoms(*(np.concatenate(column) for column in columns))


def with_cells(
    atoms: Atoms,
    areas: Mapping[int, Any],
    streets: GeoDataFrame | None = None,
    entrances: GeoDataFrame | None = None,
    doors: Mapping[int, NDArray[np.intp]] | None = None,
) -> tuple[Atoms, csr_array]:
    """The atoms with cells that tile, and the borders (a, a), m, that these share.

    The atoms' own polygons where they tile, else a tessellation. `areas` gives the polygon of each group; empty: all
    groups share the hull of everything. With `streets`, the cells of an area stay inside its street blocks. Units with
    `doors` are split by their `entrances` (`split_by_entrances`).
    """
    borders = None if areas else _borders_of_tiles(atoms)
    if borders is None:
        atoms = replace(atoms, cells=_tessellated(atoms, areas, streets))
    if entrances is not None and doors:
        atoms, borders = split_by_entrances(atoms, entrances, doors), None
    return atoms, adjacency(atoms.cells) if borders is None else borders


def _borders_of_tiles(atoms: Atoms) -> csr_array | None:
    """The borders of the atoms' own polygons; None where these do not tile."""
    if not (shapely.get_dimensions(atoms.cells) == 2).all():
        return None
    borders = adjacency(atoms.cells)
    return borders if float(borders.sum()) > TILING_SHARE * float(shapely.length(atoms.cells).sum()) else None


def _tessellated(atoms: Atoms, areas: Mapping[int, Any], streets: GeoDataFrame | None) -> Geometries:
    if areas:
        outlines, home = street_blocks(areas, streets, atoms.cells, atoms.group)
    else:
        hull = shapely.buffer(shapely.convex_hull(shapely.union_all(atoms.cells)), HULL_MARGIN_M)
        outlines, home = np.array([hull]), np.zeros(len(atoms), dtype=np.int64)
    return tessellate(outlines, atoms.cells, area_of=home)


def borders_within(atoms: Atoms, borders: csr_array, group: Ints) -> csr_array:
    """(a, a) the borders of neighbours in one group.

    Cells that only touch are no neighbours; a cell too small for long borders (of one of many entrances at one
    place) keeps those that are long beside its own outline.
    """
    edges = borders.tocoo()
    outline_m = shapely.length(atoms.cells)
    enough = np.minimum(MIN_BORDER_M, TOUCH_SHARE * np.minimum(outline_m[edges.row], outline_m[edges.col]))
    keep = (group[edges.row] == group[edges.col]) & (edges.data >= enough)
    matrix = coo_array((edges.data[keep], (edges.row[keep], edges.col[keep])), shape=edges.shape).tocsr()
    matrix.sort_indices()
    return matrix


def areas_by_group(areas: GeoDataFrame | None, column: str, values: Sequence[Any]) -> dict[int, Any]:
    """The polygon of each group, found by its value in `column` of `areas`; without values the union of all.

    Raises InvalidInput for a value that no area bears, or where there are no areas at all.
    """
    if areas is None:
        return {}
    if areas.empty:
        raise InvalidInput(detail=Words("reasons.areas_none"))
    if values[0] is None:
        return {0: shapely.union_all(areas.geometry.to_numpy())}
    shapes = dict(zip(column_of(areas, column), areas.geometry, strict=True))
    missing = [value for value in values if value not in shapes]
    if missing:
        raise InvalidInput(detail=Words("reasons.area_missing", value=missing[0], column=column, count=len(missing)))
    return {number: shapes[value] for number, value in enumerate(values)}

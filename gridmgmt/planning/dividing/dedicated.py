"""Dedicated grids (专属网格): a market, mall, school, hospital or enterprise that is a grid of its own.

Clause 003 二(三)11: such places get grids of their own. They are cut out of their community before it is divided,
and the units inside them go with them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import shapely
from geopandas import GeoDataFrame
from numpy.typing import NDArray

from gridmgmt.planning.dividing.atoms import Atoms
from gridmgmt.planning.frames import column_of

OTHER_KINDS = ("office",)  # places that are known, and lie in the grid of the houses around them
DEDICATED_KINDS = ("market", "mall", "school", "hospital", "enterprise")
MIN_PLACE_M2 = 100.0  # less of a place inside a community is no grid


@dataclass(frozen=True)
class Carved:
    """The atoms with one more for every dedicated grid, the areas without them, and the grids by their group number.

    A dedicated grid is a group of its own; `kinds` and `parents` name what it is and the group it was cut out of.
    `places` are the rows of the places that became one.
    """

    atoms: Atoms
    areas: dict[int, Any]
    kinds: dict[int, str]
    parents: dict[int, int]
    places: tuple[int, ...] = ()

    def with_grid(self, number: int, home: int, kind: str, place: int) -> "Carved":
        """One dedicated grid more."""
        kinds, parents = self.kinds | {number: kind}, self.parents | {number: home}
        return replace(self, kinds=kinds, parents=parents, places=(*self.places, place))


def carve_places(atoms: Atoms, areas: Mapping[int, Any], places: GeoDataFrame | None) -> Carved:
    """Cut the polygons of `places` (columns `kind`, `geometry`, metres) out of the areas. Points are no grids.

    Without areas a place takes the units that stand in it.
    """
    carved = Carved(atoms, dict(areas), {}, {})
    if places is None:
        return carved
    wanted = column_of(places, "kind").isin(DEDICATED_KINDS).to_numpy()
    shapes = places.geometry.to_numpy()
    wanted = wanted & (shapely.get_dimensions(shapes) == 2)
    if not areas:
        return _taken(carved, places, np.flatnonzero(wanted))
    numbers = np.array(list(areas))
    tree = shapely.STRtree([areas[number] for number in numbers])  # carving only shrinks them: who is far stays far
    for place in np.flatnonzero(wanted):
        near = numbers[np.sort(tree.query(shapes[place]))]
        if len(near):
            carved = _carve(carved, near.tolist(), int(place), places)
    return carved


def _taken(carved: Carved, places: GeoDataFrame, wanted: NDArray[np.int64]) -> Carved:
    """Units that stand in a place made a group; of several groups they belong to, the one with most of them."""
    atoms = carved.atoms
    tree = shapely.STRtree(atoms.sites)
    group = atoms.group.copy()
    for place in wanted.tolist():
        units = tree.query(places.geometry.iloc[place], predicate="intersects")
        units = units[~np.isin(group[units], list(carved.kinds))]
        if not len(units):
            continue
        home = int(np.bincount(group[units]).argmax())
        units = units[group[units] == home]
        if len(units) == (group == home).sum():
            continue
        number = int(group.max()) + 1
        group[units] = number
        carved = carved.with_grid(number, home, str(places["kind"].iloc[place]), place)
    return replace(carved, atoms=replace(atoms, group=group))


def _carve(carved: Carved, residential: list[int], row: int, places: GeoDataFrame) -> Carved:
    """Cut the place in `row` out of the one of the `residential` areas that holds most of it."""
    place = places.geometry.iloc[row]
    outlines = np.array([carved.areas[number] for number in residential], dtype=object)
    inside = shapely.intersection(outlines, place)
    best = int(np.argmax(shapely.area(inside)))
    shape = max(shapely.get_parts(inside[best]), key=shapely.area, default=place)
    home = residential[best]
    rest = shapely.difference(outlines[best], shape)
    atoms = carved.atoms
    within = atoms.group == home
    within[within] = shapely.intersects(shape, atoms.sites[within])
    if shapely.area(shape) < MIN_PLACE_M2 or shapely.area(rest) < MIN_PLACE_M2 or within.all():
        return carved
    number = max(carved.areas) + 1
    group = np.where(within, number, atoms.group)
    if not within.any():
        atoms, group = _with_empty_atom(atoms, shape), np.append(group, number)
    areas = carved.areas | {home: rest, number: shape}
    carved = replace(carved, atoms=replace(atoms, group=group), areas=areas)
    return carved.with_grid(number, home, str(places["kind"].iloc[row]), row)


def _with_empty_atom(atoms: Atoms, shape: Any) -> Atoms:
    """One more atom without households or row, for a place in which no unit stands."""
    inside = shapely.point_on_surface(shape)
    return Atoms(
        np.append(atoms.cells, inside),
        np.append(atoms.sites, inside),
        np.append(atoms.households, 0),
        np.append(atoms.group, -1),
        np.append(atoms.row, -1),
        np.append(atoms.name, np.array([None], dtype=object)),
        np.append(atoms.compound, -1),
    )

"""Street blocks: the pieces that streets cut an area into. Cells that stay inside them have borders along streets."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import shapely
from geopandas import GeoDataFrame
from numpy.typing import NDArray

from gridmgmt.geo.adjacency import adjacency
from gridmgmt.geo.tessellation import nearest_area

Geometries = NDArray[np.object_]
Ints = NDArray[np.int64]

MIN_BLOCK_M2 = 400.0  # less is a traffic island or the ground between two carriageways


def street_blocks(
    areas: Mapping[int, Any], streets: GeoDataFrame | None, sites: Geometries, group: Ints
) -> tuple[Geometries, Ints]:
    """The blocks of all areas, metres, and the block (n,) of each site, inside the area of its `group`.

    A block without a site joins a neighbour in its area; without streets every area is one block.
    """
    numbers = np.array(sorted(areas))
    outlines = np.array([areas[number] for number in numbers], dtype=object)
    home = np.searchsorted(numbers, group)
    if streets is None or not len(streets):
        return outlines, home
    ways = streets.geometry.to_numpy()  # one drawn as an area is followed along its edge
    blocks, owner = _faces(outlines, np.where(shapely.get_dimensions(ways) == 2, shapely.boundary(ways), ways))
    block = _block_of(blocks, owner, sites, home)
    return _inhabited(blocks, owner, block)


def _faces(outlines: Geometries, streets: Geometries) -> tuple[Geometries, Ints]:
    """The faces of outlines and streets that lie in an area, and which."""
    near = np.unique(shapely.STRtree(outlines).query(streets, predicate="intersects")[0])
    lines = np.concatenate([shapely.boundary(outlines), streets[near]])
    faces = shapely.get_parts(shapely.polygonize(shapely.get_parts(shapely.union_all(lines))))
    face, area = shapely.STRtree(outlines).query(shapely.point_on_surface(faces), predicate="intersects")
    face, first = np.unique(face, return_index=True)
    return faces[face], area[first]


def _block_of(blocks: Geometries, owner: Ints, sites: Geometries, home: Ints) -> Ints:
    """(n,) the block that holds each site's inner point, or else the nearest one, in its own area."""
    block = np.empty(len(sites), dtype=np.int64)
    order = np.argsort(home, kind="stable")
    for rows in np.split(order, np.flatnonzero(np.diff(home[order])) + 1):
        own = np.flatnonzero(owner == home[rows[0]])
        block[rows] = own[nearest_area(blocks[own], sites[rows])]
    return block


def _inhabited(blocks: Geometries, owner: Ints, block: Ints) -> tuple[Geometries, Ints]:
    """Blocks without a site, or too small, joined to the neighbour with the longest common border in their area."""
    weight = np.bincount(block, minlength=len(blocks))
    host = np.arange(len(blocks))
    waiting = (weight == 0) | (shapely.area(blocks) < MIN_BLOCK_M2)
    edges = adjacency(blocks).tocoo()
    inside = owner[edges.row] == owner[edges.col]
    row, column, length = edges.row[inside], edges.col[inside], edges.data[inside]
    while True:
        usable = waiting[row] & ~waiting[column]
        if not usable.any():
            break
        order = np.lexsort((column[usable], -length[usable], row[usable]))
        joined, first = np.unique(row[usable][order], return_index=True)
        host[joined] = host[column[usable][order][first]]
        waiting[joined] = False
    return _merged(blocks, owner, block, host, waiting)


def _merged(
    blocks: Geometries, owner: Ints, block: Ints, host: Ints, waiting: NDArray[np.bool_]
) -> tuple[Geometries, Ints]:
    """Blocks dissolved by their host; what found none (an island without a building) goes to a block of its area."""
    lonely = np.flatnonzero(waiting & ~np.isin(np.arange(len(blocks)), block))
    first_used = {int(owner[used]): int(host[used]) for used in np.unique(block)[::-1]}
    host[lonely] = [first_used.get(int(owner[face]), int(face)) for face in lonely]
    _, number = np.unique(host, return_inverse=True)
    order = np.argsort(number, kind="stable")
    pieces = np.split(blocks[order], np.flatnonzero(np.diff(number[order])) + 1)
    shapes = [piece[0] if len(piece) == 1 else shapely.coverage_union_all(piece) for piece in pieces]
    return np.array(shapes, dtype=object), number[block]

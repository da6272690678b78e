"""Noding: where a vertex of one geometry lies on a segment of another, both get that vertex.

Two neighbours that meet in a T share a border but not its vertices; every tool that compares edges then calls the
coverage broken where nothing is wrong. Nodes are put in on the way in, in the plane where the border was drawn
straight: after a projection a vertex on a 1 km edge is up to 2 cm beside it.
"""

from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

Geometries = NDArray[Any]
Floats = NDArray[np.float64]
Ints = NDArray[np.intp]
RELATIVE_TOLERANCE = 1e-12  # of the largest coordinate: 4 µm in a metric CRS, 13 µm in degrees


def default_tolerance(geometries: Geometries) -> float:
    """How near a vertex must be to lie on a segment, in the unit of the coordinates."""
    coordinates = shapely.get_coordinates(geometries)
    return RELATIVE_TOLERANCE * float(np.abs(coordinates).max(initial=1.0))


def node(geometries: Geometries, tolerance: float | None = None) -> Geometries:
    """The geometries with every vertex of any of them that lies on an edge of another put into that edge too.

    All (multi)polygons or all (multi)lines, of any plane; shapes stay the same within `tolerance` (unit of the
    coordinates). Crossings in mid-edge share no vertex and stay: overlaps are faults, bridges are no junctions.

    >>> left, low, high = shapely.box(0, 0, 1, 2), shapely.box(1, 0, 2, 1), shapely.box(1, 1, 2, 2)
    >>> bool(shapely.coverage_is_valid([left, low, high]))
    False
    >>> bool(shapely.coverage_is_valid(node(np.array([left, low, high]))))
    True
    """
    shapes = np.asarray(geometries, dtype=object)
    if len(shapes) == 0:
        return shapes
    near = default_tolerance(shapes) if tolerance is None else tolerance
    kind, vertices, offsets = shapely.to_ragged_array(shapes)
    chain = np.repeat(np.arange(len(offsets[0]) - 1), np.diff(offsets[0]))
    start = np.flatnonzero(chain[:-1] == chain[1:])  # vertices that a segment leaves from
    segment, vertex = _touches(vertices, start, near)
    after = start[segment]
    denser = vertices[_order(vertices, after, vertex)]
    added = np.concatenate([[0], np.cumsum(np.bincount(after, minlength=len(vertices)))])
    rebuilt = shapely.from_ragged_array(kind, denser, (offsets[0] + added[offsets[0]], *offsets[1:]))
    return _like(shapes, rebuilt)


def _touches(vertices: Floats, start: Ints, near: float) -> tuple[Ints, Ints]:
    """(segment, vertex) pairs: the vertex lies on the segment, but at neither of its ends."""
    _, first = np.unique(vertices, axis=0, return_index=True)
    ends = np.stack([vertices[start], vertices[start + 1]], axis=1)
    tree = shapely.STRtree(shapely.linestrings(ends))
    point, segment = tree.query(shapely.points(vertices[first]), predicate="dwithin", distance=near)
    vertex = first[point]
    to_ends = np.linalg.norm(ends[segment] - vertices[vertex][:, np.newaxis], axis=2).min(axis=1)
    inner = to_ends > near
    return segment[inner], vertex[inner]


def _order(vertices: Floats, after: Ints, vertex: Ints) -> Ints:
    """Which vertex stands where once `vertex` follows `after`, several after one in the order along the segment."""
    along = np.linalg.norm(vertices[vertex] - vertices[after], axis=1)
    source = np.concatenate([np.arange(len(vertices)), vertex])
    place = np.concatenate([np.arange(len(vertices)), after])
    distance = np.concatenate([np.full(len(vertices), -1.0), along])
    ordered: Ints = source[np.lexsort((distance, place))]
    return ordered


def _like(shapes: Geometries, rebuilt: Geometries) -> Geometries:
    """Single where the original is single; the original itself where the new one would be broken."""
    result = np.array(rebuilt, dtype=object)
    single = shapely.get_type_id(shapes) < shapely.GeometryType.MULTIPOINT
    result[single] = shapely.get_geometry(result[single], 0) if _multi(result) else result[single]
    broken = shapely.is_valid(shapes) & ~shapely.is_valid(result)
    result[broken] = shapes[broken]
    return result


def _multi(shapes: Geometries) -> bool:
    return bool((shapely.get_type_id(shapes) >= shapely.GeometryType.MULTIPOINT).any())

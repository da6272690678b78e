"""Places snapped onto the segments of a street graph, without crossing a barrier.

A place is joined to the nearest point of the nearest street *segment*, not to a node, so that nobody walks to the
corner first. The straight connector from the place to the street may not cross a barrier (river, railway, wall,
expressway): over a barrier lead only the streets that do, such as bridges. Where a barrier hides the nearest point of a
segment, the place is joined to the nearest point it sees of those every ten metres. All lengths are metres.
"""

from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from gridmgmt.geo.cell_kernels import cell_frame, list_chains
from gridmgmt.geo.network import Floats, Snapped, StreetGraph
from gridmgmt.geo.network_kernels import nearest_seen

FINEST_CELL_M = 10.0

Geometries = NDArray[np.object_]
Edges = tuple[
    tuple[float, float, float, int, int], NDArray[np.int32], NDArray[np.int32], Floats, Floats, Floats, Floats
]


def snap(graph: StreetGraph, places: Any, barriers: Any = (), reach_m: float = 1000.0) -> Snapped:
    """Join (n,) points to the nearest street that can be reached in a straight line without crossing a barrier.

    Parameters
    ----------
    places : points in metres (of an area, its inner point is taken)
    barriers : lines and polygons in metres
    reach_m : farther than this no street is sought; such places have segment −1

    >>> from gridmgmt.geo.network import street_graph
    >>> graph = street_graph([shapely.LineString([(0, 0), (100, 0)]), shapely.LineString([(0, 30), (100, 30)])])
    >>> river = shapely.LineString([(-50, 25), (150, 25)])
    >>> found = snap(graph, [shapely.Point(40, 20)], [river])
    >>> found.segment.tolist(), found.along_m.tolist(), found.connector_m.tolist()
    ([0], [40.0], [20.0])
    """
    points = _inner_points(np.asarray(places, dtype=object))
    streets = _listed(np.stack([graph.points[graph.starts], graph.points[graph.ends]], axis=1))
    x, y = (np.ascontiguousarray(values) for values in points.T)
    segment, at_x, at_y, connector_m = nearest_seen(x, y, streets, _listed(_outlines(barriers)), float(reach_m))
    start = graph.points[graph.starts[segment]]
    along_m = np.where(segment >= 0, np.hypot(at_x - start[:, 0], at_y - start[:, 1]), 0.0)
    return Snapped(segment, along_m, connector_m)


def _inner_points(places: Geometries) -> Floats:
    """(n, 2) a point of each place: itself, of an area one inside."""
    single = (shapely.get_type_id(places) == shapely.GeometryType.POINT).all()
    inner = places if single else shapely.point_on_surface(places)
    points: Floats = shapely.get_coordinates(inner)
    return points


def _outlines(barriers: Any) -> Floats:
    """(k, 2, 2) ends of the straight edges of lines and of the borders of polygons."""
    shapes = shapely.get_parts(shapely.get_parts(np.asarray(barriers, dtype=object)))  # collections hold collections
    outlines = np.where(shapely.get_dimensions(shapes) == 2, shapely.boundary(shapes), shapes)
    coordinates, owner = shapely.get_coordinates(shapely.get_parts(outlines), return_index=True)
    same = owner[1:] == owner[:-1]
    edges: Floats = np.stack([coordinates[:-1][same], coordinates[1:][same]], axis=1)
    return edges


def _listed(ends: Floats) -> Edges:
    """Edges (k, 2, 2) with their lists by cell, about as many cells as edges."""
    frame = cell_frame(ends.reshape(-1, 2), FINEST_CELL_M, max(len(ends), 1))
    edges = tuple(np.ascontiguousarray(values) for values in ends.reshape(-1, 4).T)
    return frame, *list_chains(np.arange(len(ends) + 1), *edges, frame), *edges

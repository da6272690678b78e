"""Fit the parts of a plan to what stays: the result and its neighbours share every vertex of their borders.

A plan is computed in metres. Back in degrees its vertices come with rounding noise, and where three areas meet in the
middle of a border that was drawn straight in degrees, the new vertex lies up to 2 cm beside it on a kilometre. Parts
therefore take over the vertices and edges that are there already, and both sides get the vertices of the other.
"""

from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from gridmgmt.geo.coverage import is_coverage
from gridmgmt.geo.noding import node

Geometries = NDArray[Any]
Floats = NDArray[np.float64]

MATCH_DEG = 3e-7  # 3 cm
SAME_DEG = 1e-8  # 1 mm: vertices of the parts this near each other are one; more would close narrow necks
ON_EDGE_DEG = 1e-10  # 0.01 mm: after snapping, what lies on an edge is this near


def fit(parts: Geometries, fixed: Geometries, neighbours: Geometries) -> tuple[Geometries, Geometries]:
    """The parts and their neighbours with matched borders; no vertex moves by more than MATCH_DEG.

    `fixed` are the areas the parts were cut from: their vertices, as those of the neighbours, stay where they are.
    Neighbours that already match come back unchanged.

    >>> left, right = shapely.box(0, 0, 1, 2), shapely.box(1, 0, 2, 2)
    >>> halves = np.array([shapely.box(1 + 1e-9, 0, 2, 1), shapely.box(1, 1, 2, 2)])
    >>> parts, neighbours = fit(halves, np.array([right]), np.array([left]))
    >>> bool(shapely.coverage_is_valid([*parts, *neighbours]))
    True
    """
    if len(parts) == 0:
        return parts, neighbours
    together = np.concatenate([snap(parts, np.concatenate([fixed, neighbours])), neighbours])
    noded = node(together, tolerance=ON_EDGE_DEG)
    if not is_coverage(noded):  # neighbours that were drawn beside the ground the parts were cut from
        noded = node(together, tolerance=MATCH_DEG)
    return noded[: len(parts)], noded[len(parts) :]


def snap(shapes: Geometries, onto: Geometries) -> Geometries:
    """Shapes moved, within MATCH_DEG, onto a vertex of `onto`, else an edge; their own within SAME_DEG are one."""
    vertices = shapely.get_coordinates(shapes)
    anchors = np.unique(shapely.get_coordinates(onto), axis=0)
    distance, nearest = cKDTree(anchors).query(vertices, distance_upper_bound=MATCH_DEG)
    anchored = np.isfinite(distance)
    vertices[anchored] = anchors[nearest[anchored]]
    vertices[~anchored] = _gathered(_onto_edges(vertices[~anchored], onto))
    moved = shapely.set_coordinates(shapes.copy(), vertices)
    tidy: Geometries = shapely.remove_repeated_points(moved)
    return tidy


def _onto_edges(vertices: Floats, areas: Geometries) -> Floats:
    """(n, 2) vertices, those within MATCH_DEG of an edge at their foot on it: a straight border stays straight."""
    coordinates, ring = shapely.get_coordinates(shapely.get_rings(areas), return_index=True)
    start = np.flatnonzero(ring[:-1] == ring[1:])
    edges = shapely.linestrings(np.stack([coordinates[start], coordinates[start + 1]], axis=1))
    points = shapely.points(vertices)
    which, nearest = shapely.STRtree(edges).query_nearest(points, max_distance=MATCH_DEG, all_matches=False)
    feet = shapely.line_interpolate_point(edges[nearest], shapely.line_locate_point(edges[nearest], points[which]))
    moved = vertices.copy()
    moved[which] = shapely.get_coordinates(feet)
    return moved


def _gathered(vertices: Floats) -> Floats:
    """(n, 2) vertices, those within SAME_DEG of an earlier one in its place."""
    once, position = np.unique(vertices, axis=0, return_inverse=True)
    target = np.arange(len(once))
    for first, second in cKDTree(once).query_pairs(SAME_DEG, output_type="ndarray"):
        target[second] = min(target[second], target[first])
    gathered: Floats = once[target][position.reshape(-1)]
    return gathered

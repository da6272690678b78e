"""Shapes of parts: Reock, convex-hull ratio, holes, pieces; and which units are neighbours. All in metres."""

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.sparse import coo_array, csr_array
from scipy.spatial import Delaunay, KDTree, QhullError

from gridmgmt.geo.adjacency import adjacency

Geometries = NDArray[np.object_]
Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

LEAST_M2 = 1.0  # a piece or a hole below this is rounding of borders, no ground
MIN_BORDER_M = 0.5  # areas that share less only touch
TILING_SHARE = 0.3  # polygons that share more of their outlines than this are taken to tile


def reock(geometries: Geometries) -> Floats:
    """(n,) area / area of the smallest circle around it: 1 for a disc, 2/π ≈ 0.637 for a square (Reock 1961).

    >>> reock(np.array([shapely.box(0, 0, 10, 10)])).round(3).tolist()
    [0.637]
    """
    circle_m2 = np.pi * shapely.minimum_bounding_radius(geometries) ** 2
    ratio: Floats = shapely.area(geometries) / np.maximum(circle_m2, 1e-9)
    return ratio


def hull_ratio(geometries: Geometries) -> Floats:
    """(n,) area / area of the convex hull: 1 for a convex shape.

    >>> ell = shapely.union_all(shapely.box([0, 0], [0, 0], [20, 10], [10, 20]))
    >>> hull_ratio(np.array([ell])).round(3).tolist()
    [0.857]
    """
    hull_m2 = shapely.area(shapely.convex_hull(geometries))
    ratio: Floats = shapely.area(geometries) / np.maximum(hull_m2, 1e-9)
    return ratio


def holes(geometries: Geometries) -> Ints:
    """(n,) number of holes: ground of others that an area surrounds.

    >>> ring = shapely.box(0, 0, 30, 30).difference(shapely.box(10, 10, 20, 20))
    >>> holes(np.array([ring, shapely.box(0, 0, 1, 1)])).tolist()
    [1, 0]
    """
    polygons, owner = shapely.get_parts(geometries, return_index=True)
    rings, polygon = shapely.get_rings(polygons, return_index=True)
    inner = np.zeros(len(rings), dtype=bool)
    inner[1:] = polygon[1:] == polygon[:-1]
    real = inner & (shapely.area(shapely.polygons(rings)) >= LEAST_M2)
    return np.bincount(owner[polygon[real]], minlength=len(geometries)).astype(np.int64)


def pieces(geometries: Geometries) -> Ints:
    """(n,) number of pieces of ground each area is made of; those that only touch in a point are apart.

    >>> apart = shapely.union_all(shapely.box([0, 50], [0, 0], [10, 60], [10, 10]))
    >>> pieces(np.array([apart])).tolist()
    [2]
    """
    polygons, owner = shapely.get_parts(geometries, return_index=True)
    real = shapely.area(polygons) >= LEAST_M2
    return np.bincount(owner[real], minlength=len(geometries)).astype(np.int64)


def neighbours(geometries: Geometries) -> csr_array:
    """(n, n) which units are neighbours, 1 for each pair: those that share a border where the units tile the ground;
    else Gabriel's graph of their inner points (no third point in the circle over the two; Gabriel & Sokal 1969).

    >>> points = shapely.points([[0, 0], [10, 0], [20, 0], [10, 1]])
    >>> neighbours(points).toarray().tolist()
    [[0, 1, 0, 1], [1, 0, 1, 1], [0, 1, 0, 1], [1, 1, 1, 0]]
    """
    borders = tiling_borders(geometries)
    if borders is not None:
        return _long(borders)
    return gabriel(shapely.get_coordinates(shapely.point_on_surface(geometries)))


def tiling_borders(geometries: Geometries) -> csr_array | None:
    """(n, n) metres of border that each two of them share, where they tile the ground; None where they do not.

    >>> tiling_borders(shapely.box([0, 20, 40], 0, [10, 30, 50], 10)) is None
    True
    """
    if not len(geometries) or not (shapely.get_dimensions(geometries) == 2).all():
        return None
    borders = adjacency(geometries, tolerance_m=0.1)
    return borders if borders.sum() > TILING_SHARE * shapely.length(geometries).sum() else None


def _long(borders: csr_array) -> csr_array:
    edges = borders.tocoo()
    real = edges.data > MIN_BORDER_M
    return _ones(edges.row[real], edges.col[real], borders.shape[0])


def gabriel(points: Floats) -> csr_array:
    """(n, n) Gabriel's graph of (n, 2) points, always connected. Points in one place are chained."""
    places, number = np.unique(points, axis=0, return_inverse=True)
    number = number.ravel()
    order = np.argsort(number, kind="stable")
    same = number[order[1:]] == number[order[:-1]]
    _, first = np.unique(number, return_index=True)
    one, other = _gabriel_pairs(places)
    row = np.concatenate([order[:-1][same], first[one]])
    col = np.concatenate([order[1:][same], first[other]])
    return _ones(np.concatenate([row, col]), np.concatenate([col, row]), len(points))


def _gabriel_pairs(places: Floats) -> tuple[Ints, Ints]:
    """Pairs of distinct places; a chain where they lie on one line."""
    try:
        corners = Delaunay(places - places.mean(axis=0)).simplices
    except (QhullError, ValueError):  # fewer than three, or all on one line, which `np.unique` has put in order
        chain = np.arange(max(len(places) - 1, 0))
        return chain, chain + 1
    pairs = np.sort(np.concatenate([corners[:, [0, 1]], corners[:, [1, 2]], corners[:, [2, 0]]]), axis=1)
    pairs = np.unique(pairs, axis=0)
    left, right = places[pairs[:, 0]], places[pairs[:, 1]]
    nearest_m, _ = KDTree(places).query((left + right) / 2)
    empty = nearest_m >= np.hypot(*(right - left).T) / 2 * (1 - 1e-9)
    return pairs[empty, 0].astype(np.int64), pairs[empty, 1].astype(np.int64)


def _ones(row: Ints, col: Ints, count: int) -> csr_array:
    matrix = coo_array((np.ones(len(row), dtype=np.int64), (row, col)), shape=(count, count)).tocsr()
    matrix.data[:] = 1
    return matrix

"""Which polygons share a border, and how much of it.

In an edge-matched coverage every shared border has the same vertices on both sides, so neighbours are found by
equal segments, without any tolerance. Where a border has no twin (tilings drawn by hand, T-junctions), the
remaining segments are compared within a small distance.
"""

from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.sparse import coo_array, csr_array

from gridmgmt.errors import GeographicCrs
from gridmgmt.messages import Words

Geometries = NDArray[np.object_]

LEAST_SHARED = 10.0  # tolerances: borders that share less only cross or touch


def _require_metric(geometries: object, what: Words) -> None:
    """Raise GeographicCrs where the geometries carry a CRS (as a GeoSeries does) that is in degrees."""
    crs = getattr(geometries, "crs", None)
    if crs is not None and crs.is_geographic:
        raise GeographicCrs(what=what, crs=crs.to_string())


def adjacency(geometries: Any, *, tolerance_m: float = 0.01) -> csr_array:
    """Length of the border that each pair of polygons shares.

    Parameters
    ----------
    geometries : (n,) array of Polygon or MultiPolygon, or a GeoSeries, metres
    tolerance_m : how far apart two borders may lie that are not edge-matched; 0 matches equal segments only

    Returns
    -------
    (n, n) symmetric matrix of float64, metres; zero on the diagonal. Touching in a point only is no neighbourhood.

    Raises
    ------
    GeographicCrs : the geometries say that they are in degrees

    >>> squares = shapely.box([0, 10, 10], [0, 0, 10], [10, 20, 20], [10, 10, 20])
    >>> adjacency(squares).toarray().tolist()
    [[0.0, 10.0, 0.0], [10.0, 0.0, 10.0], [0.0, 10.0, 0.0]]
    """
    _require_metric(geometries, Words("things.adjacency"))
    polygons = np.asarray(geometries, dtype=object)
    count = len(polygons)
    owners, ends = _segments(polygons)
    first, second, lengths, lonely = _twins(owners, ends)
    matched = _symmetric(first, second, lengths, count)
    if tolerance_m <= 0 or not lonely.any():
        return matched
    return matched + _near(owners[lonely], ends[lonely], count, tolerance_m)


def _segments(polygons: Geometries) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Every segment of every ring: owner (m,) and end points (m, 2, 2)."""
    parts, owner_of_part = shapely.get_parts(polygons, return_index=True)
    rings, part_of_ring = shapely.get_rings(parts, return_index=True)
    points, ring_of_point = shapely.get_coordinates(rings, return_index=True)
    inside = ring_of_point[1:] == ring_of_point[:-1]
    ends = np.stack([points[:-1][inside], points[1:][inside]], axis=1)
    owners = owner_of_part[part_of_ring[ring_of_point[:-1][inside]]]
    proper = (ends[:, 0] != ends[:, 1]).any(axis=1)
    return owners[proper].astype(np.int64), ends[proper]


def _twins(
    owners: NDArray[np.int64], ends: NDArray[np.float64]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64], NDArray[np.bool_]]:
    """Pairs of owners of equal segments with their lengths, and which segments have no twin."""
    points = np.ascontiguousarray(ends.reshape(-1, 2)) + 0.0  # -0.0 and 0.0 are one place
    vertex = np.unique(points.view(np.complex128).ravel(), return_inverse=True)[1].reshape(-1, 2)
    vertex.sort(axis=1)
    order = np.lexsort((owners, vertex[:, 1], vertex[:, 0]))
    same = (vertex[order[1:]] == vertex[order[:-1]]).all(axis=1)
    left, right = order[:-1][same], order[1:][same]
    lonely = np.ones(len(owners), dtype=bool)
    lonely[left] = lonely[right] = False
    lengths = np.hypot(*(ends[left, 1] - ends[left, 0]).T)
    return owners[left], owners[right], lengths, lonely


def _near(owners: NDArray[np.int64], ends: NDArray[np.float64], count: int, tolerance_m: float) -> csr_array:
    """Border shared within `tolerance_m` by segments that have no equal twin."""
    lines = shapely.linestrings(ends)
    one, other = shapely.STRtree(lines).query(lines, predicate="dwithin", distance=tolerance_m)
    pairs = (owners[one] != owners[other]) & _run_along(ends[one], ends[other], LEAST_SHARED * tolerance_m)
    one, other = one[pairs], other[pairs]
    bands = shapely.buffer(lines[other], tolerance_m, cap_style="flat", quad_segs=2)
    lengths = shapely.length(shapely.intersection(lines[one], bands))
    long_enough = lengths > LEAST_SHARED * tolerance_m  # two borders that cross or touch share less than this
    one, other, lengths = one[long_enough], other[long_enough], lengths[long_enough]
    # Each border is seen from both sides: half of it from either.
    return _symmetric(owners[one], owners[other], lengths / 2, count)


def _run_along(one: NDArray[np.float64], other: NDArray[np.float64], least_m: float) -> NDArray[np.bool_]:
    """Whether segments (m, 2, 2) can share more than `least_m` with a band `least_m` / 5 wide along the others.

    A line at the angle φ to the band shares its width / sin φ at most, and no more than lies between the band's ends.
    """
    first, second = one[:, 1] - one[:, 0], other[:, 1] - other[:, 0]
    length, band = np.hypot(*first.T), np.hypot(*second.T)
    sine = np.abs(first[:, 0] * second[:, 1] - first[:, 1] * second[:, 0]) / (length * band)
    at = np.einsum("mij,mj->mi", one - other[:, :1], second / band[:, None])  # along the band, from its start
    low, high = at.min(axis=1), at.max(axis=1)
    between = np.minimum(high, band) - np.maximum(low, 0.0)
    along: NDArray[np.bool_] = (5 * sine < 1) & (between * length > least_m * (high - low))
    return along


def _symmetric(
    first: NDArray[np.int64], second: NDArray[np.int64], lengths: NDArray[np.float64], count: int
) -> csr_array:
    different = first != second
    pair = (
        np.concatenate([first[different], second[different]]),
        np.concatenate([second[different], first[different]]),
    )
    matrix = coo_array((np.tile(lengths[different], 2), pair), shape=(count, count)).tocsr()
    matrix.sort_indices()
    return matrix

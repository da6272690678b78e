"""Where households are, and in which area each of them is: every household in exactly one."""

from typing import Any

import geopandas
import numpy as np
import shapely
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from gridmgmt.services.frames import Box, read_frame
from gridmgmt.store.queries import query

Geometries = NDArray[Any]
Ints = NDArray[np.int64]

NOWHERE = -1
NEAR_DEG = 1e-6  # 10 cm: how far beside its area a point may lie where a border was matched to its neighbour


def household_points(session: Session, box: Box) -> geopandas.GeoDataFrame:
    """Points with households and residents in a box (west, south, east, north in degrees), EPSG:4326."""
    west, south, east, north = map(float, box)
    return read_frame(session, query("household_points"), {"west": west, "south": south, "east": east, "north": north})


def locate(points: Geometries, areas: Geometries) -> Ints:
    """(n,) index of the area each point is in, NOWHERE where it is in none.

    A point on a border goes to the first of its areas, so that none counts twice.

    >>> areas = np.array([shapely.box(0, 0, 1, 1), shapely.box(1, 0, 2, 1)])
    >>> locate(shapely.points([[0.5, 0.5], [1.0, 0.5], [3.0, 0.5]]), areas).tolist()
    [0, 0, -1]
    """
    home: Ints = np.full(len(points), NOWHERE, dtype=np.int64)
    tree = shapely.STRtree(areas)
    point, area = tree.query(points, predicate="intersects")
    point, first = _firsts(point, area)
    home[point] = first
    lost = np.flatnonzero(home == NOWHERE)
    point, area = tree.query_nearest(points[lost], max_distance=NEAR_DEG)
    point, first = _firsts(point, area)
    home[lost[point]] = first
    return home


def _firsts(point: NDArray[np.intp], area: NDArray[np.intp]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Of several areas of a point, the one with the lowest index."""
    order = np.lexsort((area, point))
    once, position = np.unique(point[order], return_index=True)
    return once, area[order][position]

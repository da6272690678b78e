"""Points in areas, many of both: most are answered by the cell they lie in, those near a border by the exact test."""

import os
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray

from gridmgmt.field import place_kernels as kernels
from gridmgmt.geo.cell_kernels import cell_frame, list_chains

Ints = NDArray[np.int64]

CELL_M = 20.0  # a grid of about 230 m has two thirds of its cells whole
MOST_CELLS = 16_000_000
WORTH_A_THREAD = 200_000


class AreaIndex:
    """Areas ready to be asked which of them holds a point; a point on a border belongs to the first.

    >>> index = AreaIndex([shapely.box(0, 0, 50, 50), shapely.box(50, 0, 100, 50)])
    >>> index.locate([10.0, 50.0, 70.0, 120.0], [10.0, 25.0, 25.0, 25.0]).tolist()
    [0, 0, 1, -1]
    """

    def __init__(self, areas: Any, cell_m: float = CELL_M) -> None:
        """`areas` (k,) Polygons or MultiPolygons in one metric CRS."""
        shapes = np.asarray(areas, dtype=object)
        rings, area = _rings(shapes)
        xy, ring = shapely.get_coordinates(rings, return_index=True)
        same = ring[1:] == ring[:-1]
        owner = area[ring[:-1][same]]
        edges = (
            np.searchsorted(owner, np.arange(len(shapes) + 1)),
            *(np.ascontiguousarray(values) for values in (*xy[:-1][same].T, *xy[1:][same].T)),
        )
        self._frame = cell_frame(xy, cell_m, MOST_CELLS)
        bands = kernels.list_bands(*edges, self._frame)
        first, members = list_chains(*edges, self._frame)
        whole = kernels.fill_inside(*edges, self._frame, first, members)
        self._lookup = kernels.list_tests(self._frame, edges[1:], bands, first, members, whole)

    def locate(self, x_m: ArrayLike, y_m: ArrayLike, threads: int | None = None) -> Ints:
        """(n,) the number of the area that holds each point, -1 where none does."""
        x, y = np.ascontiguousarray(x_m, dtype=float), np.ascontiguousarray(y_m, dtype=float)
        wanted = threads or (os.cpu_count() or 1 if len(x) >= WORTH_A_THREAD else 1)
        cuts = [len(x) * part // wanted for part in range(wanted + 1)]

        def some(part: int) -> NDArray[np.int32]:
            here = slice(cuts[part], cuts[part + 1])
            found: NDArray[np.int32] = kernels.locate(x[here], y[here], self._frame, *self._lookup)
            return found

        if wanted == 1:
            return some(0).astype(np.int64)
        with ThreadPoolExecutor(wanted) as pool:
            return np.concatenate(list(pool.map(some, range(wanted)))).astype(np.int64)


def _rings(areas: NDArray[np.object_]) -> tuple[NDArray[np.object_], Ints]:
    """Every ring of (multi)polygons, outer and inner, with the number of its area in ascending order."""
    polygons, area = shapely.get_parts(areas, return_index=True)
    rings, polygon = shapely.get_rings(polygons, return_index=True)
    return rings, area[polygon].astype(np.int64)

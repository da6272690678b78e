"""Walks of grid workers along the street network, fix by fix (metres inside, EPSG:4326 out)."""

from collections import defaultdict
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from gridmgmt.demo.frames import to_wgs84
from gridmgmt.demo.terrain import METRIC_CRS

Array = NDArray[np.float64]

_SPEED_M_S = (0.85, 1.35)
_FIX_EVERY_S = (10.0, 15.0)
_NOISE_M = 4.0  # standard deviation of a fix on either axis; it drifts, as it does between houses
_DRIFT = 0.8
_FRESHNESS = 0.15  # weight of a street walked before, against one not yet walked


@dataclass(frozen=True)
class Fixes:
    """Fixes of one walk: seconds since its start, points in EPSG:4326, accuracy in metres."""

    seconds: Array
    geometry: NDArray[np.object_]
    accuracy_m: Array


class Footways:
    """The street network as walkers use it: no expressways, segments joined at shared ends."""

    def __init__(self, streets: gpd.GeoDataFrame) -> None:
        walkable = streets[streets["street_class"] != "expressway"]
        self._lines = walkable.geometry.to_crs(METRIC_CRS).to_numpy()
        ends = shapely.get_coordinates(shapely.get_point(walkable.geometry.to_numpy(), [[0], [-1]])).reshape(2, -1, 2)
        _, numbers = np.unique(ends.reshape(-1, 2), axis=0, return_inverse=True)
        self._ends = numbers.reshape(2, -1).T
        self._at: defaultdict[int, list[int]] = defaultdict(list)
        for segment, (start, end) in enumerate(self._ends.tolist()):
            self._at[start].append(segment)
            self._at[end].append(segment)
        self._tree = shapely.STRtree(self._lines)

    def nearest(self, points: gpd.GeoSeries) -> NDArray[np.int64]:
        """The segment nearest to each point."""
        found = self._tree.query_nearest(points.to_crs(METRIC_CRS).to_numpy(), all_matches=False)[1]
        return np.asarray(found, dtype=np.int64)

    def walk(self, segment: int, seconds: float, rng: np.random.Generator) -> Fixes:
        """A walk of about this long that starts on a segment and prefers streets it has not been in yet."""
        speed = float(rng.uniform(*_SPEED_M_S))
        path = self._path(segment, speed * seconds, rng)
        moments = np.cumsum(rng.uniform(*_FIX_EVERY_S, int(seconds / np.mean(_FIX_EVERY_S))))
        moments = np.concatenate([[0.0], moments[moments * speed < path.length]])
        places = shapely.get_coordinates(shapely.line_interpolate_point(path, moments * speed))
        fixes = to_wgs84(shapely.points(places + _drifting(len(places), rng)))
        return Fixes(np.round(moments), fixes, np.round(rng.gamma(4.0, 1.4, len(places)) + 1.5, 1))

    def _path(self, segment: int, length_m: float, rng: np.random.Generator) -> shapely.LineString:
        node = int(self._ends[segment][int(rng.integers(2))])
        walked: defaultdict[int, int] = defaultdict(int)
        pieces: list[Array] = []
        done = 0.0
        while done < length_m and len(pieces) < 400:
            choices = self._at[node] if pieces else [segment]
            weights = np.array([_FRESHNESS ** walked[choice] for choice in choices])
            taken = choices[int(rng.choice(len(choices), p=weights / weights.sum()))]
            start, end = self._ends[taken].tolist()
            coordinates = shapely.get_coordinates(self._lines[taken])
            pieces.append(coordinates if start == node else coordinates[::-1])
            node = end if start == node else start
            walked[taken] += 1
            done += self._lines[taken].length
        return shapely.LineString(np.vstack(pieces))


def _drifting(count: int, rng: np.random.Generator) -> Array:
    """Noise whose neighbours resemble each other (first-order autoregression with standard deviation _NOISE_M)."""
    steps = rng.normal(0.0, _NOISE_M * (1 - _DRIFT**2) ** 0.5, (count, 2))
    steps[:1] = rng.normal(0.0, _NOISE_M, (1, 2))[: len(steps)]
    for i in range(1, count):
        steps[i] += _DRIFT * steps[i - 1]
    return np.asarray(steps)

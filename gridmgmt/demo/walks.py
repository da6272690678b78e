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
_STOP_EVERY, _STOP_S = 40, (90.0, 240.0)  # fixes between two stops at a door, and how long one is
_STOP_FIX_S = 12.0
_DOOR_M = 60.0  # a walker does not go farther aside to a door
_LOST, _LOST_FIXES = 0.08, (8, 25)  # share of the stops after which there is no fix, and for how many
_WILD, _WILD_M = 0.01, 2000.0  # share of the fixes that lie anywhere, and their standard deviation
_FRESHNESS = 0.15  # weight of a street walked before, against one not yet walked


@dataclass(frozen=True)
class Fixes:
    """Fixes of one walk: seconds since its start, points in EPSG:4326, accuracy in metres."""

    seconds: Array
    geometry: NDArray[np.object_]
    accuracy_m: Array


class Footways:
    """The street network as walkers use it: no expressways, segments joined at shared ends; and the doors beside it."""

    def __init__(self, streets: gpd.GeoDataFrame, doors: gpd.GeoSeries | None = None) -> None:
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
        self._doors = np.array([], dtype=object) if doors is None else doors.to_crs(METRIC_CRS).to_numpy()
        self._door_tree = shapely.STRtree(self._doors)

    def nearest(self, points: gpd.GeoSeries) -> NDArray[np.int64]:
        """The segment nearest to each point."""
        found = self._tree.query_nearest(points.to_crs(METRIC_CRS).to_numpy(), all_matches=False)[1]
        return np.asarray(found, dtype=np.int64)

    def walk(self, segment: int, seconds: float, rng: np.random.Generator) -> Fixes:
        """What a phone records of a walk that starts on a segment and prefers streets it has not been in yet.

        It is about this long, and longer by its stops at doors; now and then the satellites are lost, or a fix is wild.
        """
        speed = float(rng.uniform(*_SPEED_M_S))
        path = self._path(segment, speed * seconds, rng)
        moments = np.cumsum(rng.uniform(*_FIX_EVERY_S, int(seconds / np.mean(_FIX_EVERY_S))))
        moments = np.concatenate([[0.0], moments[moments * speed < path.length]])
        places = shapely.get_coordinates(shapely.line_interpolate_point(path, moments * speed))
        moments, places, received = self._with_stops(moments, places, rng)
        wild = rng.normal(0.0, _WILD_M, places.shape) * (rng.random((len(places), 1)) < _WILD)
        fixes = to_wgs84(shapely.points((places + _drifting(len(places), rng) + wild)[received]))
        accuracy_m = np.round(rng.gamma(4.0, 1.4, len(places)) + 1.5, 1)
        return Fixes(np.round(moments)[received], fixes, accuracy_m[received])

    def _with_stops(
        self, moments: Array, places: Array, rng: np.random.Generator
    ) -> tuple[Array, Array, NDArray[np.bool_]]:
        """The fixes with those of stops at doors put in, and which of them a phone received."""
        at = np.arange(_STOP_EVERY - 1, len(moments), _STOP_EVERY)
        lasts = rng.uniform(*_STOP_S, len(at))
        rests = np.ones(len(moments), dtype=np.int64)
        rests[at] += (lasts / _STOP_FIX_S).astype(np.int64)
        number = np.repeat(np.arange(len(moments)), rests)
        rank = np.arange(len(number)) - np.searchsorted(number, number)
        pause = np.zeros(len(moments))
        pause[at] = lasts
        before = np.cumsum(pause) - pause
        doors = places.copy()
        doors[at] = self._at_doors(places[at])
        received = np.ones(len(number), dtype=bool)
        for stop in at[rng.random(len(at)) < _LOST]:
            lost = int(rng.integers(*_LOST_FIXES))
            received[(number > stop) & (number <= stop + lost)] = False
        seconds = (moments + before)[number] + rank * _STOP_FIX_S
        return seconds, np.where(rank[:, None] > 0, doors[number], places[number]), received

    def _at_doors(self, places: Array) -> Array:
        """The nearest door of each place, or the place itself where none is near."""
        found = places.copy()
        near, door = self._door_tree.query_nearest(shapely.points(places), max_distance=_DOOR_M, all_matches=False)
        found[near] = shapely.get_coordinates(self._doors[door]).reshape(-1, 2)
        return found

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

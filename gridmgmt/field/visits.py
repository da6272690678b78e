"""Which doors a walk came to and stayed at, and how long it was in which grid."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class VisitSettings:
    """When a building counts as visited.

    >>> VisitSettings().reach_m
    20.0
    """

    reach_m: float = 20.0
    """A fix at a door is good to some 10 m, between high houses to 20 m."""

    dwell_s: float = 60.0
    """To walk past a door on the pavement takes up to 40 s of the reach; whoever stays longer came for it."""

    def dwell_for(self, reach_m: Floats) -> Floats:
        """Seconds to stay within other reaches: it takes longer to walk past what is wide.

        >>> VisitSettings().dwell_for(np.array([20.0, 50.0])).tolist()
        [60.0, 150.0]
        """
        return self.dwell_s * reach_m / self.reach_m


@dataclass(frozen=True)
class Stays:
    """How long a walk was within reach of places: `place` (k,) ascending, `seconds`, `arrived_us` since 1970."""

    place: Ints
    seconds: Floats
    arrived_us: Floats


def stays(
    path: pd.DataFrame,
    xy_m: Floats,
    places_m: Floats,
    reach_m: Floats | float,
    *,
    owner: Ints | None = None,
    tree: shapely.STRtree | None = None,
) -> Stays:
    """Time within reach of (p, 2) places along the path of a `TrackReport`, whose vertices are at (n, 2) metres.

    With `owner` (n,), whose each vertex is, the answer tells owners apart: a place of an owner has the number
    `owner * p + place`. `tree` is an STRtree of the places, for who asks again and again.

    Between two vertices of a walk the pace is even, so the time in a place's disc is the share of the step inside
    it; a stop is all in or all out. Gaps between walks count for nothing: where somebody was then is unknown.

    >>> moments = pd.to_datetime(["2026-07-01T08:00:00Z", "2026-07-01T08:01:00Z"])
    >>> path = pd.DataFrame({"walk": 0, "arrived_at": moments, "left_at": moments})
    >>> stay = stays(path, np.array([[-60.0, 0], [60, 0]]), np.array([[0.0, 0], [0, 99]]), 20.0)
    >>> stay.place.tolist(), stay.seconds.tolist()
    ([0], [20.0])
    """
    starts, ends, from_us, to_us, vertex = _steps(path, xy_m)
    reach = np.broadcast_to(np.asarray(reach_m, dtype=float), len(places_m))
    tree = tree or shapely.STRtree(shapely.points(places_m.reshape(-1, 2)))
    lines = shapely.linestrings(np.stack([starts, ends], axis=1))
    step, place = tree.query(lines, predicate="dwithin", distance=float(reach.max(initial=0.0)))
    first, last = _inside(starts[step], ends[step], places_m[place], reach[place])
    lasts_us = to_us[step] - from_us[step]
    met = last >= first
    place, seconds = place[met], ((last - first) * lasts_us)[met] / 1e6
    arrived = (from_us[step] + first * lasts_us)[met]
    if owner is not None:
        place = owner[vertex[step[met]]] * len(places_m) + place
    found, number = np.unique(place, return_inverse=True)
    earliest = np.full(len(found), np.inf)
    np.minimum.at(earliest, number, arrived)
    return Stays(found, np.bincount(number, seconds, len(found)).astype(float), np.floor(earliest))


def _steps(path: pd.DataFrame, xy_m: Floats) -> tuple[Floats, Floats, Floats, Floats, Ints]:
    """Every stay at a vertex and every way to the next one of the same walk: starts, ends, from and to in µs, and
    the vertex where it begins."""
    arrived, left = (_microseconds(path[name]) for name in ("arrived_at", "left_at"))
    walk = path["walk"].to_numpy()
    on = np.flatnonzero(walk[1:] == walk[:-1])
    return (
        np.concatenate([xy_m, xy_m[on]]),
        np.concatenate([xy_m, xy_m[on + 1]]),
        np.concatenate([arrived, left[on]]),
        np.concatenate([left, arrived[on + 1]]),
        np.concatenate([np.arange(len(walk)), on]),
    )


def _inside(starts: Floats, ends: Floats, centres: Floats, reach_m: Floats) -> tuple[Floats, Floats]:
    """The share of each step, from first to last, inside a disc; first > last where it never is."""
    way, off = ends - starts, starts - centres
    a, b = (way**2).sum(axis=1), (way * off).sum(axis=1)
    c = (off**2).sum(axis=1) - reach_m**2
    root = np.sqrt(np.maximum(b * b - a * c, 0.0))
    moving = a > 0
    safe = np.where(moving, a, 1.0)
    first = np.where(moving, (-b - root) / safe, 0.0)
    last = np.where(moving, (-b + root) / safe, np.where(c <= 0, 1.0, -1.0))
    outside = moving & (b * b < a * c)
    return np.clip(first, 0.0, 1.0), np.where(outside | (last < 0) | (first > 1), -1.0, np.clip(last, 0.0, 1.0))


def time_at_vertices(path: pd.DataFrame) -> Floats:
    """(n,) seconds to reckon to each vertex: its stay, and half of the steps to its neighbours of the same walk."""
    arrived, left = (_microseconds(path[name]) for name in ("arrived_at", "left_at"))
    walk = path["walk"].to_numpy()
    half = np.where(walk[1:] == walk[:-1], (arrived[1:] - left[:-1]) / 2, 0.0)
    seconds = left - arrived
    seconds[1:] += half
    seconds[:-1] += half
    return np.asarray(seconds / 1e6)


def _microseconds(times: pd.Series) -> Floats:
    zoneless = times.dt.tz_convert("UTC").dt.tz_localize(None)
    return np.asarray(zoneless.to_numpy(dtype="datetime64[us]").astype(np.int64), dtype=float)

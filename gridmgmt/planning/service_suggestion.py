"""Where the next station helps most: brings most households within reach, or spares most walking.

Every candidate is walked from, so one new station is chosen exactly; two are chosen exactly among all pairs. Three and
more are added one after the other: both gains are submodular, so the best choice of N gains at most what the greedy one
does plus the N largest gains still open (Nemhauser, Wolsey & Fisher 1978), and that bound is reported.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from typing import Any, Literal, get_args

import numpy as np
import shapely
from geopandas import GeoDataFrame
from numpy.typing import NDArray

from gridmgmt.errors import InvalidInput
from gridmgmt.messages import Words
from gridmgmt.planning.frames import column_of, households_of, metric, names_of
from gridmgmt.planning.service import FIFTEEN_MINUTES_M, station_numbers, walking

Aim = Literal["coverage", "walk"]
NO_WAY_M = 5000.0  # what a home counts that no street leads from
VERTEX_SPACING_M = 150.0  # between candidates taken from the streets

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Suggestion:
    """New stations and what they bring.

    Attributes
    ----------
    stations : one row per new station, best first: code (of the candidate), gained_households,
        saved_household_m, geometry
    distance_m : (buildings,) walk to the nearest of the old station and the new ones
    report : JSON-ready figures before and after, with `bound` and `gap` of the aim
    """

    stations: GeoDataFrame
    distance_m: Floats
    report: dict[str, Any]


def suggest_station(
    buildings: GeoDataFrame,
    streets: GeoDataFrame,
    stations: GeoDataFrame,
    barriers: GeoDataFrame | None = None,
    *,
    candidates: GeoDataFrame | None = None,
    count: int = 1,
    aim: Aim = "coverage",
    households: str = "households",
    serving: str | None = None,
    limit_m: float = FIFTEEN_MINUTES_M,
) -> Suggestion:
    """The best places for `count` new stations among the candidates.

    Parameters
    ----------
    buildings, streets, stations, barriers, households, serving : as `coverage` takes them
    candidates : places where a station could be (points or polygons, any CRS); without them, street vertices about
        150 m apart
    count : how many stations; up to two are proven best
    aim : "coverage" brings most households within `limit_m`, then spares most walking; "walk" the other way round
        (the p-median with the old stations kept)

    Raises
    ------
    UnknownColumn, InvalidInput : the input is not as described, or there are fewer candidates than stations

    >>> street = GeoDataFrame(geometry=[shapely.LineString([(0, 0), (4000, 0)])], crs=4547)
    >>> homes = GeoDataFrame({"households": [30, 10]}, geometry=shapely.points([[3900, 0], [100, 0]]), crs=4547)
    >>> station = GeoDataFrame({"code": ["Z1"]}, geometry=[shapely.Point(0, 0)], crs=4547)
    >>> places = GeoDataFrame({"code": ["A", "B"]}, geometry=shapely.points([[2000, 0], [3500, 0]]), crs=4547)
    >>> found = suggest_station(homes, street, station, candidates=places)
    >>> found.stations["code"].tolist(), found.report["gained_households"], found.report["mean_m_after"]
    (['B'], 30, 325.0)
    """
    started = time.perf_counter()
    if aim not in get_args(Aim):
        raise InvalidInput(detail=Words("reasons.aim_unknown", aim=aim, aims=get_args(Aim)))
    places = _street_vertices(streets) if candidates is None else candidates
    if not 1 <= count <= len(places):
        raise InvalidInput(detail=Words("reasons.suggestion_count", count=count, places=len(places)))
    weights = households_of(buildings, households)
    before = _before(buildings, streets, stations, barriers, serving)
    walks = walking(buildings, streets, places, barriers)
    reach = float(np.minimum(before, NO_WAY_M).max(initial=limit_m))
    metres = np.stack([walks.from_site(place, reach).astype(np.float32) for place in range(len(places))])
    gains = _Gains.of(before, metres, weights, limit_m)
    chosen = _chosen(gains, count, aim)
    after = np.minimum(before, metres[list(chosen)].min(axis=0))
    report = _report(before, after, weights, limit_m) | _proof(gains, chosen, count, aim)
    report |= {"task": "suggest_station", "aim": aim, "limit_m": limit_m, "candidates": len(places)}
    report["elapsed_s"] = round(time.perf_counter() - started, 3)
    return Suggestion(_rows(places, gains, chosen), after, report)


@dataclass(frozen=True)
class _Gains:
    """(candidates, homes) households newly within the limit, and household-metres spared, of homes anybody helps."""

    covered: NDArray[np.float32]
    saved: NDArray[np.float32]

    @classmethod
    def of(cls, before: Floats, metres: NDArray[np.float32], weights: Ints, limit_m: float) -> "_Gains":
        capped = np.minimum(before, NO_WAY_M)
        helped = np.flatnonzero((metres.min(axis=0) < capped) & (weights > 0))
        near = metres[:, helped]
        covered = (near <= limit_m) & (before[helped] > limit_m)
        saved = np.maximum(capped[helped] - near, 0) * weights[helped]
        return cls((covered * weights[helped]).astype(np.float32), saved.astype(np.float32))

    def table(self, first: bool) -> NDArray[np.float32]:
        return self.covered if first else self.saved

    def total(self, chosen: Sequence[int], aim: Aim) -> tuple[float, float]:
        """What some candidates bring together, the aim first."""
        both = [float(table[list(chosen)].max(axis=0).sum(dtype=float)) for table in (self.covered, self.saved)]
        return (both[0], both[1]) if aim == "coverage" else (both[1], both[0])


def _chosen(gains: _Gains, count: int, aim: Aim) -> tuple[int, ...]:
    """The best candidates, best first: exact for one and two, greedy beyond."""
    if not gains.table(aim == "coverage").any():  # nobody left to reach: only the other aim tells places apart
        aim = "walk" if aim == "coverage" else "coverage"
    chosen = _best_pair(gains, aim) if count >= 2 else (_next(gains, (), aim),)
    while len(chosen) < count:
        chosen = (*chosen, _next(gains, chosen, aim))
    return chosen


def _next(gains: _Gains, chosen: tuple[int, ...], aim: Aim) -> int:
    free = (number for number in range(len(gains.saved)) if number not in chosen)
    return max(free, key=lambda number: (*gains.total((*chosen, number), aim), -number))


def _best_pair(gains: _Gains, aim: Aim) -> tuple[int, ...]:
    """The best pair of candidates. A pair brings at most the sum of both, so pairs are looked at by falling sums."""
    first = gains.table(aim == "coverage").sum(axis=1, dtype=float)
    order = np.argsort(-first, kind="stable")
    best: tuple[tuple[float, float], tuple[int, int]] = ((-1.0, -1.0), (0, 1))
    for rank, one in enumerate(order.tolist()):
        rest = order[rank + 1 :]
        rest = rest[first[one] + first[rest] >= best[0][0]]
        if not len(rest):
            break
        together = np.maximum(gains.table(aim == "coverage")[rest], gains.table(aim == "coverage")[one])
        sums = together.sum(axis=1, dtype=float)
        for two in rest[sums >= max(best[0][0], sums.max())].tolist():
            best = max(best, (gains.total((one, two), aim), (one, two)))
    return best[1]


def _proof(gains: _Gains, chosen: tuple[int, ...], count: int, aim: Aim) -> dict[str, Any]:
    """The value of the aim, a bound that holds for every choice of as many candidates, and the gap."""
    value = gains.total(chosen, aim)[0]
    table = gains.table(aim == "coverage")
    open_ = np.maximum(table - table[list(chosen)].max(axis=0), 0).sum(axis=1, dtype=float)
    if count <= 2:
        return {"value": round(value), "bound": round(value), "gap": 0.0}
    bound = value + float(np.sort(open_)[-count:].sum())
    return {"value": round(value), "bound": ceil(bound), "gap": round((bound - value) / bound, 6) if bound else 0.0}


def _report(before: Floats, after: Floats, weights: Ints, limit_m: float) -> dict[str, Any]:
    total = max(int(weights.sum()), 1)
    means = [float(np.minimum(metres, NO_WAY_M) @ weights) / total for metres in (before, after)]
    gained = int(weights[(after <= limit_m) & (before > limit_m)].sum())
    return {
        "mean_m_before": round(means[0], 1),
        "mean_m_after": round(means[1], 1),
        "within_before": int(weights[before <= limit_m].sum()),
        "within_after": int(weights[after <= limit_m].sum()),
        "gained_households": gained,
    }


def _rows(places: GeoDataFrame, gains: _Gains, chosen: tuple[int, ...]) -> GeoDataFrame:
    """The chosen places, each with what it brings on top of those before it."""
    rows = list(chosen)
    sums = [gains.total(rows[: rank + 1], "coverage") for rank in range(len(rows))]
    steps = np.diff(np.asarray([(0.0, 0.0), *sums]), axis=0)
    return GeoDataFrame(
        {
            "code": names_of(places)[rows],
            "gained_households": np.rint(steps[:, 0]).astype(int),
            "saved_household_m": np.rint(steps[:, 1]).astype(int),
        },
        geometry=shapely.point_on_surface(places.geometry.to_numpy()[rows]),
        crs=places.crs,
    )


def _before(
    buildings: GeoDataFrame,
    streets: GeoDataFrame,
    stations: GeoDataFrame,
    barriers: GeoDataFrame | None,
    serving: str | None,
) -> Floats:
    walks = walking(buildings, streets, stations, barriers)
    if serving is None:
        return walks.nearest()[0]
    return walks.to_serving(station_numbers(column_of(buildings, serving), names_of(stations)))


def _street_vertices(streets: GeoDataFrame) -> GeoDataFrame:
    """Street vertices, one in each square of 150 m: the first in reading order."""
    plane = metric(streets)
    points = np.unique(shapely.get_coordinates(plane.geometry.to_numpy()), axis=0)
    squares = np.floor(points / VERTEX_SPACING_M).astype(np.int64)
    first = np.sort(np.unique(squares, axis=0, return_index=True)[1])
    return GeoDataFrame(geometry=shapely.points(points[first]), crs=plane.crs)

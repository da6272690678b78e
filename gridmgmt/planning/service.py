"""Service coverage: how far every home walks along the streets to the station that serves it.

Thresholds: 300, 500 and 800–1000 m are the 5-, 10- and 15-minute circles of GB 50180-2018 (城市居住区规划设计标准).
The 15-minute share uses the distance a person of about seventy still walks in that time: 1.25 m/s = 4.5 km/h (Bohannon
& Andrews 2011, Normal walking speed: a descriptive meta-analysis), so 1125 m.
"""

import time
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from geopandas import GeoDataFrame
from numpy.typing import NDArray

from gridmgmt.errors import InvalidInput
from gridmgmt.geo.network import Walks, street_graph
from gridmgmt.geo.network_snapping import snap
from gridmgmt.messages import Words
from gridmgmt.planning.frames import beside, column_of, households_of, metric, names_of, require_places

WALKING_SPEED_M_S = 1.25
FIFTEEN_MINUTES_M = 15 * 60 * WALKING_SPEED_M_S
THRESHOLDS_M = (300, 500, 800, 1000)
NOT_FOR_WALKERS = ("expressway",)  # street classes that are left out of the walking network
UNREACHABLE_LISTED = 50

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class CoverageResult:
    """Walks from homes to stations.

    Attributes
    ----------
    buildings : the input rows with `station` (its serving station's code), `distance_m` (inf where no way leads there),
        `nearest_station` and `nearest_m` (the nearest of all stations, whomever it serves)
    report : JSON-ready summary: `summarise` of the serving station, and of the nearest one under `nearest`
    metres : (buildings,) `distance_m` before it is rounded, by which the report counts
    """

    buildings: GeoDataFrame
    report: dict[str, Any]
    metres: Floats


def coverage(
    buildings: GeoDataFrame,
    streets: GeoDataFrame,
    stations: GeoDataFrame,
    barriers: GeoDataFrame | None = None,
    *,
    households: str = "households",
    serving: str | None = None,
    reach_m: float = 1000.0,
) -> CoverageResult:
    """Walking distance along streets from every building to its station, and to the nearest of all.

    Parameters
    ----------
    buildings : points or polygons with whole `households`, any CRS
    streets : lines that meet in common vertices; where they have a `street_class`, expressways are left out
    stations : points or polygons; named by `code` where there is one, else by their index
    barriers : lines or polygons that no connector from a home to its street may cross
    serving : column of `buildings` that names the serving station; without it, the nearest one serves
    reach_m : how far from a street a home may lie, metres

    Raises
    ------
    UnknownColumn, InvalidInput : the input is not as described, or a serving station does not exist

    >>> import shapely
    >>> street = GeoDataFrame(geometry=[shapely.LineString([(0, 0), (400, 0)])], crs=4547)
    >>> homes = GeoDataFrame({"households": [30, 10]}, geometry=shapely.points([[0, 0], [390, 10]]), crs=4547)
    >>> station = GeoDataFrame({"code": ["Z1"]}, geometry=[shapely.Point(100, 0)], crs=4547)
    >>> result = coverage(homes, street, station)
    >>> result.buildings["distance_m"].tolist(), result.report["share_within_m"]["300"]
    ([100.0, 300.0], 1.0)
    """
    started = time.perf_counter()
    walks = walking(buildings, streets, stations, barriers, reach_m)
    names = names_of(stations)
    nearest_m, nearest = walks.nearest()
    asked = nearest if serving is None else station_numbers(column_of(buildings, serving), names)
    distance_m = nearest_m if serving is None else walks.to_serving(asked)
    rows = buildings.assign(
        station=_named(names, asked),
        distance_m=np.round(distance_m, 1),
        nearest_station=_named(names, nearest),
        nearest_m=np.round(nearest_m, 1),
    )
    weights = households_of(buildings, households)
    report = {
        "task": "coverage",
        **summarise(distance_m, weights, names_of(buildings)),
        "nearest": summarise(nearest_m, weights, names_of(buildings)),
        "stations": len(stations),
        "elapsed_s": round(time.perf_counter() - started, 3),
    }
    return CoverageResult(rows, report, distance_m)


def walking(
    buildings: GeoDataFrame,
    streets: GeoDataFrame,
    stations: GeoDataFrame,
    barriers: GeoDataFrame | None = None,
    reach_m: float = 1000.0,
) -> Walks:
    """Buildings and stations on the walking network, ready to be asked for distances; frames in any CRS."""
    homes = metric(buildings)
    require_places(buildings, Words("things.homes"))
    require_places(stations, Words("things.stations"))
    walkable = beside(_walkable(streets), homes, Words("things.streets"))
    walls = None if barriers is None or barriers.empty else beside(barriers, homes, Words("things.barriers"))
    blocks = () if walls is None else walls.geometry.dropna().to_numpy()
    graph = street_graph(walkable.geometry.to_numpy())
    sites = beside(stations, homes, Words("things.stations")).geometry.to_numpy()
    return Walks(graph, *(snap(graph, places, blocks, reach_m) for places in (homes.geometry.to_numpy(), sites)))


def summarise(distance_m: Floats, households: NDArray[np.int64], names: NDArray[np.object_]) -> dict[str, Any]:
    """Household-weighted figures of walking distances, metres. Homes that cannot be reached count, as not covered.

    >>> homes = np.array([100.0, 900.0, np.inf])
    >>> found = summarise(homes, np.array([6, 3, 1]), np.array(["a", "b", "c"]))
    >>> found["median_m"], found["p90_m"], found["share_within_m"]["1000"], found["unreachable"]["units"]
    (100.0, 900.0, 0.9, ['c'])
    """
    total = int(households.sum())
    lost = ~np.isfinite(distance_m)
    reached = households * ~lost
    return {
        "households": total,
        "mean_m": _rounded(np.average(distance_m[~lost], weights=reached[~lost]) if reached.sum() else None),
        "median_m": _rounded(weighted_quantile(distance_m, households, 0.5)),
        "p90_m": _rounded(weighted_quantile(distance_m, households, 0.9)),
        "max_m": _rounded(distance_m[reached > 0].max() if reached.sum() else None),
        "share_within_m": {str(limit): share_within(distance_m, households, limit) for limit in THRESHOLDS_M},
        "share_within_15_minutes": share_within(distance_m, households, FIFTEEN_MINUTES_M),
        "unreachable": {
            "buildings": int(lost.sum()),
            "households": int(households[lost].sum()),
            "units": names[lost][:UNREACHABLE_LISTED].tolist(),
        },
    }


def share_within(distance_m: Floats, households: NDArray[np.int64], limit_m: float) -> float:
    """Share of households at most `limit_m` away; 1 where there are none."""
    total = households.sum()
    return round(float(households[distance_m <= limit_m].sum() / total), 6) if total else 1.0


def weighted_quantile(values: Floats, weights: NDArray[np.int64], share: float) -> float | None:
    """The least value that at least this share of the weight does not exceed; None without weight, or if infinite."""
    order = np.argsort(values, kind="stable")
    sums = np.cumsum(weights[order])
    if not len(sums) or sums[-1] == 0:
        return None
    value = float(values[order][np.searchsorted(sums, share * sums[-1])])
    return value if np.isfinite(value) else None


def compare_coverage(
    before_m: Floats,
    after_m: Floats,
    households: NDArray[np.int64],
    community: pd.Series,
    limit_m: float = FIFTEEN_MINUTES_M,
) -> pd.DataFrame:
    """Per community: households, median before and after, and how many come within the limit (gained) or leave (lost).

    Columns: community, households, median_before_m, median_after_m, within_before, within_after, gained, lost
    (households; a home is within the limit at `limit_m` or less).
    """
    inside_before, inside_after = before_m <= limit_m, after_m <= limit_m
    rows = []
    for name, places in community.groupby(community.to_numpy()).indices.items():
        homes = households[places]
        was, is_ = inside_before[places], inside_after[places]
        rows.append(
            {
                "community": name,
                "households": int(homes.sum()),
                "median_before_m": _rounded(weighted_quantile(before_m[places], homes, 0.5)),
                "median_after_m": _rounded(weighted_quantile(after_m[places], homes, 0.5)),
                "within_before": int(homes[was].sum()),
                "within_after": int(homes[is_].sum()),
                "gained": int(homes[is_ & ~was].sum()),
                "lost": int(homes[was & ~is_].sum()),
            }
        )
    return pd.DataFrame(rows)


def change_of(before_m: Floats, after_m: Floats, limit_m: float = FIFTEEN_MINUTES_M) -> NDArray[np.object_]:
    """(n,) 'kept', 'gained', 'lost' or 'outside': whether a home lies within the limit before and after."""
    inside_before, inside_after = before_m <= limit_m, after_m <= limit_m
    names = np.array([["outside", "gained"], ["lost", "kept"]], dtype=object)
    change: NDArray[np.object_] = names[inside_before.astype(int), inside_after.astype(int)]
    return change


def _walkable(streets: GeoDataFrame) -> GeoDataFrame:
    if "street_class" not in streets:
        return streets
    return streets[~streets["street_class"].isin(NOT_FOR_WALKERS)]


def station_numbers(wanted: pd.Series, names: NDArray[np.object_]) -> NDArray[np.int64]:
    """(n,) the positions of wanted stations among the names, −1 for none; InvalidInput for one there is not."""
    known = pd.Index(names)
    if not known.is_unique:
        raise InvalidInput(detail=Words("reasons.station_name_twice", name=known[known.duplicated()][0]))
    positions: NDArray[np.int64] = known.get_indexer(wanted).astype(np.int64)
    unknown = wanted[(positions < 0) & wanted.notna().to_numpy()]
    if len(unknown):
        raise InvalidInput(detail=Words("reasons.station_unknown", name=unknown.iloc[0]))
    return positions


def _named(names: NDArray[np.object_], positions: NDArray[np.int64]) -> NDArray[np.object_]:
    found = np.full(len(positions), None, dtype=object)
    found[positions >= 0] = names[positions[positions >= 0]]
    return found


def _rounded(metres: float | None) -> float | None:
    return None if metres is None else round(float(metres), 1)

"""What a cleaned track adds up to: walks that are never joined, stops whose zigzag is no way, gaps that are unknown."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from gridmgmt.field import clean_kernels as kernels
from gridmgmt.field.clean_settings import CleanSettings
from gridmgmt.field.day import LOCAL_ZONE
from gridmgmt.field.fixes import Fixes, Floats, Ints, Mask


@dataclass(frozen=True)
class TrackReport:
    """A cleaned track. Places are WGS 84, times UTC.

    Attributes
    ----------
    points : the rows that came in, in their order and with their index, with `kept` (bool), `reason` (a value of
        `Reason`; missing where kept) and `walk` (number of the segment, -1 where not kept)
    segments : per walk `started_at`, `ended_at`, `fixes`, `distance_m`, `moving_s`, `geometry` (LineString, or a
        Point where one fix is all there is)
    stops : `walk`, `started_at`, `ended_at`, `seconds`, `lon`, `lat`, `fixes`
    gaps : `started_at`, `ended_at`, `seconds`, `apart_m` of each time between walks that is unknown
    path : the vertices of the walks: `walk`, `arrived_at`, `left_at`, `lon`, `lat`; a stop is one vertex
    distance_m : length of all walks
    moving_s : time of all walks without their stops
    """

    points: pd.DataFrame
    segments: pd.DataFrame
    stops: pd.DataFrame
    gaps: pd.DataFrame
    path: pd.DataFrame
    distance_m: float
    moving_s: float

    @property
    def dropped(self) -> dict[str, int]:
        """Fixes left out, by reason."""
        counts = self.points.loc[~self.points["kept"], "reason"].value_counts(sort=False)
        return {str(reason): int(count) for reason, count in sorted(counts.items())}


@dataclass(frozen=True)
class _Kept:
    """The kept fixes in order of time, with the number of their walk and of their stop (-1: on the move)."""

    time_us: Floats
    lon: Floats
    lat: Floats
    walk: Ints
    stop: Ints
    owner: Ints


def report(
    points: pd.DataFrame, fixes: Fixes, rows: Ints, reasons: NDArray[np.object_], settings: CleanSettings
) -> TrackReport:
    """The report of the fixes `rows`; all of it follows from them, nothing from the fixes left out."""
    walk = _walks(fixes, rows, settings)
    time_us, lon, lat = fixes.time_us[rows], fixes.lon[rows], fixes.lat[rows]
    accuracy_m = np.nan_to_num(fixes.accuracy_m[rows], nan=0.0)
    stop = kernels.stops(time_us, lon, lat, accuracy_m, walk, settings.stop_radius_m, settings.stop_s)
    kept = _Kept(time_us, lon, lat, walk, stop, fixes.owner[rows])
    stops = _stops(kept)
    path = _path(kept, stops)
    segments = _segments(kept, stops, path, settings)
    return TrackReport(
        points=_marked(points, fixes, rows, reasons, walk),
        segments=segments,
        stops=stops,
        gaps=_gaps(kept, settings),
        path=path,
        distance_m=float(segments["distance_m"].sum()),
        moving_s=float(segments["moving_s"].sum()),
    )


def _walks(fixes: Fixes, rows: Ints, settings: CleanSettings) -> Ints:
    """A new walk after a gap, a midnight, a ride, where a source began a new segment, and per track."""
    if len(rows) == 0:
        return np.empty(0, dtype=np.int64)
    seconds = np.diff(fixes.time_us[rows]) / 1e6
    accuracy = np.nan_to_num(fixes.accuracy_m[rows], nan=0.0)
    source, segment = fixes.source[rows], fixes.segment[rows]
    new = seconds > settings.gap_s
    new |= kernels.hurried(
        fixes.time_us[rows], fixes.lon[rows], fixes.lat[rows], accuracy, settings.noise_m, settings.walk_limit_m_s
    )
    new |= np.diff(_days(fixes.time_us[rows])) != 0
    new |= np.diff(fixes.owner[rows]) != 0
    new |= (source[1:] == source[:-1]) & (segment[1:] != segment[:-1])
    return np.concatenate([[0], np.cumsum(new)]).astype(np.int64)


def _days(time_us: Floats) -> Ints:
    local = _utc(time_us).tz_convert(LOCAL_ZONE).tz_localize(None).to_numpy(dtype="datetime64[D]")
    return np.asarray(local.astype(np.int64))


def _utc(time_us: Floats) -> pd.DatetimeIndex:
    return pd.DatetimeIndex(time_us.astype(np.int64).astype("datetime64[us]")).tz_localize("UTC")


def _stops(kept: _Kept) -> pd.DataFrame:
    resting = kept.stop >= 0
    number = kept.stop[resting]
    _, first, fixes = np.unique(number, return_index=True, return_counts=True)
    start = np.flatnonzero(resting)[first]
    end = start + fixes - 1
    base = kept.lon[start]
    turned = (kept.lon[resting] - base[number] + 180.0) % 360.0 - 180.0  # a stop may lie on the date line
    lon = base + np.bincount(number, turned, len(fixes)) / np.maximum(fixes, 1)
    lat = np.bincount(number, kept.lat[resting], len(fixes)) / np.maximum(fixes, 1)
    return pd.DataFrame(
        {
            "walk": kept.walk[start],
            "started_at": _utc(kept.time_us[start]),
            "ended_at": _utc(kept.time_us[end]),
            "seconds": (kept.time_us[end] - kept.time_us[start]) / 1e6,
            "lon": lon,
            "lat": lat,
            "fixes": fixes,
        }
    )


def _path(kept: _Kept, stops: pd.DataFrame) -> pd.DataFrame:
    """One vertex per fix on the move, one per stop."""
    begins = np.ones(len(kept.stop), dtype=bool)
    begins[1:] = (kept.stop[1:] < 0) | (kept.stop[1:] != kept.stop[:-1])
    first = np.flatnonzero(begins)
    last = np.append(first[1:], len(begins))[: len(first)] - 1
    stop = kept.stop[first]
    lon, lat = kept.lon[first], kept.lat[first]
    lon[stop >= 0] = stops["lon"].to_numpy()[stop[stop >= 0]]
    lat[stop >= 0] = stops["lat"].to_numpy()[stop[stop >= 0]]
    return pd.DataFrame(
        {
            "walk": kept.walk[first],
            "arrived_at": _utc(kept.time_us[first]),
            "left_at": _utc(kept.time_us[last]),
            "lon": lon,
            "lat": lat,
        }
    )


def _segments(kept: _Kept, stops: pd.DataFrame, path: pd.DataFrame, settings: CleanSettings) -> pd.DataFrame:
    _, first, fixes = np.unique(kept.walk, return_index=True, return_counts=True)
    start, end = kept.time_us[first], kept.time_us[first + fixes - 1]
    rested = np.bincount(stops["walk"], stops["seconds"], len(fixes))
    lon, lat, walk = (path[name].to_numpy() for name in ("lon", "lat", "walk"))
    is_stop = (path["left_at"] > path["arrived_at"]).to_numpy()
    way = kernels.stepped(lon, lat, walk, is_stop, settings.step_m)
    return pd.DataFrame(
        {
            "started_at": _utc(start),
            "ended_at": _utc(end),
            "fixes": fixes,
            "distance_m": np.bincount(walk, way, len(fixes)),
            "moving_s": (end - start) / 1e6 - rested,
            "geometry": track_lines(shapely.points(lon, lat), walk),
        }
    )


def _gaps(kept: _Kept, settings: CleanSettings) -> pd.DataFrame:
    seconds = np.diff(kept.time_us) / 1e6
    before = np.flatnonzero((seconds > settings.gap_s) & (np.diff(kept.owner) == 0))
    steps = kernels.offsets_m(kept.lon, kept.lat)[before]
    return pd.DataFrame(
        {
            "started_at": _utc(kept.time_us[before]),
            "ended_at": _utc(kept.time_us[before + 1]),
            "seconds": seconds[before],
            "apart_m": np.hypot(steps[:, 0], steps[:, 1]),
        }
    )


def _marked(points: pd.DataFrame, fixes: Fixes, rows: Ints, reasons: NDArray[np.object_], walk: Ints) -> pd.DataFrame:
    kept: Mask = np.zeros(len(points), dtype=bool)
    kept[fixes.row[rows]] = True
    reason = np.full(len(points), None, dtype=object)
    faulty = reasons != ""
    reason[fixes.row[faulty]] = reasons[faulty]
    number = np.full(len(points), -1, dtype=np.int64)
    number[fixes.row[rows]] = walk
    return points.assign(kept=kept, reason=reason, walk=number)


def track_lines(points: NDArray[np.object_], walk: Ints) -> NDArray[np.object_]:
    """One line per walk from points (n,) in metres and their walk number (n,), both in walking order.

    A walk of a single fix becomes a point: being there once is legal and covers its surroundings.

    >>> lines = track_lines(shapely.points([[0, 0], [10, 0], [99, 99]]), np.array([0, 0, 1]))
    >>> [line.geom_type for line in lines]
    ['LineString', 'Point']
    """
    _, first, counts = np.unique(walk, return_index=True, return_counts=True)
    lines = np.empty(len(first), dtype=object)
    single = counts == 1
    lines[single] = points[first[single]]
    if not single.all():
        numbers = np.repeat(np.arange(len(first)), counts)
        many = ~single[numbers]
        _, compact = np.unique(numbers[many], return_inverse=True)
        lines[~single] = shapely.linestrings(shapely.get_coordinates(points[many]), indices=compact)
    return lines

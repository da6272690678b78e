"""A frame of fixes as arrays in one order: checked, in WGS 84, sorted by everything that a row says."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gridmgmt.errors import InvalidInput, UnknownColumn
from gridmgmt.geo.crs import bd09_to_wgs84, gcj02_to_wgs84
from gridmgmt.messages import Words

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]

NEEDED = ("time", "lon", "lat")
UNSHIFT = {"gcj02": gcj02_to_wgs84, "bd09": bd09_to_wgs84}
PLAIN = ("", "wgs84", "epsg:4326", "epsg:4490", "cgcs2000", "crs84")


@dataclass(frozen=True)
class Fixes:
    """Fixes in canonical order, all arrays (n,): equal sets of rows give equal arrays, however they are shuffled."""

    row: Ints  # position in the frame
    time_us: Floats  # microseconds since 1970; whole numbers, exact
    lon: Floats  # WGS 84
    lat: Floats
    accuracy_m: Floats  # NaN where unknown
    source: Ints  # number of the source in alphabetical order
    segment: Ints
    mock: Mask
    owner: Ints  # whose fix it is, where there are several tracks: the fixes of each lie together

    def __len__(self) -> int:
        return len(self.row)


def read_fixes(points: pd.DataFrame, owner: Ints | None = None) -> Fixes:
    """The rows of a frame with `time`, `lon`, `lat` and the optional columns of `clean_track`.

    `owner` (rows,) numbers the tracks where there are several; without it all rows are of one.

    UnknownColumn where a needed column is missing; InvalidInput, naming the row, for a time without zone, a
    place that is no number or off the world, or a coordinate system that is none.
    """
    for column in NEEDED:
        if column not in points:
            raise UnknownColumn(column=column, columns=points.columns)
    time_us = _times(points["time"])
    given_lon, given_lat = _degrees(points, "lon", 180.0), _degrees(points, "lat", 90.0)
    crs = _words(points, "crs")
    lon, lat = _in_wgs84(points, given_lon, given_lat, crs)
    accuracy, speed = (_numbers(points, name) for name in ("accuracy", "speed"))
    accuracy = np.where(accuracy < 0, np.nan, accuracy)  # -1 is how some clients say unknown
    source, segment = _codes(_words(points, "source")), _whole(points, "segment")
    mock = _flags(points)
    whose = np.zeros(len(points), dtype=np.int64) if owner is None else owner
    said = (mock, segment, _codes(crs), source, speed, accuracy, lat, lon, time_us, whose)
    order = np.lexsort((_labels(points.index), *said))
    return Fixes(
        row=order,
        time_us=time_us[order],
        lon=lon[order],
        lat=lat[order],
        accuracy_m=accuracy[order],
        source=source[order],
        segment=segment[order],
        mock=mock[order],
        owner=whose[order],
    )


def seconds_on_duty(time_us: Floats, duty: Sequence[tuple[datetime, datetime]]) -> Mask:
    """Which moments lie in one of the intervals [start, end] of aware datetimes."""
    inside = np.zeros(len(time_us), dtype=bool)
    for start, end in duty:
        if start.tzinfo is None or end.tzinfo is None:
            raise InvalidInput(detail=Words("reasons.duty_without_zone", start=start, end=end))
        inside |= (time_us >= start.timestamp() * 1e6) & (time_us <= end.timestamp() * 1e6)
    return inside


def _times(times: pd.Series) -> Floats:
    """Microseconds since 1970 of aware times."""
    if isinstance(times.dtype, pd.DatetimeTZDtype):
        aware = times
    else:
        for row, moment in zip(times.index, times, strict=True):
            if not isinstance(moment, datetime) or moment is pd.NaT:
                raise InvalidInput(detail=Words("reasons.row_no_time", row=row, moment=moment))
            if moment.tzinfo is None:
                raise InvalidInput(detail=Words("reasons.row_without_zone", row=row, moment=moment.isoformat()))
        aware = pd.to_datetime(times, utc=True)
    if aware.isna().any():
        raise InvalidInput(detail=Words("reasons.row_time_missing", row=aware.index[aware.isna().to_numpy()][0]))
    zoneless = aware.dt.tz_convert("UTC").dt.tz_localize(None).to_numpy(dtype="datetime64[us]")
    return np.asarray(zoneless.astype(np.int64), dtype=float)


def _numbers(points: pd.DataFrame, column: str) -> Floats:
    if column not in points:
        return np.full(len(points), np.nan)
    try:
        return np.asarray(points[column].to_numpy(dtype=float, na_value=np.nan))
    except (TypeError, ValueError) as error:
        raise InvalidInput(detail=Words("reasons.column_no_number", column=column, error=error)) from error


def _degrees(points: pd.DataFrame, column: str, limit: float) -> Floats:
    values = _numbers(points, column)
    off = ~(np.abs(values) <= limit)
    if off.any():
        first = int(np.flatnonzero(off)[0])
        raise InvalidInput(
            detail=Words("reasons.row_off_world", row=points.index[first], column=column, value=values[first])
        )
    return values


def _whole(points: pd.DataFrame, column: str) -> Ints:
    values = _numbers(points, column)
    return np.where(np.isnan(values), 0, values).astype(np.int64)


def _words(points: pd.DataFrame, column: str) -> pd.Series:
    if column not in points:
        return pd.Series("", index=points.index, dtype=object)
    return points[column].astype(object).where(points[column].notna(), "").astype(str)


def _codes(words: pd.Series) -> Ints:
    return np.asarray(pd.factorize(words.to_numpy(dtype=object), sort=True)[0], dtype=np.int64)


def _flags(points: pd.DataFrame) -> Mask:
    if "mock" not in points:
        return np.zeros(len(points), dtype=bool)
    return np.asarray(points["mock"].astype("boolean").fillna(False), dtype=bool)


def _labels(index: pd.Index) -> Ints:
    """Rank of each row's label: of rows that say the same, always the same one is kept."""
    try:
        order = np.asarray(index.argsort())
    except TypeError:  # labels of several kinds have no order
        order = np.arange(len(index))
    ranks = np.empty(len(order), dtype=np.int64)
    ranks[order] = np.arange(len(order))
    return ranks


def _in_wgs84(points: pd.DataFrame, lon: Floats, lat: Floats, crs: pd.Series) -> tuple[Floats, Floats]:
    names = crs.str.strip().str.lower().str.replace("-", "").to_numpy(dtype=object)
    for name in pd.unique(names):
        these = names == name
        if name in UNSHIFT:
            lon, lat = lon.copy(), lat.copy()
            lon[these], lat[these] = UNSHIFT[name](lon[these], lat[these])
        elif name not in PLAIN:
            row = points.index[int(np.flatnonzero(these)[0])]
            raise InvalidInput(detail=Words("reasons.row_crs", row=row, name=name))
    return lon, lat

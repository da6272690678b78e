"""Fixes as devices send them: columns, each point with its own coordinate system, and what could not be one."""

from collections.abc import Iterable
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from gridmgmt.geo.crs import bd09_to_wgs84, gcj02_to_wgs84

SYSTEMS = ("wgs84", "gcj02", "bd09")  # a fix's `crs` is an index into these
CLOCK_SKEW = timedelta(minutes=10)  # a phone's clock may be ahead by so much
GPS_TIME = datetime(1980, 1, 6, tzinfo=UTC)  # no receiver knows an earlier moment
Numbers = NDArray[np.float64]
Mask = NDArray[np.bool_]


class FaultReason(StrEnum):
    """Why a row is kept in quarantine and not among the fixes."""

    NOT_A_ROW = "not_a_row"
    NO_TIME = "no_time"
    BAD_TIME = "bad_time"
    TIME_WITHOUT_ZONE = "time_without_zone"
    IN_THE_FUTURE = "in_the_future"
    BEFORE_GPS_TIME = "before_gps_time"
    NO_PLACE = "no_place"
    OFF_THE_WORLD = "off_the_world"
    BAD_NUMBER = "bad_number"
    UNKNOWN_CRS = "unknown_crs"
    OTHER_CONTENT = "other_content"  # the same patrol, time and sequence lie elsewhere already
    UNREADABLE = "unreadable"


@dataclass(frozen=True)
class Fault:
    """A row that is no fix. `index` counts the rows as sent; `raw` is the row itself."""

    index: int
    reason: FaultReason
    raw: object


@dataclass(frozen=True)
class SentFixes:
    """Arrays of shape (n,); positions in the system each row names, NaN where the device did not say."""

    time_us: NDArray[np.int64]  # since 1970, UTC
    seq: NDArray[np.int32]
    segment: NDArray[np.int32]
    lon: Numbers
    lat: Numbers
    crs: NDArray[np.uint8]
    accuracy_m: Numbers
    speed_mps: Numbers
    heading_deg: Numbers
    altitude_m: Numbers
    mock: Mask
    row: NDArray[np.int64]  # which row of the submission it was

    def __len__(self) -> int:
        return len(self.time_us)

    @property
    def first(self) -> datetime:
        """Time of the earliest fix."""
        return moment_of(int(self.time_us.min()))

    @property
    def last(self) -> datetime:
        """Time of the latest fix."""
        return moment_of(int(self.time_us.max()))

    def take(self, rows: Mask | NDArray[np.int64]) -> Self:
        """The fixes of a mask or of positions."""
        return type(self)(**{field.name: getattr(self, field.name)[rows] for field in fields(self)})

    def to_wgs84(self) -> Self:
        """Longitudes and latitudes in EPSG:4326; `crs` still tells what was sent.

        >>> there = sent_fixes([0], [114.065116], [22.537286], crs=[1]).to_wgs84()
        >>> float(there.lon[0].round(5)), float(there.lat[0].round(5))
        (114.06, 22.54)
        """
        lon, lat = self.lon, self.lat
        for code, inverse in ((1, gcj02_to_wgs84), (2, bd09_to_wgs84)):
            shifted = self.crs == code
            if shifted.any():
                back_lon, back_lat = inverse(lon, lat)
                lon, lat = np.where(shifted, back_lon, lon), np.where(shifted, back_lat, lat)
        return replace(self, lon=lon, lat=lat)


def sent_fixes(
    time_us: Iterable[int], lon: Iterable[float], lat: Iterable[float], **others: Iterable[Any] | None
) -> SentFixes:
    """Fixes from columns of equal length; what is left out is unknown (or zero, WGS 84, and no mock)."""
    times = np.asarray(time_us, dtype=np.int64)
    size = len(times)

    def column(name: str, kind: type, otherwise: float = 0) -> NDArray[Any]:
        given = others.get(name)
        return np.full(size, otherwise, dtype=kind) if given is None else np.asarray(given, dtype=kind)

    row = others.get("row")
    return SentFixes(
        time_us=times,
        seq=column("seq", np.int32),
        segment=column("segment", np.int32),
        lon=np.asarray(lon, dtype=float),
        lat=np.asarray(lat, dtype=float),
        crs=column("crs", np.uint8),
        accuracy_m=column("accuracy_m", np.float64, np.nan),
        speed_mps=column("speed_mps", np.float64, np.nan),
        heading_deg=column("heading_deg", np.float64, np.nan),
        altitude_m=column("altitude_m", np.float64, np.nan),
        mock=column("mock", np.bool_),
        row=np.arange(size) if row is None else np.asarray(row, dtype=np.int64),
    )


@dataclass(frozen=True)
class Reading:
    """What one submission held: the fixes, and the rows that were none."""

    fixes: SentFixes
    faults: tuple[Fault, ...] = ()


def plausible(fixes: SentFixes, now: datetime) -> tuple[SentFixes, list[tuple[int, FaultReason]]]:
    """The fixes that can be, and (row, reason) of those off the world or out of time.

    >>> later = datetime(2026, 7, 10, tzinfo=UTC)
    >>> kept, wrong = plausible(sent_fixes([1_783_555_200_000_000] * 2, [114.1, 114.1], [22.5, 91.0]), later)
    >>> len(kept), [(row, str(reason)) for row, reason in wrong]
    (1, [(1, 'off_the_world')])
    """
    latest_us = int((now + CLOCK_SKEW).timestamp() * 1e6)
    checks = (
        (FaultReason.OFF_THE_WORLD, ~((np.abs(fixes.lon) <= 180) & (np.abs(fixes.lat) <= 90))),
        (FaultReason.IN_THE_FUTURE, fixes.time_us > latest_us),
        (FaultReason.BEFORE_GPS_TIME, fixes.time_us < int(GPS_TIME.timestamp() * 1e6)),
    )
    wrong = np.zeros(len(fixes), dtype=bool)
    faults: list[tuple[int, FaultReason]] = []
    for reason, mask in checks:
        faults += [(index, reason) for index in fixes.row[mask & ~wrong].tolist()]
        wrong |= mask
    return (fixes.take(~wrong) if wrong.any() else fixes), faults


def moment_of(time_us: int) -> datetime:
    """The aware moment of microseconds since 1970.

    >>> moment_of(1_783_646_400_000_000).isoformat()
    '2026-07-10T01:20:00+00:00'
    """
    seconds, rest_us = divmod(time_us, 1_000_000)
    return datetime.fromtimestamp(seconds, UTC).replace(microsecond=rest_us)


def time_us_of(moment: datetime) -> int:
    """Microseconds since 1970 of an aware moment, exactly.

    >>> moment_of(time_us_of(datetime(2026, 7, 10, 1, 20, 0, 7, tzinfo=UTC))).microsecond
    7
    """
    since = moment - datetime(1970, 1, 1, tzinfo=UTC)
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds

"""From what a phone recorded to where somebody walked: every fix is kept or bears the reason why not."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gridmgmt.field import clean_kernels as kernels
from gridmgmt.field.clean_settings import CleanSettings, Reason
from gridmgmt.field.fixes import Fixes, Mask, read_fixes, seconds_on_duty
from gridmgmt.field.track_report import TrackReport, report
from gridmgmt.geo.crs import wgs84_to_gcj02

DEFAULT = CleanSettings()
Duty = Sequence[tuple[datetime, datetime]]  # intervals [start, end] of aware moments
Rows = NDArray[np.int64]  # numbers of fixes, ascending: that is in order of time


def clean_track(
    points: pd.DataFrame,
    settings: CleanSettings = DEFAULT,
    *,
    duty: Duty | None = None,
) -> TrackReport:
    """What a track says once its faults are marked: the walks, stops and gaps of one patrol.

    Parameters
    ----------
    points : one row per fix: `time` (aware), `lon`, `lat` (degrees); optional `accuracy` (m, negative or NaN:
        unknown), `speed` (any unit: kept, never believed), `source`, `crs` (wgs84, gcj02 or bd09, per row),
        `segment` (number within its source) and `mock` (bool). Other columns pass through.
    settings : thresholds
    duty : intervals [start, end] of aware datetimes; without them every fix is on duty

    The result depends on what the rows say and never on their order: shuffled, repeated or late rows change
    nothing. Cleaning the kept rows again keeps them all and gives the same distance.

    Raises UnknownColumn where `time`, `lon` or `lat` is missing, InvalidInput naming the row otherwise.

    >>> times = pd.to_datetime(["2026-07-01T08:00:00Z", "2026-07-01T08:00:10Z", "2026-07-01T08:00:20Z"])
    >>> walk = pd.DataFrame({"time": times, "lon": [114.11, 120.0, 114.1102], "lat": 22.54})
    >>> cleaned = clean_track(walk)
    >>> cleaned.points["kept"].tolist(), str(cleaned.points["reason"][1]), round(cleaned.distance_m, 1)
    ([True, False, True], 'teleport', 20.6)
    """
    fixes = read_fixes(points)
    kept, reasons = _cleaned(fixes, settings, duty)
    return report(points, fixes, kept, reasons, settings)


def clean_tracks(
    points: pd.DataFrame, by: str, settings: CleanSettings = DEFAULT, *, duty: Mapping[Any, Duty] | None = None
) -> TrackReport:
    """Many tracks, told apart by the column `by`: each is cleaned by itself, and all are reported together.

    `duty` has the intervals on duty of those tracks that are not on duty all the time.

    Walks are numbered through; `segments` has the column `by` too, which says whose each walk is. What it says of a
    track is what `clean_track` says of it alone, at a tenth of the cost where tracks are short.

    >>> times = pd.to_datetime(["2026-07-01T08:00:00Z", "2026-07-01T08:00:10Z"])
    >>> walks = [pd.DataFrame({"who": who, "time": times, "lon": [114.11, 114.1101], "lat": 22.54}) for who in "ab"]
    >>> clean_tracks(pd.concat(walks, ignore_index=True), "who").segments["who"].tolist()
    ['a', 'b']
    """
    owner, names = pd.factorize(points[by].to_numpy(dtype=object))
    fixes = read_fixes(points, owner.astype(np.int64))
    cuts = np.searchsorted(fixes.owner, np.arange(len(names) + 1)).tolist()
    kept, reasons = [np.empty(0, dtype=np.int64)], [np.empty(0, dtype=object)]
    for start, end in pairwise(cuts):
        hours = None if duty is None else duty.get(names[fixes.owner[start]])
        rows, faults = _cleaned(_some(fixes, slice(start, end)), settings, hours)
        kept.append(rows + start)
        reasons.append(faults)
    rows = np.concatenate(kept)
    whole = report(points, fixes, rows, np.concatenate(reasons), settings)
    walk = whole.points["walk"].to_numpy()[fixes.row[rows]]
    whose = np.empty(len(whole.segments), dtype=object)
    whose[walk] = names[fixes.owner[rows]]
    return replace(whole, segments=whole.segments.assign(**{by: whose}))


def _cleaned(fixes: Fixes, settings: CleanSettings, duty: Duty | None) -> tuple[Rows, NDArray[np.object_]]:
    """The fixes of one track that are kept, and the reason of each that is not ("" where kept)."""
    reasons = np.full(len(fixes), "", dtype=object)
    kept = _one_by_one(fixes, settings, duty, reasons)
    while True:
        left = _together(fixes, kept, settings, reasons)
        if len(left) == len(kept):
            return kept, reasons
        kept = left


def _one_by_one(
    fixes: Fixes,
    settings: CleanSettings,
    duty: Duty | None,
    reasons: NDArray[np.object_],
) -> Rows:
    """The fixes with no fault of their own. A repetition shares the fate of the fix that it repeats."""
    reach = settings.no_fix_radius_deg
    kept = np.arange(len(fixes))
    kept = _drop(kept, (np.abs(fixes.lon) < reach) & (np.abs(fixes.lat) < reach), Reason.NO_FIX, reasons)
    if duty is not None:
        kept = _drop(kept, ~seconds_on_duty(fixes.time_us[kept], duty), Reason.OFF_DUTY, reasons)
    kept = _drop(kept, _repeated(_some(fixes, kept), settings), Reason.DUPLICATE, reasons)
    kept = _drop(kept, fixes.mock[kept], Reason.MOCK, reasons)
    return _drop(kept, fixes.accuracy_m[kept] > settings.accuracy_limit_m, Reason.INACCURATE, reasons)


def _repeated(fixes: Fixes, settings: CleanSettings) -> Mask:
    """Repetitions, of which the one with the worst that is known stays: another copy only says less about it."""
    worst = np.where(np.isnan(fixes.accuracy_m), -1.0, fixes.accuracy_m)
    order = np.lexsort((np.arange(len(fixes)), -worst, ~fixes.mock))
    return np.asarray(
        kernels.repeated(fixes.time_us, fixes.lon, fixes.lat, order, settings.duplicate_s * 1e6, settings.duplicate_m)
    )


def _together(fixes: Fixes, kept: Rows, settings: CleanSettings, reasons: NDArray[np.object_]) -> Rows:
    """One round of looking at fixes beside each other: each source by itself, then all as one track."""
    kept = _drop(kept, _shifted(_some(fixes, kept), settings), Reason.SUSPECTED_CRS, reasons)
    sources = np.unique(fixes.source[kept])
    if len(sources) > 1:
        parts = [_possible(fixes, kept[fixes.source[kept] == source], settings, reasons) for source in sources]
        kept = np.sort(np.concatenate(parts))
        kept = _drop(kept, _recorded_twice(_some(fixes, kept), settings), Reason.DUPLICATE, reasons)
    return _possible(fixes, kept, settings, reasons)


def _possible(fixes: Fixes, kept: Rows, settings: CleanSettings, reasons: NDArray[np.object_]) -> Rows:
    """Without what was ridden and without what cannot have been reached, which may show more of either."""
    checks: tuple[tuple[Reason, Callable[[Fixes, CleanSettings], Mask]], ...] = (
        (Reason.SUSPECTED_CRS, _shifted),
        (Reason.TOO_FAST, _ridden),
        (Reason.TELEPORT, _unreachable),
    )
    while True:
        before = len(kept)
        for reason, fault in checks:
            kept = _drop(kept, fault(_some(fixes, kept), settings), reason, reasons)
        if len(kept) == before:
            return kept


def _shifted(fixes: Fixes, settings: CleanSettings) -> Mask:
    """Fixes on the far side of a jump by the GCJ-02 vector: until the jump back, or to the nearest gap."""
    count = len(fixes)
    if count < 2:
        return np.zeros(count, dtype=bool)
    east, north = kernels.offsets_m(fixes.lon, fixes.lat).T
    seconds = np.diff(fixes.time_us) / 1e6
    near = (seconds <= settings.shift_within_s) & (np.hypot(east, north) > settings.walk_limit_m_s * seconds)
    if not near.any():
        return np.zeros(count, dtype=bool)
    shift_east, shift_north = _gcj_vector(fixes)
    tolerance = settings.shift_tolerance_m + settings.stroll_m_s * seconds
    there = near & (np.hypot(east - shift_east[:-1], north - shift_north[:-1]) <= tolerance)
    back = near & (np.hypot(east + shift_east[1:], north + shift_north[1:]) <= tolerance)
    moved = np.hypot(shift_east, shift_north) > 0  # outside the mainland there is no vector to jump by
    there, back = there & moved[:-1], back & moved[1:]
    stretch = np.concatenate([[0], np.cumsum(seconds > settings.gap_s)])
    return _after(there, back, stretch) | _after(back[::-1], there[::-1], stretch[::-1])[::-1]


def _gcj_vector(fixes: Fixes) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    lon, lat = wgs84_to_gcj02(fixes.lon, fixes.lat)
    pairs = np.stack([fixes.lon, lon], axis=1).ravel(), np.stack([fixes.lat, lat], axis=1).ravel()
    shift = kernels.offsets_m(*pairs)[::2]
    return shift[:, 0], shift[:, 1]


def _after(opens: Mask, closes: Mask, stretch: NDArray[np.int64]) -> Mask:
    """Which of (n,) fixes come after a jump of `opens` (n - 1,) with none of `closes` in between, in one stretch."""
    place = np.arange(len(stretch))
    opened = np.maximum.accumulate(np.concatenate([[0], np.where(opens, place[1:], 0)]))
    closed = np.maximum.accumulate(np.concatenate([[0], np.where(closes, place[1:], 0)]))
    after: Mask = (opened > closed) & (stretch[opened] == stretch)
    return after


def _ridden(fixes: Fixes, settings: CleanSettings) -> Mask:
    return np.asarray(
        kernels.ridden(
            fixes.time_us,
            fixes.lon,
            fixes.lat,
            settings.ride_s / 2,
            settings.gap_s,
            settings.walk_limit_m_s,
            settings.travel_limit_m_s,
        )
    )


def _unreachable(fixes: Fixes, settings: CleanSettings) -> Mask:
    accuracy_m = np.nan_to_num(fixes.accuracy_m, nan=0.0)
    return ~np.asarray(
        kernels.believable(
            fixes.time_us,
            fixes.lon,
            fixes.lat,
            accuracy_m,
            settings.noise_m,
            settings.walk_limit_m_s,
            settings.travel_limit_m_s,
            settings.ride_s,
            settings.ride_cost_fixes,
        )
    )


def _recorded_twice(fixes: Fixes, settings: CleanSettings) -> Mask:
    """Fixes of a source while one that comes first in the alphabet recorded too: two records of one walk count once."""
    twice = np.zeros(len(fixes), dtype=bool)
    for source in np.unique(fixes.source)[1:]:
        own = np.flatnonzero(fixes.source == source)
        leading = fixes.time_us[(fixes.source < source) & ~twice]
        after = np.searchsorted(leading, fixes.time_us[own])
        between = np.flatnonzero((after > 0) & (after < len(leading)))
        apart_us = leading[after[between]] - leading[after[between] - 1]
        twice[own[between[apart_us <= settings.gap_s * 1e6]]] = True
    return twice


def _some(fixes: Fixes, rows: Rows | slice) -> Fixes:
    return replace(fixes, **{name: values[rows] for name, values in vars(fixes).items()})


def _drop(kept: Rows, fault: Mask, reason: Reason, reasons: NDArray[np.object_]) -> Rows:
    reasons[kept[fault]] = reason.value
    return kept[~fault]

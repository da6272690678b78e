"""Rows into fixes: a whole batch by columns where it is sound, row by row where it is not."""

import math
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from gridmgmt.field.sent import SYSTEMS, Fault, FaultReason, Reading, SentFixes, plausible, sent_fixes
from gridmgmt.io.protocols.times import NoZone, read_time_us

SEQ_LIMIT = 2**31 - 1
MAGNITUDES = ("accuracy_m", "speed_mps", "heading_deg")
NAMES = ("time", "lon", "lat", "seq", "segment", "crs", "mock", "altitude_m", *MAGNITUDES)
Row = Mapping[str, Any]


def read_rows(rows: Sequence[Any], *, crs: str = "wgs84", now: datetime | None = None) -> Reading:
    """SentFixes and faults of rows; `crs` (wgs84, gcj02, bd09) holds where a row names none.

    A row whose time lies after `now` (of this machine if absent) by more than ten minutes is a fault.

    >>> row = {"time": "2026-07-10T09:20:00+08:00", "lon": 114.1, "lat": 22.5}
    >>> reading = read_rows([row, {"lon": 114.1}], now=datetime(2026, 7, 11, tzinfo=UTC))
    >>> len(reading.fixes), [str(fault.reason) for fault in reading.faults]
    (1, ['no_time'])
    """
    now = now or datetime.now(UTC)
    try:
        fixes, faults = _by_columns(rows, np.arange(len(rows)), crs), []
    except (AttributeError, TypeError, ValueError, KeyError, OverflowError, pa.ArrowInvalid):
        faults = [fault for index, row in enumerate(rows) if (fault := _fault(index, row, crs)) is not None]
        bad = {fault.index for fault in faults}
        sound = np.array([index for index in range(len(rows)) if index not in bad], dtype=np.int64)
        fixes = _by_columns([_plain(rows[index]) for index in sound], sound, crs)
    kept, wrong = plausible(fixes, now)
    faults += [Fault(index, reason, rows[index]) for index, reason in wrong]
    return Reading(kept, tuple(sorted(faults, key=lambda fault: fault.index)))


def _by_columns(rows: Sequence[Row], numbers: NDArray[np.int64], crs: str) -> SentFixes:
    """All rows at once; raises where any is not what it should be."""
    columns = _columns(rows)
    systems = [system or crs for system in columns["crs"]]
    return sent_fixes(
        _times(columns["time"]),
        _strict(columns["lon"]),
        _strict(columns["lat"]),
        seq=_whole([value or 0 for value in columns["seq"]]),
        segment=_whole([value or 0 for value in columns["segment"]]),
        crs=None if set(systems) == {"wgs84"} else [SYSTEMS.index(system) for system in systems],
        mock=[bool(value) for value in columns["mock"]],
        row=numbers,
        altitude_m=_measure(columns["altitude_m"]),
        **{name: _magnitude(columns[name]) for name in MAGNITUDES},
    )


def _columns(rows: Sequence[Row]) -> dict[str, Sequence[Any]]:
    """Values by name, None where a row lacks one. Rows of one shape, which is what clients send, are transposed."""
    names = list(rows[0]) if rows else []
    if all(list(row) == names for row in rows):
        given: dict[str, Sequence[Any]] = dict(
            zip(names, zip(*(row.values() for row in rows), strict=True), strict=True)
        )
        absent = (None,) * len(rows)
        return {name: given.get(name, absent) for name in NAMES}
    return {name: [row.get(name) for row in rows] for name in NAMES}


def _times(written: Sequence[Any]) -> NDArray[np.int64]:
    if len(written) and all(type(value) is str for value in written):
        try:
            stamps = pa.array(written).cast(pa.timestamp("us", tz="UTC"))
            return np.asarray(stamps.cast(pa.int64()).to_numpy(zero_copy_only=False))
        except pa.ArrowInvalid:
            pass  # a form that only the patient reader knows
    return np.array([read_time_us(value) for value in written], dtype=np.int64)


def _strict(values: Sequence[Any]) -> NDArray[np.float64]:
    if None in values or any(type(value) is bool for value in values):
        raise ValueError("a position is missing")
    array = np.array(values, dtype=float)
    if array.ndim > 1 or not np.isfinite(array).all():
        raise ValueError("a position is no number")
    return array


def _whole(values: Sequence[Any]) -> NDArray[np.int32]:
    array = np.array(values, dtype=np.int64)
    if array.ndim > 1 or (len(array) and (array.min() < 0 or array.max() > SEQ_LIMIT)):
        raise ValueError("a sequence is no count")
    return array.astype(np.int32)


def _measure(values: Sequence[Any]) -> NDArray[np.float64]:
    """Optional figures; what is not finite is unknown."""
    if not any(value is not None for value in values):
        return np.full(len(values), np.nan)
    array = np.array(values, dtype=float)
    if array.ndim > 1:
        raise ValueError("a figure is no number")
    return np.where(np.isfinite(array), array, np.nan)


def _magnitude(values: Sequence[Any]) -> NDArray[np.float64]:
    """Figures that cannot be negative: clients say −1 for unknown."""
    array = _measure(values)
    return np.where(array >= 0, array, np.nan)


def _plain(row: Row) -> dict[str, Any]:
    """A sound row with its optional figures as numbers, or none."""
    plain = dict(row) | {name: _figure(row.get(name)) for name in (*MAGNITUDES, "altitude_m")}
    plain |= {"lon": float(row["lon"]), "lat": float(row["lat"])}
    return plain | {name: _count(row.get(name)) for name in ("seq", "segment")}


def _figure(value: Any) -> float | None:
    try:
        return None if value is None or isinstance(value, bool) else float(value)
    except (TypeError, ValueError):
        return None


def _count(value: Any) -> int:
    return 0 if value is None else int(value)


def _fault(index: int, row: Any, crs: str) -> Fault | None:
    """Why a row is no fix; None where it is one."""
    if not isinstance(row, Mapping):
        return Fault(index, FaultReason.NOT_A_ROW, row)
    reason = _time_fault(row.get("time")) or _place_fault(row) or _number_fault(row)
    if reason is None and (row.get("crs") or crs) not in SYSTEMS:
        reason = FaultReason.UNKNOWN_CRS
    return None if reason is None else Fault(index, reason, row)


def _time_fault(written: Any) -> FaultReason | None:
    if written is None or written == "":
        return FaultReason.NO_TIME
    try:
        read_time_us(written)
    except NoZone:
        return FaultReason.TIME_WITHOUT_ZONE
    except (ValueError, OverflowError):
        return FaultReason.BAD_TIME
    return None


def _place_fault(row: Row) -> FaultReason | None:
    values = [row.get("lon"), row.get("lat")]
    if None in values or "" in values:
        return FaultReason.NO_PLACE
    place = [_figure(value) for value in values]
    if None in place:
        return FaultReason.BAD_NUMBER
    return None if all(math.isfinite(value) for value in place if value is not None) else FaultReason.OFF_THE_WORLD


def _number_fault(row: Row) -> FaultReason | None:
    for name in ("seq", "segment"):
        try:
            if not 0 <= _count(row.get(name)) <= SEQ_LIMIT:
                return FaultReason.BAD_NUMBER
        except (TypeError, ValueError, OverflowError):
            return FaultReason.BAD_NUMBER
    return None

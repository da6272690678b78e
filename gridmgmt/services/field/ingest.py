"""The one way in for fixes, whoever sends them: each kept once, in WGS 84, faults set aside, nothing refused.

A batch costs in proportion to itself. What follows from the points (grids, coverage, visits) is counted afterwards by
`gridmgmt.services.field.settling`, which finds the patrol marked stale.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert as insert_once
from sqlalchemy.orm import Session

from gridmgmt.errors import Conflict, NotFound
from gridmgmt.field.sent import Fault, FaultReason, Reading, SentFixes
from gridmgmt.ids import PatrolId, WorkerCode
from gridmgmt.messages import Words
from gridmgmt.services.field.quarantine import set_aside
from gridmgmt.store.partitions import ensure_track_partitions
from gridmgmt.store.points import copy_points
from gridmgmt.store.queries import query
from gridmgmt.store.tables import Patrol, Worker

SAME_PLACE_DEG = 1e-7  # about 1 cm: what a coordinate system's inverse may differ by
TWIN_DEG = 3e-5  # about 3 m: what the rounding in files moves a fix by at most
ANNOUNCED = ""  # content hash of a patrol whose points came before its description


@dataclass(frozen=True)
class IngestReceipt:
    """What became of a batch; the same batch gets the same receipt."""

    patrol_id: PatrolId
    received: int
    accepted: int  # now in the store, by this batch or an earlier one
    quarantined: list[dict[str, object]]  # index and reason of each row set aside
    until: datetime | None  # time of the latest fix accepted


def ingest(
    session: Session,
    patrol_id: PatrolId,
    worker_code: WorkerCode,
    reading: Reading,
    *,
    source: str,
    device: str | None = None,
    battery_percent: float | None = None,
) -> IngestReceipt:
    """Keep the fixes of one patrol of a worker, in any order and any number of times.

    A patrol that is not known yet is opened by its points. NotFound for an unknown worker; Conflict where the
    patrol is another worker's.
    """
    fixes, faults = reading.fixes.to_wgs84(), list(reading.faults)
    if len(fixes):
        ensure_track_partitions(session, fixes.first.date(), fixes.last.date())
        known = _open(session, patrol_id, worker_code, fixes, source, device)
        stored = {} if known.until < fixes.first else _stored(session, patrol_id, fixes)
        fixes, twisted = _new_ones(fixes, stored)
        faults += [Fault(index, FaultReason.OTHER_CONTENT, raw) for index, raw in twisted]
    set_aside(session, faults, source, device=device, worker_code=worker_code, patrol_id=patrol_id)
    if len(fixes):
        twins = _twins(session, patrol_id, worker_code, fixes) if known.beside else np.zeros(len(fixes), dtype=bool)
        copy_points(session, patrol_id, fixes, source, twins)
        _tell(session, patrol_id, worker_code, fixes, battery_percent)
    return _receipt(patrol_id, reading, faults)


@dataclass(frozen=True)
class _Known:
    """What is stored already: until when of this patrol, and whether the worker was on another one meanwhile."""

    until: datetime
    beside: bool


def _open(
    session: Session,
    patrol_id: UUID,
    worker_code: WorkerCode,
    fixes: SentFixes,
    source: str,
    device: str | None,
) -> _Known:
    """Make the patrol where it is not there. The worker is held: batches of one worker go one after another."""
    held = select(Worker.code).where(Worker.code == worker_code).with_for_update(key_share=True)
    if session.scalar(held) is None:
        raise NotFound(what=Words("common.worker"), key=worker_code)
    asked = {"patrol_id": patrol_id, "worker_code": worker_code, "first": fixes.first, "last": fixes.last}
    known = session.execute(query("patrol_and_those_beside"), asked).one()
    if known.owner is None:
        row = {
            "id": patrol_id, "worker_code": worker_code, "started_at": fixes.first, "ended_at": fixes.last,
            "source": source, "content_hash": ANNOUNCED, "device": device,
        }  # fmt: skip
        session.execute(insert_once(Patrol).values(row).on_conflict_do_nothing())
        known = session.execute(query("patrol_and_those_beside"), asked).one()
    if known.owner != worker_code:
        raise Conflict(what=Words("common.patrol"), key=str(patrol_id))
    return _Known(known.ended_at, known.beside)


Places = dict[tuple[int, int], tuple[float, float]]


def _new_ones(fixes: SentFixes, stored: Places) -> tuple[SentFixes, list[tuple[int, dict[str, object]]]]:
    """The fixes that are not stored yet, and (index, content) of those whose time and sequence lie elsewhere."""
    fixes = fixes.take(np.lexsort((fixes.row, fixes.seq, fixes.time_us)))
    lon, lat = np.full(len(fixes), np.nan), np.full(len(fixes), np.nan)
    for number, key in enumerate(zip(fixes.time_us.tolist(), fixes.seq.tolist(), strict=True)) if stored else ():
        lon[number], lat[number] = stored.get(key, (np.nan, np.nan))
    first, known = _first_of_key(fixes), ~np.isnan(lon)
    lon, lat = np.where(known, lon, fixes.lon[first]), np.where(known, lat, fixes.lat[first])
    elsewhere = np.maximum(np.abs(lon - fixes.lon), np.abs(lat - fixes.lat)) > SAME_PLACE_DEG
    new = ~known & (first == np.arange(len(fixes)))
    return fixes.take(new), [_content(fixes, int(number)) for number in np.flatnonzero(elsewhere)]


def _stored(session: Session, patrol_id: UUID, fixes: SentFixes) -> Places:
    """Places of the patrol's fixes in the batch's span of time, by time and sequence."""
    span = {"patrol_id": patrol_id, "first": fixes.first, "last": fixes.last}
    rows = session.execute(query("fixes_in_span"), span)
    return {(row.time_us, row.seq): (row.lon, row.lat) for row in rows}


def _twins(session: Session, patrol_id: UUID, worker_code: WorkerCode, fixes: SentFixes) -> NDArray[np.bool_]:
    """Which fixes another patrol of the worker holds already: the tracker's live points and its file later on.

    The same second and at most `TWIN_DEG` apart. They are stored, and count where they came first.
    """
    asked = {"patrol_id": patrol_id, "worker_code": worker_code, "first": fixes.first, "last": fixes.last}
    places: dict[int, list[tuple[float, float]]] = {}
    for row in session.execute(query("fixes_beside"), asked):
        places.setdefault(row.second, []).append((row.lon, row.lat))
    seconds = np.floor_divide(fixes.time_us, 1_000_000).tolist()
    return np.array(
        [
            any(abs(lon - x) <= TWIN_DEG and abs(lat - y) <= TWIN_DEG for lon, lat in places.get(second, ()))
            for second, x, y in zip(seconds, fixes.lon.tolist(), fixes.lat.tolist(), strict=True)
        ],
        dtype=bool,
    )


def _first_of_key(fixes: SentFixes) -> NDArray[np.int64]:
    """For each fix (sorted) the position of the first one with its time and sequence."""
    same = (np.diff(fixes.time_us) == 0) & (np.diff(fixes.seq) == 0)
    positions = np.arange(len(fixes))
    return np.maximum.accumulate(np.where(np.concatenate([[False], same]), 0, positions))


def _content(fixes: SentFixes, number: int) -> tuple[int, dict[str, object]]:
    return int(fixes.row[number]), {
        "time_us": int(fixes.time_us[number]),
        "seq": int(fixes.seq[number]),
        "lon": float(fixes.lon[number]),
        "lat": float(fixes.lat[number]),
    }


def _tell(
    session: Session, patrol_id: UUID, worker_code: WorkerCode, fixes: SentFixes, battery_percent: float | None
) -> None:
    """The patrol lasts at least as long as its fixes and has to be counted anew; the worker was last there."""
    last = int(fixes.time_us.argmax())
    accuracy = float(fixes.accuracy_m[last])
    told = {
        "patrol_id": patrol_id,
        "worker_code": worker_code,
        "first": fixes.first,
        "last": fixes.last,
        "lon": float(fixes.lon[last]),
        "lat": float(fixes.lat[last]),
        "accuracy_m": None if np.isnan(accuracy) else accuracy,
        "battery_percent": battery_percent,
    }
    session.execute(query("tell_of_fixes"), told)


def _receipt(patrol_id: PatrolId, reading: Reading, faults: list[Fault]) -> IngestReceipt:
    aside = sorted({(fault.index, str(fault.reason)) for fault in faults})
    return IngestReceipt(
        patrol_id=patrol_id,
        received=len(reading.fixes) + len(reading.faults),
        accepted=len(reading.fixes) + len(reading.faults) - len(aside),
        quarantined=[{"index": index, "reason": reason} for index, reason in aside],
        until=reading.fixes.last if len(reading.fixes) else None,
    )

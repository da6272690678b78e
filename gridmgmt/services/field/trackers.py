"""What a tracker reports: the fixes of a device make one patrol a day, which nobody has to open or end."""

from datetime import date, datetime
from uuid import UUID, uuid5

import numpy as np
from sqlalchemy.orm import Session

from gridmgmt.field.day import local_day
from gridmgmt.field.sent import Fault, FaultReason, Reading, moment_of
from gridmgmt.ids import PatrolId, WorkerCode
from gridmgmt.io.protocols import Message, read_rows
from gridmgmt.services.field.ingest import ingest
from gridmgmt.services.field.quarantine import set_aside

DEVICE_DAYS = UUID("6f1c1d6e-57a5-5d0f-9d58-1c8d2b0a2006")  # namespace of the ids made here


def patrol_of_day(device: str, day: date) -> PatrolId:
    """The id of a device's patrol of a day (in China): the same wherever and whenever it is asked for.

    >>> patrol_of_day("P1", date(2026, 7, 10)) == patrol_of_day("P1", date(2026, 7, 10))
    True
    """
    return PatrolId(uuid5(DEVICE_DAYS, f"{device}/{day.isoformat()}"))


def take_message(
    session: Session,
    worker_code: WorkerCode,
    message: Message,
    device: str,
    *,
    source: str,
    raw: object = None,
    now: datetime | None = None,
) -> int:
    """Keep a tracker's message for the worker who carries it; how many fixes were sound.

    `raw` is the message as sent, which is what quarantine keeps of one that holds a single row.
    """
    reading = read_rows(message.rows, now=now)
    faults = [_as_sent(fault, message, raw) for fault in reading.faults]
    set_aside(session, faults, source, device=device, worker_code=worker_code)
    for day, rows in _by_day(reading):
        part = Reading(reading.fixes.take(rows))
        ingest(
            session, patrol_of_day(device, day), worker_code, part,
            source=source, device=device, battery_percent=message.battery_percent,
        )  # fmt: skip
    return len(reading.fixes)


def keep_unreadable(session: Session, body: bytes, source: str, worker_code: WorkerCode | None = None) -> None:
    """Set aside a message that is not even JSON."""
    content = body.decode("utf-8", "backslashreplace")
    set_aside(session, [Fault(0, FaultReason.UNREADABLE, content)], source, worker_code=worker_code)


def _as_sent(fault: Fault, message: Message, raw: object) -> Fault:
    return Fault(fault.index, fault.reason, raw) if raw is not None and len(message.rows) == 1 else fault


def _by_day(reading: Reading) -> list[tuple[date, np.ndarray]]:
    days = np.array([local_day(moment_of(time_us)) for time_us in reading.fixes.time_us.tolist()], dtype=object)
    return [(day, days == day) for day in sorted(set(days))]

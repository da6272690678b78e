"""When workers were on duty, as they or their centre said: what was recorded outside of it is not looked at.

A day of which nothing was said counts whole: a house that keeps no hours loses nothing.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert as insert_once
from sqlalchemy.orm import Session

from gridmgmt.errors import Conflict, InvalidInput, NotFound
from gridmgmt.field.day import day_span, local_day
from gridmgmt.ids import PatrolId, WorkerCode
from gridmgmt.messages import Words
from gridmgmt.store.queries import query
from gridmgmt.store.tables import DutyPeriod, Patrol, Worker

Span = tuple[datetime, datetime]
LONGEST = timedelta(hours=16)  # a duty whose end nobody told is over by then


@dataclass(frozen=True)
class Duty:
    """A time on duty; `ended_at` is None until its end was told."""

    id: UUID
    worker_code: WorkerCode
    started_at: datetime
    ended_at: datetime | None
    received_at: datetime


def tell_duty(
    session: Session, duty_id: UUID, worker_code: WorkerCode, started_at: datetime, ended_at: datetime | None = None
) -> Duty:
    """Begin a duty under the id its phone gave it, or tell its end. Repeats change nothing.

    The patrols of those days are counted anew. NotFound for an unknown worker, InvalidInput for an end before the
    beginning, Conflict where the id holds another duty or another end was told.
    """
    if ended_at is not None and ended_at < started_at:
        raise InvalidInput(detail=Words("reasons.duty_ends_early"))
    if session.get(Worker, worker_code) is None:
        raise NotFound(what=Words("common.worker"), key=worker_code)
    row = {"id": duty_id, "worker_code": worker_code, "started_at": started_at, "ended_at": ended_at}
    new = session.scalar(insert_once(DutyPeriod).values(row).on_conflict_do_nothing().returning(DutyPeriod.id))
    kept = session.get_one(DutyPeriod, duty_id, with_for_update=True, populate_existing=True)
    if (kept.worker_code, kept.started_at) != (worker_code, started_at):
        raise Conflict(what=Words("things.duty"), key=str(duty_id))
    told = ended_at is not None and kept.ended_at is None
    if told:
        kept.ended_at = ended_at
        session.flush()
    if kept.ended_at != ended_at and ended_at is not None:
        raise Conflict(what=Words("things.duty"), key=str(duty_id))
    if told or new is not None:
        _count_anew(session, kept)
    return _duty(kept)


def duties(session: Session, worker_code: WorkerCode, first: date, last: date) -> list[Duty]:
    """The duties of a worker that touch some days, in order of time."""
    start, end = day_span(first, last)
    chosen = select(DutyPeriod).where(DutyPeriod.worker_code == worker_code, DutyPeriod.started_at < end)
    rows = session.scalars(chosen.order_by(DutyPeriod.started_at, DutyPeriod.id))
    return [_duty(row) for row in rows if _span(row.started_at, row.ended_at)[1] >= start]


def duty_of_patrols(session: Session, patrol_ids: Sequence[PatrolId]) -> dict[PatrolId, list[Span]]:
    """The times on duty that count for each patrol; a patrol of days without any duty is not among them."""
    told: dict[PatrolId, list[Span]] = {}
    days: dict[PatrolId, set[date]] = {}
    for row in session.execute(query("duty_of_patrols"), {"patrol_ids": list(patrol_ids), "longest": LONGEST}):
        patrol_id, span = PatrolId(row.patrol_id), _span(row.started_at, row.ended_at)
        told.setdefault(patrol_id, []).append(span)
        days.setdefault(patrol_id, set(_days(row.patrol_started, row.patrol_ended))).difference_update(_days(*span))
    return {
        patrol_id: spans + [day_span(day, day) for day in sorted(days[patrol_id])] for patrol_id, spans in told.items()
    }


def _count_anew(session: Session, kept: DutyPeriod) -> None:
    first, last = (local_day(moment) for moment in _span(kept.started_at, kept.ended_at))
    start, end = day_span(first, last)
    touched = (Patrol.worker_code == kept.worker_code, Patrol.started_at < end, Patrol.ended_at >= start)
    session.execute(update(Patrol).where(*touched).values(stale=True))


def _span(started_at: datetime, ended_at: datetime | None) -> Span:
    return started_at, started_at + LONGEST if ended_at is None else ended_at


def _days(first: datetime, last: datetime) -> Iterator[date]:
    for number in range((local_day(last) - local_day(first)).days + 1):
        yield local_day(first) + timedelta(days=number)


def _duty(row: DutyPeriod) -> Duty:
    ended_at = None if row.ended_at is None else row.ended_at.astimezone(UTC)
    return Duty(row.id, WorkerCode(row.worker_code), row.started_at.astimezone(UTC), ended_at, row.received_at)

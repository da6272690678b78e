"""A patrol as its phone tells it, bit by bit: opened, its points, visits and incidents in any order, ended once."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert as insert_once
from sqlalchemy.orm import Session

from gridmgmt.errors import Conflict, InvalidInput, NotFound
from gridmgmt.ids import IncidentId, PatrolId, UnitCode, WorkerCode
from gridmgmt.messages import Words
from gridmgmt.services.field.content import content_hash
from gridmgmt.services.field.ingest import ANNOUNCED
from gridmgmt.store.tables import Patrol, PatrolIncident, PatrolMember, PatrolVisit, Worker

KINDS = ("routine", "key_places", "household_visits", "festival", "emergency")


@dataclass(frozen=True)
class PatrolDescription:
    """What is said of a patrol beside its points. `ended_at` is None while it goes on."""

    kind: str
    started_at: datetime
    ended_at: datetime | None = None
    members: tuple[WorkerCode, ...] = ()
    legs: tuple[dict[str, Any], ...] = ()

    def identity(self, worker_code: WorkerCode) -> str:
        """Hash of what never changes; the end and the legs are told once, later."""
        started_at = self.started_at.astimezone(UTC).isoformat()
        return content_hash([worker_code, self.kind, started_at, sorted(self.members)])


@dataclass(frozen=True)
class DescriptionReceipt:
    """What the server keeps; the same description gets the same receipt."""

    id: PatrolId
    received_at: datetime
    content_hash: str
    worker_code: WorkerCode
    kind: str
    started_at: datetime
    ended_at: datetime | None


def describe_patrol(
    session: Session,
    patrol_id: PatrolId,
    worker_code: WorkerCode,
    description: PatrolDescription,
    *,
    source: str = "phone",
) -> DescriptionReceipt:
    """Open a patrol, or tell its end. Repeats change nothing; points may have come before.

    NotFound for an unknown worker or member; Conflict where the id holds another patrol, or where another end was
    told (the caller keeps what was refused: `set_aside` in a transaction of its own).
    """
    _require_sound(session, worker_code, description)
    identity = description.identity(worker_code)
    row = {
        "id": patrol_id,
        "worker_code": worker_code,
        "kind": description.kind,
        "started_at": description.started_at,
        "ended_at": description.ended_at or description.started_at,
        "source": source,
        "content_hash": identity,
        "declared_end": description.ended_at,
        "legs": list(description.legs),
    }
    written = session.scalar(insert_once(Patrol).values(row).on_conflict_do_nothing().returning(Patrol.id))
    patrol = session.execute(select(Patrol).where(Patrol.id == patrol_id).with_for_update()).scalar_one()
    if written is None:
        _agree(patrol, worker_code, description, identity)
    _add_members(session, patrol_id, description.members)
    session.flush()
    return DescriptionReceipt(
        id=patrol_id,
        received_at=patrol.received_at,
        content_hash=identity,
        worker_code=worker_code,
        kind=description.kind,
        started_at=description.started_at,
        ended_at=description.ended_at,
    )


def _require_sound(session: Session, worker_code: WorkerCode, description: PatrolDescription) -> None:
    if description.kind not in KINDS:
        raise InvalidInput(detail=Words("reasons.patrol_kind", kinds=KINDS, kind=description.kind))
    if description.ended_at is not None and description.ended_at < description.started_at:
        raise InvalidInput(detail=Words("reasons.patrol_ends_early", ended_at=description.ended_at))
    for code in (worker_code, *description.members):
        if session.get(Worker, code) is None:
            raise NotFound(what=Words("common.worker"), key=code)


def _agree(patrol: Patrol, worker_code: WorkerCode, description: PatrolDescription, identity: str) -> None:
    """Lay a description to a patrol that is already there; Conflict where the two contradict each other."""
    if patrol.worker_code != worker_code:
        raise Conflict(what=Words("common.patrol"), key=str(patrol.id))
    if patrol.content_hash == ANNOUNCED:
        patrol.content_hash, patrol.kind = identity, description.kind
        patrol.started_at = min(patrol.started_at, description.started_at)
    elif patrol.content_hash != identity:
        raise Conflict(what=Words("common.patrol"), key=str(patrol.id))
    if description.ended_at is not None:
        _end(patrol, description, description.ended_at)


def _end(patrol: Patrol, description: PatrolDescription, ended_at: datetime) -> None:
    if patrol.declared_end is None:
        patrol.declared_end, patrol.legs = ended_at, list(description.legs)
        patrol.ended_at = max(patrol.ended_at, ended_at)
    elif patrol.declared_end != ended_at:
        raise Conflict(what=Words("common.patrol"), key=str(patrol.id))


def _add_members(session: Session, patrol_id: PatrolId, members: Iterable[WorkerCode]) -> None:
    rows = [{"patrol_id": patrol_id, "worker_code": code} for code in members]
    if rows:
        session.execute(insert_once(PatrolMember).values(rows).on_conflict_do_nothing())


def own_patrol(session: Session, patrol_id: PatrolId, worker_code: WorkerCode | None) -> Patrol:
    """The patrol, where it is this worker's (None: anybody's); NotFound else: others' patrols are not told of."""
    patrol = session.get(Patrol, patrol_id)
    if patrol is None or (worker_code is not None and patrol.worker_code != worker_code):
        raise NotFound(what=Words("common.patrol"), key=str(patrol_id))
    return patrol


@dataclass(frozen=True)
class Visit:
    """A door knocked at: `unit_code` is a building's or an entrance's."""

    unit_code: UnitCode
    visited_at: datetime
    note: str = ""


@dataclass(frozen=True)
class VisitReceipt:
    """What the server keeps of a visit."""

    id: UUID
    patrol_id: PatrolId
    received_at: datetime
    content_hash: str


def add_visit(session: Session, patrol_id: PatrolId, visit_id: UUID, visit: Visit) -> VisitReceipt:
    """Keep a visit under the id its phone gave it; Conflict where the id holds another one."""
    digest = content_hash([str(patrol_id), visit.unit_code, visit.visited_at.astimezone(UTC).isoformat(), visit.note])
    row = asdict(visit) | {"id": visit_id, "patrol_id": patrol_id, "content_hash": digest}
    session.execute(insert_once(PatrolVisit).values(row).on_conflict_do_nothing())
    kept = session.execute(select(PatrolVisit).where(PatrolVisit.id == visit_id)).scalar_one()
    if kept.content_hash != digest:
        raise Conflict(what=Words("things.visit"), key=str(visit_id))
    return VisitReceipt(visit_id, PatrolId(kept.patrol_id), kept.received_at, digest)


def link_incident(session: Session, patrol_id: PatrolId, incident_id: IncidentId) -> None:
    """Say that an incident was reported on a patrol; the incident itself may come later."""
    row = {"patrol_id": patrol_id, "incident_id": incident_id}
    session.execute(insert_once(PatrolIncident).values(row).on_conflict_do_nothing())

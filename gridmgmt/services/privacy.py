"""Movement tracks are sensitive (PIPL art. 28): raw points expire while what they add up to stays; a person's data can
be handed to them, and erased.

What stays after `erase`: the log of who did what (to be kept at least six months), incidents that were reported, and
figures that name nobody. The account's row stays as the anchor of both, without a name.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import shapely
from geoalchemy2 import WKBElement
from geoalchemy2.shape import to_shape
from sqlalchemy import CursorResult, Delete, Executable, Select, column, delete, func, select, table, update
from sqlalchemy.orm import Session

from gridmgmt.services.access import audit, disable_person
from gridmgmt.store.partitions import drop_month, hold_partitions, months_before
from gridmgmt.store.queries import query
from gridmgmt.store.tables import (
    AuditEntry,
    Base,
    Credential,
    Incident,
    LatestPosition,
    Patrol,
    Person,
    Quarantine,
    RefreshToken,
    RoleGrant,
    SignIn,
    StandIn,
    TrackPoint,
    Worker,
    WorkerGrid,
)

KEEP = timedelta(days=180)  # raw positions; what they add up to stays
NOBODY = "—"
SECRETS = {"password_hash", "secret_hash", "token_hash", "hash", "previous_hash"}


@dataclass(frozen=True)
class Removed:
    """Rows that went; `waiting` are points past their time whose patrol still waits for its figures."""

    points: int
    positions: int
    quarantined: int
    waiting: int = 0
    months: tuple[str, ...] = ()  # partitions that went whole


def expire(session: Session, before: datetime, actor: audit.Actor | None = None) -> Removed:
    """Remove raw positions recorded before a moment. Distances, coverage and visits counted from them stay.

    Months that ended before it are dropped whole, which costs nothing however many points they hold. A patrol that
    waits for its figures (`stale`) keeps its points until it has them: run the recount first.
    """
    left = select(func.count()).select_from(TrackPoint).where(TrackPoint.recorded_at < before)
    dropped = _drop_months(session, before)
    removed = Removed(
        points=sum(dropped.values()) + _run(session, query("expire_track_points"), before=before),
        positions=_run(session, delete(LatestPosition).where(LatestPosition.recorded_at < before)),
        quarantined=_run(session, delete(Quarantine).where(Quarantine.received_at < before)),
        waiting=session.scalar(left) or 0,
        months=tuple(dropped),
    )
    facts = {"points": removed.points, "waiting": removed.waiting, "months": list(dropped)}
    audit.record(session, actor, "expire_tracks", before.date().isoformat(), facts)
    return removed


def _drop_months(session: Session, before: datetime) -> dict[str, int]:
    """Drop the months that lie before the limit whole; points per month. One that a patrol still needs stays."""
    hold_partitions(session)
    dropped = {}
    for name in months_before(session, before):
        month = table(name, column("patrol_id"))
        needed = select(month.c.patrol_id).join(Patrol, Patrol.id == month.c.patrol_id)
        if session.scalar(needed.where(Patrol.stale | (Patrol.ended_at >= before)).limit(1)) is None:
            dropped[name] = session.scalar(select(func.count()).select_from(month)) or 0
            drop_month(session, name)
    return dropped


def erase(session: Session, row: Person, now: datetime, actor: audit.Actor | None = None) -> Removed:
    """Remove a person's positions, secrets and names. There is no way back.

    The account is disabled, its sign-ins end, and the register calls the worker "—" from then on.
    """
    name, worker = row.name, row.worker_code
    removed = _erase_positions(session, worker)
    disable_person(session, row, now)
    session.execute(delete(Credential).where(Credential.person_id == row.id))
    signed = select(SignIn.id).where(SignIn.person_id == row.id)
    session.execute(delete(RefreshToken).where(RefreshToken.sign_in_id.in_(signed)))
    session.execute(delete(SignIn).where(SignIn.person_id == row.id))
    session.execute(update(Worker).where(Worker.code == worker).values(name=NOBODY))
    row.name, row.display_name, row.password_hash = f"erased-{uuid4().hex[:12]}", NOBODY, None
    session.flush()
    audit.record(session, actor, "erase_person", name, {"now": row.name, "points": removed.points})
    return removed


def export(session: Session, row: Person, actor: audit.Actor | None = None) -> dict[str, Any]:
    """Everything kept about a person, as plain values for JSON: times ISO 8601, places as longitude and latitude.

    Secrets are left out: what is kept of them are hashes.
    """
    worker = row.worker_code
    patrols = select(Patrol.id).where(Patrol.worker_code == worker)
    found: dict[str, Select[Any]] = {
        "grants": select(RoleGrant).where(RoleGrant.person_id == row.id),
        "stand_ins": select(StandIn).where((StandIn.absent_id == row.id) | (StandIn.substitute_id == row.id)),
        "sign_ins": select(SignIn).where(SignIn.person_id == row.id),
        "credentials": select(Credential).where(Credential.person_id == row.id),
        "grids": select(WorkerGrid).where(WorkerGrid.worker_code == worker),
        "patrols": select(Patrol).where(Patrol.worker_code == worker).order_by(Patrol.started_at),
        "points": select(TrackPoint).where(TrackPoint.patrol_id.in_(patrols)).order_by(TrackPoint.recorded_at),
        "latest_position": select(LatestPosition).where(LatestPosition.worker_code == worker),
        "quarantine": select(Quarantine).where(Quarantine.worker_code == worker),
        "incidents": select(Incident).where(Incident.worker_code == worker).order_by(Incident.occurred_at),
        "log": select(AuditEntry).where((AuditEntry.actor_id == row.id) | (AuditEntry.object == row.name)),
    }
    document: dict[str, Any] = {"person": _plain_row(row)}
    document |= {name: list(_plain_rows(session, chosen)) for name, chosen in found.items()}
    audit.record(session, actor, "export_person", row.name)
    return document


def _erase_positions(session: Session, worker: str | None) -> Removed:
    patrols = select(Patrol.id).where(Patrol.worker_code == worker)
    return Removed(
        points=_run(session, delete(TrackPoint).where(TrackPoint.patrol_id.in_(patrols))),
        positions=_run(session, delete(LatestPosition).where(LatestPosition.worker_code == worker)),
        quarantined=_run(session, delete(Quarantine).where(Quarantine.worker_code == worker)),
    )


def _run(session: Session, statement: Executable | Delete, **parameters: object) -> int:
    result = session.execute(statement, parameters)
    assert isinstance(result, CursorResult)
    return result.rowcount


def _plain_rows(session: Session, chosen: Select[Any]) -> Iterator[dict[str, Any]]:
    for row in session.scalars(chosen.execution_options(yield_per=5000)):
        yield _plain_row(row)


def _plain_row(row: Base) -> dict[str, Any]:
    columns = [column.key for column in type(row).__mapper__.columns if column.key not in SECRETS]
    return {key: _plain(getattr(row, key)) for key in columns}


def _plain(value: Any) -> Any:
    if isinstance(value, WKBElement):
        return shapely.get_coordinates(to_shape(value)).round(7).tolist()
    return value if isinstance(value, int | float | list | dict | bool | None) else str(value)

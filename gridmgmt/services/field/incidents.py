"""Incidents: reported once, laid to the grid of their place and date, moved on by steps that are never rewritten."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import shapely
from geoalchemy2.shape import from_shape
from sqlalchemy import insert, select
from sqlalchemy.dialects.postgresql import insert as insert_once
from sqlalchemy.orm import Session

from gridmgmt.errors import Conflict, InvalidInput, NotFound
from gridmgmt.field.day import local_day
from gridmgmt.ids import BoundaryCode, IncidentId, WorkerCode
from gridmgmt.services.field.content import content_hash
from gridmgmt.store.queries import query
from gridmgmt.store.tables import WGS84_SRID, Incident, IncidentStep, Worker

REPORTED = "reported"
CLOSED = "closed"
STEPS = (REPORTED, "filed", "dispatched", "handled", "verified", CLOSED)


@dataclass(frozen=True)
class IncidentReport:
    """What the reporter says. Longitude and latitude in EPSG:4326; `occurred_at` is aware."""

    category: str
    text: str
    lon: float
    lat: float
    occurred_at: datetime
    worker_code: WorkerCode | None = None

    def require_sound(self) -> None:
        """InvalidInput where the place is off the world, the time has no zone, or there is no category."""
        if not (abs(self.lon) <= 180 and abs(self.lat) <= 90):  # also refuses NaN
            raise InvalidInput(detail=f"The incident lies at {self.lon}, {self.lat}, off the world.")
        if self.occurred_at.tzinfo is None:
            raise InvalidInput(
                detail="The time of the incident has no zone. Send for example 2026-07-01T08:00:00+08:00."
            )
        if not self.category.strip():
            raise InvalidInput(detail="The incident has no category.")


@dataclass(frozen=True)
class IncidentReceipt:
    """What the server keeps of a report. The same submission gets the same receipt."""

    id: IncidentId
    received_at: datetime
    content_hash: str
    grid_code: BoundaryCode | None  # None outside every grid of that date
    state: str


def report_incident(
    session: Session, incident_id: IncidentId, report: IncidentReport, *, source: str = "web"
) -> IncidentReceipt:
    """Keep a report under the id its phone gave it, and open its log.

    InvalidInput for an impossible report, NotFound for an unknown worker, Conflict where the id holds another report.
    """
    report.require_sound()
    if report.worker_code is not None and session.get(Worker, report.worker_code) is None:
        raise NotFound(what="worker", key=report.worker_code)
    digest = content_hash(vars(report))
    row = {
        "id": incident_id,
        "category": report.category.strip(),
        "text": report.text,
        "occurred_at": report.occurred_at,
        "worker_code": report.worker_code,
        "grid_code": _grid_of(session, report),
        "geom": from_shape(shapely.Point(report.lon, report.lat), srid=WGS84_SRID),
        "source": source,
        "content_hash": digest,
    }
    written = insert_once(Incident).values(row).on_conflict_do_nothing().returning(Incident.received_at)
    received_at = session.scalar(written)
    if received_at is not None:
        first = {"incident_id": incident_id, "step": REPORTED, "at": received_at, "actor": report.worker_code or source}
        session.execute(insert(IncidentStep), [first])
    return _receipt(session, incident_id, digest)


def add_step(
    session: Session, incident_id: IncidentId, step: str, actor: str, at: datetime, note: dict[str, Any] | None = None
) -> None:
    """Append a step to the log of an incident; InvalidInput for an unknown step, NotFound for an unknown incident."""
    if step not in STEPS:
        raise InvalidInput(detail=f"{step!r} is no step of an incident. The steps are: {', '.join(STEPS)}.")
    if session.get(Incident, incident_id) is None:
        raise NotFound(what="incident", key=str(incident_id))
    row = {"incident_id": incident_id, "step": step, "at": at, "actor": actor, "note": note or {}}
    session.execute(insert(IncidentStep), [row])


def incident_steps(session: Session, incident_id: IncidentId) -> list[IncidentStep]:
    """The log of an incident, oldest first; NotFound where there is no such incident."""
    log = select(IncidentStep).where(IncidentStep.incident_id == incident_id).order_by(IncidentStep.id)
    steps = list(session.scalars(log))
    if not steps:
        raise NotFound(what="incident", key=str(incident_id))
    return steps


def _grid_of(session: Session, report: IncidentReport) -> str | None:
    place = {"lon": report.lon, "lat": report.lat, "day": local_day(report.occurred_at)}
    code: str | None = session.scalar(query("grid_at"), place)
    return code


def _receipt(session: Session, incident_id: IncidentId, digest: str) -> IncidentReceipt:
    kept = session.execute(select(Incident).where(Incident.id == incident_id)).scalar_one()
    if kept.content_hash != digest:
        raise Conflict(what="incident", key=str(incident_id))
    return IncidentReceipt(
        id=incident_id,
        received_at=kept.received_at,
        content_hash=digest,
        grid_code=None if kept.grid_code is None else BoundaryCode(kept.grid_code),
        state=incident_steps(session, incident_id)[-1].step,
    )

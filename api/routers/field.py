"""Patrols and incidents as devices send them. The phone makes the id; the same submission gets the same receipt."""

from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID, uuid4

from fastapi import APIRouter, Query
from pydantic import AwareDatetime, BaseModel, Field
from sqlalchemy.orm import Session
from starlette.responses import Response

from api.deps import DbSession, RawBody
from api.json import Json
from api.security import may
from gridmgmt.access import Action
from gridmgmt.ids import IncidentId, PatrolId, WorkerCode
from gridmgmt.io.tracks import read_track
from gridmgmt.services.field import IncidentReport, PatrolReceipt, incident_steps, record_patrol, report_incident

router = APIRouter(prefix="/api/v1", tags=["field"])

TRACK_BODY = {
    "requestBody": {
        "required": True,
        "content": {
            kind: {"schema": {"type": "string", "format": "binary"}}
            for kind in ("application/geo+json", "application/gpx+xml")
        },
    }
}
Worker = Annotated[str, Query(alias="worker_code", min_length=1, max_length=64)]
Kind = Annotated[str, Query(min_length=1, max_length=32)]


class IncidentBody(BaseModel):
    """A report. With an `id` of your own give `occurred_at` too, so that a repeat is the same report."""

    id: UUID | None = None
    category: str = Field(min_length=1, max_length=64)
    text: str = Field(default="", max_length=2000)
    lon: float = Field(ge=-180, le=180)
    lat: float = Field(ge=-90, le=90)
    occurred_at: AwareDatetime | None = None
    worker_code: str | None = Field(default=None, max_length=64)

    def report(self) -> IncidentReport:
        """The report as the service takes it; without a time it happened now."""
        return IncidentReport(
            category=self.category,
            text=self.text,
            lon=self.lon,
            lat=self.lat,
            occurred_at=self.occurred_at or datetime.now(UTC),
            worker_code=None if self.worker_code is None else WorkerCode(self.worker_code),
        )


@router.post("/incidents", status_code=201, dependencies=[may(Action.report_incident)])
def post_incident(session: DbSession, body: IncidentBody) -> Response:
    """Report an incident. 201 with the receipt, which tells the grid it fell into."""
    incident_id = IncidentId(body.id or uuid4())
    receipt = report_incident(session, incident_id, body.report())
    return Json(receipt, status_code=201, headers={"Location": f"/api/v1/incidents/{incident_id}"})


@router.get("/incidents/{incident_id}", dependencies=[may(Action.see_incidents)])
def get_incident(session: DbSession, incident_id: UUID) -> Response:
    """The log of an incident, oldest step first."""
    steps = incident_steps(session, IncidentId(incident_id))
    log = [{"step": step.step, "at": step.at, "actor": step.actor, "note": step.note} for step in steps]
    return Json({"id": incident_id, "state": log[-1]["step"], "steps": log})


@router.post("/patrols", status_code=201, dependencies=[may(Action.record_patrol)], openapi_extra=TRACK_BODY)
def post_patrol(
    session: DbSession,
    body: RawBody,
    worker_code: Worker,
    kind: Kind = "routine",
    patrol_id: Annotated[UUID | None, Query(alias="id")] = None,
) -> Response:
    """Hand in a walk as GPX or GeoJSON. 201 with the receipt, which tells the fixes per grid."""
    receipt = take_patrol(session, patrol_id or uuid4(), worker_code, body, kind)
    return Json(receipt, status_code=201)


@router.put("/patrols/{patrol_id}", dependencies=[may(Action.record_patrol)], openapi_extra=TRACK_BODY)
def put_patrol(
    session: DbSession, body: RawBody, patrol_id: UUID, worker_code: Worker, kind: Kind = "routine"
) -> Response:
    """The same under the phone's id: safe to repeat; 409 where the id already holds another walk."""
    return Json(take_patrol(session, patrol_id, worker_code, body, kind))


def take_patrol(
    session: Session, patrol_id: UUID, worker_code: str, body: bytes, kind: str = "routine"
) -> PatrolReceipt:
    """Read the track and record it."""
    source = "gpx" if body.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] == b"<" else "geojson"
    return record_patrol(
        session, PatrolId(patrol_id), WorkerCode(worker_code), read_track(body), kind=kind, source=source
    )

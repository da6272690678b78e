"""Marks from the way that may be incidents: sent as GPX, looked through, accepted once or dismissed."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import AwareDatetime, BaseModel, Field
from starlette.responses import Response

from api.deps import DbSession, RawBody
from api.json import Json
from api.languages import Lang
from api.routers.patrols import System, Walker, WorkerQuery, bodies, walker
from api.security import may
from gridmgmt.access import Action, Person
from gridmgmt.io.gpx import read_waypoints
from gridmgmt.services.field.candidates import accept_candidate, candidates, dismiss_candidate, keep_candidates

router = APIRouter(prefix="/api/v1/incident-candidates", tags=["incidents"])

Reader = Annotated[Person, may(Action.see_incidents)]
Decider = Annotated[Person, may(Action.report_incident)]


class AcceptBody(BaseModel):
    """What a mark turns out to be. What is left out is taken from the mark."""

    category: str = Field(min_length=1, max_length=64)
    severity: Literal["general", "urgent"] | None = None
    text: str | None = Field(default=None, max_length=2000)
    occurred_at: AwareDatetime | None = None


class DismissBody(BaseModel):
    """Why it is no incident."""

    reason: str = Field(default="", max_length=2000)


@router.post("", status_code=201, openapi_extra=bodies("application/gpx+xml"))
def post_candidates(
    session: DbSession, person: Walker, language: Lang, body: RawBody, worker_code: WorkerQuery = None,
    crs: System = "wgs84",
) -> Response:  # fmt: skip
    """Hand in the waypoints of a GPX file that holds no walk; those of a patrol's file come with it. Safe to repeat."""
    worker = walker(person, worker_code, language)
    return Json({"ids": keep_candidates(session, worker, read_waypoints(body), crs=crs)}, status_code=201)


@router.get("")
def get_candidates(
    session: DbSession, person: Reader, waiting: bool = True, limit: Annotated[int, Query(ge=1, le=500)] = 200
) -> Response:
    """The candidates that concern whoever asks, the latest first; `waiting=false` shows the decided ones too."""
    return Json({"candidates": candidates(session, person=person, waiting=waiting, most=limit)})


@router.post("/{candidate_id}/accept", status_code=201)
def post_accept(session: DbSession, person: Decider, candidate_id: UUID, body: AcceptBody) -> Response:
    """Make it an incident, which has the same id. The same again: the same receipt; otherwise 409."""
    receipt = accept_candidate(
        session, candidate_id, body.category, person=person,
        severity=body.severity, words=body.text, occurred_at=body.occurred_at,
    )  # fmt: skip
    return Json(receipt, status_code=201, headers={"Location": f"/api/v1/incidents/{candidate_id}"})


@router.post("/{candidate_id}/dismiss")
def post_dismiss(session: DbSession, person: Decider, candidate_id: UUID, body: DismissBody) -> Response:
    """Say that it is no incident; 409 where it is one already."""
    return Json(dismiss_candidate(session, candidate_id, body.reason, person=person))

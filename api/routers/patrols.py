"""Patrols as phones send them: opened, their points by the batch, visits and incidents, ended; or a whole walk at once.

The phone makes every id; the same submission gets the same receipt, another one under its id is refused and kept.
"""

import hashlib
from typing import Annotated, Any, Literal
from uuid import UUID, uuid5

import orjson
from fastapi import APIRouter, Query
from pydantic import AwareDatetime, BaseModel, Field, TypeAdapter, ValidationError
from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from api.conflicts import both_kept
from api.deps import DbSession, RawBody
from api.json import Json
from api.languages import Lang
from api.security import may
from gridmgmt.access import Action, Person
from gridmgmt.errors import Forbidden, InvalidInput
from gridmgmt.ids import IncidentId, PatrolId, UnitCode, WorkerCode
from gridmgmt.io.protocols import read_batch
from gridmgmt.io.tracks import read_track
from gridmgmt.messages import Language, Words, text
from gridmgmt.services.field import PatrolReceipt, record_patrol
from gridmgmt.services.field.ingest import ingest
from gridmgmt.services.field.patrol_log import (
    DescriptionReceipt,
    PatrolDescription,
    Visit,
    add_visit,
    describe_patrol,
    link_incident,
    own_patrol,
)

router = APIRouter(prefix="/api/v1/patrols", tags=["patrols"])

WALKS = UUID("b7a0c8de-3d0e-5b6c-8d2e-1c8d2b0a2006")  # namespace of the ids of files
TRACK_KINDS = {"Feature", "FeatureCollection"}
Walker = Annotated[Person, may(Action.record_patrol)]
WorkerQuery = Annotated[
    str | None, Query(alias="worker_code", min_length=1, max_length=64, description="Whose walk; the sender's own")
]
Kind = Annotated[str, Query(min_length=1, max_length=32)]
System = Annotated[Literal["wgs84", "gcj02", "bd09"], Query(description="Coordinate system of the positions")]


class DescriptionBody(BaseModel):
    """A patrol's opening; once `ended_at` is given, its end."""

    worker_code: str | None = Field(default=None, max_length=64)
    kind: str = Field(default="routine", max_length=32)
    started_at: AwareDatetime
    ended_at: AwareDatetime | None = None
    members: list[Annotated[str, Field(max_length=64)]] = Field(default_factory=list, max_length=50)
    legs: list[dict[str, Any]] = Field(default_factory=list, max_length=200)

    def description(self) -> PatrolDescription:
        """The description as the service takes it."""
        return PatrolDescription(
            kind=self.kind,
            started_at=self.started_at,
            ended_at=self.ended_at,
            members=tuple(WorkerCode(code) for code in self.members),
            legs=tuple(self.legs),
        )


class VisitBody(BaseModel):
    """A door knocked at."""

    unit_code: str = Field(min_length=1, max_length=64)
    visited_at: AwareDatetime
    note: str = Field(default="", max_length=2000)


def bodies(*kinds: str) -> dict[str, Any]:
    content = {kind: {"schema": {"type": "string", "format": "binary"}} for kind in kinds}
    return {"requestBody": {"required": True, "content": content}}


TRACK_BODY = bodies("application/geo+json", "application/gpx+xml")
PATROL_BODY = TRACK_BODY | {
    "requestBody": {
        "required": True,
        "content": TRACK_BODY["requestBody"]["content"] | {"application/json": {"schema": {"type": "object"}}},
    }
}


@router.post("", status_code=201, openapi_extra=TRACK_BODY)
def post_patrol(
    session: DbSession,
    request: Request,
    person: Walker,
    language: Lang,
    body: RawBody,
    worker_code: WorkerQuery = None,
    kind: Kind = "routine",
    crs: System = "wgs84",
    patrol_id: Annotated[UUID | None, Query(alias="id")] = None,
) -> Response:
    """Hand in a whole walk as GPX or GeoJSON. 201 with the receipt, which tells the fixes per grid.

    Without an id the file is its own: the same file of the same worker is one walk.
    """
    worker = walker(person, worker_code, language)
    identity = patrol_id or uuid5(WALKS, f"{worker}/{kind}/{hashlib.sha256(body).hexdigest()}")
    with both_kept(request, "patrol", identity, body, person):
        receipt = take_walk(session, identity, worker, body, kind, crs)
    return Json(receipt, status_code=201)


@router.put("/{patrol_id}", openapi_extra=PATROL_BODY)
def put_patrol(
    session: DbSession,
    request: Request,
    person: Walker,
    language: Lang,
    body: RawBody,
    patrol_id: UUID,
    worker_code: WorkerQuery = None,
    kind: Kind = "routine",
    crs: System = "wgs84",
) -> Response:
    """Open or end a patrol (JSON), or hand in a whole walk (GPX, GeoJSON), under the phone's id: safe to repeat.

    409 where the id holds another patrol, or another end was told; what was sent is kept for the centre to look at.
    """
    with both_kept(request, "patrol", patrol_id, body, person):
        description = _description(body)
        receipt: PatrolReceipt | DescriptionReceipt
        if description is None:
            receipt = take_walk(session, patrol_id, walker(person, worker_code, language), body, kind, crs)
        else:
            worker = walker(person, worker_code or description.worker_code, language)
            receipt = describe_patrol(session, PatrolId(patrol_id), worker, description.description())
    return Json(receipt)


@router.post("/{patrol_id}/points", openapi_extra=bodies("application/json"))
def post_points(
    session: DbSession, request: Request, person: Walker, language: Lang, body: RawBody, patrol_id: UUID
) -> Response:
    """A batch of points, in any order and any number of times; they may come before the patrol is opened.

    `{"points": [{"seq", "time", "lon", "lat", "accuracy_m"?, "speed_mps"?, "heading_deg"?, "altitude_m"?, "crs"?,
    "mock"?, "segment"?}], "crs"?: "wgs84" | "gcj02" | "bd09"}`. A row that is no fix is set aside and named in the
    receipt; the others are kept. All of it is the sender's own.
    """
    worker = walker(person, None, language)
    with both_kept(request, "points", patrol_id, body, person):
        return Json(ingest(session, PatrolId(patrol_id), worker, read_batch(body), source="native"))


@router.put("/{patrol_id}/visits/{visit_id}")
def put_visit(
    session: DbSession,
    request: Request,
    person: Walker,
    language: Lang,
    patrol_id: UUID,
    visit_id: UUID,
    body: VisitBody,
) -> Response:
    """A door knocked at on this patrol."""
    own_patrol(session, PatrolId(patrol_id), walker(person, None, language))
    visit = Visit(UnitCode(body.unit_code), body.visited_at, body.note)
    with both_kept(request, "visit", visit_id, body.model_dump_json().encode(), person):
        return Json(add_visit(session, PatrolId(patrol_id), visit_id, visit))


@router.put("/{patrol_id}/incidents/{incident_id}", status_code=204)
def put_incident_link(
    session: DbSession, person: Walker, language: Lang, patrol_id: UUID, incident_id: UUID
) -> Response:
    """Say that this incident was reported on this patrol; the incident itself may come later."""
    own_patrol(session, PatrolId(patrol_id), walker(person, None, language))
    link_incident(session, PatrolId(patrol_id), IncidentId(incident_id))
    return Response(status_code=204)


def walker(person: Person, worker_code: str | None, language: Language = "zh") -> WorkerCode:
    """The worker whose walk it is: the sender. Only who is no grid worker may name another one, as a clerk does."""
    own = person.worker_code
    named = own or (None if worker_code is None else WorkerCode(worker_code))
    if named is None or worker_code not in (None, named):
        raise Forbidden(action=text("access.may_record_patrol", language))
    return named


def take_walk(
    session: Session, patrol_id: UUID, worker: WorkerCode, body: bytes, kind: str = "routine", crs: str = "wgs84"
) -> PatrolReceipt:
    """Read a whole walk and record it."""
    source = "gpx" if body.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] == b"<" else "geojson"
    return record_patrol(session, PatrolId(patrol_id), worker, read_track(body), kind=kind, source=source, crs=crs)


def _description(body: bytes) -> DescriptionBody | None:
    """What a JSON body tells of a patrol; None where the body is a track."""
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError:
        return None
    if not isinstance(document, dict) or document.get("type") in TRACK_KINDS:
        return None
    try:
        return TypeAdapter(DescriptionBody).validate_python(document)
    except ValidationError as error:
        faults = "; ".join(f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in error.errors())
        raise InvalidInput(detail=Words("reasons.no_patrol", faults=faults)) from error

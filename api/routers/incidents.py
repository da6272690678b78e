"""Incidents: reported under the phone's id, read by whom they concern, moved by the workflow; their photos.

The same submission gets the same receipt; another one under its id is refused (409) and kept beside it.
"""

from datetime import UTC, date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID, uuid4

from fastapi import APIRouter, Path, Query
from pydantic import AwareDatetime, BaseModel, Field
from starlette.requests import Request
from starlette.responses import Response

from api.conflicts import both_kept
from api.deps import DbSession, RawBody
from api.json import Json
from api.languages import Lang
from api.security import may, require
from gridmgmt.access import Action, Person
from gridmgmt.errors import NotFound
from gridmgmt.field.codes import EVENT, LOCAL
from gridmgmt.field.day import local_day
from gridmgmt.field.scores import Subject
from gridmgmt.field.workclock import Light
from gridmgmt.ids import IncidentId, WorkerCode
from gridmgmt.messages import Words
from gridmgmt.services.access import audit
from gridmgmt.services.field.incidents import (
    IncidentReport,
    Involved,
    MoveRequest,
    QueueFilter,
    current_workflow,
    delete_incident,
    duplicates,
    incident_detail,
    incident_queue,
    move_incident,
    offered_codes,
    queue_lights,
    report_incident,
)
from gridmgmt.services.field.photos import keep_photo, read_photo
from gridmgmt.services.field.scoring import scores
from gridmgmt.store.tables import Incident

router = APIRouter(prefix="/api/v1", tags=["incidents"])

Reporter = Annotated[Person, may(Action.report_incident)]
Reader = Annotated[Person, may(Action.see_incidents)]
Mover = Annotated[Person, may(Action.move_incident)]
Eraser = Annotated[Person, may(Action.erase_tracks)]
Sha256 = Annotated[str, Path(pattern="^[0-9a-f]{64}$")]
PhotoHash = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
PHOTO_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            kind: {"schema": {"type": "string", "format": "binary"}}
            for kind in ("image/jpeg", "image/png", "image/webp")
        },
    }
}


class InvolvedBody(BaseModel):
    """Somebody involved."""

    role: str = Field(min_length=1, max_length=32)
    name: str = Field(default="", max_length=64)
    phone: str = Field(default="", max_length=32)


class IncidentBody(BaseModel):
    """A report. With an `id` of your own give `occurred_at` too: a report sent later still tells when it was.

    The place is `lon` and `lat`, or an `address`: the code of a building or entrance, or a name only one place has.
    """

    id: UUID | None = None
    category: str = Field(min_length=1, max_length=64)
    standard: str = Field(default=LOCAL, max_length=64)
    kind: str = Field(default=EVENT, max_length=32)
    severity: Literal["general", "urgent"] | None = None
    text: str = Field(default="", max_length=2000)
    lon: float | None = Field(default=None, ge=-180, le=180)
    lat: float | None = Field(default=None, ge=-90, le=90)
    address: str | None = Field(default=None, min_length=1, max_length=200)
    occurred_at: AwareDatetime | None = None
    worker_code: str | None = Field(default=None, max_length=64)
    first_asked: str | None = Field(default=None, max_length=64, description="Worker who answers to the reporter")
    source: Literal["web", "phone", "public"] = "web"
    photos: list[PhotoHash] = Field(default_factory=list, max_length=20)
    people: list[InvolvedBody] = Field(default_factory=list, max_length=50)

    def report(self) -> IncidentReport:
        """The report as the service takes it; without a time it happened when it came in."""
        plain = self.model_dump(exclude={"id", "source", "photos", "people", "worker_code", "first_asked"})
        return IncidentReport(
            **plain,
            photos=tuple(self.photos),
            people=tuple(Involved(one.role, one.name, one.phone) for one in self.people),
            worker_code=None if self.worker_code is None else WorkerCode(self.worker_code),
            first_asked=None if self.first_asked is None else WorkerCode(self.first_asked),
        )


class MoreTime(BaseModel):
    """Further time."""

    amount: float = Field(gt=0, le=10_000)
    unit: Literal["working_hours", "working_days", "hours"] = "working_days"


class MoveBody(BaseModel):
    """A move. `after` is the `step` of the incident as you saw it; a repeat under your own `id` is the same move."""

    move: str = Field(min_length=1, max_length=32)
    after: int = Field(ge=0)
    id: UUID | None = None
    holder: str | None = Field(default=None, max_length=32)
    lead: UUID | None = None
    reason: str | None = Field(default=None, max_length=2000)
    satisfaction: str | None = Field(default=None, max_length=32)
    more: MoreTime | None = None
    note: dict[str, str | int | float | bool] = Field(default_factory=dict, max_length=20)
    photos: list[PhotoHash] = Field(default_factory=list, max_length=20)

    def request(self) -> MoveRequest:
        """The move as the service takes it."""
        said = {"reason": self.reason, "satisfaction": self.satisfaction, "more": self.more and self.more.model_dump()}
        return MoveRequest(
            move=self.move,
            after=self.after,
            key=self.id,
            holder=self.holder,
            lead=None if self.lead is None else IncidentId(self.lead),
            note=self.note | {key: value for key, value in said.items() if value is not None},
            photos=tuple(self.photos),
        )


@router.post("/incidents", status_code=201)
def post_incident(request: Request, session: DbSession, raw: RawBody, body: IncidentBody, person: Reporter) -> Response:
    """Report an incident while somebody can still be asked: what cannot be true is refused (422)."""
    incident_id = IncidentId(body.id or uuid4())
    with both_kept(request, "incident", incident_id, raw, person):
        receipt = report_incident(session, incident_id, body.report(), source=body.source, person=person)
    return Json(receipt, status_code=201, headers={"Location": f"/api/v1/incidents/{incident_id}"})


@router.put("/incidents/{incident_id}")
def put_incident(
    request: Request, session: DbSession, raw: RawBody, incident_id: UUID, body: IncidentBody, person: Reporter
) -> Response:
    """Report under the phone's id, out of its outbox: safe to repeat. Faults of data are kept, named in `flags`.

    409 where the id holds another report (both are kept), 410 where it was deleted.
    """
    key = IncidentId(incident_id)
    with both_kept(request, "incident", key, raw, person):
        receipt = report_incident(session, key, body.report(), source=body.source, person=person, lenient=True)
    return Json(receipt)


@router.get("/incidents")
def get_incidents(
    session: DbSession,
    person: Reader,
    state: Annotated[list[str] | None, Query(max_length=20)] = None,
    open_: Annotated[bool | None, Query(alias="open")] = None,
    light: Light | None = None,
    holder: Annotated[str | None, Query(max_length=32)] = None,
    first_asked: Annotated[str | None, Query(max_length=64)] = None,
    category: Annotated[str | None, Query(max_length=64)] = None,
    grid: Annotated[str | None, Query(pattern="^[0-9]{0,15}$", description="Beginning of the grid's code")] = None,
    since: AwareDatetime | None = None,
    cursor: Annotated[str | None, Query(max_length=200)] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
    order: Literal["received", "due"] = "received",
) -> Response:
    """The incidents that concern whoever asks, the latest received first; `next` leads to the page behind.

    `order=due` gives the most urgent ones, without further pages.
    """
    states = None if state is None else tuple(state)
    wanted = QueueFilter(states, open_, light, holder, first_asked, category, grid, since)
    page = incident_queue(session, wanted, person=person, cursor=cursor, rows=limit, by_due=order == "due")
    return Json(page)


@router.get("/incidents/lights")
def get_lights(session: DbSession, person: Reader) -> Response:
    """How many open incidents that concern whoever asks are on time, due soon, overdue, not timed."""
    return Json(queue_lights(session, person=person))


@router.get("/incidents/{incident_id}")
def get_incident(request: Request, session: DbSession, incident_id: UUID, person: Reader) -> Response:
    """All there is to an incident, and the moves you can make. Unmasked names leave a line in the audit log."""
    detail = incident_detail(session, IncidentId(incident_id), person=person)
    if detail["people"] and not detail["masked"]:
        audit.record(session, person, Action.see_involved.value, request.url.path, {})
    return Json(detail)


@router.get("/incidents/{incident_id}/duplicates")
def get_duplicates(session: DbSession, incident_id: UUID, person: Reader) -> Response:
    """What may be the same matter, the likeliest first: link it with the move `link`."""
    return Json({"duplicates": duplicates(session, IncidentId(incident_id), person=person)})


@router.post("/incidents/{incident_id}/moves", status_code=201)
def post_move(
    request: Request, session: DbSession, raw: RawBody, incident_id: UUID, body: MoveBody, person: Mover
) -> Response:
    """Move an incident on. 409 `illegal_move` names what is possible, 409 `stale_step` says who was first."""
    with both_kept(request, "move", body.id or incident_id, raw, person):
        receipt = move_incident(session, IncidentId(incident_id), body.request(), person=person)
    return Json(receipt, status_code=201)


@router.delete("/incidents/{incident_id}", status_code=204)
def remove_incident(session: DbSession, incident_id: UUID, person: Eraser, language: Lang) -> Response:
    """Erase what was said and who was named. The id never comes back: 410 from now on."""
    incident = session.get(Incident, incident_id)
    if incident is None:
        raise NotFound(what=Words("common.incident"), key=str(incident_id))
    if incident.grid_code is not None:
        require(person, Action.erase_tracks, language, incident.grid_code)
    delete_incident(session, IncidentId(incident_id), by=person.name)
    return Response(status_code=204)


@router.put("/photos/{sha256}", openapi_extra=PHOTO_BODY)
def put_photo(session: DbSession, sha256: Sha256, body: RawBody, person: Mover) -> Response:
    """Send a photo under the SHA-256 of its file, before the incident that shows it; again, it is the same receipt."""
    return Json(keep_photo(session, sha256, body, person=person))


@router.get("/photos/{sha256}")
def get_photo(session: DbSession, sha256: Sha256, person: Reader) -> Response:
    """A photo as it is shown: made anew, without what the camera wrote into it."""
    photo = read_photo(session, sha256, person)
    headers = {"Cache-Control": "private, max-age=86400, immutable", "ETag": f'"{sha256}"'}
    return Response(photo.content, media_type=photo.media_type, headers=headers)


@router.get("/codes")
def get_codes(
    session: DbSession,
    person: Annotated[Person, may(Action.see_boundaries)],
    kind: Annotated[str | None, Query(max_length=32)] = None,
) -> Response:
    """The codes offered today: categories (`kind=event`), departments (`kind=department`)."""
    return Json({"codes": [vars(entry) for entry in offered_codes(session, local_day(datetime.now(UTC)), kind)]})


@router.get("/scores/{subject}")
def get_scores(session: DbSession, subject: Subject, person: Reader, first: date, last: date) -> Response:
    """Scores of 0 to 100 with their spread, the surest first. A worker sees their own among those of workers."""
    found = scores(session, subject, first, last, area=person.area(Action.see_incidents))
    if subject == "worker" and not person.may(Action.see_involved):
        found = [one for one in found if one.code == person.worker_code]
    return Json({"scores": found})


@router.get("/workflow")
def get_workflow(session: DbSession, person: Annotated[Person, may(Action.see_boundaries)]) -> Response:
    """The workflow that takes in today's incidents: its states, moves and time limits."""
    workflow = current_workflow(session)
    return Json(
        {
            "version": workflow.version,
            "title": workflow.title,
            "hours": workflow.hours,
            "states": list(workflow.states.values()),
            "moves": list(workflow.moves.values()),
            "limits": workflow.limits,
        }
    )

"""One incident as it is read: by whom it concerns, with names and numbers for those who handle it."""

from datetime import UTC, datetime
from typing import Any

from geoalchemy2.shape import to_shape
from sqlalchemy import select
from sqlalchemy.orm import Session

from gridmgmt.access import Action, Person
from gridmgmt.errors import Gone, NotFound
from gridmgmt.field.masking import mask_name, mask_phone, mask_text
from gridmgmt.field.moves import allowed_moves
from gridmgmt.field.workclock import light
from gridmgmt.field.workflow import Workflow, effect_of, periods, state_of
from gridmgmt.ids import IncidentId
from gridmgmt.messages import Words
from gridmgmt.services.field.incidents.lists import workflow_of
from gridmgmt.services.field.incidents.moving import actor_of, case_of, may_see
from gridmgmt.services.field.incidents.standing import step_of
from gridmgmt.store.tables import Incident, IncidentNow, IncidentPerson, IncidentPhoto, IncidentStep

FIELDS = (
    "id", "standard", "kind", "category", "severity", "occurred_at", "received_at", "worker_code", "first_asked",
    "grid_code", "address", "unit_code", "source", "flags", "workflow_version",
)  # fmt: skip


def incident_steps(session: Session, incident_id: IncidentId) -> list[IncidentStep]:
    """The log of an incident, oldest first; NotFound where there is no such incident."""
    log = select(IncidentStep).where(IncidentStep.incident_id == incident_id).order_by(IncidentStep.id)
    steps = list(session.scalars(log))
    if not steps:
        raise NotFound(what=Words("common.incident"), key=str(incident_id))
    return steps


def incident_detail(
    session: Session, incident_id: IncidentId, *, person: Person | None = None, now: datetime | None = None
) -> dict[str, Any]:
    """All there is to an incident: how it stands, its log, photos, people, and the moves this person can make.

    NotFound where it does not concern them, Gone where it was deleted. Without a `person` nothing is masked.
    """
    incident = session.get(Incident, incident_id, populate_existing=True)
    if incident is None or not may_see(session, incident, person):
        raise NotFound(what=Words("common.incident"), key=str(incident_id))
    if incident.deleted_at is not None:
        raise Gone(what=Words("common.incident"), key=str(incident_id), when=f"{incident.deleted_at:%F}")
    stands = session.get_one(IncidentNow, incident_id, populate_existing=True)
    open_text = handles(incident, stands.holder, person)
    rows = incident_steps(session, incident_id)
    workflow = workflow_of(session, incident.workflow_version)
    place = to_shape(incident.geom)
    case = case_of(incident, [step_of(row) for row in rows], workflow)
    return (
        {name: getattr(incident, name) for name in FIELDS}
        | {"text": incident.text if open_text else mask_text(incident.text), "lon": place.x, "lat": place.y}
        | _standing(stands, rows, workflow, now or datetime.now(UTC))
        | {"people": _people(session, incident_id, open_text), "masked": not open_text}
        | {"photos": _photos(session, incident_id), "linked": _linked(session, incident_id)}
        | {"steps": _log(rows, workflow, open_text)}
        | {"moves": allowed_moves(case, workflow, actor_of(person))}
    )


def handles(incident: Incident, holder: str | None, person: Person | None) -> bool:
    """Whether names and numbers are for this person: they handle such matters there, hold it now, or reported it."""
    if person is None or incident.reporter_id == person.id:
        return True
    if person.area(Action.see_involved).holds(incident.grid_code):
        return True
    if person.serves(Action.see_involved, holder, incident.grid_code):
        return True
    return holder is not None and any(grant.scope_code == holder for grant in person.grants)


def _standing(stands: IncidentNow, rows: list[IncidentStep], workflow: Workflow, now: datetime) -> dict[str, Any]:
    standing = state_of([step_of(row) for row in rows], workflow)
    assert standing is not None
    return {
        "state": stands.state,
        "stage": workflow.states[stands.state].stage,
        "open": stands.open,
        "since": stands.since,
        "holder": stands.holder,
        "step": rows[-1].id,  # give it back as `after`
        "paused": stands.paused,
        "clock": stands.clock,
        "due_at": stands.due_at,
        "light": light(now, stands.warn_at, stands.due_at),
        "lead": stands.lead_id,
        "reworks": standing.reworks,
        "complaints": standing.complaints,
        "confirmed": standing.confirmed,
    }


def _log(rows: list[IncidentStep], workflow: Workflow, open_text: bool) -> list[dict[str, Any]]:
    led = {span.entered.id: span.state for span in periods([step_of(row) for row in rows], workflow)}
    return [
        {
            "id": row.id,
            "move": row.move,
            "effect": effect_of(step_of(row), workflow),
            "state": led.get(row.id),
            "at": row.at,
            "actor": row.actor,
            "holder": row.holder,
            "lead": row.lead_id,
            "note": row.note if open_text else _masked(row.note),
        }
        for row in rows
    ]


def _masked(note: Any) -> Any:
    if isinstance(note, str):
        return mask_text(note)
    return {key: _masked(value) for key, value in note.items()} if isinstance(note, dict) else note


def _people(session: Session, incident_id: IncidentId, open_text: bool) -> list[dict[str, str]]:
    rows = select(IncidentPerson).where(IncidentPerson.incident_id == incident_id).order_by(IncidentPerson.seq)
    people = [{"role": row.role, "name": row.name, "phone": row.phone} for row in session.scalars(rows)]
    if open_text:
        return people
    return [one | {"name": mask_name(one["name"]), "phone": mask_phone(one["phone"])} for one in people]


def _photos(session: Session, incident_id: IncidentId) -> list[dict[str, Any]]:
    rows = select(IncidentPhoto).where(IncidentPhoto.incident_id == incident_id).order_by(IncidentPhoto.step_id)
    return [{"sha256": row.sha256, "step": row.step_id} for row in session.scalars(rows)]


def _linked(session: Session, incident_id: IncidentId) -> list[Any]:
    followers = select(IncidentNow.incident_id).where(IncidentNow.lead_id == incident_id)
    return list(session.scalars(followers.order_by(IncidentNow.since, IncidentNow.incident_id)))

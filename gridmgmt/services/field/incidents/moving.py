"""Moves: one more step in the log of an incident, by the rules of its version of the workflow."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from gridmgmt.access import ROLE_ACTIONS, Action, Area, Person, Role
from gridmgmt.errors import Conflict, Gone, InvalidInput, NotFound, StaleStep
from gridmgmt.field.moves import (
    Actor,
    Case,
    Post,
    allowed_moves,
    level_of,
    may_make,
    next_holder,
    require_allowed,
    require_needs,
)
from gridmgmt.field.workclock import TimeLimit
from gridmgmt.field.workflow import Move, Step, Workflow, state_of
from gridmgmt.ids import IncidentId
from gridmgmt.messages import Words
from gridmgmt.services.field.incidents.lists import known_departments, workflow_of
from gridmgmt.services.field.incidents.standing import log_of, recount, step_of
from gridmgmt.services.field.photos import attach_photos
from gridmgmt.store.tables import BoundaryCode, Incident, IncidentNow, IncidentStep

LONGEST_NOTE = 4000


@dataclass(frozen=True)
class MoveRequest:
    """A move as somebody asks for it.

    Attributes
    ----------
    move : its name in the workflow
    after : the last step the mover has seen; None: whatever it is
    key : the mover's own id of this request: sent again, it is the same move
    holder : who gets it, where the move asks for it
    lead : the lead incident, where the move links (并案)
    note : reason, satisfaction, more = {amount, unit}, and what else is worth keeping
    photos : SHA-256 of photos sent before
    """

    move: str
    after: int | None = None
    key: UUID | None = None
    holder: str | None = None
    lead: IncidentId | None = None
    note: dict[str, Any] = field(default_factory=dict)
    photos: tuple[str, ...] = ()


@dataclass(frozen=True)
class MoveReceipt:
    """The step that was made. The same request again gets the same receipt."""

    incident_id: IncidentId
    step: int
    move: str
    at: datetime
    state: str  # by this step
    holder: str | None


def move_incident(
    session: Session,
    incident_id: IncidentId,
    request: MoveRequest,
    *,
    person: Person | None = None,
    actor: str = "system",
    at: datetime | None = None,
) -> MoveReceipt:
    """Make a move. Without a `person` the system moves, and every move that fits the state is its own.

    IllegalMove with the moves that are possible; StaleStep where somebody moved it after step `after`; InvalidInput
    where something is missing; NotFound outside the person's area; Conflict where `key` was another move.
    """
    incident = locked(session, incident_id, person)
    workflow = workflow_of(session, incident.workflow_version)
    mover = actor_of(person, actor)
    repeated = _repeated(session, incident_id, request, workflow)
    if repeated is not None:
        return repeated
    steps = log_of(session, [incident_id])[incident_id]
    case = case_of(incident, steps, workflow)
    if request.after is not None and request.after < case.standing.changed_id:
        raise StaleStep(key=str(incident_id), seen=request.after, now=case.standing.changed_id)
    move = require_allowed(case, workflow, mover, request.move)
    row = _step(session, incident, case, move, request, mover, person)
    row["at"] = _moment(at, steps)
    step_id = session.scalars(insert(IncidentStep).returning(IncidentStep.id), [row]).one()
    attach_photos(session, incident_id, step_id, request.photos)
    recount(session, [incident_id])
    return _receipt(session, incident_id, step_id, workflow)


def possible_moves(session: Session, incident: Incident, person: Person | None) -> list[str]:
    """The moves that this person can make now."""
    workflow = workflow_of(session, incident.workflow_version)
    case = case_of(incident, log_of(session, [incident.id])[incident.id], workflow)
    return allowed_moves(case, workflow, actor_of(person))


def locked(session: Session, incident_id: IncidentId, person: Person | None = None) -> Incident:
    """The incident, nobody else moving it until the transaction ends. NotFound outside the person's area."""
    found = select(Incident).where(Incident.id == incident_id).with_for_update()
    incident = session.execute(found.execution_options(populate_existing=True)).scalar_one_or_none()
    if incident is None or not may_see(session, incident, person):
        raise NotFound(what=Words("common.incident"), key=str(incident_id))
    if incident.deleted_at is not None:
        raise Gone(what=Words("common.incident"), key=str(incident_id), when=f"{incident.deleted_at:%F}")
    return incident


def may_see(session: Session, incident: Incident, person: Person | None) -> bool:
    """Whether an incident concerns a person: by its place, by who holds it, or because they reported it."""
    if person is None or incident.reporter_id == person.id:
        return True
    area: Area = person.area(Action.see_incidents)
    if area.holds(incident.grid_code) or (
        person.worker_code is not None and incident.first_asked == person.worker_code
    ):
        return True
    holder = session.scalar(select(IncidentNow.holder).where(IncidentNow.incident_id == incident.id))
    if person.serves(Action.see_incidents, holder, incident.grid_code):
        return True
    return holder is not None and area.holds(holder)


def actor_of(person: Person | None, name: str = "system") -> Actor:
    """A person as the rules of moves see one: the posts that may move incidents."""
    if person is None:
        return Actor(name, unbound=True)
    return Actor(person.name, _posts(person) if person.may(Action.move_incident) else frozenset())


def case_of(incident: Incident, steps: list[Step], workflow: Workflow) -> Case:
    """An incident as the rules of moves see one."""
    standing = state_of(steps, workflow)
    assert standing is not None, f"incident {incident.id} has no log"
    place = incident.grid_code or (standing.holder if level_of(standing.holder) != "department" else None)
    return Case(standing, place, incident.source)


def _posts(person: Person, *, own: bool = False) -> frozenset[Post]:
    grants = [grant for grant in person.grants if Action.move_incident in ROLE_ACTIONS[grant.role]]
    return frozenset(
        Post(grant.role.value, grant.scope_code, grant.department)
        for grant in grants
        if (not own or grant.instead_of is None) and (grant.role is not Role.department or grant.department)
    )


def _step(
    session: Session,
    incident: Incident,
    case: Case,
    move: Move,
    request: MoveRequest,
    mover: Actor,
    person: Person | None,
) -> dict[str, Any]:
    note = dict(request.note)
    require_needs(move, note, request.lead)
    if "more" in note:
        note["more"] = _more(note["more"])
    if len(orjson.dumps(note)) > LONGEST_NOTE:
        raise InvalidInput(detail=Words("reasons.note_too_long", bytes=LONGEST_NOTE))
    holder = next_holder(case, move, request.holder)
    if holder is not None:
        _require_known(session, holder)
    return {
        "incident_id": incident.id,
        "move": move.move,
        "actor": mover.name,
        "actor_id": None if person is None else person.id,
        "holder": holder,
        "lead_id": _lead(session, incident, request.lead) if "lead" in move.needs else None,
        "note": note | _stand_in(case, move, mover, person),
        "key": request.key,
    }


def _stand_in(case: Case, move: Move, mover: Actor, person: Person | None) -> dict[str, str]:
    """For whom somebody stands in (AB岗), where their own posts would not have been enough."""
    if person is None:
        return {}
    alone = Actor(mover.name, _posts(person, own=True))
    others = {str(grant.instead_of) for grant in person.grants if grant.instead_of is not None}
    if not others or may_make(case, move, alone):
        return {}
    return {"instead_of": ",".join(sorted(others))}


def _more(said: Any) -> dict[str, Any]:
    try:
        limit = TimeLimit(float(said["amount"]), said.get("unit", "working_days"))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise InvalidInput(detail=Words("reasons.more_time")) from error
    return vars(limit)


def _require_known(session: Session, holder: str) -> None:
    if level_of(holder) == "department":
        if not known_departments(session, [holder]):
            raise NotFound(what=Words("things.department"), key=holder)
    elif session.get(BoundaryCode, holder) is None:
        raise NotFound(what=Words("things.boundary"), key=holder)


def _lead(session: Session, incident: Incident, lead: IncidentId | None) -> UUID:
    """The incident to link to: the lead of the one that was named, if that one follows itself."""
    found = None if lead is None else session.get(Incident, lead)
    if found is None or found.deleted_at is not None:
        raise NotFound(what=Words("common.incident"), key=str(lead))
    followed = session.scalar(select(IncidentNow.lead_id).where(IncidentNow.incident_id == found.id)) or found.id
    if followed == incident.id:
        raise InvalidInput(detail=Words("reasons.linked_to_itself"))
    followers = select(IncidentNow.incident_id).where(IncidentNow.lead_id == incident.id).limit(1)
    if session.scalar(followers) is not None:
        raise InvalidInput(detail=Words("reasons.others_linked"))
    return followed


def _moment(at: datetime | None, steps: list[Step]) -> datetime:
    """The moment of a step: never before the one before it, whatever the clocks say."""
    return max(at or datetime.now(UTC), steps[-1].at)


def _repeated(
    session: Session, incident_id: IncidentId, request: MoveRequest, workflow: Workflow
) -> MoveReceipt | None:
    """The receipt of the move that was made under this key; Conflict where that was another one."""
    if request.key is None:
        return None
    made = session.execute(select(IncidentStep).where(IncidentStep.key == request.key)).scalar_one_or_none()
    if made is None:
        return None
    note = {name: value for name, value in made.note.items() if name != "instead_of"}
    same = (made.incident_id, made.move) == (incident_id, request.move) and _same_note(note, request.note)
    if not same or request.holder not in (None, made.holder):
        raise Conflict(what=Words("things.move"), key=str(request.key))
    return _receipt(session, incident_id, made.id, workflow)


def _same_note(kept: dict[str, Any], said: dict[str, Any]) -> bool:
    if "more" in said:
        said = said | {"more": _more(said["more"])}
    same: bool = orjson.loads(orjson.dumps(said)) == kept
    return same


def _receipt(session: Session, incident_id: IncidentId, step_id: int, workflow: Workflow) -> MoveReceipt:
    rows = select(IncidentStep).where(IncidentStep.incident_id == incident_id, IncidentStep.id <= step_id)
    steps = [step_of(row) for row in session.scalars(rows.order_by(IncidentStep.id))]
    standing = state_of(steps, workflow)
    assert standing is not None
    return MoveReceipt(incident_id, step_id, steps[-1].move, steps[-1].at, standing.state, standing.holder)

"""The queue of the centre: incidents by state, light, holder and place, a page at a time."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Text, column, func, select
from sqlalchemy.orm import Session

from gridmgmt.access import Action, Area, Person
from gridmgmt.errors import InvalidInput
from gridmgmt.field.masking import mask_text
from gridmgmt.field.workclock import LIGHTS, Light
from gridmgmt.messages import Words
from gridmgmt.store.queries import query

MOST_ROWS = 500


@dataclass(frozen=True)
class QueueFilter:
    """What is asked for; None does not narrow. `within` is the beginning of a grid's code."""

    states: tuple[str, ...] | None = None
    open: bool | None = None
    light: Light | None = None
    holder: str | None = None
    first_asked: str | None = None
    category: str | None = None
    within: str | None = None
    since: datetime | None = None


@dataclass(frozen=True)
class QueuePage:
    """Some incidents; `next` is the cursor of the page behind them, None at the end, and by time due."""

    incidents: list[dict[str, Any]]
    next: str | None


def incident_queue(
    session: Session,
    wanted: QueueFilter | None = None,
    *,
    person: Person | None = None,
    now: datetime | None = None,
    cursor: str | None = None,
    rows: int = 100,
    by_due: bool = False,
) -> QueuePage:
    """A page of the incidents that concern a person (all without one). InvalidInput for a cursor of no page.

    The latest received come first, a page behind the other; `by_due` gives the `rows` most urgent ones instead.
    """
    asked = _asked(wanted or QueueFilter(), person, now) | _position(cursor)
    asked |= {"rows": min(rows, MOST_ROWS) + 1, "by_due": by_due}
    found = session.execute(query("incident_queue"), asked).mappings().all()
    page = [dict(row) for row in found[: min(rows, MOST_ROWS)]]
    more = len(found) > len(page) and not by_due
    after = _cursor(page[-1]["received_at"], page[-1]["id"]) if more else None
    return QueuePage([_shown(row, person) for row in page], after)


def queue_lights(session: Session, *, person: Person | None = None, now: datetime | None = None) -> dict[Light, int]:
    """How many open incidents that concern a person show each light."""
    queue = query("incident_queue").columns(column("light", Text)).subquery()
    asked = _asked(QueueFilter(open=True), person, now) | _position(None) | {"rows": None, "by_due": False}
    counted = select(queue.c.light, func.count()).group_by(queue.c.light)
    counts: dict[Light, int] = dict(session.execute(counted, asked).all())
    return {light: counts.get(light, 0) for light in LIGHTS}


def _asked(wanted: QueueFilter, person: Person | None, now: datetime | None) -> dict[str, Any]:
    states = None if wanted.states is None else list(wanted.states)
    return asdict(wanted) | _concerned(person, now) | {"states": states}


def _concerned(person: Person | None, now: datetime | None) -> dict[str, Any]:
    """Which incidents concern a person, as the queries ask for it."""
    area = Area.everything if person is None else person.area(Action.see_incidents)
    return {
        "everything": area.is_everything,
        "area": area.like_patterns(),
        **_departments(person),
        "me": None if person is None else person.id,
        "worker_code": None if person is None else person.worker_code,
        "now": now or datetime.now(UTC),
    }


def _departments(person: Person | None) -> dict[str, list[str]]:
    served = () if person is None else person.departments(Action.see_incidents)
    return {"departments": [code for code, _ in served], "department_areas": [scope for _, scope in served]}


def _shown(row: dict[str, Any], person: Person | None) -> dict[str, Any]:
    reporter_id = row.pop("reporter_id")
    if person is None or reporter_id == person.id or person.area(Action.see_involved).holds(row["grid_code"]):
        return row
    if person.serves(Action.see_involved, row["holder"], row["grid_code"]):
        return row
    return row | {"text": mask_text(row["text"])}


def _cursor(received_at: datetime, incident_id: UUID) -> str:
    return urlsafe_b64encode(f"{received_at.isoformat()} {incident_id}".encode()).decode()


def _position(cursor: str | None) -> dict[str, Any]:
    if cursor is None:
        return {"cursor_at": None, "cursor_id": None}
    try:
        moment, incident_id = urlsafe_b64decode(cursor).decode().split(" ")
        return {"cursor_at": datetime.fromisoformat(moment), "cursor_id": UUID(incident_id)}
    except ValueError as error:
        raise InvalidInput(detail=Words("reasons.cursor")) from error

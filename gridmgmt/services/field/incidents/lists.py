"""The rules as rows: workflow versions, code lists, the working calendar."""

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import delete, insert, select, update
from sqlalchemy.dialects.postgresql import insert as insert_once
from sqlalchemy.orm import Session

from gridmgmt.errors import Conflict, NotFound
from gridmgmt.field.codes import Entry, Revision, read_codes, revise
from gridmgmt.field.day import local_day
from gridmgmt.field.workclock import WorkCalendar
from gridmgmt.field.workflow import Workflow, read_workflow
from gridmgmt.messages import Words
from gridmgmt.store.tables import (
    CalendarDay,
    CodeEntry,
    WorkflowLimit,
    WorkflowMove,
    WorkflowState,
    WorkflowVersion,
)


def workflow_of(session: Session, version: str) -> Workflow:
    """A version of the workflow; NotFound where it was never loaded."""
    head = session.get(WorkflowVersion, version)
    if head is None:
        raise NotFound(what=Words("things.workflow"), key=version)
    states = session.scalars(select(WorkflowState).where(WorkflowState.version == version).order_by(WorkflowState.seq))
    moves = session.scalars(select(WorkflowMove).where(WorkflowMove.version == version).order_by(WorkflowMove.seq))
    limits = session.scalars(select(WorkflowLimit).where(WorkflowLimit.version == version))
    return read_workflow(
        {
            "version": head.version,
            "title": head.title,
            "in_force_from": head.in_force_from,
            "hours": head.hours,
            "states": [_said(row, "state", "stage", "clock", "open") for row in states],
            "moves": {row.move: _move(row) for row in moves},
            "limits": [_said(row, "clock", "category", "severity", "amount", "unit") for row in limits],
        }
    )


def version_on(session: Session, day: date) -> str:
    """The version that takes in the incidents of a day: the latest by then, else the first of all."""
    versions = select(WorkflowVersion.version)
    then = versions.where(WorkflowVersion.in_force_from <= day).order_by(WorkflowVersion.in_force_from.desc())
    found = session.scalar(then.limit(1)) or session.scalar(versions.order_by(WorkflowVersion.in_force_from).limit(1))
    if found is None:
        raise NotFound(what=Words("things.workflow"), key=day.isoformat())
    return found


def current_workflow(session: Session) -> Workflow:
    """The version that takes in today's incidents."""
    return workflow_of(session, version_on(session, local_day(datetime.now(UTC))))


def load_workflow(session: Session, data: Mapping[str, Any]) -> bool:
    """Load a version from its TOML; whether it is new. Conflict where the version is there with other rules."""
    workflow = read_workflow(data)
    if session.get(WorkflowVersion, workflow.version) is not None:
        if workflow_of(session, workflow.version) != workflow:
            raise Conflict(what=Words("things.workflow"), key=workflow.version)
        return False
    of = {"version": workflow.version}
    head = {key: data[key] for key in ("version", "title", "in_force_from", "hours")}
    session.execute(insert(WorkflowVersion), [head])
    states = [of | {"seq": seq} | vars(row) for seq, row in enumerate(workflow.states.values())]
    session.execute(insert(WorkflowState), states)
    moves = [of | {"seq": seq} | _listed(vars(row)) for seq, row in enumerate(workflow.moves.values())]
    session.execute(insert(WorkflowMove), moves)
    session.execute(insert(WorkflowLimit), [of | vars(row) for row in workflow.limits])
    return True


def load_code_list(session: Session, data: Mapping[str, Any]) -> Revision:
    """Put a version of a code list in force from its day; what changed, which is nothing for the same list again."""
    version = read_codes(data)
    held = [entry for entry in entries(session, standard=str(data["standard"])) if entry.valid_to is None]
    change = revise(held, version)
    for entry in change.closed:
        standard, kind, code = entry.key
        ended = update(CodeEntry).where(CodeEntry.standard == standard, CodeEntry.kind == kind, CodeEntry.code == code)
        session.execute(ended.where(CodeEntry.valid_to.is_(None)).values(valid_to=entry.valid_to))
    if change.opened:
        session.execute(
            insert(CodeEntry), [vars(entry) | {"settings": dict(entry.settings)} for entry in change.opened]
        )
    return change


def offered_codes(session: Session, day: date, kind: str | None = None, standard: str | None = None) -> list[Entry]:
    """The codes in force on a day, in the order of their lists."""
    return [entry for entry in entries(session, kind=kind, standard=standard) if entry.in_force(day)]


def entries(
    session: Session, *, standard: str | None = None, kind: str | None = None, code: str | None = None
) -> list[Entry]:
    """All rows of the code lists, retired ones too, oldest first."""
    asked = {"standard": standard, "kind": kind, "code": code}
    rows = select(CodeEntry).order_by(CodeEntry.standard, CodeEntry.kind, CodeEntry.seq, CodeEntry.valid_from)
    rows = rows.filter_by(**{key: value for key, value in asked.items() if value is not None})
    return [Entry(**{name: getattr(row, name) for name in Entry.__dataclass_fields__}) for row in session.scalars(rows)]


def settings_of(session: Session, standard: str, kind: str, code: str) -> Mapping[str, Any]:
    """The latest settings of a code; none for one that is in no list."""
    known = entries(session, standard=standard, kind=kind, code=code)
    return known[-1].settings if known else {}


def set_calendar_day(session: Session, day: date, works: bool | None, *, name: str = "", set_by: str) -> None:
    """Say that a day is worked or not, whatever is published; None takes the word back. `recount` follows it."""
    if works is None:
        session.execute(delete(CalendarDay).where(CalendarDay.day == day))
        return
    row = {"day": day, "works": works, "name": name, "set_by": set_by}
    session.execute(insert_once(CalendarDay).values(row).on_conflict_do_update(index_elements=["day"], set_=row))


def work_calendar(session: Session, workflow: Workflow) -> WorkCalendar:
    """The working calendar of a workflow with the administrator's days."""
    days = session.execute(select(CalendarDay.day, CalendarDay.works))
    return WorkCalendar(workflow.hours, dict(days.all()))


def _said(row: Any, *names: str) -> dict[str, Any]:
    return {name: getattr(row, name) for name in names}


def _move(row: WorkflowMove) -> dict[str, Any]:
    words = _said(row, "effect", "acting", "levels", "holder", "roles", "needs", "unconfirmed")
    return words | {"from": row.from_states, "to": row.to_state}


def _listed(row: Mapping[str, Any]) -> dict[str, Any]:
    return {key: list(value) if isinstance(value, tuple) else value for key, value in row.items()}


def known_departments(session: Session, codes: Iterable[str]) -> set[str]:
    """Which of these codes are departments."""
    found = select(CodeEntry.code).where(CodeEntry.kind == "department", CodeEntry.code.in_(list(codes)))
    return set(session.scalars(found))

"""How incidents stand: the state by the view, the clock by the working calendar, kept together for lists."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, select, text, update
from sqlalchemy.orm import Session

from gridmgmt.field.workclock import YELLOW_SHARE, WorkCalendar
from gridmgmt.field.workflow import Period, Step, Workflow, periods
from gridmgmt.services.field.incidents.lists import work_calendar, workflow_of
from gridmgmt.store.queries import query
from gridmgmt.store.tables import Incident, IncidentNow, IncidentStep

BATCH = 5000


def log_of(session: Session, incident_ids: Iterable[UUID]) -> Mapping[UUID, list[Step]]:
    """The steps of some incidents, oldest first."""
    rows = select(IncidentStep).where(IncidentStep.incident_id.in_(list(incident_ids))).order_by(IncidentStep.id)
    logs: defaultdict[UUID, list[Step]] = defaultdict(list)
    for row in session.scalars(rows):
        logs[row.incident_id].append(step_of(row))
    return logs


def step_of(row: IncidentStep) -> Step:
    """A row of the log as the rules see it."""
    return Step(row.id, row.move, row.at, row.actor, row.holder, row.note, row.lead_id)


def recount(session: Session, incident_ids: Sequence[UUID] | None = None) -> int:
    """Make `incident_now` anew from the log, for some incidents or all; how many there were.

    All of them after the administrator changed the calendar; some after each step.
    """
    if incident_ids is None:
        session.execute(text("analyze incident, incident_step"))  # bulk rows are unknown to the planner
        incident_ids = session.scalars(select(Incident.id)).all()
    rules = _rules(session)
    for first in range(0, len(incident_ids), BATCH):
        some = list(incident_ids[first : first + BATCH])
        session.execute(query("incident_now"), {"incident_ids": some})
        _set_clocks(session, some, rules)
    return len(incident_ids)


def _rules(session: Session) -> Any:
    @cache
    def of(version: str) -> tuple[Workflow, WorkCalendar]:
        workflow = workflow_of(session, version)
        return workflow, work_calendar(session, workflow)

    return of


def _set_clocks(session: Session, incident_ids: list[UUID], rules: Any) -> None:
    logs = log_of(session, incident_ids)
    kinds = select(Incident.id, Incident.workflow_version, Incident.category, Incident.severity)
    found = session.execute(kinds.where(Incident.id.in_(incident_ids)).order_by(Incident.id))
    rows = []
    for incident_id, version, category, severity in found:
        workflow, calendar = rules(version)
        spans = periods(logs[incident_id], workflow)
        if spans:
            rows.append({"of": incident_id} | _clock(spans[-1], workflow, calendar, category, severity))
    if rows:
        table: Any = IncidentNow.__table__
        clock = update(table).where(table.c.incident_id == bindparam("of"))
        session.execute(clock.values(warn_at=bindparam("warn"), due_at=bindparam("due")), rows)


def _clock(span: Period, workflow: Workflow, calendar: WorkCalendar, category: str, severity: str) -> dict[str, Any]:
    running = span.running(workflow, category, severity)
    if running is None:
        return {"warn": None, "due": None}
    return {"warn": running.at(calendar, YELLOW_SHARE), "due": running.at(calendar)}

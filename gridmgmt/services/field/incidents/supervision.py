"""Yellow and red cards: reminders and supervision put into the log when time runs out, each once."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, case, insert, select
from sqlalchemy.orm import Session

from gridmgmt.field.workclock import light
from gridmgmt.field.workflow import Step, Workflow, effect_of
from gridmgmt.services.field.incidents.lists import workflow_of
from gridmgmt.services.field.incidents.standing import log_of
from gridmgmt.store.tables import Incident, IncidentNow, IncidentStep

CARDS = {"yellow": "remind", "red": "supervise"}
SYSTEM = "system"


@dataclass(frozen=True)
class Reminded:
    """How many steps were made."""

    yellow: int
    red: int


def remind(session: Session, now: datetime) -> Reminded:
    """A yellow card (催办) for each incident over 80 % of its time, a red one (督办) for each overdue, once per clock.

    Run it as often as you like, by several at once: what is being moved by somebody else waits for the next run, and
    what has its card costs nothing.
    """
    rows = (
        select(IncidentNow, Incident.workflow_version)
        .join(Incident, Incident.id == IncidentNow.incident_id)
        .where(IncidentNow.open, IncidentNow.warn_at <= now, Incident.deleted_at.is_(None), ~_has_card(now))
        .order_by(IncidentNow.incident_id)
        .with_for_update(of=[IncidentNow, Incident], skip_locked=True)
    )
    due = session.execute(rows.execution_options(populate_existing=True)).all()
    logs = log_of(session, [stands.incident_id for stands, _ in due])
    workflows = {version: workflow_of(session, version) for version in {version for _, version in due}}
    steps = [
        step
        for stands, version in due
        if (step := _card(stands, logs[stands.incident_id], workflows[version], now)) is not None
    ]
    if steps:
        session.execute(insert(IncidentStep), steps)
    cards = [step["note"]["card"] for step in steps]
    return Reminded(cards.count("yellow"), cards.count("red"))


def _has_card(now: datetime) -> ColumnElement[bool]:
    """Whether the card of this hour was shown since the state was entered."""
    card = case((IncidentNow.due_at < now, "red"), else_="yellow")
    same = (IncidentStep.incident_id == IncidentNow.incident_id, IncidentStep.note["card"].astext == card)
    return select(IncidentStep.id).where(*same, IncidentStep.id > IncidentNow.step_id).exists()


def _card(stands: IncidentNow, log: list[Step], workflow: Workflow, now: datetime) -> dict[str, Any] | None:
    """The step for a card that was not shown yet since the state was entered; None where it was."""
    card = light(now, stands.warn_at, stands.due_at)
    move = next((move.move for move in workflow.moves.values() if move.effect == CARDS.get(card, "-")), None)
    shown = any(
        step.id > stands.step_id and effect_of(step, workflow) == CARDS.get(card) and step.note.get("card") == card
        for step in log
    )
    if move is None or shown or stands.due_at is None:
        return None
    note = {"card": card, "clock": stands.clock, "due_at": stands.due_at.isoformat()}
    at = max(now, log[-1].at)
    return {"incident_id": stands.incident_id, "move": move, "at": at, "actor": SYSTEM, "note": note}

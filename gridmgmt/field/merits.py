"""What one incident says of those who had to do with it: good and missed cases by indicator.

A clock counts for whoever held the incident while it ran: good if it was stopped in time, missed if it ran out, stopped
or not; one that still runs says nothing yet. An incident linked to a lead says nothing at all, so that reporting one
thing twice lifts nobody.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from gridmgmt.field.moves import level_of
from gridmgmt.field.scores import Subject, Tally
from gridmgmt.field.workclock import WorkCalendar
from gridmgmt.field.workflow import Period, Step, Workflow, effect_of, periods

GOOD, MISSED = Tally(1, 0), Tally(0, 1)
CLOCKS = {
    "filing": "on_time_filing",
    "dispatch": "on_time_dispatch",
    "handling": "on_time_handling",
    "feedback": "on_time_feedback",
    "verification": "on_time_verification",
}


@dataclass(frozen=True)
class Told:
    """An incident with its log, as far as merits go."""

    steps: tuple[Step, ...]
    category: str
    severity: str
    grid: str | None
    grid_worker: str | None  # whose grid it is
    reporter: str | None  # worker who reported it
    public: bool = False  # somebody else had to say so


@dataclass(frozen=True)
class Merit:
    """One case for one subject."""

    subject: Subject
    code: str
    indicator: str
    tally: Tally


def merits(told: Told, workflow: Workflow, calendar: WorkCalendar, now: datetime) -> Iterator[Merit]:
    """What an incident says by the moment `now`."""
    spans = periods(told.steps, workflow)
    if not spans or spans[-1].entered.lead is not None:
        return
    filed = any(span.state == "filed" for span in spans)
    rejected = spans[-1].state == "rejected"
    yield from _reporting(told, filed, rejected)
    for number, span in enumerate(spans):
        yield from _clock(told, span, workflow, calendar, now)
        if span.state == "handled":
            yield from _lasting(told, spans[number:], workflow)
    if filed:
        yield from _closing(told, spans[-1], workflow, calendar, now)


def _reporting(told: Told, filed: bool, rejected: bool) -> Iterator[Merit]:
    if told.reporter is not None and (filed or rejected) and not told.public:
        yield Merit("worker", told.reporter, "effective", GOOD if filed else MISSED)
    if filed:
        seen = not told.public and told.reporter is not None
        if told.grid is not None:
            yield Merit("grid", told.grid, "found", GOOD if seen else MISSED)
        if told.grid_worker is not None:
            own = seen and told.reporter == told.grid_worker
            yield Merit("worker", told.grid_worker, "found", GOOD if own else MISSED)


def _clock(told: Told, span: Period, workflow: Workflow, calendar: WorkCalendar, now: datetime) -> Iterator[Merit]:
    in_time = _in_time(told, span, workflow, calendar, now)
    indicator = CLOCKS.get(span.clock or "")
    if in_time is None or indicator is None:
        return
    for subject, code in _answering(told, span):
        yield Merit(subject, code, indicator, GOOD if in_time else MISSED)


def _in_time(told: Told, span: Period, workflow: Workflow, calendar: WorkCalendar, now: datetime) -> bool | None:
    """Whether the clock of a period was stopped in time; None where there is none, or it may still be."""
    running = span.running(workflow, told.category, told.severity)
    due_at = None if running is None else running.at(calendar)
    if running is None or (span.left_at is None and (due_at is None or now <= due_at)):
        return None
    return due_at is None or (span.left_at is not None and span.left_at <= due_at)


def _answering(told: Told, span: Period) -> Iterator[tuple[Subject, str]]:
    """Who answers for a period: the grid always; the department or the grid's worker for what they hold."""
    if told.grid is not None:
        yield "grid", told.grid
    holder = next((step.holder for step in reversed(span.steps) if step.holder is not None), span.holder)
    if level_of(holder) == "department" and span.clock in ("handling", "feedback"):
        yield "department", str(holder)
    elif level_of(holder) == "grid" and told.grid_worker is not None and span.clock in ("handling", "verification"):
        yield "worker", told.grid_worker


def _lasting(told: Told, spans: list[Period], workflow: Workflow) -> Iterator[Merit]:
    """Whether what was handled stayed so: judged once it was verified, or had to be done again."""
    later = spans[1:]
    redone = next((span for span in later if effect_of(span.entered, workflow) == "rework"), None)
    if redone is None and not any(span.state == "closed" for span in later):
        return
    for subject, code in _answering(told, Period("", "handling", spans[0].steps, spans[0].holder)):
        yield Merit(subject, code, "lasting", GOOD if redone is None else MISSED)


def _closing(told: Told, last: Period, workflow: Workflow, calendar: WorkCalendar, now: datetime) -> Iterator[Merit]:
    """Done, or over its time and not done."""
    done = not workflow.states[last.state].open
    if not done and _in_time(told, last, workflow, calendar, now) is None:
        return
    tally = GOOD if done else MISSED
    if told.grid is not None:
        yield Merit("grid", told.grid, "closed", tally)
    if level_of(last.holder) == "department":
        yield Merit("department", str(last.holder), "closed", tally)

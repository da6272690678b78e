"""The workflow of incidents as data: states, moves, time limits, and the one way to read a log of steps.

A version is a TOML file beside this module, loaded into tables; nothing here knows a state or a move by name, apart
from `OPENING`. What an incident's log adds up to is `state_of`, a pure fold; the view `incident_state` is the same in
SQL, and a test holds the two together.
"""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from functools import cache
from importlib.resources import files
from itertools import pairwise
from typing import Any
from uuid import UUID

from gridmgmt.errors import InvalidInput
from gridmgmt.field.workclock import EIGHT_HOURS, Clock, Hours, TimeLimit
from gridmgmt.messages import Words

OPENING = "report"  # the first step of every log
ANY = "*"
CLOCKED = ("pause", "resume", "extend")  # these move the clock
EFFECTS = ("", *CLOCKED, "confirm", "rework", "remind", "supervise", "complain", "answer", "follow_up")
ACTING = ("holder", "sender", "anyone")
HOLDERS = ("", "parent", "above", "below", "unit", "department", "peer", "previous")
NEEDS = ("reason", "lead", "satisfaction", "more")


@dataclass(frozen=True)
class StateRow:
    """A state: the stage it ends, the clock that runs in it (None: nothing is awaited), whether work remains."""

    state: str
    stage: str
    open: bool
    clock: str | None = None


@dataclass(frozen=True)
class Move:
    """A move: the states it is made in, where it leads, whose it is, and what must come with it (see the TOML)."""

    move: str
    roles: tuple[str, ...]
    from_states: tuple[str, ...] = ()
    to_state: str | None = None
    effect: str = ""
    acting: str = "holder"
    levels: tuple[str, ...] = ()  # levels of the holder at which it may be made; none: at all
    holder: str = ""
    needs: tuple[str, ...] = ()
    unconfirmed: tuple[str, ...] = ()


@dataclass(frozen=True)
class LimitRow:
    """A time limit; "*" for any category or severity."""

    clock: str
    amount: float
    unit: str = "working_hours"
    category: str = ANY
    severity: str = ANY


@dataclass(frozen=True)
class Workflow:
    """One version of the workflow."""

    version: str
    title: str
    in_force_from: date
    states: Mapping[str, StateRow]
    moves: Mapping[str, Move]
    limits: tuple[LimitRow, ...] = ()
    hours: Hours = EIGHT_HOURS

    def __post_init__(self) -> None:
        for fault in self._faults():
            raise InvalidInput(detail=fault)

    def limit(self, clock: str, category: str, severity: str) -> TimeLimit | None:
        """The limit of a clock; the row for the category goes before the one for the severity; None without any."""
        rows = [
            row
            for row in self.limits
            if row.clock == clock and row.category in (category, ANY) and row.severity in (severity, ANY)
        ]
        if not rows:
            return None
        best = max(rows, key=lambda row: (row.severity != ANY, row.category != ANY))
        return TimeLimit(best.amount, best.unit)  # type: ignore[arg-type]

    def _faults(self) -> Iterable[Words]:
        version = self.version
        for move in self.moves.values():
            unknown = {*move.from_states, *([move.to_state] if move.to_state else [])} - self.states.keys()
            if unknown:
                yield Words("reasons.workflow_states", version=version, move=move.move, states=sorted(unknown))
            if move.effect not in EFFECTS or move.acting not in ACTING or move.holder not in HOLDERS:
                yield Words("reasons.workflow_effect", version=version, move=move.move)
            if not set(move.needs) <= set(NEEDS):
                yield Words("reasons.workflow_needs", version=version, move=move.move, needs=move.needs)
        if OPENING not in self.moves or self.moves[OPENING].to_state is None:
            yield Words("reasons.workflow_opening", version=version, move=OPENING)
        for row in self.limits:
            if row.clock not in {state.clock for state in self.states.values()}:
                yield Words("reasons.workflow_clock", version=version, clock=row.clock)


@dataclass(frozen=True)
class Step:
    """One line of the log, oldest first by `id`. `holder` is set where the incident went to someone."""

    id: int
    move: str
    at: datetime
    actor: str
    holder: str | None = None
    note: Mapping[str, Any] = field(default_factory=dict)
    lead: UUID | None = None


@dataclass(frozen=True)
class Period:
    """The time in one state: the steps made in it, the first being the one that led there."""

    state: str
    clock: str | None
    steps: tuple[Step, ...]
    holder: str | None  # who held it when it began
    left_at: datetime | None = None  # None for the state it is in now
    left_by: str | None = None

    @property
    def entered(self) -> Step:
        """The step that led here."""
        return self.steps[0]

    def running(self, workflow: Workflow, category: str, severity: str) -> Clock | None:
        """The clock of this period with its pauses and further time; None where nothing is timed."""
        limit = None if self.clock is None else workflow.limit(self.clock, category, severity)
        if limit is None:
            return None
        return Clock(self.entered.at, limit, self._pauses(workflow), self._more())

    def _pauses(self, workflow: Workflow) -> tuple[tuple[datetime, datetime | None], ...]:
        pauses: list[tuple[datetime, datetime | None]] = []
        begin: datetime | None = None
        for step in self.steps:
            effect = effect_of(step, workflow)
            if effect == "pause" and begin is None:
                begin = step.at
            elif effect == "resume" and begin is not None:
                pauses.append((begin, max(begin, step.at)))
                begin = None
        return (*pauses, (begin, self.left_at)) if begin is not None else tuple(pauses)

    def _more(self) -> tuple[TimeLimit, ...]:
        given = [step.note["more"] for step in self.steps if "more" in step.note]
        return tuple(TimeLimit(float(more["amount"]), more["unit"]) for more in given)


@dataclass(frozen=True)
class Standing:
    """What a log adds up to."""

    state: str
    since: datetime
    entered_id: int  # the step that led to the state
    changed_id: int  # the last step that changed state, holder or clock: what a next mover must have seen
    holder: str | None = None
    sender: str | None = None  # who held it before
    paused: bool = False
    confirmed: bool = False
    lead: UUID | None = None
    reworks: int = 0
    complaints: int = 0  # not yet answered


def state_of(steps: Iterable[Step], workflow: Workflow) -> Standing | None:
    """What a log adds up to; None for an empty one. Total: a move the workflow lacks changes nothing.

    >>> from datetime import UTC
    >>> at = datetime(2026, 7, 1, tzinfo=UTC)
    >>> log = [Step(1, "report", at, "W1", "440303001001001"), Step(2, "file", at, "C1"), Step(3, "remind", at, "C1")]
    >>> now = state_of(log, bundled("2026.1"))
    >>> now.state, now.holder, now.changed_id
    ('filed', '440303001001001', 2)
    """
    log = list(steps)
    spans = periods(log, workflow)
    if not spans:
        return None
    now = spans[-1]
    effects = [(effect_of(step, workflow), step) for step in log]
    switches = [effect for step in now.steps if (effect := effect_of(step, workflow)) in ("pause", "resume")]
    holders = [step.holder for step in log if step.holder is not None]
    complaints = sum(effect == "complain" for effect, _ in effects) - sum(effect == "answer" for effect, _ in effects)
    return Standing(
        state=now.state,
        since=now.entered.at,
        entered_id=now.entered.id,
        changed_id=max(step.id for step in log if changes(step, workflow)),
        holder=holders[-1] if holders else None,
        sender=_sender(holders),
        paused=switches[-1:] == ["pause"],
        confirmed=any(effect == "confirm" for effect, _ in effects),
        lead=now.entered.lead,
        reworks=sum(effect == "rework" for effect, _ in effects),
        complaints=max(0, complaints),
    )


def periods(steps: Iterable[Step], workflow: Workflow) -> list[Period]:
    """The states of a log one after the other; steps before the first state are left out."""
    spans: list[list[Step]] = []
    holders: list[str | None] = []
    holder: str | None = None
    for step in steps:
        holder = step.holder if step.holder is not None else holder
        if _target(step, workflow) is not None:
            spans.append([step])
            holders.append(holder)
        elif spans:
            spans[-1].append(step)
    leaving: list[Step | None] = [later[0] for _, later in pairwise(spans)]
    return [
        _period(span, holder, left, workflow)
        for span, holder, left in zip(spans, holders, [*leaving, None][: len(spans)], strict=True)
    ]


def changes(step: Step, workflow: Workflow) -> bool:
    """Whether a step changes state, holder or clock, or is only a word beside them (as a reminder is)."""
    clocked = effect_of(step, workflow) in CLOCKED
    return clocked or step.holder is not None or _target(step, workflow) is not None


def effect_of(step: Step, workflow: Workflow) -> str:
    """The effect of a step's move; "" for one that the workflow lacks."""
    move = workflow.moves.get(step.move)
    return "" if move is None else move.effect


def _target(step: Step, workflow: Workflow) -> str | None:
    move = workflow.moves.get(step.move)
    return None if move is None else move.to_state


def _sender(holders: list[str]) -> str | None:
    return next((other for other in reversed(holders[:-1]) if other != holders[-1]), None)


def _period(span: list[Step], holder: str | None, left: Step | None, workflow: Workflow) -> Period:
    state = workflow.states[str(_target(span[0], workflow))]
    ended = (None, None) if left is None else (left.at, left.move)
    return Period(state.state, state.clock, tuple(span), holder, *ended)


def read_workflow(data: Mapping[str, Any]) -> Workflow:
    """A version from its TOML (or from the tables, which have the same shape); InvalidInput where it is unsound."""
    moves = {
        name: Move(
            move=name,
            from_states=tuple(row.get("from", ())),
            to_state=row.get("to"),
            effect=row.get("effect", ""),
            acting=row.get("acting", "holder"),
            holder=row.get("holder", ""),
            roles=tuple(row.get("roles", ())),
            levels=tuple(row.get("levels", ())),
            needs=tuple(row.get("needs", ())),
            unconfirmed=tuple(row.get("unconfirmed", ())),
        )
        for name, row in data["moves"].items()
    }
    hours = tuple((time.fromisoformat(opens), time.fromisoformat(closes)) for opens, closes in data["hours"])
    return Workflow(
        version=data["version"],
        title=data["title"],
        in_force_from=data["in_force_from"],
        states={row["state"]: StateRow(**row) for row in data["states"]},
        moves=moves,
        limits=tuple(LimitRow(**row) for row in data["limits"]),
        hours=hours,
    )


@cache
def bundled(version: str) -> Workflow:
    """A version that comes with the program."""
    return read_workflow(bundled_data(version))


def bundled_data(version: str) -> dict[str, Any]:
    """The TOML of a version that comes with the program."""
    name = f"workflow_{version.replace('.', '_')}.toml"
    return tomllib.loads((files(__package__) / name).read_text("utf-8"))

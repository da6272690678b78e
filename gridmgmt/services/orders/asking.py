"""Asking for a plan, looking at how far it is, and cancelling it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import false, func, or_, select
from sqlalchemy.orm import Session

from gridmgmt.access import Area
from gridmgmt.errors import InvalidInput, NotFound
from gridmgmt.field.day import local_day
from gridmgmt.messages import Words
from gridmgmt.services.access.audit import Actor, record
from gridmgmt.store.tables import Boundary, PlanOrder
from gridmgmt.store.tables.plans import OPEN_STATES

Task = Literal["divide", "resize", "merge"]
Effort = Literal["fast", "thorough", "exact"]

USUAL_RANGE: dict[Task, tuple[int, int]] = {"divide": (120, 180), "resize": (1000, 2000), "merge": (6000, 10000)}
TARGET = 150  # households of a grid
SUBDISTRICT_DIGITS = 9  # communities are resized, and stations merged, inside one
LONGEST_S = 3600.0
KEPT_IN_SIGHT = timedelta(days=1)  # how long an order is listed after its end
MOST_LISTED = 50


@dataclass(frozen=True)
class Wanted:
    """What is asked for: a task for a district, subdistrict or (divide) community, on the boundaries of a day.

    `low`, `high`, `target` are households, those of the policy where they are None; `effort` is for `divide`. Work
    limits decide the plan, so equal seeds give equal plans; `time_limit_s` is only the last stop. `roundness` is that
    of `planning.divide`: what the effort says where it is None.
    """

    task: Task
    scope_code: str
    at: date | None = None
    low: int | None = None
    high: int | None = None
    target: int | None = None
    effort: Effort = "fast"
    roundness: float | None = None
    seed: int = 0
    time_limit_s: float = 300.0

    def parameters(self) -> dict[str, Any]:
        """What the service of the task is called with; InvalidInput where it cannot be."""
        low, high = USUAL_RANGE[self.task]
        low, high = low if self.low is None else self.low, high if self.high is None else self.high
        target = TARGET if self.target is None else self.target
        if not 0 <= low <= high or (self.task == "divide" and not low <= target <= high):
            shown = f"{low}–{target}–{high}" if self.task == "divide" else f"{low}–{high}"
            raise InvalidInput(detail=Words("plans.order_range", range=shown))
        if not 1 <= self.time_limit_s <= LONGEST_S:
            raise InvalidInput(detail=Words("plans.order_time", most=int(LONGEST_S / 60)))
        if self.task != "divide" and len(self.scope_code) > SUBDISTRICT_DIGITS:
            raise InvalidInput(detail=Words("plans.order_scope", code=self.scope_code))
        grids = {"target": target, "effort": self.effort, **self._shape()} if self.task == "divide" else {}
        return {"low": low, "high": high, **grids, "seed": self.seed, "time_limit_s": self.time_limit_s}

    def _shape(self) -> dict[str, Any]:
        """The roundness asked for, if any: what cannot be is refused now, not when its turn comes."""
        if self.roundness is None:
            return {}
        from gridmgmt.planning.dividing.goals import goals_of  # planning takes a second to load: only for those who ask

        goals_of(self.effort, self.roundness)
        return {"roundness": self.roundness}


def usual_ranges() -> dict[Task, dict[str, int]]:
    """The households asked for where nothing else is said: `low` and `high` of each task, and `target` of grids."""
    between: dict[Task, dict[str, int]] = {"divide": {"target": TARGET}}
    return {task: {"low": low, **between.get(task, {}), "high": high} for task, (low, high) in USUAL_RANGE.items()}


def ask_plan(session: Session, wanted: Wanted, person: Actor) -> PlanOrder:
    """Put an order in the queue; one that asks for the same and is still open comes back instead.

    Raises InvalidInput, and NotFound where the place has no community on the day.
    """
    parameters, day = wanted.parameters(), wanted.at or local_day(datetime.now(UTC))
    if not _communities(session, wanted.scope_code, day):
        raise NotFound(what=Words("plans.order_ground", day=day), key=wanted.scope_code)
    same = (
        PlanOrder.state.in_(OPEN_STATES),
        PlanOrder.task == wanted.task,
        PlanOrder.scope_code == wanted.scope_code,
        PlanOrder.base_date == day,
        PlanOrder.parameters == parameters,
    )
    order = session.scalars(select(PlanOrder).where(*same).limit(1)).one_or_none()
    if order is None:
        order = PlanOrder(task=wanted.task, scope_code=wanted.scope_code, base_date=day, author=str(person.name))
        order.parameters = parameters
        session.add(order)
        session.flush()
    asked = {"task": wanted.task, "scope": wanted.scope_code, "day": day.isoformat()}
    record(session, person, "ask_plan", str(order.id), asked)
    return order


def cancel_order(session: Session, order_id: UUID, now: datetime, person: Actor, area: Area) -> PlanOrder:
    """The order as it stands then: cancelled, or as it ended where the request came too late."""
    order = get_order(session, order_id, area)
    session.refresh(order, with_for_update=True)
    if order.state in OPEN_STATES:
        order.state, order.ended_at = "cancelled", now
        record(session, person, "cancel_plan", str(order.id), {"task": order.task, "scope": order.scope_code})
    return order


def get_order(session: Session, order_id: UUID, area: Area = Area.everything) -> PlanOrder:
    """One order; NotFound where there is none of that id for a place in the area."""
    order = session.get(PlanOrder, order_id)
    if order is None or not area.holds(order.scope_code):
        raise NotFound(what=Words("plans.order"), key=str(order_id))
    return order


def list_orders(session: Session, now: datetime, area: Area = Area.everything) -> Sequence[PlanOrder]:
    """Orders for places in the area that are open, or ended within a day: newest first."""
    seen = or_(PlanOrder.ended_at.is_(None), PlanOrder.ended_at > now - KEPT_IN_SIGHT)
    chosen = select(PlanOrder).where(seen).order_by(PlanOrder.asked_at.desc(), PlanOrder.id).limit(MOST_LISTED)
    if not area.is_everything:
        chosen = chosen.where(
            or_(false(), *(PlanOrder.scope_code.startswith(code, autoescape=True) for code in area.prefixes))
        )
    return session.scalars(chosen).all()


def orders_ahead(session: Session, order: PlanOrder) -> int:
    """How many open orders were asked for before this one."""
    before = select(func.count()).where(PlanOrder.state.in_(OPEN_STATES), PlanOrder.asked_at < order.asked_at)
    return session.scalar(before) or 0


def scope_name(session: Session, order: PlanOrder) -> str:
    """What the place of an order was called on its day."""
    named = select(Boundary.name).where(Boundary.code == order.scope_code, *_on(order.base_date))
    return session.scalar(named) or order.scope_code


def _communities(session: Session, scope_code: str, day: date) -> int:
    inside = (Boundary.level == "community", Boundary.code.startswith(scope_code, autoescape=True))
    return session.scalar(select(func.count()).where(*inside, *_on(day))) or 0


def _on(day: date) -> tuple[Any, ...]:
    return Boundary.valid_from <= day, or_(Boundary.valid_to.is_(None), Boundary.valid_to > day)

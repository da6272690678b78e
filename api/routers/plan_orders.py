"""Plans that are asked for: computed beside the requests, looked at while they are, and cancelled."""

from datetime import UTC, date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter
from pydantic import AliasChoices, BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError
from sqlalchemy.orm import Session
from starlette.responses import Response

from api.deps import DbSession
from api.json import Json
from api.languages import Lang
from api.security import may, require
from gridmgmt.access import Action, Person
from gridmgmt.messages import Language
from gridmgmt.planning.report import Objective
from gridmgmt.services.orders.asking import (
    Wanted,
    ask_plan,
    cancel_order,
    get_order,
    list_orders,
    orders_ahead,
    scope_name,
)
from gridmgmt.store.tables import PlanOrder

router = APIRouter(prefix="/api/v1", tags=["plans"])

Reader = Annotated[Person, may(Action.see_plans)]
Planner = Annotated[Person, may(Action.make_plans)]
Households = Annotated[int | None, Field(le=10**7)]


def _iso_day(value: object) -> object:
    """Only 2006-09-01: without this, numbers would pass as seconds since 1970."""
    try:
        return None if value is None else date.fromisoformat(str(value))
    except ValueError as error:
        raise PydanticCustomError("no_day", "it is no day") from error


class PlanRequest(BaseModel):
    """Which plan to compute, and how; what is left out is as the policy and the work limits have it."""

    model_config = ConfigDict(extra="forbid")  # a misspelt limit must not pass for one that was left out

    task: Literal["divide", "resize", "merge"]
    scope: str = Field(
        pattern=r"^(\d{6}|\d{9}|\d{12})$",
        validation_alias=AliasChoices("scope", "subdistrict"),
        examples=["440303001"],
    )
    at: Annotated[date | None, BeforeValidator(_iso_day)] = None  # of the boundaries; today if absent
    low: Households = None
    high: Households = None
    target: Households = None
    effort: Literal["fast", "thorough", "exact"] = "fast"
    roundness: float | None = None  # of grids, on the mean; as the effort has it if absent
    seed: int = Field(0, ge=0, lt=2**31)
    time_limit_s: float = 300.0


@router.post("/plans", status_code=202)
def order_plan(session: DbSession, person: Planner, language: Lang, wanted: PlanRequest) -> Response:
    """Ask for a plan. 202 with the order and its address at once; the order leads to the plan when it is computed."""
    require(person, Action.make_plans, language, wanted.scope)
    asked = wanted.model_dump(exclude={"scope"})
    order = ask_plan(session, Wanted(**asked, scope_code=wanted.scope), person)
    headers = {"Location": f"/api/v1/plan-orders/{order.id}"}
    return Json(_facts(session, order, person, language), status_code=202, headers=headers)


@router.get("/plan-orders")
def get_orders(session: DbSession, person: Reader, language: Lang) -> Response:
    """Orders that are open, or ended within a day: newest first."""
    orders = list_orders(session, datetime.now(UTC), person.area(Action.see_plans))
    return Json([_facts(session, order, person, language) for order in orders])


@router.get("/plan-orders/{order_id}")
def show_order(session: DbSession, person: Reader, language: Lang, order_id: UUID) -> Response:
    """One order: its state, how far it is, and the plan or the reason at its end."""
    order = get_order(session, order_id, person.area(Action.see_plans))
    return Json(_facts(session, order, person, language))


@router.post("/plan-orders/{order_id}/cancel")
def cancel(session: DbSession, person: Planner, language: Lang, order_id: UUID) -> Response:
    """End an order. Answers with the order as it then stands: `cancelled`, or as it had ended before."""
    order = cancel_order(session, order_id, datetime.now(UTC), person, person.area(Action.make_plans))
    return Json(_facts(session, order, person, language))


def _facts(session: Session, order: PlanOrder, person: Person, language: Language) -> dict[str, Any]:
    ends = order.ended_at or datetime.now(UTC)
    return {
        "id": order.id,
        "task": order.task,
        "scope_code": order.scope_code,
        "scope_name": scope_name(session, order),
        "base_date": order.base_date,
        "parameters": order.parameters,
        "author": order.author,
        "asked_at": order.asked_at,
        "state": order.state,
        "attempts": order.attempts,
        "ahead": orders_ahead(session, order) if order.state == "asked" else 0,
        "elapsed_s": None if order.begun_at is None else round((ends - order.begun_at).total_seconds(), 1),
        "progress": _progress(order.progress),
        "fault": order.fault and {"code": order.fault["code"], "detail": order.fault[language]},
        "plan": order.plan_id,
        "may_cancel": order.ended_at is None and person.area(Action.make_plans).holds(order.scope_code),
    }


def _progress(told: dict[str, Any]) -> dict[str, Any]:
    """As it was told, with the gap between value and bound."""
    if "value" not in told:
        return told
    return told | {"gap": round(Objective("", told["value"], told["bound"]).gap, 6)}

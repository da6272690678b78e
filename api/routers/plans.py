"""Plans: what there is, one with its report, before, after and changed as GeoJSON."""

from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter
from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from api import plan_layers
from api.deps import DbSession
from api.geojson import collection
from api.json import GeoJson, Json, revalidated
from api.languages import Lang
from api.security import may
from gridmgmt.access import Action, Person
from gridmgmt.services.comparing import compare_plans, score_plan
from gridmgmt.services.plans import get_plan, list_plans, plan_frames
from gridmgmt.store.tables import Plan

router = APIRouter(prefix="/api/v1/plans", tags=["plans"])

SEE = Action.see_plans
Reader = Annotated[Person, may(SEE)]
PlanSide = UUID | Literal["current"]


@router.get("")
def get_plans(session: DbSession, person: Reader) -> Response:
    """All plans, newest first, without their reports."""
    return Json([_summary(plan) for plan in list_plans(session, area=person.area(SEE))])


@router.get("/{plan_id}")
def show_plan(session: DbSession, person: Reader, plan_id: UUID) -> Response:
    """One plan with its parameters and report."""
    return Json(_facts(session, get_plan(session, plan_id, person.area(SEE))))


@router.get("/{plan_id}/scorecard")
def show_scorecard(session: DbSession, person: Reader, plan_id: UUID) -> Response:
    """Every metric of the plan; one whose data are missing has the value null."""
    return Json(score_plan(session, plan_id, person.area(SEE)).as_dict())


@router.get("/{a}/compare/{b}")
def show_comparison(session: DbSession, person: Reader, language: Lang, a: PlanSide, b: PlanSide) -> Response:
    """Plan b against plan a: households that move with the list of buildings, crosswalk, every metric side by side.

    Either side may be `current`: what was in force on the base date of the other.
    """
    return Json(compare_plans(session, a, b, person.area(SEE), language).as_dict())


@router.get("/{plan_id}/before", response_class=GeoJson)
def show_before(request: Request, session: DbSession, person: Reader, plan_id: UUID) -> Response:
    """The areas as they were on the plan's base date."""
    plan = get_plan(session, plan_id, person.area(SEE))
    return revalidated(request, GeoJson(collection(plan_layers.before(session, plan))))


@router.get("/{plan_id}/after", response_class=GeoJson)
def show_after(request: Request, session: DbSession, person: Reader, plan_id: UUID) -> Response:
    """The parts of the plan."""
    return revalidated(request, GeoJson(collection(plan_layers.after(plan_frames(session, plan_id, person.area(SEE))))))


@router.get("/{plan_id}/changed", response_class=GeoJson)
def show_changed(request: Request, session: DbSession, person: Reader, plan_id: UUID) -> Response:
    """The ground that changed hands."""
    frames = plan_frames(session, plan_id, person.area(SEE))
    return revalidated(request, GeoJson(collection(plan_layers.changed(session, frames))))


def _summary(plan: Plan) -> dict[str, Any]:
    return {
        "id": plan.id,
        "task": plan.task,
        "name": plan.name,
        "scope_code": plan.scope_code,
        "base_date": plan.base_date,
        "effective_on": plan.effective_on,
        "state": plan.state,
        "author": plan.author,
        "created_at": plan.created_at,
        "status": plan.report.get("status"),
        "parts": _parts(plan),
        "optimal_parts": _optimal_parts(plan),
    }


def _parts(plan: Plan) -> int | None:
    """All parts on the map: those a range is asked of, and dedicated grids."""
    parts: int | None = plan.report.get("parts")
    dedicated: int = plan.report.get("dedicated_grids", 0)
    return None if parts is None else parts + dedicated


def _optimal_parts(plan: Plan) -> int | None:
    """Of a plan that was carried out and compared: how many stations the best plan for the same goals has."""
    optimal = plan.report.get("comparison", {}).get("optimal", {})
    stations: int | None = optimal.get("stations")
    return stations


def _facts(session: Session, plan: Plan) -> dict[str, Any]:
    more = {"range": plan_layers.household_range(plan), "count_before": plan_layers.count_before(session, plan)}
    return _summary(plan) | {"parameters": plan.parameters, "report": plan.report} | more

"""The plan tables: a plan is saved whole, by COPY, and read back as frames."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

import pandas as pd
from geopandas import GeoDataFrame
from sqlalchemy import false, func, or_, select
from sqlalchemy.orm import Session

from gridmgmt.access import Area
from gridmgmt.errors import Conflict, NotFound
from gridmgmt.ids import BoundaryCode, PlanId
from gridmgmt.messages import Words
from gridmgmt.services.boundaries import boundaries_at
from gridmgmt.services.frames import read_frame
from gridmgmt.services.units import buildings_frame
from gridmgmt.store.bulk import copy_frame
from gridmgmt.store.tables import Plan, PlanAssignment, PlanPart


@dataclass(frozen=True)
class Draft:
    """A plan to be saved.

    `parts` is a frame in EPSG:4326 with part, code, name, kind, parent_code, households, geometry (see `PlanPart`);
    `assignment` has unit_code and part, every unit once.
    """

    task: str
    name: str
    scope_code: BoundaryCode
    base_date: date
    parts: GeoDataFrame
    assignment: pd.DataFrame
    report: dict[str, Any]
    parameters: dict[str, Any] = field(default_factory=dict)
    author: str = ""


@dataclass(frozen=True)
class PlanFrames:
    """A stored plan as frames in EPSG:4326; `units` has unit_code, part, name, households, geometry."""

    plan: Plan
    units: GeoDataFrame
    parts: GeoDataFrame
    report: dict[str, Any]


def save_plan(session: Session, draft: Draft) -> Plan:
    """Store a computed plan with its parts and assignments; the row comes back with its id."""
    plan = Plan(
        task=draft.task,
        name=draft.name,
        scope_code=draft.scope_code,
        base_date=draft.base_date,
        parameters=json.loads(json.dumps(draft.parameters)),
        report=json.loads(json.dumps(draft.report)),
        author=draft.author,
    )
    session.add(plan)
    session.flush()
    copy_frame(session, PlanPart, draft.parts, plan_id=plan.id)
    copy_frame(session, PlanAssignment, draft.assignment, plan_id=plan.id)
    return plan


def get_plan(session: Session, plan_id: PlanId | UUID, area: Area = Area.everything) -> Plan:
    """One plan; NotFound where there is none of that id for a place in the area."""
    plan = session.get(Plan, plan_id)
    if plan is None or not area.holds(plan.scope_code):
        raise NotFound(what=Words("common.plan"), key=str(plan_id))
    return plan


def list_plans(
    session: Session, task: str | None = None, state: str | None = None, area: Area = Area.everything
) -> Sequence[Plan]:
    """Plans for places in the area, newest first; `task` and `state` keep only those."""
    chosen = select(Plan).order_by(Plan.created_at.desc(), Plan.id)
    if not area.is_everything:
        below = (Plan.scope_code.startswith(prefix, autoescape=True) for prefix in area.prefixes)
        chosen = chosen.where(or_(false(), *below))
    if task is not None:
        chosen = chosen.where(Plan.task == task)
    if state is not None:
        chosen = chosen.where(Plan.state == state)
    return session.scalars(chosen).all()


def discard_plan(session: Session, plan_id: PlanId | UUID) -> None:
    """Set a computed plan aside; Conflict where it is published."""
    plan = get_plan(session, plan_id)
    if plan.state == "published":
        raise Conflict(what=Words("common.plan"), key=plan.name)
    plan.state = "discarded"
    session.flush()


def plan_frames(session: Session, plan_id: PlanId | UUID, area: Area = Area.everything) -> PlanFrames:
    """A plan with its units: buildings (divide, resize), or communities of the base date (merge, replay)."""
    plan = get_plan(session, plan_id, area)
    columns = [column for column in PlanPart.__table__.columns if column.name not in ("plan_id", "geom")]
    shape = func.ST_AsBinary(PlanPart.geom).label("geometry")
    parts = read_frame(session, select(*columns, shape).where(PlanPart.plan_id == plan.id).order_by(PlanPart.part))
    pair = (PlanAssignment.unit_code, PlanAssignment.part)
    rows = session.execute(select(*pair).where(PlanAssignment.plan_id == plan.id))
    assignment = pd.DataFrame(rows.all(), columns=["unit_code", "part"])
    units = _units(session, plan).rename(columns={"code": "unit_code"})
    kept = units[["unit_code", "name", "households", "geometry"]].merge(assignment, on="unit_code")
    return PlanFrames(plan, kept, parts, plan.report)


def _units(session: Session, plan: Plan) -> GeoDataFrame:
    if plan.task in ("merge", "replay"):
        return boundaries_at(session, "community", plan.base_date, within_code=plan.scope_code)
    return buildings_frame(session, within_code=plan.scope_code)

"""A stored plan as a sheet: what stood on its base date beside what it proposes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

import geopandas as gpd
import pandas as pd
import shapely
from sqlalchemy.orm import Session

from gridmgmt.services.boundaries import boundaries_at
from gridmgmt.services.plans import PlanFrames, list_plans, plan_frames
from gridmgmt.services.units import station_services_at, stations_at
from gridmgmt.store.tables import Level, Plan
from maps import pages
from maps.base import Base
from maps.context import Context
from maps.text import Table, number, percent


@dataclass(frozen=True)
class BeforeAfter:
    """Both sides of a plan: areas (name, households, geometry), what changes, and the stations of either side."""

    before: gpd.GeoDataFrame
    after: gpd.GeoDataFrame
    changed: gpd.GeoDataFrame | None
    stations: tuple[gpd.GeoDataFrame | None, gpd.GeoDataFrame | None] = (None, None)


def newest_plan(session: Session, task: str, scope_code: str | None = None) -> Plan | None:
    """The newest plan of a task that was not set aside, for exactly that scope where one is given."""
    plans = (plan for plan in list_plans(session, task=task) if plan.state != "discarded")
    return next((plan for plan in plans if scope_code in (None, plan.scope_code)), None)


def plan_sheet(session: Session, plan_id: UUID, base: Base, context: Context) -> str:
    """The sheet of a stored plan; NotFound where there is none of that id.

    Merged stations and resized communities stand beside today's; grids beside the grids of the base date, or alone
    where there were none.
    """
    frames = plan_frames(session, plan_id)
    plan = frames.plan
    here = replace(context, at=plan.base_date, place=_scope_name(session, plan))
    low, high = int(plan.parameters.get("low", 0)), int(plan.parameters.get("high", 0))
    facts = [solution_table(frames.report, here)]
    heading = here.say(f"title_plan_{plan.task}")
    if plan.task == "divide":
        grids = boundaries_at(session, "grid", plan.base_date, within_code=plan.scope_code)
        after = _grids_named(frames.parts, here)
        if grids.empty:
            return pages.parts_page(base, after, here, low=low, high=high, heading=heading, margin=facts)
        sides = BeforeAfter(grids, after, None)
    else:
        sides = merge_sides(session, frames) if plan.task in ("merge", "replay") else resize_sides(session, frames)
    return pages.plan(
        base,
        sides.before,
        sides.after,
        here,
        low=low,
        high=high,
        changed=sides.changed,
        stations=sides.stations,
        heading=heading,
        margin=facts,
    )


def merge_sides(session: Session, frames: PlanFrames) -> BeforeAfter:
    """Station areas now and as planned; a community changes where another station comes to serve it."""
    day = frames.plan.base_date
    serves = station_services_at(session, day).drop_duplicates("community_code").set_index("community_code")
    units = frames.units.assign(now=frames.units["unit_code"].map(serves["station_code"]))
    kept = frames.parts.set_index("part")["code"]
    moved = units[units["now"] != units["part"].map(kept)]
    stations = stations_at(session, day)
    return BeforeAfter(
        _united(units, "now"),
        frames.parts,
        moved,
        (stations[stations["code"].isin(units["now"])], stations[stations["code"].isin(kept)]),
    )


def resize_sides(session: Session, frames: PlanFrames) -> BeforeAfter:
    """Communities now and as planned; what changes is the ground that comes to another community."""
    plan = frames.plan
    before = boundaries_at(session, "community", plan.base_date, within_code=plan.scope_code)
    old = before.set_index("code").geometry.reindex(frames.parts["code"]).to_numpy()
    new = frames.parts.geometry.to_numpy()
    continued = ~pd.isna(old)
    ground = new.copy()
    ground[continued] = shapely.difference(new[continued], old[continued])
    changed = gpd.GeoDataFrame(geometry=ground, crs=frames.parts.crs)
    return BeforeAfter(before, _with_names(frames.parts), changed[~changed.geometry.is_empty])


def _united(units: gpd.GeoDataFrame, column: str) -> gpd.GeoDataFrame:
    """One area per value of a column, named after its communities."""
    rows = units.dissolve(column, aggfunc={"households": "sum", "name": "+".join}).reset_index()
    return gpd.GeoDataFrame(rows, geometry="geometry", crs=units.crs)


def _with_names(parts: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """A new community has no name yet: it is called by the number of its part."""
    named = zip(parts["name"], parts["part"], strict=True)
    return parts.assign(name=[name if isinstance(name, str) else f"({part + 1})" for name, part in named])


def _grids_named(parts: gpd.GeoDataFrame, context: Context) -> gpd.GeoDataFrame:
    return parts.assign(name=[context.say("part_name", number=int(part) + 1) for part in parts["part"]])


def _scope_name(session: Session, plan: Plan) -> str:
    levels: tuple[Level, ...] = ("district", "subdistrict", "community")
    for level in levels:
        found = boundaries_at(session, level, plan.base_date, codes=[plan.scope_code])
        if len(found):
            return str(found["name"].iloc[0])
    return plan.scope_code


def solution_table(report: Mapping[str, Any], context: Context) -> Table:
    """How good the plan is, and how far from the best there could be."""
    objective = report.get("objective", {})
    rows: list[Sequence[object]] = [[context.say("fact_status"), context.say(f"status_{report['status']}")]]
    if objective:
        bound = f"{number(objective['value'])} / {number(objective['bound'])}"
        rows += [[context.say("fact_bound"), bound], [context.say("fact_gap"), percent(objective["gap"])]]
    if "moved_households" in report:
        rows.append([context.say("fact_moved"), number(report["moved_households"])])
    rows.append([context.say("fact_not_contiguous"), number(report["not_contiguous"])])
    rows.append([context.say("fact_unmet"), number(len(report["unmet"]))])
    return Table(context.say("plan_facts"), (), rows)

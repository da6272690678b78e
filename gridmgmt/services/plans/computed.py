"""Compute a plan from what stood on a day, and store it: grids and communities (stations: `merging`)."""

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import shapely
from geopandas import GeoDataFrame
from sqlalchemy.orm import Session

from gridmgmt.geo.tessellation import tessellate
from gridmgmt.messages import text
from gridmgmt.planning.budget import SoFar
from gridmgmt.planning.divide import divide
from gridmgmt.planning.frames import metric
from gridmgmt.planning.report import PlanResult
from gridmgmt.planning.resize import resize
from gridmgmt.services.boundaries import boundaries_at
from gridmgmt.services.boundaries.households import NOWHERE, locate
from gridmgmt.services.plans.ground import (
    Ground,
    read_ground,
    streets_of,
    today,
)
from gridmgmt.services.plans.stored import Draft, save_plan
from gridmgmt.services.units import entrances_frame, places_frame
from gridmgmt.store.tables import Plan

Progress = Callable[[int, int], None]


def divide_grids(
    session: Session,
    within_code: str,
    *,
    at: date | None = None,
    community_codes: Sequence[str] | None = None,
    target: int = 150,
    low: int = 120,
    high: int = 180,
    effort: str = "fast",
    roundness: float | None = None,
    seed: int = 0,
    time_limit_s: float = 60.0,
    author: str = "",
    progress: Progress | None = None,
    so_far: SoFar = lambda value, bound: None,
) -> Plan:
    """Divide the communities below `within_code` (or only `community_codes`) into grids; the plan is stored.

    Households are those of the buildings standing in each community on the day `at` (today by default). Buildings of
    more than half of `low` households may be divided by entrance; markets, malls, schools, hospitals and enterprises
    get grids of their own. `roundness` is that of `planning.divide`.
    """
    ground = read_ground(session, within_code, at or today(), list(community_codes) if community_codes else None)
    streets, barriers = streets_of(session, ground, margin_deg=0.0)
    large = ground.buildings.loc[ground.buildings["households"] > low / 2, "code"]
    entrances = entrances_frame(session, bbox=_box(ground.communities))
    result = divide(
        ground.buildings,
        within="community_code",
        target=target,
        low=low,
        high=high,
        areas=ground.communities,
        entrances=entrances[entrances["building_code"].isin(large)],
        places=places_frame(session, bbox=_box(ground.communities)),
        streets=streets,
        barriers=barriers,
        effort=effort,
        roundness=roundness,
        seed=seed,
        time_limit_s=time_limit_s,
        progress=progress,
        so_far=so_far,
    )
    parts = result.parts.assign(code=None, name=None, parent_code=result.parts["within"])
    parameters = {"target": target, "low": low, "high": high, "effort": effort, "roundness": roundness, "seed": seed}
    parameters["communities"] = len(ground.communities)
    return saved(session, "divide", ground, parts, assigned(result), result, parameters, author)


def resize_communities(
    session: Session,
    subdistrict_code: str,
    *,
    at: date | None = None,
    low: int = 1000,
    high: int = 2000,
    locked: Sequence[str] = (),
    whole_grids: bool = True,
    seed: int = 0,
    time_limit_s: float = 60.0,
    author: str = "",
    progress: Progress = lambda done, of: None,
    so_far: SoFar = lambda value, bound: None,
) -> Plan:
    """Redraw the communities of a subdistrict (or of all below a code) to 1,000–2,000 households; the plan is stored.

    Each building has a cell of the ground of its community; whole cells move, so that what nobody moved keeps its
    border. The grids of the day move whole where a plan in range allows it (`whole_grids`); the communities named in
    `locked` stay as they are.
    """
    ground = read_ground(session, subdistrict_code, at or today())
    units = _with_empty_communities(ground)
    grids = _grid_codes(session, ground, units) if whole_grids else None
    home = pd.Index(ground.communities["code"]).get_indexer(units["community_code"])
    plane = metric(ground.communities)
    sites = units.to_crs(plane.crs).geometry.to_numpy()
    cells = tessellate(plane.geometry.to_numpy(), sites, area_of=home)
    parent = ground.communities["parent_code"].to_numpy()[home]
    result = resize(
        units.to_crs(plane.crs).assign(subdistrict_code=parent, grid_code=grids),
        current="community_code",
        parent="subdistrict_code",
        low=low,
        high=high,
        locked=locked,
        grids=None if grids is None else "grid_code",
        cells=cells,
        seed=seed,
        time_limit_s=time_limit_s,
        progress=progress,
        so_far=so_far,
    )
    names = ground.communities.set_index("code")["name"]
    parts = result.parts.to_crs(ground.communities.crs).assign(
        code=result.parts["continues"],
        name=result.parts["continues"].map(names),
        kind="residential",
        parent_code=result.parts["parent"],
    )
    homes = assigned(result)
    real = homes["unit_code"].isin(ground.buildings["code"])
    parameters = {"low": low, "high": high, "locked": list(locked), "whole_grids": grids is not None, "seed": seed}
    return saved(session, "resize", ground, parts, homes[real], result, parameters, author)


def _with_empty_communities(ground: Ground) -> GeoDataFrame:
    """The buildings, and one row of no households for every community without a building: its ground stays its own."""
    empty = ground.communities[~ground.communities["code"].isin(ground.buildings["community_code"])]
    rows = empty[["code", "geometry"]].assign(community_code=empty["code"], households=0)
    columns = ["code", "community_code", "households", "geometry"]
    units: GeoDataFrame = pd.concat([ground.buildings[columns], rows[columns]], ignore_index=True)
    return units


def _grid_codes(session: Session, ground: Ground, units: GeoDataFrame) -> list[str] | None:
    """(units,) the grid each lies in on the day, its own code where it lies in none; None where there are no grids."""
    grids = boundaries_at(session, "grid", ground.at, within_code=ground.scope_code)
    if grids.empty:
        return None
    grid = locate(shapely.point_on_surface(units.geometry.to_numpy()), grids.geometry.to_numpy())
    codes = np.where(grid == NOWHERE, units["code"].to_numpy(dtype=object), grids["code"].to_numpy(dtype=object)[grid])
    return [str(code) for code in codes]


def saved(
    session: Session,
    task: str,
    ground: Ground,
    parts: GeoDataFrame,
    assignment: pd.DataFrame,
    result: PlanResult,
    parameters: dict[str, Any],
    author: str,
) -> Plan:
    """Store a computed plan under the name of its task and scope."""
    name = text(f"plans.name_{task}", "zh", scope=_scope_name(session, ground))
    draft = Draft(task, name, ground.scope_code, ground.at, parts, assignment, result.report, parameters, author)
    return save_plan(session, draft)


def _scope_name(session: Session, ground: Ground) -> str:
    level = {6: "district", 9: "subdistrict"}.get(len(ground.scope_code), "community")
    found = boundaries_at(session, level, ground.at, codes=[ground.scope_code])  # type: ignore[arg-type]
    return str(found["name"].iloc[0]) if len(found) else str(ground.scope_code)


def assigned(result: PlanResult) -> pd.DataFrame:
    """Which part each unit belongs to: unit_code, part."""
    return pd.DataFrame({"unit_code": result.units["code"].to_numpy(), "part": result.units["part"].to_numpy()})


def _box(frame: GeoDataFrame) -> tuple[float, float, float, float]:
    west, south, east, north = map(float, frame.total_bounds)
    return west, south, east, north

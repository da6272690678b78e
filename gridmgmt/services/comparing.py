"""Stored plans scored and compared: with each other, or with what was in force on the base date."""

from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from geopandas import GeoDataFrame
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from gridmgmt.access import Area
from gridmgmt.errors import InvalidInput
from gridmgmt.geo.adjacency import adjacency
from gridmgmt.geo.tessellation import tessellate
from gridmgmt.messages import Language, Words, text
from gridmgmt.planning.comparing.comparison import Comparison, Division, compare
from gridmgmt.planning.comparing.ensemble import Ensemble, ensemble
from gridmgmt.planning.comparing.ensemble import Ground as Tiles
from gridmgmt.planning.frames import metric
from gridmgmt.planning.scorecard import Scorecard, Walks, score
from gridmgmt.planning.shapes import MIN_BORDER_M
from gridmgmt.services.boundaries import boundaries_at
from gridmgmt.services.boundaries.households import NOWHERE, locate
from gridmgmt.services.coverage import coverage_at, coverage_of_plan
from gridmgmt.services.plans.ground import Ground, read_ground, streets_of
from gridmgmt.services.plans.stored import PlanFrames, plan_frames
from gridmgmt.services.units import station_services_at, stations_at
from gridmgmt.store.tables import Plan

CURRENT: Literal["current"] = "current"
STATION_TASKS = ("merge", "replay")
RANGES = {"divide": (120, 180), "resize": (1000, 2000), "merge": (6000, 10000), "replay": (6000, 10000)}


@dataclass(frozen=True)
class _Sides:
    """A plan with the ground it stands on: units as they were planned, `now` what each was in, buildings by unit.

    `unit_of` names for every building of the ground the unit it belongs to.
    """

    frames: PlanFrames
    ground: Ground
    units: GeoDataFrame
    unit_of: NDArray[np.object_]

    @property
    def plan(self) -> Plan:
        return self.frames.plan


def score_plan(session: Session, plan_id: UUID, area: Area = Area.everything) -> Scorecard:
    """Every metric of a stored plan; NotFound where there is none of that id for a place in the area."""
    return _scored(session, _read(session, plan_id, area))


def compare_plans(
    session: Session,
    a: UUID | Literal["current"],
    b: UUID | Literal["current"],
    area: Area = Area.everything,
    language: Language = "zh",
) -> Comparison:
    """Plan b against plan a, building by building; either may be `CURRENT`, what was in force on the other's base date.

    Raises NotFound for a plan there is not in the area, InvalidInput where nothing was in force or the two have no
    building in common.
    """
    if a == b:
        raise InvalidInput(detail=Words("reasons.compare_itself"))
    sides = {plan_id: _read(session, plan_id, area) for plan_id in (a, b) if plan_id != CURRENT}
    planned = next(iter(sides.values()))
    divisions = [
        _in_force(session, planned, language) if plan_id == CURRENT else _planned(session, sides[plan_id], language)
        for plan_id in (a, b)
    ]
    return compare(*divisions)


def report_on(
    session: Session,
    a: UUID | Literal["current"],
    b: UUID | Literal["current"],
    area: Area = Area.everything,
    language: Language = "zh",
) -> Comparison | Division:
    """As `compare_plans`; the plan b alone where nothing was in force that it could be compared with: first grids."""
    if a != CURRENT or b == CURRENT:
        return compare_plans(session, a, b, area, language)
    sides = _read(session, b, area)
    planned = _planned(session, sides, language)
    return planned if sides.units["now"].isna().all() else compare(_in_force(session, sides, language), planned)


def plan_ensemble(
    session: Session,
    plan_id: UUID,
    area: Area = Area.everything,
    *,
    size: int = 10_000,
    thin: int | None = None,
    seed: int = 0,
) -> Ensemble:
    """Random valid plans on the ground of a stored plan, with as many parts, inside the same parents."""
    sides = _read(session, plan_id, area)
    parts = sides.frames.parts.set_index("part")
    numbers, labels = np.unique(sides.units["part"], return_inverse=True)
    parent = parts["parent_code"].reindex(numbers).astype(str).to_numpy()[labels]
    cells = _cells(sides)
    borders = adjacency(cells, tolerance_m=0.1)
    edges = borders.tocoo()
    real = (edges.data > MIN_BORDER_M) & (parent[edges.row] == parent[edges.col])
    graph = type(edges)((edges.data[real], (edges.row[real], edges.col[real])), shape=edges.shape).tocsr()
    low, high, target = _range(sides.plan)
    return ensemble(
        graph,
        sides.units["households"].to_numpy(dtype=np.int64),
        labels,
        low=low,
        high=high,
        target=target,
        ground=Tiles(shapely.area(cells), shapely.length(cells), borders),
        size=size,
        thin=thin,
        seed=seed,
    )


def _cells(sides: _Sides) -> NDArray[np.object_]:
    """(units,) the ground of each unit, metres: the unit's own, or a building's share of its community."""
    if sides.plan.task in STATION_TASKS:
        own: NDArray[np.object_] = metric(sides.units).geometry.to_numpy()
        return own
    plane = metric(sides.ground.communities)
    home = pd.Index(sides.ground.communities["code"]).get_indexer(sides.units["community_code"])
    return tessellate(plane.geometry.to_numpy(), sides.units.to_crs(plane.crs).geometry.to_numpy(), area_of=home)


def _read(session: Session, plan_id: UUID, area: Area) -> _Sides:
    frames = plan_frames(session, plan_id, area)
    plan = frames.plan
    ground = read_ground(session, plan.scope_code, plan.base_date)
    units = frames.units.rename(columns={"unit_code": "code"})
    if plan.task in STATION_TASKS:
        serves = station_services_at(session, plan.base_date).drop_duplicates("community_code")
        now = units["code"].map(serves.set_index("community_code")["station_code"])
        return _Sides(frames, ground, units.assign(now=now), ground.buildings["community_code"].to_numpy(dtype=object))
    known = ground.buildings.set_index("code")
    units = units[units["code"].isin(known.index)]
    units = units.assign(**{column: units["code"].map(known[column]) for column in ("compound_code", "community_code")})
    now = units["community_code"] if plan.task == "resize" else _grid_of(session, plan, units)
    return _Sides(frames, ground, units.assign(now=now), ground.buildings["code"].to_numpy(dtype=object))


def _grid_of(session: Session, plan: Plan, units: GeoDataFrame) -> "pd.Series[str]":
    """The grid each building lies in on the base date; None for all where there are no grids."""
    grids = boundaries_at(session, "grid", plan.base_date, within_code=plan.scope_code)
    if grids.empty:
        return pd.Series(None, index=units.index, dtype=object)
    home = locate(shapely.point_on_surface(units.geometry.to_numpy()), grids.geometry.to_numpy())
    codes = grids["code"].to_numpy(dtype=object)[home]
    codes[home == NOWHERE] = None
    return pd.Series(codes, index=units.index, dtype=object)


def _range(plan: Plan) -> tuple[int, int, float]:
    """Low, high and target households of the plan's parts."""
    asked = plan.parameters
    low, high = (int(asked.get(key) or usual) for key, usual in zip(("low", "high"), RANGES[plan.task], strict=True))
    return low, high, float(asked.get("target") or (low + high) / 2)


def _planned(session: Session, sides: _Sides, language: Language) -> Division:
    """The plan as a division of buildings."""
    part_of = sides.units.set_index("code")["part"]
    return Division(
        sides.plan.name, _buildings(sides, part_of), _named(sides.frames.parts, language), _scored(session, sides)
    )


def _in_force(session: Session, sides: _Sides, language: Language) -> Division:
    """What was in force on the base date, as a division of the same buildings."""
    plan, part_of = sides.plan, sides.units.set_index("code")["now"]
    if part_of.isna().all():
        raise InvalidInput(detail=Words("reasons.compare_nothing", day=plan.base_date, plan=plan.name))
    areas = _areas_in_force(session, sides)
    card = _scored(session, sides, areas)
    name = text("scorecard.current", language, at=plan.base_date.isoformat())
    return Division(name, _buildings(sides, part_of.dropna()), areas, card)


def _areas_in_force(session: Session, sides: _Sides) -> GeoDataFrame:
    """One row per area of the base date: part (its code), name, households, kind, geometry."""
    plan = sides.plan
    if plan.task in STATION_TASKS:
        names = stations_at(session, plan.base_date).drop_duplicates("code").set_index("code")["name"]
        areas = sides.units.dissolve("now", aggfunc={"households": "sum"}).reset_index(names="part")
        return areas.assign(name=areas["part"].map(names))
    level: Literal["community", "grid"] = "community" if plan.task == "resize" else "grid"
    areas = boundaries_at(session, level, plan.base_date, within_code=plan.scope_code)
    homes = sides.units.groupby("now")["households"].sum()
    held = areas[areas["code"].isin(homes.index)].reset_index(drop=True)
    return held.assign(part=held["code"], households=held["code"].map(homes).astype(np.int64))


def _scored(session: Session, sides: _Sides, areas: GeoDataFrame | None = None) -> Scorecard:
    """The plan's scorecard; with `areas` that of what was in force."""
    plan, units = sides.plan, sides.units
    low, high, target = _range(plan)
    _, barriers = streets_of(session, sides.ground, margin_deg=0.0)
    gap = plan.report.get("objective", {}).get("gap")
    in_force = areas is not None
    return score(
        units[units["now"].notna()].assign(part=units["now"]) if in_force else units,
        areas if in_force else sides.frames.parts,
        low=low,
        high=high,
        target=target,
        current="now",
        compound="compound_code" if "compound_code" in units else None,
        barriers=barriers,
        walks=_walks(session, plan, before=in_force),
        gap=None if in_force else gap,
    )


def _walks(session: Session, plan: Plan, before: bool) -> Walks | None:
    """Walks to the stations of the base date, or to those of a plan of stations; None where there are no stations."""
    if stations_at(session, plan.base_date).empty:
        return None
    if plan.task in STATION_TASKS:
        homes = coverage_of_plan(session, plan.id).buildings
        column = "distance_m" if before else "distance_after_m"
    else:
        homes, column = coverage_at(session, plan.scope_code, plan.base_date).buildings, "distance_m"
    return Walks(homes[column].to_numpy(dtype=float), homes["households"].to_numpy(dtype=np.int64))


def _buildings(sides: _Sides, part_of: "pd.Series[Any]") -> GeoDataFrame:
    """The buildings of the ground with the part their unit belongs to; those of no part are left out."""
    rows = sides.ground.buildings[["code", "name", "households", "geometry"]]
    homes = rows.assign(part=pd.Series(sides.unit_of, index=rows.index).map(part_of))
    return gpd.GeoDataFrame(homes[homes["part"].notna()].reset_index(drop=True), geometry="geometry", crs=rows.crs)


def _named(parts: GeoDataFrame, language: Language) -> GeoDataFrame:
    """The parts with a name each: a new one is called by its number."""
    named = zip(parts["name"], parts["part"], strict=True)
    said = [
        name if isinstance(name, str) else text("scorecard.part", language, number=int(part) + 1)
        for name, part in named
    ]
    return parts.assign(name=said)

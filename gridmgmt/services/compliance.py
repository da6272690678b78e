"""Norms checked on the register of a day, or on a stored plan."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from uuid import UUID

import numpy as np
import pandas as pd
from geopandas import GeoDataFrame
from sqlalchemy.orm import Session

from gridmgmt.geo.adjacency import adjacency
from gridmgmt.ids import PlanId
from gridmgmt.planning.frames import metric
from gridmgmt.planning.merge import MIN_BORDER_M
from gridmgmt.policy.evaluation import Verdict, evaluate
from gridmgmt.policy.norms import Kind, Profile
from gridmgmt.policy.subjects import RESIDENTIAL, Subject, Subjects, subjects_in, with_figures
from gridmgmt.services.boundaries import boundaries_at
from gridmgmt.services.grid_figures import divided_buildings, patrolled_regularly, places_without_grid, workers_of
from gridmgmt.services.plans.ground import Ground, read_ground, read_sites
from gridmgmt.services.plans.stored import PlanFrames, plan_frames
from gridmgmt.services.station_areas import Areas, households_only, stations_inside_each, subjects_of
from gridmgmt.services.units import entrances_frame, places_frame, station_services_at, stations_at

DIVIDED, LACKING = "buildings_divided", "places_without_own_grid"


def check_register(
    session: Session, profile: Profile, within_code: str, at: date, figures: Subjects | None = None
) -> list[Verdict]:
    """The verdict of every norm on the stations, communities and grids below a boundary on the day `at`.

    `figures` are those of registers that the tables do not hold, by kind and code; they are put beside the others.
    """
    ground = read_ground(session, within_code, at)
    subjects = _station_subjects(session, ground)
    grids = boundaries_at(session, "grid", at, within_code=within_code)
    if len(grids):
        counted = {
            "workers": workers_of(session, grids["code"], at),
            "regular_patrols": patrolled_regularly(session, grids["code"], at),
        }
        subjects = _with_grids(session, ground, grids, subjects, counted)
    return evaluate(with_figures(subjects, figures or {}), profile)


def check_plan(
    session: Session, profile: Profile, plan_id: PlanId | UUID, figures: Subjects | None = None
) -> list[Verdict]:
    """The verdict of every norm on what a plan draws: stations, communities (resize) or grids (divide)."""
    frames = plan_frames(session, plan_id)
    plan = frames.plan
    subjects: Mapping[Kind, Sequence[Subject]]
    if plan.task == "divide":
        ground = read_ground(session, plan.scope_code, plan.base_date)
        grids = frames.parts.assign(code=frames.parts["part"].astype(str))
        subjects = _with_grids(session, ground, grids, {}, {})
    elif plan.task == "resize":
        subjects = {"community": _community_subjects(session, frames)}
    else:
        subjects = _station_subjects(session, read_ground(session, plan.scope_code, plan.base_date), frames)
    return evaluate(with_figures(subjects, figures or {}), profile)


def _station_subjects(
    session: Session, ground: Ground, frames: PlanFrames | None = None
) -> Mapping[Kind, Sequence[Subject]]:
    codes = ground.communities["code"]
    if frames is None and not _all_served(session, codes, ground.at):
        return {"community": households_only(ground)}  # without every station nothing is known of stations or the whole
    sites = read_sites(session, ground, ways_needed=False)
    if frames is None:
        site, part = np.unique(sites.station, return_inverse=True)
    else:
        number = frames.units.set_index("unit_code")["part"].reindex(codes).to_numpy()
        kept, part = np.unique(number, return_inverse=True)
        hosts = frames.parts.set_index("part")["code"].reindex(kept)
        site = pd.Index(sites.stations["code"]).get_indexer(hosts)
    borders = adjacency(metric(ground.communities).geometry.to_numpy(), tolerance_m=0.5)
    borders.data[borders.data < MIN_BORDER_M] = 0
    borders.eliminate_zeros()
    areas = Areas(part.astype(np.int64), site.astype(np.int64))
    return subjects_of(ground, sites, borders, areas, redeployed=frames is not None)


def _with_grids(
    session: Session,
    ground: Ground,
    grids: GeoDataFrame,
    others: Mapping[Kind, Sequence[Subject]],
    counted: Mapping[str, pd.Series],
) -> dict[Kind, Sequence[Subject]]:
    """The grids with their figures, and the whole with the places that have no grid of their own."""
    west, south, east, north = map(float, ground.communities.total_bounds)
    box = (west, south, east, north)
    divided = divided_buildings(grids, ground.buildings, entrances_frame(session, bbox=box))
    table = pd.DataFrame(grids[["code", "name", "households"]]).assign(
        dedicated=(grids["kind"] != RESIDENTIAL).where(grids["kind"].notna()), **counted
    )
    table[DIVIDED] = [len(names) for names in divided]
    found = [replace(grid, behind={DIVIDED: names}) for grid, names in zip(subjects_in(table), divided, strict=True)]
    lacking = places_without_grid(grids, places_frame(session, bbox=box))
    [whole] = others.get("plan", [Subject(ground.scope_code, ground.scope_code, {})])
    whole = replace(whole, values={**whole.values, LACKING: float(len(lacking))}, behind={LACKING: lacking})
    return {**others, "grid": found, "plan": [whole]}


def _community_subjects(session: Session, frames: PlanFrames) -> list[Subject]:
    """The communities of a plan with their households and the stations that stand in each of them."""
    parts, plan = frames.parts, frames.plan
    codes = parts["code"].fillna(parts["part"].astype(str))
    table = pd.DataFrame({"code": codes, "name": parts["name"], "households": parts["households"]})
    today = boundaries_at(session, "community", plan.base_date, within_code=plan.scope_code)
    if _all_served(session, today["code"], plan.base_date):
        table["stations"] = stations_inside_each(stations_at(session, plan.base_date), parts)
    return subjects_in(table)


def _all_served(session: Session, communities: pd.Series, at: date) -> bool:
    """Whether every community has a station on a day; else the register of stations is not whole, and tells nothing."""
    return bool(communities.isin(station_services_at(session, at)["community_code"]).all())

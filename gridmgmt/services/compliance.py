"""Norms checked on the register of a day, or on a stored plan."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

import numpy as np
import pandas as pd
from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from gridmgmt.geo.adjacency import adjacency
from gridmgmt.ids import PlanId
from gridmgmt.planning.frames import metric
from gridmgmt.planning.merge import MIN_BORDER_M
from gridmgmt.policy.evaluation import Subject, Verdict, evaluate
from gridmgmt.policy.norms import Kind, Profile
from gridmgmt.services.boundaries import boundaries_at
from gridmgmt.services.plans.ground import read_ground, read_sites
from gridmgmt.services.plans.stored import PlanFrames, plan_frames
from gridmgmt.services.station_areas import Areas, households_only, subjects_of
from gridmgmt.services.units import station_services_at
from gridmgmt.store.tables import WorkerGrid

RESIDENTIAL = "residential"


def check_register(session: Session, profile: Profile, within_code: str, at: date) -> list[Verdict]:
    """The verdict of every norm on the stations, communities and grids below a boundary on the day `at`."""
    subjects = _station_subjects(session, within_code, at)
    grids = boundaries_at(session, "grid", at, within_code=within_code)
    table = pd.DataFrame(grids[["code", "name", "households", "kind"]])
    return evaluate(subjects | {"grid": _grid_subjects(table, _workers(session, at))}, profile)


def check_plan(session: Session, profile: Profile, plan_id: PlanId | UUID) -> list[Verdict]:
    """The verdict of every norm on what a plan draws: stations, communities (resize) or grids (divide)."""
    frames = plan_frames(session, plan_id)
    plan = frames.plan
    subjects: dict[Kind, Sequence[Subject]]
    if plan.task == "divide":
        subjects = {"grid": _grid_subjects(frames.parts.assign(code=frames.parts["part"].astype(str)), None)}
    elif plan.task == "resize":
        subjects = {"community": _community_subjects(frames)}
    else:
        subjects = _station_subjects(session, plan.scope_code, plan.base_date, frames)
    return evaluate(subjects, profile)


def _station_subjects(
    session: Session, within_code: str, at: date, frames: PlanFrames | None = None
) -> dict[Kind, Sequence[Subject]]:
    ground = read_ground(session, within_code, at)
    codes = ground.communities["code"]
    if frames is None and not codes.isin(station_services_at(session, at)["community_code"]).all():
        return {"community": households_only(ground)}  # without every station nothing is known of stations or the whole
    sites = read_sites(session, ground)
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


def _grid_subjects(grids: pd.DataFrame, workers: pd.Series | None) -> list[Subject]:
    found = []
    for row in grids.itertuples():
        values: dict[str, float | None] = {
            "households": None if pd.isna(row.households) else float(row.households),
            "dedicated": None if pd.isna(row.kind) else float(row.kind != RESIDENTIAL),
            "workers": None if workers is None else float(workers.get(row.code, 0)),
        }
        found.append(Subject(str(row.code), str(row.name or row.code), values))
    return found


def _community_subjects(frames: PlanFrames) -> list[Subject]:
    return [
        Subject(str(row.code or row.part), str(row.name or row.part), {"households": float(row.households)})
        for row in frames.parts.itertuples()
    ]


def _workers(session: Session, at: date) -> pd.Series:
    """Grid code → how many workers it has on a day."""
    here = WorkerGrid.valid_from <= at, or_(WorkerGrid.valid_to.is_(None), WorkerGrid.valid_to > at)
    rows = session.execute(select(WorkerGrid.grid_code, func.count()).where(*here).group_by(WorkerGrid.grid_code))
    return pd.DataFrame(rows.all(), columns=["grid_code", "workers"]).set_index("grid_code")["workers"]

"""Stations merged on the database: the best plan, stored, and the Pareto front, to look at."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
from geopandas import GeoDataFrame
from sqlalchemy.orm import Session

from gridmgmt.planning.budget import SoFar
from gridmgmt.planning.merge import RURAL_RANGE, URBAN_RANGE, merge
from gridmgmt.planning.merging.front import merge_front
from gridmgmt.planning.merging.prices import DEFAULT_GOALS, Goal, Weights
from gridmgmt.planning.report import PlanResult
from gridmgmt.services.plans.computed import Progress, assigned, saved
from gridmgmt.services.plans.ground import (
    PREMISES_NORMS_M2,
    Ground,
    Sites,
    find_scope,
    read_ground,
    read_sites,
    station_name,
    today,
)
from gridmgmt.services.staffing import staff_of_plan
from gridmgmt.store.tables import Plan


def merge_stations(
    session: Session,
    subdistrict_code: str | None = None,
    *,
    at: date | None = None,
    low: int | None = None,
    high: int | None = None,
    rural: bool = False,
    goals: Sequence[Goal] = DEFAULT_GOALS,
    weights: Weights | None = None,
    seed: int = 0,
    time_limit_s: float = 60.0,
    author: str = "",
    progress: Progress = lambda done, of: None,
    so_far: SoFar = lambda value, bound: None,
) -> Plan:
    """Merge the stations of a subdistrict, or of each subdistrict of the whole district; the plan is stored.

    Walks are those along the streets from every home to the station that is kept; a station that reaches more of the
    premises norms is kept before one that is nearer, unless `weights` weigh them. Communities that share a station stay
    together. The report's `staff` says who moves where; every subdistrict keeps its people.
    """
    ground, sites = _ground(session, subdistrict_code, at)
    result = merge(
        _priced(ground, sites),
        locks="lock",
        travel=sites.travel,
        site_rank=sites.missed,
        upgrade="upgrade_m2",
        kinds="community_type",
        staff="staff",
        low=low,
        high=high,
        rural=rural,
        goals=goals,
        weights=weights,
        seed=seed,
        time_limit_s=time_limit_s,
        progress=progress,
        so_far=so_far,
    )
    people = staff_of_plan(result, ground.communities["code"].to_numpy(dtype=object))
    figures = {**people.figures, "moves": people.moves.to_dict("records")}
    result = replace(result, parts=result.parts.assign(staff=people.staff), report=result.report | {"staff": figures})
    usual_low, usual_high = RURAL_RANGE if rural else URBAN_RANGE
    span = {"low": usual_low if low is None else low, "high": usual_high if high is None else high}
    parameters: dict[str, Any] = span | {"rural": rural, "goals": list(goals), "seed": seed}
    if weights is not None:
        parameters |= {"goals": ["weighted"], "weights": dict(weights)}
    parts = station_parts(ground, sites, result)
    return saved(session, "merge", ground, parts, assigned(result), result, parameters, author)


def station_front(
    session: Session,
    subdistrict_code: str | None = None,
    *,
    at: date | None = None,
    low: int | None = None,
    high: int | None = None,
    rural: bool = False,
) -> pd.DataFrame:
    """Every plan that no other beats in stations, mean walk and m² to add at the premises; see `merge_front`."""
    ground, sites = _ground(session, subdistrict_code, at)
    frame = _priced(ground, sites)
    return merge_front(
        frame, locks="lock", travel=sites.travel, upgrade="upgrade_m2", low=low, high=high, rural=rural, code="name"
    )


def station_parts(ground: Ground, sites: Sites, result: PlanResult) -> GeoDataFrame:
    """The parts of a merge as rows of `PlanPart`: code is the station that is kept, the name says whom it serves."""
    row = pd.Index(ground.communities["code"]).get_indexer(result.parts["site"])
    named = ground.communities.assign(part=result.units["part"]).groupby("part")["name"].agg(station_name)
    return result.parts.assign(
        code=sites.stations["code"].to_numpy()[sites.station[row]],
        name=named.reindex(result.parts["part"]).to_numpy(),
        kind="residential",
        parent_code=result.parts["parent"],
    )


def _ground(session: Session, subdistrict_code: str | None, at: date | None) -> tuple[Ground, Sites]:
    day = at or today()
    ground = read_ground(session, subdistrict_code or find_scope(session, None, day), day)
    return ground, read_sites(session, ground)


def _priced(ground: Ground, sites: Sites) -> GeoDataFrame:
    """The communities with `lock`, `upgrade_m2` (what the station lacks to the norms) and `staff` of their station.

    A station that serves several communities counts its staff at the first of them.
    """
    first = ~pd.Series(sites.station).duplicated().to_numpy()
    people = sites.stations["staff"].fillna(0).to_numpy()[sites.station] * first
    return ground.communities.assign(
        lock=_shared_station(sites), upgrade_m2=lacking_m2(sites.stations)[sites.station], staff=people.astype(int)
    )


def lacking_m2(stations: GeoDataFrame) -> np.ndarray[Any, np.dtype[np.int64]]:
    """(stations,) whole m² of office, service and plaza that are missing to the norms, planned ones counted."""
    total = np.zeros(len(stations))
    for name, norm_m2 in PREMISES_NORMS_M2.items():
        best = stations[[f"{name}_m2", f"{name}_planned_m2"]].max(axis=1).fillna(0).to_numpy(dtype=float)
        total += np.maximum(norm_m2 - best, 0)
    return np.ceil(total).astype(np.int64)


def _shared_station(sites: Sites) -> list[str | None]:
    """(communities,) the station's code where it serves more than one community: those stay together."""
    shared = np.bincount(sites.station, minlength=len(sites.stations)) > 1
    codes = sites.stations["code"].to_numpy()
    return [codes[station] if shared[station] else None for station in sites.station]

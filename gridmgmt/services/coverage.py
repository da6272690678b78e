"""Service coverage from the database: how far every home walks to its station, today and under a plan of stations."""

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

import numpy as np
import pandas as pd
from geopandas import GeoDataFrame
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from gridmgmt.errors import InvalidInput
from gridmgmt.ids import PlanId
from gridmgmt.messages import Words
from gridmgmt.planning.frames import names_of
from gridmgmt.planning.service import (
    FIFTEEN_MINUTES_M,
    change_of,
    compare_coverage,
    summarise,
    walking,
)
from gridmgmt.planning.service_suggestion import Aim, Suggestion, suggest_station
from gridmgmt.services.plans.ground import Ground, read_ground, streets_of
from gridmgmt.services.plans.stored import plan_frames
from gridmgmt.services.units import places_frame, station_services_at, stations_at

STATION_TASKS = ("merge", "replay")


@dataclass(frozen=True)
class ServiceCoverage:
    """Walks to the serving stations.

    Attributes
    ----------
    buildings : community_code, station_code, distance_m and, with a plan, station_after, distance_after_m, change
        ("kept", "gained", "lost", "outside" of 15 minutes); distances are infinite where no way leads
    communities : with a plan, households, median and households gained and lost per community; else empty
    report : JSON-ready: `before`, and with a plan `after` and `communities`
    """

    ground: Ground
    buildings: GeoDataFrame
    communities: pd.DataFrame
    report: dict[str, Any]


def coverage_at(session: Session, within_code: str, at: date) -> ServiceCoverage:
    """Walks below a boundary to the stations of the day `at`; homes of a community without station are unreached."""
    ground = read_ground(session, within_code, at)
    [(stations, metres)] = _walks(session, ground, [_serving_at(session, at)])
    buildings = ground.buildings.assign(station_code=stations, distance_m=metres)
    report = {"task": "coverage", "at": at.isoformat(), "before": _summary(ground, metres)}
    return ServiceCoverage(ground, buildings, pd.DataFrame(), report)


def coverage_of_plan(session: Session, plan_id: PlanId | UUID) -> ServiceCoverage:
    """Walks on the base date of a merge or replay plan, and under the plan; InvalidInput for another kind of plan."""
    frames = plan_frames(session, plan_id)
    plan = frames.plan
    if plan.task not in STATION_TASKS:
        raise InvalidInput(detail=Words("reasons.no_station_plan", plan=plan.name))
    ground = read_ground(session, plan.scope_code, plan.base_date)
    kept = frames.parts.set_index("part")["code"]
    planned = frames.units.set_index("unit_code")["part"].map(kept)
    before, after = _walks(session, ground, [_serving_at(session, plan.base_date), planned])
    homes = ground.buildings["households"].to_numpy(dtype=np.int64)
    communities = compare_coverage(before[1], after[1], homes, ground.buildings["community_code"])
    buildings = ground.buildings.assign(
        station_code=before[0],
        distance_m=before[1],
        station_after=after[0],
        distance_after_m=after[1],
        change=change_of(before[1], after[1]),
    )
    report = {
        "task": "coverage",
        "at": plan.base_date.isoformat(),
        "limit_m": FIFTEEN_MINUTES_M,
        "before": _summary(ground, before[1]),
        "after": _summary(ground, after[1]),
        "communities": communities.to_dict("records"),
    }
    return ServiceCoverage(ground, buildings, communities, report)


def suggest_stations(
    session: Session,
    within_code: str,
    at: date,
    *,
    count: int = 1,
    aim: Aim = "coverage",
    plan_id: PlanId | UUID | None = None,
) -> Suggestion:
    """Where the next stations help most below a boundary: among the public places there, on top of today's stations.

    With a plan of stations, on top of the plan's. Where there are no public places, street corners are the candidates.
    """
    plan = None if plan_id is None else coverage_of_plan(session, plan_id)
    found = plan or coverage_at(session, within_code, at)
    ground = found.ground
    column = "station_code" if plan is None else "station_after"
    west, south, east, north = map(float, ground.communities.total_bounds)
    places = places_frame(session, bbox=(west, south, east, north))
    inside = places.geometry.representative_point().within(ground.communities.union_all())
    streets, barriers = streets_of(session, ground)
    return suggest_station(
        ground.buildings.assign(serving=found.buildings[column]),
        streets,
        stations_at(session, ground.at),
        barriers,
        candidates=places[inside.to_numpy()] if inside.any() else None,
        count=count,
        aim=aim,
        serving="serving",
    )


def _serving_at(session: Session, at: date) -> pd.Series:
    """Community → the station that serves it on a day."""
    return (
        station_services_at(session, at).drop_duplicates("community_code").set_index("community_code")["station_code"]
    )


def _walks(
    session: Session, ground: Ground, serving: list[pd.Series]
) -> list[tuple[NDArray[np.object_], NDArray[np.float64]]]:
    """For each way to serve the communities: the station of every building, and the metres to it."""
    stations = stations_at(session, ground.at)
    walks = walking(ground.buildings, *_streets_and_stations(session, ground, stations))
    codes = pd.Index(stations["code"])
    found = []
    for served in serving:
        station = served.reindex(ground.buildings["community_code"]).to_numpy(dtype=object)
        number = codes.get_indexer(pd.Index(station)).astype(np.int64)
        found.append((station, walks.to_serving(number)))
    return found


def _streets_and_stations(
    session: Session, ground: Ground, stations: GeoDataFrame
) -> tuple[GeoDataFrame, GeoDataFrame, GeoDataFrame]:
    streets, barriers = streets_of(session, ground)
    return streets, stations, barriers


def _summary(ground: Ground, metres: NDArray[np.float64]) -> dict[str, Any]:
    return summarise(metres, ground.buildings["households"].to_numpy(dtype=np.int64), names_of(ground.buildings))

"""Walking distances of a district's buildings to the stations that serve them, now and under a merge plan."""

from dataclasses import dataclass
from datetime import date

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from gridmgmt.planning.service import walking
from gridmgmt.services.plans import plan_frames
from gridmgmt.services.plans.ground import Ground, read_ground, streets_of
from gridmgmt.services.units import station_services_at, stations_at
from gridmgmt.store.tables import Plan


@dataclass(frozen=True)
class Walked:
    """Frames of the coverage sheet; `stations_after` is None, and `walk_after_m` not there, where there is no plan."""

    buildings: gpd.GeoDataFrame
    communities: gpd.GeoDataFrame
    stations_before: gpd.GeoDataFrame
    stations_after: gpd.GeoDataFrame | None = None


def walked(session: Session, within_code: str, at: date, plan: Plan | None = None) -> Walked:
    """Every building with `walk_before_m` to the station that serves its community on the day `at`, and with
    `walk_after_m` to the one that the merge `plan` gives it."""
    ground = read_ground(session, within_code, at)
    stations = stations_at(session, at)
    served = station_services_at(session, at).drop_duplicates("community_code")
    now = served.set_index("community_code")["station_code"]
    columns = {"walk_before_m": now}
    if plan is not None:
        columns["walk_after_m"] = _planned(session, plan, now)
    buildings = ground.buildings.assign(**_distances(session, ground, stations, columns))
    communities = ground.communities["code"]
    before, *after = (_serving(stations, serves.reindex(communities)) for serves in columns.values())
    return Walked(buildings, ground.communities, before, after[0] if after else None)


def _planned(session: Session, plan: Plan, now: pd.Series) -> pd.Series:
    """Community → station under the plan; communities outside its scope keep theirs."""
    frames = plan_frames(session, plan.id)
    kept = frames.parts.set_index("part")["code"]
    planned = frames.units.set_index("unit_code")["part"].map(kept)
    return planned.combine_first(now)


def _distances(
    session: Session, ground: Ground, stations: gpd.GeoDataFrame, columns: dict[str, pd.Series]
) -> dict[str, NDArray[np.float64]]:
    streets, barriers = streets_of(session, ground)
    walks = walking(ground.buildings, streets, stations, barriers)
    codes = pd.Index(stations["code"])
    community = ground.buildings["community_code"]
    return {
        name: walks.to_serving(codes.get_indexer(community.map(serves)).astype(np.int64))
        for name, serves in columns.items()
    }


def _serving(stations: gpd.GeoDataFrame, serves: pd.Series) -> gpd.GeoDataFrame:
    return stations[stations["code"].isin(serves)].reset_index(drop=True)

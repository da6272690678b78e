"""What a plan stands on: communities of a day, the buildings in each, stations, and the walks between them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime

import numpy as np
import pandas as pd
import shapely
from geopandas import GeoDataFrame
from numpy.typing import NDArray
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from gridmgmt.errors import InvalidInput, NotFound
from gridmgmt.field.day import local_day
from gridmgmt.ids import BoundaryCode
from gridmgmt.messages import Words, text
from gridmgmt.planning.service import walking
from gridmgmt.services.boundaries import boundaries_at
from gridmgmt.services.boundaries.households import NOWHERE, locate
from gridmgmt.services.units import (
    barriers_frame,
    buildings_frame,
    station_services_at,
    stations_at,
    streets_frame,
)
from gridmgmt.store.tables import Boundary, Level

NO_WAY_M = 5000.0  # what a walk counts where no street leads to the station
PREMISES_NORMS_M2 = {"office": 200.0, "service": 900.0, "plaza": 1000.0}  # 罗湖 2006, 二(三)


@dataclass(frozen=True)
class Ground:
    """Communities of one day inside `scope_code`, and the buildings in each (column `community_code`). EPSG:4326."""

    scope_code: BoundaryCode
    at: date
    communities: GeoDataFrame
    buildings: GeoDataFrame


@dataclass(frozen=True)
class Sites:
    """Stations of the communities.

    Attributes
    ----------
    stations : one row per station, as `stations_at`
    station : (communities,) the station (row) that serves each community
    metres : (stations, buildings) walk from every building of the ground to every station, infinite where no way
        leads, NaN where no street is known
    travel : (communities, communities) household-metres from the homes of row u to the station of row s
    missed : (communities,) how many of the premises norms the station does not reach, within the year counted
    """

    stations: GeoDataFrame
    station: NDArray[np.int64]
    metres: NDArray[np.float32]
    travel: NDArray[np.float64]
    missed: NDArray[np.int64]


def today() -> date:
    """The date in China now."""
    return local_day(datetime.now(tz=UTC))


def find_scope(session: Session, wanted: str | None, at: date) -> BoundaryCode:
    """The code of a district, subdistrict or community given by code or name; the district where nothing is asked.

    Raises NotFound for a place there is not, InvalidInput for a day on which no district was in force.
    """
    if wanted is None:
        districts = boundaries_at(session, "district", at)
        if districts.empty:
            first = session.scalar(select(func.min(Boundary.valid_from)).where(Boundary.level == "district"))
            reason = Words("reasons.district_later", day=at, first=first) if first else Words("reasons.district_none")
            raise InvalidInput(detail=reason)
        return BoundaryCode(str(districts["code"].iloc[0]))
    levels: tuple[Level, ...] = ("district", "subdistrict", "community")
    for level in levels:
        found = boundaries_at(session, level, at)
        match = found[(found["code"] == wanted) | (found["name"] == wanted)]
        if len(match):
            return BoundaryCode(str(match["code"].iloc[0]))
    raise NotFound(what=Words("things.boundary"), key=wanted)


def read_ground(session: Session, scope_code: str, at: date, community_codes: list[str] | None = None) -> Ground:
    """The communities of a day below a boundary and their buildings; NotFound where there are none, or one is not."""
    communities = boundaries_at(session, "community", at, codes=community_codes, within_code=scope_code)
    for code in community_codes or ():
        if code not in set(communities["code"]):
            raise NotFound(what=Words("common.community"), key=code)
    if communities.empty:
        raise NotFound(what=Words("things.communities_of"), key=scope_code)
    west, south, east, north = communities.total_bounds
    buildings = buildings_frame(session, bbox=(west, south, east, north))
    inner = shapely.point_on_surface(buildings.geometry.to_numpy())
    home = locate(inner, communities.geometry.to_numpy())
    inside = home != NOWHERE
    codes = communities["code"].to_numpy()[home[inside]]
    return Ground(BoundaryCode(scope_code), at, communities, buildings[inside].assign(community_code=codes))


def read_sites(session: Session, ground: Ground, *, ways_needed: bool = True) -> Sites:
    """The stations that serve the communities on the day; InvalidInput where one has none.

    Without a single street no walk is known: InvalidInput, or NaN in `metres` where ways are not needed.
    """
    stations = stations_at(session, ground.at)
    serves = station_services_at(session, ground.at).drop_duplicates("community_code")
    named = serves.set_index("community_code")["station_code"].reindex(ground.communities["code"])
    if named.isna().any():
        raise InvalidInput(detail=Words("reasons.community_no_station", code=named.index[named.isna()][0]))
    stations = stations[stations["code"].isin(set(named))].reset_index(drop=True)
    station = pd.Index(stations["code"]).get_indexer(named).astype(np.int64)
    metres = _metres(session, ground, stations, ways_needed)
    return Sites(stations, station, metres, _travel(ground, metres)[:, station], missed_norms(stations)[station])


def joined_names(communities: Iterable[str]) -> str:
    """What an area is called after the communities it joins.

    >>> joined_names(["碧波社区", "湖滨社区"])
    '碧波+湖滨'
    """
    return "+".join(name.removesuffix("社区") for name in communities)


def station_name(communities: Iterable[str]) -> str:
    """What the station of some communities is called.

    >>> station_name(["碧波社区", "湖滨社区"])
    '碧波+湖滨社区工作站'
    """
    return text("plans.station_name", "zh", communities=joined_names(communities))


def missed_norms(stations: GeoDataFrame) -> NDArray[np.int64]:
    """(stations,) how many premises norms a station misses now and within the year."""
    missed = [~reached(stations, name) for name in PREMISES_NORMS_M2]
    counts: NDArray[np.int64] = np.sum(missed, axis=0).astype(np.int64)
    return counts


def reached(stations: GeoDataFrame, name: str, planned: bool = True) -> NDArray[np.bool_]:
    """(stations,) whether the office, service or plaza area reaches its norm, today or (planned) within the year."""
    norm_m2 = PREMISES_NORMS_M2[name]
    columns = [f"{name}_m2", f"{name}_planned_m2"][: 1 + planned]
    best: NDArray[np.bool_] = stations[columns].max(axis=1).fillna(0).to_numpy() >= norm_m2
    return best


def streets_of(session: Session, ground: Ground, margin_deg: float = 0.01) -> tuple[GeoDataFrame, GeoDataFrame]:
    """Streets and barriers in and about a kilometre round the communities."""
    west, south, east, north = ground.communities.total_bounds
    box = (west - margin_deg, south - margin_deg, east + margin_deg, north + margin_deg)
    return streets_frame(session, box), barriers_frame(session, box)


def _metres(session: Session, ground: Ground, stations: GeoDataFrame, ways_needed: bool) -> NDArray[np.float32]:
    streets, barriers = streets_of(session, ground)
    if streets.empty and not ways_needed:
        return np.full((len(stations), len(ground.buildings)), np.nan, dtype=np.float32)
    walks = walking(ground.buildings, streets, stations, barriers)
    return np.stack([walks.from_site(number).astype(np.float32) for number in range(len(stations))])


def _travel(ground: Ground, metres: NDArray[np.float32]) -> NDArray[np.float64]:
    """(communities, stations) household-metres, a home without a way counted with NO_WAY_M."""
    households = ground.buildings["households"].to_numpy()
    community = pd.Index(ground.communities["code"]).get_indexer(ground.buildings["community_code"])
    size = len(ground.communities)
    walked = np.minimum(metres, NO_WAY_M) * households
    return np.stack([np.bincount(community, weights=row, minlength=size) for row in walked], axis=1)

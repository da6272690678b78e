"""Which buildings of a grid have waited longest, and the next walk past them."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

import geopandas
import numpy as np
import pandas as pd
import shapely
from sqlalchemy.orm import Session

from gridmgmt.access import Area
from gridmgmt.errors import NotFound
from gridmgmt.field.day import local_day
from gridmgmt.field.tour import shortest_walk, walk_length_m
from gridmgmt.geo.network import Snapped, Walks, street_graph
from gridmgmt.geo.network_snapping import snap
from gridmgmt.ids import BoundaryCode
from gridmgmt.messages import Words
from gridmgmt.services.boundaries import boundaries_at
from gridmgmt.services.field.ground import city_crs
from gridmgmt.services.frames import Box, read_frame
from gridmgmt.services.units import barriers_frame, streets_frame
from gridmgmt.store.queries import query

AGAIN_DAYS = 90  # visits within this are counted
OVERDUE_DAYS = 90  # every household once a quarter
MOST_STOPS = 12
WALK_M_S = 1.25  # as in the 15-minute circle
STOP_MIN = 3.0  # at a door
ROUND_M = 300.0  # streets so far outside the grid may be walked


@dataclass(frozen=True)
class NextWalk:
    """A walk past overdue buildings, in walking order.

    `stops` (EPSG:4326): code, name, kind, households, last_visit, days (missing where never), visits, geometry, and
    `from_last_m` along streets. `left_out`: overdue buildings beyond `MOST_STOPS`, or where no street leads.
    """

    grid_code: BoundaryCode
    stops: geopandas.GeoDataFrame
    length_m: float
    minutes: float
    overdue: int
    left_out: int


def last_visited(
    session: Session, grid_code: BoundaryCode, at: datetime, *, area: Area = Area.everything
) -> geopandas.GeoDataFrame:
    """The buildings of a grid as it stood at the aware moment `at`, those that have waited longest first.

    Columns: code, name, kind, households, `last_visit` (UTC, missing where never), `days` since then (whole days of
    the calendar in China, missing where never), `visits` in the last 90 days, geometry (a point of the building).

    NotFound where there is no such grid on that day, or it lies outside `area`.
    """
    _require_grid(session, grid_code, at, area)
    parameters = {"grid_code": grid_code, "day": local_day(at), "at": at, "since": at - timedelta(days=AGAIN_DAYS)}
    frame = read_frame(session, query("buildings_last_visited"), parameters)
    today = local_day(at)
    days = [None if pd.isna(moment) else (today - local_day(moment)).days for moment in frame["last_visit"]]
    frame["last_visit"] = pd.to_datetime(frame["last_visit"], utc=True)
    frame["days"] = pd.array(days, dtype="Int64")
    order = frame.assign(waited=frame["days"].astype(float).fillna(np.inf)).sort_values(
        ["waited", "households", "code"], ascending=[False, False, True]
    )
    return frame.loc[order.index].reset_index(drop=True)


def next_walk(
    session: Session,
    grid_code: BoundaryCode,
    at: datetime,
    *,
    most: int = MOST_STOPS,
    overdue_days: int = OVERDUE_DAYS,
    start: tuple[float, float] | None = None,
    area: Area = Area.everything,
) -> NextWalk:
    """A short walk past the buildings of a grid that have waited `overdue_days` or longer, at most `most` of them.

    Distances are along streets, without crossing barriers; `start` is a longitude and latitude to begin at. The
    order is the shortest there is for up to 12 stops. NotFound as for `last_visited`.
    """
    buildings = last_visited(session, grid_code, at, area=area)
    overdue = buildings[buildings["days"].isna() | (buildings["days"] >= overdue_days)]
    chosen = overdue.head(most).reset_index(drop=True)
    between_m, start_m = _street_distances(session, chosen, start)
    joined = _hanging_together(between_m)
    chosen, between_m = chosen.iloc[joined].reset_index(drop=True), between_m[np.ix_(joined, joined)]
    from_start = None if start_m is None or not np.isfinite(start_m[joined]).all() else start_m[joined]
    order = shortest_walk(between_m, from_start)
    length_m = walk_length_m(between_m, order, from_start)
    steps = [0.0 if from_start is None or not order else float(from_start[order[0]])]
    steps += [float(between_m[here, there]) for here, there in pairwise(order)]
    return NextWalk(
        grid_code=grid_code,
        stops=chosen.iloc[order].assign(from_last_m=steps[: len(order)]).reset_index(drop=True),
        length_m=length_m,
        minutes=length_m / WALK_M_S / 60 + STOP_MIN * len(order),
        overdue=len(overdue),
        left_out=len(overdue) - len(order),
    )


def _require_grid(session: Session, grid_code: BoundaryCode, at: datetime, area: Area) -> None:
    if boundaries_at(session, "grid", local_day(at), codes=[grid_code], area=area).empty:
        raise NotFound(what=Words("common.grid"), key=grid_code)


def _street_distances(
    session: Session, buildings: geopandas.GeoDataFrame, start: tuple[float, float] | None
) -> tuple[np.ndarray, np.ndarray | None]:
    """(n, n) metres along streets between buildings, and (n,) from the start; infinite where no street leads."""
    count = len(buildings)
    points = list(buildings.geometry) + ([shapely.Point(*start)] if start is not None else [])
    if not points:
        return np.zeros((0, 0)), None
    places = geopandas.GeoSeries(points, crs=buildings.crs)
    box: Box = tuple(places.total_bounds)
    crs = city_crs(session, box)
    west, south, east, north = box
    margin = ROUND_M / 100_000  # degrees, roughly
    wide: Box = (west - margin, south - margin, east + margin, north + margin)
    streets = streets_frame(session, bbox=wide)
    walkable = streets[streets["street_class"] != "expressway"].to_crs(crs)
    if walkable.empty:
        nowhere = np.where(np.eye(count, dtype=bool), 0.0, np.inf)
        return nowhere, None if start is None else np.full(count, np.inf)
    graph = street_graph(walkable.geometry.to_numpy())
    walls = barriers_frame(session, bbox=wide).to_crs(crs).geometry.to_numpy()
    snapped: Snapped = snap(graph, places.to_crs(crs).to_numpy(), walls)
    walks = Walks(graph, snapped, snapped)
    apart = np.array([walks.from_site(site) for site in range(len(points))])
    apart = np.minimum(apart, apart.T)  # equal but for the last digit
    np.fill_diagonal(apart, 0.0)
    return apart[:count, :count], None if start is None else apart[count, :count]


def _hanging_together(between_m: np.ndarray) -> np.ndarray:
    """The places that one walk can take in: the first of those that most others can be reached from."""
    if not len(between_m):
        return np.zeros(0, dtype=np.int64)
    reached = np.isfinite(between_m)
    return np.flatnonzero(reached[int(np.argmax(reached.sum(axis=1)))])

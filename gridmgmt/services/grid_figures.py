"""What norms ask of grids, from the tables: workers, patrols, buildings in two of them, places without one."""

from datetime import date, timedelta

import numpy as np
import pandas as pd
import shapely
from geopandas import GeoDataFrame
from numpy.typing import NDArray
from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from gridmgmt.planning.dividing.dedicated import DEDICATED_KINDS
from gridmgmt.services.boundaries.households import NOWHERE, locate
from gridmgmt.store.tables import Boundary, PatrolTime, WorkerGrid

WEEKS = 4  # a grid is patrolled regularly where every week of the last four saw a patrol in it
CUT_SHARE = 0.1  # of a footprint: less of it in another grid is how the border was drawn, no division


def workers_of(session: Session, codes: pd.Series, at: date) -> pd.Series:
    """(grids,) how many workers each has on a day; NaN where nobody is appointed to any grid: no register is kept."""
    here = WorkerGrid.valid_from <= at, or_(WorkerGrid.valid_to.is_(None), WorkerGrid.valid_to > at)
    chosen = select(WorkerGrid.grid_code, func.count()).where(*here).group_by(WorkerGrid.grid_code)
    workers = pd.DataFrame(session.execute(chosen).all(), columns=["grid_code", "workers"]).set_index("grid_code")
    return codes.map(workers["workers"]).astype(float).fillna(np.nan if workers.empty else 0.0)


def patrolled_regularly(session: Session, codes: pd.Series, at: date) -> pd.Series:
    """(grids,) 1 where a patrol came in each of the four weeks up to the day `at`, else 0; NaN where it is not known.

    A younger grid is asked for its whole weeks only, and is not known in its first one; nor is any where no patrol of
    those weeks is recorded at all.
    """
    day = PatrolTime.day
    since = at - timedelta(days=7 * WEEKS - 1)
    chosen = select(PatrolTime.grid_code, day).where(day.between(since, at), PatrolTime.seconds > 0).distinct()
    rows = pd.DataFrame(session.execute(chosen).all(), columns=["grid_code", "day"])
    if rows.empty:
        return pd.Series(np.nan, index=codes.index)
    week = [(at - day).days // 7 for day in rows["day"]]
    seen = pd.crosstab(rows["grid_code"], week).reindex(index=codes, columns=range(WEEKS), fill_value=0) > 0
    days = [(at - begun).days + 1 for begun in _begun(session, codes, at)]
    asked = np.minimum(np.array(days) // 7, WEEKS)
    missed = ~seen.to_numpy() & (np.arange(WEEKS) < asked[:, None])
    return pd.Series(np.where(asked > 0, ~missed.any(axis=1), np.nan), index=codes.index)


def _begun(session: Session, codes: pd.Series, at: date) -> list[date]:
    """(grids,) the first day of each code."""
    pair = select(Boundary.code, func.min(Boundary.valid_from)).where(
        Boundary.level == "grid", Boundary.valid_from <= at
    )
    first = dict(session.execute(pair.group_by(Boundary.code)).all())
    return [first[code] for code in codes]


def divided_buildings(grids: GeoDataFrame, buildings: GeoDataFrame, entrances: GeoDataFrame) -> list[tuple[str, ...]]:
    """(grids,) the names (else codes) of buildings that lie in this grid and in another one.

    A building lies where its entrances do; without two of them, wherever a tenth of its footprint does.
    """
    shapes = grids.geometry.to_numpy()
    doors = entrances[entrances["building_code"].isin(buildings["code"])]
    doors = doors[doors["building_code"].duplicated(keep=False)]
    by_door = pd.DataFrame({"code": doors["building_code"], "grid": locate(doors.geometry.to_numpy(), shapes)})
    others = buildings[~buildings["code"].isin(doors["building_code"])]
    pairs = pd.concat([by_door[by_door["grid"] != NOWHERE], _underfoot(shapes, others)]).drop_duplicates()
    pairs = pairs[pairs["code"].duplicated(keep=False)]
    called = buildings.set_index("code")["name"].fillna(
        pd.Series(buildings["code"].to_numpy(), index=buildings["code"])
    )
    by_grid = pairs.assign(name=pairs["code"].map(called)).groupby("grid")["name"]
    found = {int(str(grid)): tuple(sorted(map(str, names))) for grid, names in by_grid}
    return [found.get(number, ()) for number in range(len(grids))]


def _underfoot(shapes: NDArray[np.object_], buildings: GeoDataFrame) -> pd.DataFrame:
    """Pairs (code, grid) where a good part of a building's footprint lies in a grid."""
    feet = buildings.geometry.to_numpy()
    building, grid = shapely.STRtree(shapes).query(feet, predicate="intersects")
    several = np.bincount(building, minlength=len(feet))[building] > 1
    building, grid = building[several], grid[several]
    shares = shapely.area(shapely.intersection(feet[building], shapes[grid])) / shapely.area(feet[building])
    real = shares > CUT_SHARE
    return pd.DataFrame({"code": buildings["code"].to_numpy()[building[real]], "grid": grid[real]})


def places_without_grid(grids: GeoDataFrame, places: GeoDataFrame) -> tuple[str, ...]:
    """Markets, malls, schools, hospitals and enterprises in a grid that is not dedicated: their names, else codes."""
    asked = places[places["kind"].isin(DEDICATED_KINDS)]
    home = locate(shapely.point_on_surface(asked.geometry.to_numpy()), grids.geometry.to_numpy())
    asked, home = asked[home != NOWHERE], home[home != NOWHERE]
    own = grids["kind"].isin(DEDICATED_KINDS).to_numpy()[home]
    return tuple(str(name) for name in asked["name"].fillna(asked["code"])[~own])

"""Patrol coverage as stored: per grid the streets walked, the time spent and the buildings visited in some days.

Stretches walked are kept along the streets, not per grid, so the share of a grid is worked out for the boundaries of
any day: those of the last day of the period are used.
"""

from datetime import date

import geopandas
import numpy as np
import pandas as pd
from sqlalchemy import TextClause
from sqlalchemy.orm import Session

from gridmgmt.access import Area
from gridmgmt.field.day import day_span
from gridmgmt.field.streets import AreaStreets, Stretches, streets_in_areas
from gridmgmt.services.boundaries import boundaries_at
from gridmgmt.services.field.ground import city_crs
from gridmgmt.services.frames import Box
from gridmgmt.services.units import streets_frame
from gridmgmt.store.queries import query

COUNTS = ("patrols", "workers", "seconds")
VISITS = (
    "buildings",
    "buildings_visited",
    "buildings_visited_again",
    "visits",
    "households",
    "households_visited",
)


def coverage_frame(
    session: Session,
    first: date,
    last: date,
    *,
    within_code: str = "",
    area: Area = Area.everything,
) -> geopandas.GeoDataFrame:
    """Grids of the day `last` (EPSG:4326) with what the patrols of `first` to `last`, both included, did in them.

    Columns beside those of the grids: `length_m` of their streets, `covered_m` of it within 25 m of a cleaned track,
    `share` (NaN without streets), `patrols`, `workers`, `seconds`, `buildings`, `buildings_visited`,
    `buildings_visited_again` (on several patrols), `visits`, `households_in_buildings` and `households_visited`.
    A street on a border counts for both grids.
    """
    grids = streets_walked(session, first, last, within_code=within_code, area=area)
    start, end = day_span(first, last)
    codes = grids["code"].tolist()
    counts = _by_grid(session, query("patrols_in_grids"), codes, COUNTS, first=first, last=last)
    visits = _by_grid(session, query("building_visits_in_grids"), codes, VISITS, at=last, start=start, end=end)
    renamed = {"households_in_buildings" if name == "households" else name: values for name, values in visits.items()}
    return grids.assign(**counts, **renamed)


def streets_walked(
    session: Session, first: date, last: date, *, within_code: str = "", area: Area = Area.everything
) -> geopandas.GeoDataFrame:
    """Grids of the day `last` (EPSG:4326) with `length_m`, `covered_m` and `share`, as `coverage_frame` has them."""
    grids = boundaries_at(session, "grid", last, within_code=within_code, area=area)
    length_m, covered_m = _streets(session, grids, first, last)
    share = np.divide(covered_m, length_m, out=np.full(len(grids), np.nan), where=length_m > 0)
    return grids.assign(length_m=length_m, covered_m=covered_m, share=share)


def _streets(session: Session, grids: geopandas.GeoDataFrame, first: date, last: date) -> tuple[np.ndarray, np.ndarray]:
    """(grids,) street length and the part of it that was walked."""
    if grids.empty:
        return np.zeros(0), np.zeros(0)
    box: Box = tuple(grids.total_bounds)
    crs = city_crs(session, box)
    streets = streets_frame(session, bbox=box).to_crs(crs)
    inside: AreaStreets = streets_in_areas(streets.geometry.to_numpy(), grids.to_crs(crs).geometry.to_numpy())
    walked = _walked(session, streets["code"], first, last)
    return inside.length_m(), inside.covered_m(walked)


def _walked(session: Session, street_codes: pd.Series, first: date, last: date) -> Stretches:
    parameters = {"first": first, "last": last, "street_codes": street_codes.tolist()}
    rows = session.execute(query("walked_stretches"), parameters).all()
    numbers = {code: number for number, code in enumerate(street_codes)}
    return Stretches.of(
        [numbers[row.street_code] for row in rows],
        [row.start_mm / 1000 for row in rows],
        [row.end_mm / 1000 for row in rows],
    )


def _by_grid(
    session: Session, statement: TextClause, codes: list[str], names: tuple[str, ...], **parameters: object
) -> dict[str, np.ndarray]:
    """Columns of a query in the order of the grids; 0 where it has no row."""
    result = session.execute(statement, {"grid_codes": codes, **parameters})
    rows = {row.grid_code: row for row in result}
    return {
        name: np.array([float(getattr(rows[code], name) or 0) if code in rows else 0 for code in codes])
        if name == "seconds"
        else np.array([int(getattr(rows[code], name) or 0) if code in rows else 0 for code in codes], dtype=np.int64)
        for name in names
    }

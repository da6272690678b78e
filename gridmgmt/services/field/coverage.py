"""Patrol coverage from the store: each grid's streets beside the tracks of some days."""

from datetime import date

import geopandas
import numpy as np
import pandas as pd
import shapely
from sqlalchemy.orm import Session

from gridmgmt.field.coverage import RADIUS_M, street_shares, track_lines
from gridmgmt.field.day import day_span
from gridmgmt.geo.crs import metric_crs
from gridmgmt.ids import BoundaryCode
from gridmgmt.services.boundaries import boundaries_at
from gridmgmt.services.units import streets_frame
from gridmgmt.store.queries import query
from gridmgmt.store.tables import WGS84_SRID

GAP_S = 120.0  # longer without a fix is unknown, and is not walked through


def patrol_coverage_frame(
    session: Session, first: date, last: date, *, within_code: BoundaryCode | None = None, radius_m: float = RADIUS_M
) -> geopandas.GeoDataFrame:
    """Grids of the day `last` (EPSG:4326) with `length_m`, `covered_m`, `share` of their streets, and `patrols`.

    Tracks of the days from `first` to `last`, both included. `share` is NaN for a grid without streets.
    """
    grids = boundaries_at(session, "grid", last)
    if within_code is not None:
        grids = grids[grids["code"].str.startswith(within_code)].reset_index(drop=True)
    if grids.empty:
        return grids.assign(length_m=0.0, covered_m=0.0, share=np.nan, patrols=0)
    crs = metric_crs(tuple(grids.total_bounds))
    tracks = _tracks(session, first, last, str(crs))
    streets = streets_frame(session, bbox=tuple(grids.total_bounds)).to_crs(crs)
    areas = grids.to_crs(crs).geometry.to_numpy()
    length_m, covered_m = street_shares(streets.geometry.to_numpy(), areas, tracks, radius_m)
    share = np.divide(covered_m, length_m, out=np.full(len(grids), np.nan), where=length_m > 0)
    return grids.assign(
        length_m=length_m, covered_m=covered_m, share=share, patrols=_patrols(session, first, last, grids["code"])
    )


def _tracks(session: Session, first: date, last: date, crs: str) -> np.ndarray:
    start, end = day_span(first, last)
    rows = session.execute(query("track_points_between"), {"start": start, "end": end}).all()
    if not rows:
        return np.array([], dtype=object)
    points = pd.DataFrame(rows, columns=["patrol_id", "segment", "recorded_at", "lon", "lat"])
    place = geopandas.GeoSeries(shapely.points(points["lon"], points["lat"]), crs=WGS84_SRID).to_crs(crs)
    return track_lines(place.to_numpy(), _walks(points))


def _walks(points: pd.DataFrame) -> np.ndarray:
    """A number per walk: a new one at each patrol, segment or gap (rows come in walking order)."""
    waited_s = points["recorded_at"].diff().dt.total_seconds()
    changes = points[["patrol_id", "segment"]].ne(points[["patrol_id", "segment"]].shift()).any(axis=1)
    return np.asarray((changes | (waited_s > GAP_S)).cumsum().to_numpy(), dtype=np.int64)


def _patrols(session: Session, first: date, last: date, codes: pd.Series) -> np.ndarray:
    start, end = day_span(first, last)
    rows = session.execute(query("patrols_by_grid"), {"start": start, "end": end})
    counts = {row.grid_code: row.patrols for row in rows}
    return np.array([counts.get(code, 0) for code in codes])

"""Patrol coverage from the store: each grid's streets beside the tracks of some days."""

from datetime import date

import geopandas
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from pyproj import Transformer
from sqlalchemy.orm import Session

from gridmgmt.field.coverage import RADIUS_M, street_shares, track_lines
from gridmgmt.field.day import day_span
from gridmgmt.geo.crs import metric_crs
from gridmgmt.ids import BoundaryCode
from gridmgmt.services.boundaries import boundaries_at
from gridmgmt.services.units import streets_frame
from gridmgmt.store.queries import query
from gridmgmt.store.tables import WGS84_SRID

Shapes = NDArray[np.object_]

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


def _tracks(session: Session, first: date, last: date, crs: str) -> Shapes:
    start, end = day_span(first, last)
    segments = session.scalars(query("track_segments_between"), {"start": start, "end": end}).all()
    fixes, segment = shapely.get_coordinates(
        shapely.from_wkb(segments), include_z=True, include_m=True, return_index=True
    )
    if len(fixes) == 0:
        return np.array([], dtype=object)
    lon, lat, _, recorded_s = fixes.T
    x, y = Transformer.from_crs(WGS84_SRID, crs, always_xy=True).transform(lon, lat)
    return track_lines(shapely.points(x, y), _walks(segment, recorded_s))


def _walks(segment: np.ndarray, recorded_s: np.ndarray) -> np.ndarray:
    """A number per walk: a new one at each segment and each gap (fixes come in walking order)."""
    new = (np.diff(segment) != 0) | (np.diff(recorded_s) > GAP_S)
    return np.concatenate([[0], np.cumsum(new)])


def _patrols(session: Session, first: date, last: date, codes: pd.Series) -> np.ndarray:
    start, end = day_span(first, last)
    rows = session.execute(query("patrols_by_grid"), {"start": start, "end": end})
    counts = {row.grid_code: row.patrols for row in rows}
    return np.array([counts.get(code, 0) for code in codes])

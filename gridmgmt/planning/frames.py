"""What every planning front asks of its input frame: metres, whole households, names of rows."""

import numpy as np
import pandas as pd
import pyproj
import shapely
from geopandas import GeoDataFrame
from numpy.typing import NDArray

from gridmgmt.errors import InvalidInput, UnknownColumn
from gridmgmt.geo.crs import metric_crs


def metric(frame: GeoDataFrame) -> GeoDataFrame:
    """The frame in metres: as it is where its CRS is metric, else in the metric CRS of its place.

    Mercator's units are called metres but stretch with the latitude (by 8 % in Shenzhen), so they are not taken for it.

    Raises InvalidInput for a frame without CRS or without rows.
    """
    if frame.crs is None:
        raise InvalidInput(detail="the frame does not say its coordinate system")
    if frame.empty:
        raise InvalidInput(detail="there are no rows to plan")
    units = {axis.unit_conversion_factor for axis in frame.crs.axis_info[:2]}
    if frame.crs.is_projected and units == {1.0} and not _is_mercator(frame.crs):
        return frame
    return frame.to_crs(metric_crs(frame.to_crs(4326).total_bounds))


def _is_mercator(crs: pyproj.CRS) -> bool:
    operation = crs.coordinate_operation
    return operation is not None and "Mercator" in operation.method_name and "Transverse" not in operation.method_name


def beside(frame: GeoDataFrame, plane: GeoDataFrame, what: str) -> GeoDataFrame:
    """The frame in the CRS of another; InvalidInput where it does not say its own."""
    if frame.crs is None:
        raise InvalidInput(detail=f"the frame of {what} does not say its coordinate system")
    return frame.to_crs(plane.crs)


def require_places(frame: GeoDataFrame, what: str) -> None:
    """InvalidInput where a row has no geometry: it would be nowhere, and the rows behind it in its place."""
    shapes = frame.geometry.to_numpy()
    lost = np.flatnonzero(shapely.is_missing(shapes) | shapely.is_empty(shapes))
    if len(lost):
        rows = ", ".join(map(str, frame.index[lost][:ROWS_NAMED])) + (" …" if len(lost) > ROWS_NAMED else "")
        raise InvalidInput(
            detail=f"{len(lost)} {what} have no geometry (rows {rows}). Give it, or leave those rows out"
        )


ROWS_NAMED = 5  # of those at fault, in an error


def column_of(frame: GeoDataFrame, column: str) -> pd.Series:
    """A column by name; UnknownColumn where there is none."""
    if column not in frame:
        raise UnknownColumn(column=column, columns=", ".join(map(str, frame.columns)))
    return frame[column]


def households_of(frame: GeoDataFrame, column: str) -> NDArray[np.int64]:
    """(n,) households; InvalidInput where a value is missing, negative or not whole."""
    values = pd.to_numeric(column_of(frame, column), errors="coerce").to_numpy(dtype=float, na_value=np.nan)
    wrong = ~(np.isfinite(values) & (values >= 0) & (values == np.floor(values)))
    if wrong.any():
        rows = ", ".join(map(str, frame.index[wrong][:ROWS_NAMED])) + (" …" if wrong.sum() > ROWS_NAMED else "")
        fault = f"{int(wrong.sum())} values of {column!r} are not whole, not negative numbers"
        raise InvalidInput(detail=f"{fault} (rows {rows}). Correct them, or leave those rows out")
    counts: NDArray[np.int64] = values.astype(np.int64)
    return counts


def names_of(frame: GeoDataFrame, code: str | None = None) -> NDArray[np.object_]:
    """(n,) what to call the rows in a report: the column `code` where it is given or there is one, else the index."""
    column = "code" if code is None and "code" in frame else code
    names: NDArray[np.object_] = (frame.index if column is None else column_of(frame, column)).to_numpy(dtype=object)
    return names

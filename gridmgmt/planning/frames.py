"""What every planning front asks of its input frame: metres, whole households, names of rows."""

from typing import Any

import numpy as np
import pandas as pd
import pyproj
import shapely
from geopandas import GeoDataFrame
from numpy.typing import NDArray

from gridmgmt.errors import InvalidInput, UnknownColumn
from gridmgmt.geo.coverage import mended
from gridmgmt.geo.crs import metric_crs
from gridmgmt.messages import Words


def metric(frame: GeoDataFrame) -> GeoDataFrame:
    """The frame in metres: as it is where its CRS is metric, else in the metric CRS of its place.

    Mercator's units are called metres but stretch with the latitude (by 8 % in Shenzhen), so they are not taken for it.

    Raises InvalidInput for a frame without CRS or without rows.
    """
    if frame.crs is None:
        raise InvalidInput(detail=Words("reasons.frame_no_crs"))
    if frame.empty:
        raise InvalidInput(detail=Words("reasons.frame_empty"))
    units = {axis.unit_conversion_factor for axis in frame.crs.axis_info[:2]}
    if frame.crs.is_projected and units == {1.0} and not _is_mercator(frame.crs):
        return frame
    return frame.to_crs(metric_crs(frame.to_crs(4326).total_bounds))


def _is_mercator(crs: pyproj.CRS) -> bool:
    operation = crs.coordinate_operation
    return operation is not None and "Mercator" in operation.method_name and "Transverse" not in operation.method_name


def beside(frame: GeoDataFrame, plane: GeoDataFrame, what: Words) -> GeoDataFrame:
    """The frame in the CRS of another; InvalidInput where it does not say its own."""
    if frame.crs is None:
        raise InvalidInput(detail=Words("reasons.frame_of_no_crs", what=what))
    return frame.to_crs(plane.crs)


def require_places(frame: GeoDataFrame, what: Words) -> None:
    """InvalidInput where a row has no geometry: it would be nowhere, and the rows behind it in its place."""
    shapes = frame.geometry.to_numpy()
    lost = shapely.is_missing(shapes) | shapely.is_empty(shapes)
    if lost.any():
        rows = _some(frame, lost)
        raise InvalidInput(detail=Words("reasons.places_missing", what=what, count=int(lost.sum()), rows=rows))


_LINES = (shapely.GeometryType.LINESTRING, shapely.GeometryType.LINEARRING, shapely.GeometryType.MULTILINESTRING)
_KNOWN = (shapely.GeometryType.POINT, shapely.GeometryType.POLYGON, shapely.GeometryType.MULTIPOLYGON)


def require_shapes(frame: GeoDataFrame, names: NDArray[np.object_]) -> None:
    """Raise InvalidInput where a unit is no polygon or point; `names` (n,) are said of the first."""
    shapes = frame.geometry.to_numpy()
    require_each(~(shapely.is_missing(shapes) | shapely.is_empty(shapes)), "reasons.units_no_geometry", names)
    kinds = shapely.get_type_id(shapes)
    require_each(~np.isin(kinds, _LINES), "reasons.units_lines", names)
    require_each(np.isin(kinds, _KNOWN), "reasons.units_collections", names)


def require_unused(frame: GeoDataFrame, *columns: str) -> None:
    """Raise InvalidInput where the frame has a column that the plan adds: it would be lost."""
    for column in columns:
        if column in frame:
            raise InvalidInput(detail=Words("reasons.column_taken", column=column))


def require_each(sound: NDArray[np.bool_], reason: str, names: NDArray[np.object_]) -> None:
    """Raise InvalidInput, with how many and the first, where not every unit (n,) is sound."""
    lost = np.flatnonzero(~sound)
    if len(lost):
        raise InvalidInput(detail=Words(reason, count=len(lost), unit=names[lost[0]]))


def sound(frame: GeoDataFrame) -> GeoDataFrame:
    """The frame with valid polygons: one that crosses itself is mended (`warnings_about` says so)."""
    if not isinstance(frame, GeoDataFrame):
        raise InvalidInput(detail=Words("reasons.frame_no_places"))
    shapes = frame.geometry.to_numpy()
    if shapely.is_valid(shapes[~shapely.is_missing(shapes)]).all():
        return frame
    return frame.set_geometry(mended(shapes), crs=frame.crs)


MENDED_UNITS = "mended_units"  # warning: a polygon that crossed itself
OVERLAPPING_UNITS = "overlapping_units"  # warning: a unit's inner point lies in another unit too
NAMED = 10  # units named in a warning


def warnings_about(given: GeoDataFrame, frame: GeoDataFrame, names: NDArray[np.object_]) -> list[dict[str, Any]]:
    """Units `given` with invalid polygons, and those that lie over one another, whose ground goes to one of them.

    `frame` are the same, sound and in metres.

    >>> squares = GeoDataFrame(geometry=shapely.box([0, 1, 9], 0, [10, 9, 20], 10), crs=4547)
    >>> warnings_about(squares, squares, np.array(["a", "b", "c"]))
    [{'reason': 'overlapping_units', 'count': 2, 'units': ['a', 'b']}]
    """
    shapes = frame.geometry.to_numpy()
    areal = np.flatnonzero(shapely.get_dimensions(shapes) == 2)
    points = shapely.point_on_surface(shapes[areal])
    inner, outer = shapely.STRtree(shapes[areal]).query(points, predicate="within")
    over = areal[np.unique(np.concatenate([inner[inner != outer], outer[inner != outer]]))]
    crossing = ~shapely.is_valid(given.geometry.to_numpy())
    return warning(MENDED_UNITS, names[crossing]) + warning(OVERLAPPING_UNITS, names[over])


def warning(reason: str, names: NDArray[np.object_]) -> list[dict[str, Any]]:
    """One warning that names the first few; none where there are no names."""
    if not len(names):
        return []
    named = [name.item() if isinstance(name, np.generic) else name for name in names[:NAMED]]
    return [{"reason": reason, "count": len(names), "units": named}]


ROWS_NAMED = 5  # of those at fault, in an error


def _some(frame: GeoDataFrame, wrong: NDArray[np.bool_]) -> Words:
    """Which rows those are: by their code where they have one."""
    names = names_of(frame)[wrong]
    shown = [*names[:ROWS_NAMED], *(["…"] if len(names) > ROWS_NAMED else [])]
    return Words("reasons.some_units" if "code" in frame else "reasons.some_rows", names=shown)


def column_of(frame: GeoDataFrame, column: str) -> pd.Series:
    """A column by name; UnknownColumn where there is none."""
    if column not in frame:
        raise UnknownColumn(column=column, columns=frame.columns)
    return frame[column]


def filled(frame: GeoDataFrame, column: str) -> pd.Series:
    """A column that has a value in every row; InvalidInput naming those without, UnknownColumn where there is none."""
    values = column_of(frame, column)
    empty = values.isna().to_numpy()
    if empty.any():
        rows = _some(frame, empty)
        raise InvalidInput(detail=Words("reasons.rows_without_value", column=column, count=int(empty.sum()), rows=rows))
    return values


def households_of(frame: GeoDataFrame, column: str) -> NDArray[np.int64]:
    """(n,) households; InvalidInput where a value is missing, negative or not whole."""
    values = pd.to_numeric(column_of(frame, column), errors="coerce").to_numpy(dtype=float, na_value=np.nan)
    wrong = ~(np.isfinite(values) & (values >= 0) & (values == np.floor(values)))
    if wrong.any():
        rows = _some(frame, wrong)
        first, count = frame[column].to_numpy(dtype=object)[wrong][0], int(wrong.sum())
        raise InvalidInput(
            detail=Words("reasons.counts_unsound", column=column, count=count, rows=rows, first=str(first))
        )
    counts: NDArray[np.int64] = values.astype(np.int64)
    return counts


def names_of(frame: GeoDataFrame, code: str | None = None) -> NDArray[np.object_]:
    """(n,) what to call the rows in a report: the column `code` where it is given or there is one, else the index."""
    column = "code" if code is None and "code" in frame else code
    names: NDArray[np.object_] = (frame.index if column is None else column_of(frame, column)).to_numpy(dtype=object)
    return names

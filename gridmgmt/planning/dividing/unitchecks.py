"""What `divide` asks of the units it is given: polygons or points, and room for the column it adds."""

from typing import Any

import numpy as np
import shapely
from geopandas import GeoDataFrame
from numpy.typing import NDArray

from gridmgmt.errors import InvalidInput
from gridmgmt.messages import Words

OVERLAPPING_UNITS = "overlapping_units"  # warning: a unit's inner point lies in another unit too
NAMED = 10  # units named in a warning
_LINES = (shapely.GeometryType.LINESTRING, shapely.GeometryType.LINEARRING, shapely.GeometryType.MULTILINESTRING)
_KNOWN = (shapely.GeometryType.POINT, shapely.GeometryType.POLYGON, shapely.GeometryType.MULTIPOLYGON)


def require_units(frame: GeoDataFrame, names: NDArray[np.object_]) -> None:
    """Raise InvalidInput where a unit is no polygon or point, or where the column `part` is taken."""
    if "part" in frame:
        raise InvalidInput(detail=Words("reasons.part_column_taken"))
    shapes = frame.geometry.to_numpy()
    _require(~(shapely.is_missing(shapes) | shapely.is_empty(shapes)), "reasons.units_no_geometry", names)
    kinds = shapely.get_type_id(shapes)
    _require(~np.isin(kinds, _LINES), "reasons.units_lines", names)
    _require(np.isin(kinds, _KNOWN), "reasons.units_collections", names)


def _require(sound: NDArray[np.bool_], reason: str, names: NDArray[np.object_]) -> None:
    lost = np.flatnonzero(~sound)
    if len(lost):
        raise InvalidInput(detail=Words(reason, count=len(lost), unit=names[lost[0]]))


def warnings_about(shapes: NDArray[np.object_], names: NDArray[np.object_]) -> list[dict[str, Any]]:
    """What the planner should know: polygons that lie over one another, whose ground is then given to one of them.

    >>> squares = shapely.box([0, 1, 9], 0, [10, 9, 20], 10)
    >>> warnings_about(squares, np.array(["a", "b", "c"]))
    [{'reason': 'overlapping_units', 'count': 2, 'units': ['a', 'b']}]
    """
    areal = np.flatnonzero(shapely.get_dimensions(shapes) == 2)
    points = shapely.point_on_surface(shapes[areal])
    inner, outer = shapely.STRtree(shapes[areal]).query(points, predicate="within")
    over = areal[np.unique(np.concatenate([inner[inner != outer], outer[inner != outer]]))]
    if not len(over):
        return []
    named = [name.item() if isinstance(name, np.generic) else name for name in names[over[:NAMED]]]
    return [{"reason": OVERLAPPING_UNITS, "count": len(over), "units": named}]

"""Frames as GeoJSON (RFC 7946): the code is the id, coordinates to a tenth of a millimetre."""

from typing import Any

import geopandas
import orjson
import shapely
from numpy.typing import NDArray

ROUNDED_DEG = 1e-9  # 0.1 mm; a coarser step makes narrow areas cross themselves


def collection(frame: geopandas.GeoDataFrame, *, points: bool = False) -> dict[str, Any]:
    """A FeatureCollection of a frame in EPSG:4326; with `points` each area as one point well inside it."""
    shapes = frame.geometry.to_numpy()
    shapes = shapely.point_on_surface(shapes) if points else shapes
    rows = frame.drop(columns=frame.geometry.name).astype(object).to_dict("records")
    pairs = zip(rows, shapely.to_geojson(_rounded(shapes)), strict=True)
    return {"type": "FeatureCollection", "features": [_feature(row, shape) for row, shape in pairs]}


def _feature(row: dict[str, Any], shape: str) -> dict[str, Any]:
    properties = {name: _plain(value) for name, value in row.items()}
    return {"type": "Feature", "id": row.get("code"), "properties": properties, "geometry": orjson.Fragment(shape)}


def _plain(value: Any) -> Any:
    """JSON has no NaN: what is missing is null."""
    return None if value is None or value != value else value


def _rounded(shapes: NDArray[Any]) -> NDArray[Any]:
    """Vertices on a grid one by one (`pointwise`), so that equal vertices of neighbours stay equal."""
    rounded: NDArray[Any] = shapely.set_precision(shapes, ROUNDED_DEG, mode="pointwise")
    return rounded

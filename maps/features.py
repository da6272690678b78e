"""From frames to features small enough to mail: simplified together, rounded, and with nothing in them but the card."""

from collections.abc import Sequence

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray

from maps.leaflet import Features
from maps.text import script_json

DEGREES_PER_METRE = 1 / 111_320  # of latitude; longitude degrees are shorter, so nothing becomes coarser than asked
DECIMALS = 5  # 1.1 m, finer than a pixel at any zoom a printed district needs
_WGS84 = 4326


def features(
    frame: gpd.GeoDataFrame,
    classes: ArrayLike | dict[str, ArrayLike] = "all",
    cards: Sequence[Sequence[object]] | None = None,
    *,
    tolerance_m: float = 0.0,
    coverage: bool = False,
) -> Features:
    """A frame as an element of a page; parameters as `feature_json`."""
    return Features(feature_json(frame, classes, cards, tolerance_m=tolerance_m, coverage=coverage))


def feature_json(
    frame: gpd.GeoDataFrame,
    classes: ArrayLike | dict[str, ArrayLike] = "all",
    cards: Sequence[Sequence[object]] | None = None,
    *,
    tolerance_m: float = 0.0,
    coverage: bool = False,
) -> str:
    """GeoJSON in EPSG:4326, ready for a script, with the class(es) and the card of each row as properties.

    Parameters
    ----------
    classes
        one class name per row (or one for all), or several such columns by property name
    cards
        per row: the title, then the values for the labels of the `Shapes` that draws it; None leaves a row out
    tolerance_m
        simplification in metres; with `coverage` shared borders are simplified once and stay shared
    """
    columns = classes if isinstance(classes, dict) else {"class": classes}
    wide = {name: _column(values, len(frame)) for name, values in columns.items()}
    geometries = shapely.to_geojson(_small(frame, tolerance_m, coverage))
    lines = []
    for row, geometry in enumerate(geometries):
        properties: dict[str, object] = {name: column[row] for name, column in wide.items()}
        if cards is not None:
            properties["card"] = list(cards[row])
        lines.append(f'{{"type":"Feature","properties":{script_json(properties)},"geometry":{geometry}}}')
    return '{"type":"FeatureCollection","features":[\n' + ",\n".join(lines) + "\n]}"


def _column(values: ArrayLike, count: int) -> list[str]:
    array = np.broadcast_to(np.asarray(values, dtype=object), count)
    return [str(value) for value in array]


def _small(frame: gpd.GeoDataFrame, tolerance_m: float, coverage: bool) -> NDArray[np.object_]:
    """The geometries in WGS84, simplified and rounded; matched borders stay matched, as equal points round equally."""
    shapes = np.asarray(frame.geometry.to_crs(_WGS84).array if frame.crs is not None else frame.geometry.array)
    if tolerance_m and len(shapes):
        tolerance = tolerance_m * DEGREES_PER_METRE
        # coverage_simplify takes the area tolerance of Visvalingam: a corner of these legs is the smallest kept.
        shapes = shapely.coverage_simplify(shapes, tolerance) if coverage else shapely.simplify(shapes, tolerance)
    rounded: NDArray[np.object_] = shapely.transform(shapes, lambda points: np.round(points, DECIMALS))
    return rounded


def multipart(shapes: NDArray[np.object_]) -> object:
    """One multipart of all shapes of one dimension, not dissolved: a union of thousands would cost seconds."""
    parts = shapely.get_parts(shapes)
    collect = (shapely.multipoints, shapely.multilinestrings, shapely.multipolygons)
    return collect[shapely.get_dimensions(parts).max(initial=0)](parts)


def label_rows(frame: gpd.GeoDataFrame, texts: Sequence[str], ranks: ArrayLike) -> list[list[object]]:
    """Rows for `Labels`: [latitude, longitude, text, rank], placed inside the shape."""
    points = shapely.point_on_surface(np.asarray(frame.geometry.array))
    where = np.round(shapely.get_coordinates(points), DECIMALS)
    ordered = np.asarray(ranks, dtype=float)
    return [
        [latitude, longitude, text, float(rank)]
        for (longitude, latitude), text, rank in zip(where.tolist(), texts, ordered, strict=True)
    ]


def bounds_of(frame: gpd.GeoDataFrame) -> list[list[float]]:
    """Leaflet's [[south, west], [north, east]] of a frame."""
    west, south, east, north = (float(value) for value in frame.total_bounds)
    return [[south, west], [north, east]]

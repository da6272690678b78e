"""Rows of the database as frames: columns as in the vocabulary, geometry in EPSG:4326."""

from collections.abc import Mapping
from typing import Any

import geopandas
import numpy as np
import pandas
import shapely
from sqlalchemy import Executable
from sqlalchemy.orm import Session

from gridmgmt.store.tables import WGS84_SRID

Box = tuple[float, float, float, float]  # west, south, east, north in degrees
WORLD: Box = (-180.0, -90.0, 180.0, 90.0)


def read_frame(
    session: Session, statement: Executable, parameters: Mapping[str, Any] | None = None
) -> geopandas.GeoDataFrame:
    """Run a query whose column `geometry` is WKB; a multipolygon of one part comes as a polygon."""
    result = session.execute(statement, parameters or {})
    rows = [tuple(row) for row in result]  # pandas looks long at rows that are more than tuples
    table = pandas.DataFrame(rows, columns=list(result.keys()))
    shapes = unwrapped(shapely.from_wkb(table.pop("geometry").to_numpy(dtype=object)))
    return geopandas.GeoDataFrame(table, geometry=shapes, crs=WGS84_SRID)


def unwrapped(shapes: np.ndarray[Any, np.dtype[np.object_]]) -> np.ndarray[Any, np.dtype[np.object_]]:
    """(n,) geometries with every multipolygon of one part as that part.

    >>> box = shapely.box(0, 0, 1, 1)
    >>> unwrapped(np.array([shapely.MultiPolygon([box])]))[0].geom_type
    'Polygon'
    """
    single = (shapely.get_type_id(shapes) == shapely.GeometryType.MULTIPOLYGON) & (
        shapely.get_num_geometries(shapes) == 1
    )
    return np.where(single, shapely.get_geometry(shapes, 0), shapes)

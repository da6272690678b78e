"""Small frames of places to write and read back."""

from typing import Any

import geopandas
import numpy as np
import shapely

WEST, SOUTH, STEP = 114.10, 22.54, 0.002


def blocks(columns: int = 3, rows: int = 2, **values: Any) -> geopandas.GeoDataFrame:
    """A tiling of `columns` × `rows` blocks of about 200 m, row by row from the north, in EPSG:4326."""
    boxes = [
        shapely.box(
            round(WEST + column * STEP, 6),
            round(SOUTH - (row + 1) * STEP, 6),
            round(WEST + (column + 1) * STEP, 6),
            round(SOUTH - row * STEP, 6),
        )
        for row in range(rows)
        for column in range(columns)
    ]
    data = {"名称": [f"第{number}社区" for number in range(1, len(boxes) + 1)], **values}
    return geopandas.GeoDataFrame(data, geometry=boxes, crs=4326)


def points(count: int = 3, **values: Any) -> geopandas.GeoDataFrame:
    """Points 100 m apart, in EPSG:4326."""
    lon = WEST + np.arange(count) * STEP / 2
    return geopandas.GeoDataFrame(values, geometry=list(shapely.points(lon, np.full(count, SOUTH))), crs=4326)

"""Export of a layer to a file, as it stood on a day."""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import geopandas
from sqlalchemy.orm import Session

from gridmgmt.geo.crs import from_wgs84, parse_crs
from gridmgmt.io.columns import layer_named
from gridmgmt.io.files import write_file
from gridmgmt.io.layers import LAYERS, Layer
from gridmgmt.services import units
from gridmgmt.services.boundaries import boundaries_at

# A Shapefile keeps ten bytes of a column's name; import knows these.
SHORT_NAMES = {
    "parent_code": "parent",
    "community_type": "comm_type",
    "compound_code": "compound",
    "building_code": "building",
    "street_class": "class",
    "station_type": "stn_type",
    "subdistrict_code": "subdistr",
    "office_planned_m2": "office_pln",
    "service_planned_m2": "service_pl",
    "plaza_planned_m2": "plaza_plan",
}
FRAMES: dict[str, Callable[[Session], geopandas.GeoDataFrame]] = {
    "compounds": units.compounds_frame,
    "buildings": units.buildings_frame,
    "units": units.buildings_frame,
    "entrances": units.entrances_frame,
    "streets": units.streets_frame,
    "barriers": units.barriers_frame,
    "places": units.places_frame,
    "land": units.land_frame,
}


def export_layer(session: Session, layer: str, path: Path | str, *, at: date, crs: str | None = None) -> int:
    """Write a layer as it stood on the day `at` and return the number of features; `crs` is that of the file.

    GeoJSON is written in the CRS given too, though readers expect EPSG:4326. "units" are the buildings.

    Raises InvalidInput for a layer, format or CRS that is not known.
    """
    frame = layer_frame(session, layer_named(layer, [], 0.0), at)
    if crs is not None:
        named = parse_crs(crs)
        frame = frame.set_geometry(from_wgs84(frame.geometry.to_numpy(), named)).set_crs(named.crs, allow_override=True)
    write_file(path, frame, layer, SHORT_NAMES)
    return len(frame)


def layer_frame(session: Session, layer: Layer, at: date) -> geopandas.GeoDataFrame:
    """The features of a layer on a day, with the columns that import knows, in EPSG:4326."""
    if layer.level is not None:
        level: Any = layer.level
        frame = boundaries_at(session, level, at)
    elif layer.name == "stations":
        frame = units.stations_at(session, at)
    else:
        frame = FRAMES[layer.name](session)
    return frame[[*(item.name for item in LAYERS[layer.name].fields), "geometry"]]

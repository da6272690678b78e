"""The seeded demo district: Luohu as of 2006 in numbers and names, with self-made geometry.

>>> city = build_city("small")
>>> len(city.boundaries), int(city.boundaries.level.eq("community").sum())
(32, 29)
>>> city.buildings.crs.to_epsg()
4326
"""

from collections.abc import Iterator
from dataclasses import dataclass, fields
from datetime import date

import geopandas as gpd
import numpy as np
import pandas as pd

from gridmgmt.demo import frames
from gridmgmt.demo.geography import Size, draw_geography
from gridmgmt.demo.ground import survey
from gridmgmt.demo.houses import open_entrances, raise_buildings

VALID_FROM = date(2006, 1, 1)  # the district as it stood before the merge


@dataclass(frozen=True)
class City:
    """The frames of the demo district, all in EPSG:4326 with coordinates rounded to 1e-7 degrees (about 1 cm)."""

    boundaries: gpd.GeoDataFrame
    compounds: gpd.GeoDataFrame
    buildings: gpd.GeoDataFrame
    entrances: gpd.GeoDataFrame
    streets: gpd.GeoDataFrame
    barriers: gpd.GeoDataFrame
    places: gpd.GeoDataFrame
    land: gpd.GeoDataFrame
    stations: gpd.GeoDataFrame
    station_services: pd.DataFrame

    def frames(self) -> dict[str, pd.DataFrame]:
        """The frames by name, in the order they load in."""
        return dict(self._items())

    def _items(self) -> Iterator[tuple[str, pd.DataFrame]]:
        for column in fields(self):
            yield column.name, getattr(self, column.name)


def build_city(size: Size = "full", seed: int = 2006) -> City:
    """Build the demo district; the same size and seed give the same bits.

    `size` "full" has ten subdistricts and 115 communities, "small" two subdistricts with 29.
    """
    rng = np.random.default_rng(seed)
    ground = survey(draw_geography(size, rng), rng)
    buildings = raise_buildings(ground, rng)
    entrances = open_entrances(buildings)
    units = frames.unit_frames(ground, buildings, entrances, rng)
    return City(
        boundaries=frames.boundaries_frame(ground),
        **units,
        streets=frames.streets_frame(ground),
        barriers=frames.barriers_frame(ground),
        places=frames.places_frame(ground, rng),
        land=frames.land_frame(ground),
        **frames.station_frames(ground, buildings, rng),
    )

"""The full demo city, built once for the tests of this folder."""

import geopandas as gpd
import pytest

from gridmgmt.demo.city import City, build_city

METRIC = "EPSG:4547"


@pytest.fixture(scope="session")
def full_city() -> City:
    return build_city("full", seed=2006)


@pytest.fixture(scope="session")
def communities(full_city: City) -> gpd.GeoDataFrame:
    """The communities in metres, by code."""
    boundaries = full_city.boundaries
    return boundaries[boundaries["level"] == "community"].to_crs(METRIC).set_index("code", drop=False)


@pytest.fixture(scope="session")
def buildings(full_city: City) -> gpd.GeoDataFrame:
    """The buildings in metres."""
    return full_city.buildings.to_crs(METRIC)

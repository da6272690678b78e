import json
import math
from pathlib import Path

import geopandas
import pytest
import shapely
from sqlalchemy.orm import Session

from gridmgmt.errors import NotFound
from gridmgmt.services.tiles import LAYERS, boundaries_geojson, tile
from tests.services import blocktown
from tests.services.blocktown import DISTRICT, EVE, FOUNDED, code_at

LON, LAT = 114.005, 22.505


def tile_at(zoom: int, lon: float = LON, lat: float = LAT) -> tuple[int, int, int]:
    """Numbers of the Web Mercator tile a place lies in."""
    x = (lon + 180) / 360
    y = (1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2
    return zoom, int(x * 2**zoom), int(y * 2**zoom)


def decoded(data: bytes, folder: Path, zoom: int, x: int, y: int) -> geopandas.GeoDataFrame:
    """The tile as GDAL, a foreign reader, sees it."""
    path = folder / str(zoom) / str(x) / f"{y}.pbf"
    path.parent.mkdir(parents=True)
    path.write_bytes(data)
    return geopandas.read_file(path)


@pytest.fixture
def town(session: Session) -> Session:
    blocktown.found(session)
    return session


def test_a_tile_holds_what_is_there_on_the_day(town: Session, tmp_path: Path) -> None:
    zoom, x, y = tile_at(15)
    found = decoded(tile(town, "community", zoom, x, y, FOUNDED), tmp_path, zoom, x, y)
    assert code_at(0, 0) in set(found["code"])
    assert found["households"].eq(blocktown.HOUSEHOLDS).all()
    assert tile(town, "community", zoom, x, y, EVE) == b""


def test_coordinates_of_a_tile_are_where_they_belong(town: Session, tmp_path: Path) -> None:
    zoom, x, y = tile_at(17)
    found = decoded(tile(town, "building", zoom, x, y, FOUNDED), tmp_path, zoom, x, y).to_crs(4326)
    expected = blocktown.buildings().set_index("code").loc[found["code"]]
    assert len(found) > 0
    middle = shapely.distance(
        shapely.centroid(found.geometry.to_numpy()), shapely.centroid(expected.geometry.to_numpy())
    )
    assert middle.max() < 1e-6


@pytest.mark.parametrize("layer", LAYERS)
def test_every_layer_answers_on_every_zoom(town: Session, layer: str) -> None:
    for zoom in (0, 8, 16, 24):
        assert isinstance(tile(town, layer, *tile_at(zoom), FOUNDED), bytes)


def test_tiles_and_layers_that_do_not_exist(town: Session) -> None:
    for layer, place in {"secrets": (0, 0, 0), "grid": (1, 2, 0)}.items():
        with pytest.raises(NotFound):
            tile(town, layer, *place, FOUNDED)
    for place in [(25, 0, 0), (-1, 0, 0), (3, -1, 0), (3, 0, 8)]:
        with pytest.raises(NotFound):
            tile(town, "grid", *place, FOUNDED)


def test_geojson_of_a_level_a_box_and_a_day(town: Session) -> None:
    collection = json.loads(boundaries_geojson(town, "community", FOUNDED, bbox=(LON, LAT, LON, LAT)))
    assert collection["type"] == "FeatureCollection"
    (feature,) = collection["features"]
    assert feature["id"] == code_at(0, 0)
    assert feature["properties"]["valid_from"] == FOUNDED.isoformat()
    shape = shapely.geometry.shape(feature["geometry"])
    assert shape.equals(blocktown.rectangle(0, 0))
    assert shape.geoms[0].exterior.is_ccw
    everything = json.loads(boundaries_geojson(town, "community", FOUNDED, within_code=f"{DISTRICT}001"))
    assert [feature["id"] for feature in everything["features"]] == sorted(blocktown.CODES)[:4]
    assert json.loads(boundaries_geojson(town, "community", EVE))["features"] == []

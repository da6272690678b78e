"""What can be read: health, boundaries of a date, tiles, figures, words, maps."""

import json
from math import asinh, pi, radians, tan
from pathlib import Path

import httpx
import pyogrio
import pytest
import shapely
from sqlalchemy import text

from gridmgmt.messages import catalogue
from gridmgmt.store.engine import transaction


def test_health_and_readiness(reader: httpx.Client) -> None:
    assert reader.get("/healthz").json()["status"] == "ok"
    assert reader.get("/readyz").json()["status"] == "ready"


def test_not_ready_at_another_schema(client: httpx.Client, fresh_district: str) -> None:
    with transaction(fresh_district) as session:
        session.execute(text("update alembic_version set version_num = 'older'"))
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["code"] == "schema_out_of_date"


def test_openapi_describes_the_api(reader: httpx.Client) -> None:
    paths = reader.get("/openapi.json").json()["paths"]
    assert {"/api/v1/boundaries/{level}", "/tiles/{layers}/{z}/{x}/{y}.mvt", "/api/v1/plans"} <= set(paths)


def test_boundaries_of_a_date(reader: httpx.Client) -> None:
    answer = reader.get("/api/v1/boundaries/community?at=2006-09-01")
    assert answer.headers["content-type"] == "application/geo+json"
    features = answer.json()["features"]
    assert len(features) == 29
    assert all(feature["id"] == feature["properties"]["code"] for feature in features)
    assert reader.get("/api/v1/boundaries/community?at=2005-12-31").json()["features"] == []


def test_boundaries_in_a_box_and_below_a_parent(reader: httpx.Client) -> None:
    everything = reader.get("/api/v1/boundaries/community").json()["features"]
    parent = everything[0]["properties"]["parent_code"]
    below = reader.get(f"/api/v1/boundaries/community?parent={parent}").json()["features"]
    assert {feature["properties"]["parent_code"] for feature in below} == {parent}
    box = shapely.from_geojson(str(everything[0]["geometry"]).replace("'", '"')).bounds
    near = reader.get("/api/v1/boundaries/community", params={"bbox": ",".join(map(str, box))}).json()["features"]
    assert everything[0]["id"] in {feature["id"] for feature in near}
    assert len(near) < len(everything)


def test_a_point_inside_each_area(reader: httpx.Client) -> None:
    areas = reader.get("/api/v1/boundaries/subdistrict").json()["features"]
    points = reader.get("/api/v1/boundaries/subdistrict?geometry=point").json()["features"]
    for area, point in zip(areas, points, strict=True):
        assert area["id"] == point["id"]
        shape = shapely.geometry.shape(area["geometry"])
        assert shape.contains(shapely.geometry.shape(point["geometry"]))


def test_one_boundary_and_one_station(reader: httpx.Client) -> None:
    code = reader.get("/api/v1/boundaries/subdistrict").json()["features"][0]["id"]
    assert reader.get(f"/api/v1/boundaries/subdistrict/{code}").json()["properties"]["code"] == code
    station = reader.get(f"/api/v1/stations/{code}Z01")
    assert station.json()["properties"]["office_m2"] > 0
    assert reader.get(f"/api/v1/stations/{code}Z99").status_code == 404


def test_figures_of_a_date(reader: httpx.Client) -> None:
    figures = reader.get("/api/v1/figures?at=2006-09-01").json()
    assert figures["levels"]["community"]["areas"] == figures["stations"] == 29
    assert figures["epochs"] == ["2006-01-01"]
    assert figures["bounds"][0] < figures["bounds"][2]
    before = reader.get("/api/v1/figures?at=2005-09-01").json()
    assert before["levels"] == {}
    assert before["bounds"] is None


def test_the_same_answer_is_not_sent_twice(reader: httpx.Client) -> None:
    first = reader.get("/api/v1/boundaries/community")
    again = reader.get("/api/v1/boundaries/community", headers={"If-None-Match": first.headers["etag"]})
    assert again.status_code == 304
    assert again.content == b""


@pytest.fixture(scope="module")
def middle(reader: httpx.Client) -> tuple[int, int]:
    """The tile at zoom 12 under the middle of the district."""
    west, south, east, north = reader.get("/api/v1/figures").json()["bounds"]
    x, y = tile_under((west + east) / 2, (south + north) / 2, 12)
    return x, y


def tile_under(lon: float, lat: float, zoom: int) -> tuple[int, int]:

    return int((lon + 180) / 360 * 2**zoom), int((1 - asinh(tan(radians(lat))) / pi) / 2 * 2**zoom)


def test_a_tile_of_several_layers_reads_in_gdal(reader: httpx.Client, middle: tuple[int, int], tmp_path: Path) -> None:
    x, y = middle
    answer = reader.get(f"/tiles/community,subdistrict,station,land/12/{x}/{y}.mvt?at=2006-09-01")
    assert answer.headers["content-type"] == "application/vnd.mapbox-vector-tile"
    assert answer.headers["etag"]
    (tmp_path / "tile.mvt").write_bytes(answer.content)
    layers = pyogrio.list_layers(tmp_path / "tile.mvt")[:, 0].tolist()
    assert layers == ["community", "subdistrict", "station", "land"]
    assert "households" in pyogrio.read_info(tmp_path / "tile.mvt", layer="community")["fields"]


def test_tile_json(reader: httpx.Client) -> None:
    document = reader.get("/tiles/community,street.json?at=2006-09-01").json()
    assert document["tiles"] == [
        f"{str(reader.base_url).rstrip('/')}/tiles/community,street/{{z}}/{{x}}/{{y}}.mvt?at=2006-09-01"
    ]
    assert [layer["id"] for layer in document["vector_layers"]] == ["community", "street"]
    assert reader.get("/tiles/community,nothing.json").status_code == 404


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_words_of_the_pages(reader: httpx.Client, language: str) -> None:
    words = reader.get(f"/api/v1/messages/{language}").json()
    assert words["common.grid"] == catalogue(language)["common.grid"]  # type: ignore[arg-type]
    assert reader.get("/api/v1/messages/fr").status_code == 422


def test_map_pages_are_listed_by_title_and_sandboxed(client: httpx.Client, maps_folder: Path) -> None:
    assert client.get("/api/v1/maps").json() == []
    titles, files = {"zh": "网格", "en": "Grids"}, {"zh": "grids.html", "en": "grids-en.html"}
    index = [{"name": "grids", "title": titles, "file": files, "at": "2006-09-01"}]
    (maps_folder / "index.json").write_text(json.dumps(index), encoding="utf-8")
    (maps_folder / "grids.html").write_text("<script>1</script>", encoding="utf-8")
    (maps_folder.parent / "secret.html").write_text("secret", encoding="utf-8")
    entry = {"name": "grids", "title": "Grids", "at": "2006-09-01", "url": "/maps/grids-en.html"}
    assert client.get("/api/v1/maps?lang=en").json() == [entry]
    page = client.get("/maps/grids.html")
    assert "<script>1</script>" in page.text
    assert page.headers["content-security-policy"].startswith("sandbox allow-scripts")
    for path in ("/maps/../secret.html", "/maps/..%2Fsecret.html", "/maps/%2e%2e%2fsecret.html", "/maps/grids.txt"):
        assert client.get(path).status_code == 404


@pytest.mark.parametrize(
    ("query", "language", "word"), [("", "zh-CN", "网格管理"), ("?lang=en", "en", "Grid management")]
)
def test_the_pages_come_with_their_words(reader: httpx.Client, query: str, language: str, word: str) -> None:
    for path in ("/", "/field"):
        page = reader.get(f"{path}{query}", headers={"Accept-Language": "en"}).text
        assert f'<html lang="{language}"' in page
        assert word in page

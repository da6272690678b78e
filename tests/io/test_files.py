"""Every format written and read back; files that lie about what they are."""

import json
import zipfile
from pathlib import Path

import geopandas
import numpy as np
import pandas
import pyogrio
import pytest
import shapely

from gridmgmt.errors import InvalidInput, MissingCrs, UnreadableFile
from gridmgmt.io.archive import Limits
from gridmgmt.io.files import read_file, write_file
from tests.io.places import blocks, points

SUFFIXES = [".gpkg", ".geojson", ".json", ".shp", ".zip", ".parquet", ".csv", ".xlsx"]
UNSAID = {".csv", ".xlsx"}  # formats that never say their coordinate system


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_every_format_gives_back_what_was_written(tmp_path: Path, suffix: str) -> None:
    frame = blocks(户数=[120, 0, 98, 7, 180, 33], 编码=[f"44030300100{n}" for n in range(1, 7)])
    path = tmp_path / f"社区{suffix}"
    write_file(path, frame, "communities", {})
    source = read_file(path, crs="EPSG:4326" if suffix in UNSAID else None)
    assert source.crs.crs.to_epsg() == 4326
    assert source.frame["名称"].to_list() == frame["名称"].to_list()
    assert [str(code) for code in source.frame["编码"]] == frame["编码"].to_list()
    assert [int(count) for count in source.frame["户数"]] == frame["户数"].to_list()
    equal = shapely.equals_exact(
        shapely.normalize(source.frame.geometry), shapely.normalize(frame.geometry), tolerance=1e-11
    )
    assert equal.all()


@pytest.mark.parametrize("suffix", [".csv", ".xlsx"])
def test_a_table_without_crs_is_refused_until_it_is_given(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"点{suffix}"
    write_file(path, points(名称=["甲", "乙", "丙"]), "places", {})
    with pytest.raises(MissingCrs, match="--crs"):
        read_file(path)
    assert read_file(path, crs="gcj02").crs.name == "gcj02"


@pytest.mark.parametrize("suffix", [".gpkg", ".shp", ".parquet"])
def test_a_file_whose_crs_is_unknown_or_no_place_on_earth_is_refused(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a{suffix}"
    bare = blocks().set_crs(None, allow_override=True)
    with pytest.warns(UserWarning, match="crs") if suffix != ".parquet" else np.errstate():
        write_file(path, bare, "a", {})
    with pytest.raises(MissingCrs):
        read_file(path)
    assert read_file(path, crs="EPSG:4490").crs.crs.to_epsg() == 4490


def test_crs_by_hand_overrides_and_is_said(tmp_path: Path) -> None:
    path = tmp_path / "a.geojson"
    write_file(path, blocks(), "a", {})
    source = read_file(path, crs="gcj02")
    assert (source.crs.name, [key for key, _ in source.notes]) == ("gcj02", ["crs_by_hand"])


def test_a_file_of_several_layers_asks_which(tmp_path: Path) -> None:
    path = tmp_path / "two.gpkg"
    for name in ("first", "second"):
        pyogrio.write_dataframe(blocks(), path, layer=name, driver="GPKG", append=path.exists())
    with pytest.raises(UnreadableFile, match="first, second; choose one with --source-layer"):
        read_file(path)
    assert len(read_file(path, layer="second").frame) == 6


def test_a_layer_that_is_not_there_is_refused_with_those_that_are(tmp_path: Path) -> None:
    path = tmp_path / "a.gpkg"
    for name in ("first", "second"):
        geopandas.GeoDataFrame({"n": [1]}, geometry=[shapely.Point(114, 22)], crs=4326).to_file(path, layer=name)
    with pytest.raises(UnreadableFile, match="no layer 'third'; it has first, second"):
        read_file(path, layer="third")


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.gpkg", b"PK\x03\x04 no geopackage"),
        ("a.geojson", b"<OGRVRTDataSource><OGRVRTLayer/></OGRVRTDataSource>"),
        ("a.geojson", b'{"type": "FeatureCollection", "features": [{"type'),
        ("a.shp", b"\x00\x00\x27\x0a cut off"),
        ("a.parquet", b"PAR1 nothing else"),
        ("a.xlsx", b"PK\x03\x04 cut off"),
        ("a.csv", "名称,户数\n甲,3\n".encode()),
        ("a.kml", b"<kml/>"),
        ("a.gpkg", b""),
    ],
)
def test_files_that_are_not_what_they_claim_are_refused_by_name(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(UnreadableFile) as raised:
        read_file(tmp_path / name, crs="EPSG:4326")
    assert name in str(raised.value)
    assert str(tmp_path) not in str(raised.value)


def test_a_missing_file_and_a_large_one_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFile, match="no such file"):
        read_file(tmp_path / "none.gpkg")
    write_file(tmp_path / "a.csv", points(), "a", {})
    with pytest.raises(UnreadableFile, match="the limit is 10"):
        read_file(tmp_path / "a.csv", crs="EPSG:4326", limits=Limits(file_bytes=10))
    with pytest.raises(UnreadableFile, match="3 features"):
        read_file(tmp_path / "a.csv", crs="EPSG:4326", limits=Limits(features=2))


def test_geojson_in_gbk_or_with_a_mark_is_read(tmp_path: Path) -> None:
    text = json.dumps(json.loads(blocks().to_json()), ensure_ascii=False)
    for encoding in ("gbk", "utf-8-sig", "utf-16"):
        path = tmp_path / f"{encoding}.geojson"
        path.write_text(text, encoding=encoding)
        assert read_file(path).frame["名称"][0] == "第1社区"


def test_the_third_dimension_is_dropped(tmp_path: Path) -> None:
    frame = blocks()
    frame.geometry = geopandas.GeoSeries(shapely.force_3d(frame.geometry.to_numpy(), 5.0), crs=4326)
    write_file(tmp_path / "a.gpkg", frame, "a", {})
    assert not shapely.has_z(read_file(tmp_path / "a.gpkg").frame.geometry).any()


def test_a_shapefile_of_two_kinds_and_an_unknown_suffix_are_not_written(tmp_path: Path) -> None:
    mixed = geopandas.GeoDataFrame(geometry=[shapely.box(0, 0, 1, 1), shapely.Point(0, 0)], crs=4326)
    with pytest.raises(InvalidInput, match="one kind"):
        write_file(tmp_path / "a.shp", mixed, "a", {})
    with pytest.raises(InvalidInput, match=r"\.gpkg"):
        write_file(tmp_path / "a.dwg", mixed, "a", {})


def test_a_zip_with_several_files_asks_which(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "two.zip", "w") as archive:
        for name in ("甲.geojson", "乙.geojson"):
            archive.writestr(name, blocks().to_json())
    with pytest.raises(UnreadableFile, match=r"甲\.geojson, 乙\.geojson"):
        read_file(tmp_path / "two.zip")
    assert read_file(tmp_path / "two.zip", layer="乙").name == "乙.geojson"


@pytest.mark.parametrize("by_hand", [None, "EPSG:4547"])
def test_degrees_that_pass_for_metres_are_refused(tmp_path: Path, by_hand: str | None) -> None:
    path = tmp_path / "a.gpkg"
    blocks(4).set_crs(4326 if by_hand else 4547, allow_override=True).to_file(path)
    with pytest.raises(UnreadableFile, match=r"it says EPSG:4547, but its coordinates \(as 114.* look like degrees"):
        read_file(path, crs=by_hand)
    assert len(read_file(path, crs="EPSG:4326").frame) == 8


def test_metres_that_pass_for_degrees_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.gpkg"
    blocks(4).to_crs(4547).set_crs(4326, allow_override=True).to_file(path)
    with pytest.raises(UnreadableFile, match=r"a\.gpkg .* it says EPSG:4326, but .* are no degrees\. .* --crs"):
        read_file(path)
    assert len(read_file(path, crs="EPSG:4547").frame) == 8


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFile, match="it is a folder"):
        read_file(tmp_path)


def test_tables_without_places_say_so(tmp_path: Path) -> None:
    table = pandas.DataFrame({"n": [1]})
    table.to_parquet(tmp_path / "a.parquet")
    pyogrio.write_dataframe(table, tmp_path / "a.gpkg", layer="t", driver="GPKG")
    for name, layer in (("a.parquet", None), ("a.gpkg", None), ("a.gpkg", "t")):
        with pytest.raises(UnreadableFile, match="it has no geometry"):
            read_file(tmp_path / name, layer=layer)

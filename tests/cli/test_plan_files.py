"""Results of the planning commands: nothing of anybody else's is overwritten, nothing half-made is left."""

from pathlib import Path

import geopandas as gpd
import pyogrio
import pytest
import shapely

from gridmgmt.cli.main import run
from gridmgmt.cli.plan_files import read_beside, read_frame, result_file, write_layers
from gridmgmt.errors import InvalidInput, UnreadableFile
from gridmgmt.io.files import write_layer
from gridmgmt.messages import error_text

FRAME = gpd.GeoDataFrame({"FID": [7, 7]}, geometry=shapely.box([0, 9], 0, [9, 18], 9), crs=4547)


def test_a_file_that_holds_other_layers_is_not_touched(tmp_path: Path) -> None:
    theirs = tmp_path / "theirs.gpkg"
    FRAME.drop(columns="FID").to_file(theirs, layer="mine")
    with pytest.raises(InvalidInput, match="mine"):
        result_file(theirs)
    assert pyogrio.list_layers(theirs)[:, 0].tolist() == ["mine"]


def test_a_result_is_a_geopackage() -> None:
    with pytest.raises(InvalidInput, match="no GeoPackage"):
        result_file(Path("plan.geojson"))


def test_an_earlier_result_is_replaced_and_a_column_called_fid_survives(tmp_path: Path) -> None:
    path = tmp_path / "plan.gpkg"
    for _ in range(2):
        assert result_file(path) == path
        write_layers(path, {"units": FRAME, "parts": FRAME})
    assert read_frame(path, layer="units")["FID"].tolist() == [7, 7]
    assert [entry.name for entry in tmp_path.iterdir()] == ["plan.gpkg"]


def test_a_write_that_fails_leaves_the_earlier_result(tmp_path: Path) -> None:
    path = tmp_path / "plan.gpkg"
    write_layers(path, {"units": FRAME})
    with pytest.raises(AttributeError):
        write_layers(path, {"units": FRAME, "parts": None})  # type: ignore[dict-item]
    assert pyogrio.list_layers(path)[:, 0].tolist() == ["units"]
    assert [entry.name for entry in tmp_path.iterdir()] == ["plan.gpkg"]


def test_what_is_given_beside_is_taken_from_the_layer_of_its_name(tmp_path: Path) -> None:
    city = tmp_path / "city.gpkg"
    write_layers(city, {"stations": FRAME, "areas": FRAME.iloc[:1]})
    areas = read_beside(city, "areas")
    assert areas is not None
    assert len(areas) == 1
    with pytest.raises(UnreadableFile, match="none of them called streets") as fault:
        read_beside(city, "streets")
    assert "areas、stations" in error_text(fault.value, "zh")


def test_one_layer_of_any_name_is_taken_as_what_it_is_given_as(tmp_path: Path) -> None:
    write_layers(tmp_path / "one.gpkg", {"anything": FRAME})
    stations = read_beside(tmp_path / "one.gpkg", "stations")
    assert stations is not None
    assert len(stations) == len(FRAME)


def test_what_reading_showed_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_layers(tmp_path / "a.gpkg", {"units": FRAME})
    read_frame(tmp_path / "a.gpkg", crs="EPSG:4549")
    assert "a.gpkg: The file says CGCS2000" in capsys.readouterr().err


def test_a_file_that_cannot_be_written_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    write_layers(tmp_path / "a.gpkg", {"units": FRAME.drop(columns="FID").assign(households=150)})
    monkeypatch.setenv("GRIDMGMT_LANG", "en")
    (tmp_path / "taken").touch()  # a file where a folder is asked for
    out, report = tmp_path / "o.gpkg", tmp_path / "taken" / "r.json"
    asked = ["gridmgmt", "divide", tmp_path / "a.gpkg", "--out", out, "--report", report]
    monkeypatch.setattr("sys.argv", [str(word) for word in asked])
    with pytest.raises(SystemExit, match="2"):
        run()
    assert "cannot be read or written" in capsys.readouterr().err
    assert out.exists()


@pytest.mark.parametrize("role", ["streets", "entrances"])
def test_areas_are_no_streets_and_no_entrances(tmp_path: Path, role: str) -> None:
    write_layers(tmp_path / "a.gpkg", {"units": FRAME})
    with pytest.raises(UnreadableFile, match=f"as {role} it needs .*, but it holds Polygon"):
        read_beside(tmp_path / "a.gpkg", role)


def test_an_empty_file_of_stations_is_a_mistake_and_one_of_barriers_a_place_without_any(tmp_path: Path) -> None:
    write_layers(tmp_path / "a.gpkg", {"none": FRAME.iloc[:0]})
    with pytest.raises(UnreadableFile, match="it has no rows"):
        read_beside(tmp_path / "a.gpkg", "stations")
    assert read_beside(tmp_path / "a.gpkg", "barriers") is not None


def test_a_result_that_cannot_be_written_is_refused_before_the_work(tmp_path: Path) -> None:
    (tmp_path / "taken").touch()
    with pytest.raises(OSError, match="taken"):
        result_file(tmp_path / "taken" / "plan.gpkg")
    assert result_file(tmp_path / "new" / "plan.gpkg") is not None
    assert list((tmp_path / "new").iterdir()) == []


def test_what_gdal_cannot_write_is_said(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match=r"a\.geojson cannot be read or written"):
        write_layer(FRAME, tmp_path / "nowhere" / "a.geojson", driver="GeoJSON")

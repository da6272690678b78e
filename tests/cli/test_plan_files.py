"""Results of the planning commands: nothing of anybody else's is overwritten, nothing half-made is left."""

from pathlib import Path

import geopandas as gpd
import pyogrio
import pytest
import shapely

from gridmgmt.cli.plan_files import read_frame, result_file, write_layers
from gridmgmt.errors import InvalidInput

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

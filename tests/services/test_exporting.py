"""What is exported comes back in unchanged, in every format."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import geopandas
import pytest
import shapely
from sqlalchemy import Engine, create_engine
from sqlalchemy.orm import Session

from gridmgmt.errors import InvalidInput, UnreadableFile
from gridmgmt.io.files import read_file
from gridmgmt.io.layers import LAYERS
from gridmgmt.services.exporting import SHORT_NAMES, export_layer
from gridmgmt.services.importing import import_layer
from tests.io.places import blocks

DAY, LATER = date(2020, 1, 1), date(2021, 1, 1)
DISTRICT_DAY = date(2006, 1, 1)
LAYER_NAMES = sorted(LAYERS)


@pytest.fixture(scope="module")
def engine(small_district: str) -> Iterator[Engine]:
    engine = create_engine(small_district)
    yield engine
    engine.dispose()


@pytest.mark.parametrize("layer", LAYER_NAMES)
def test_the_demo_district_exported_and_imported_again_changes_nothing(
    engine: Engine, tmp_path: Path, layer: str
) -> None:
    with Session(engine) as session:
        path = tmp_path / f"{layer}.gpkg"
        count = export_layer(session, layer, path, at=DISTRICT_DAY)
        if layer == "grids":  # there are none yet, and a file without rows is no success
            with pytest.raises(UnreadableFile, match="no rows"):
                import_layer(session, layer, path, valid_from=DISTRICT_DAY)
            return
        report = import_layer(session, layer, path, valid_from=DISTRICT_DAY)
        assert (report.added, report.changed, report.unchanged, report.left_out) == (0, 0, count, 0)


@pytest.mark.parametrize("suffix", [".gpkg", ".geojson", ".shp", ".zip", ".parquet", ".csv", ".xlsx"])
def test_every_format_comes_back_unchanged(session: Session, tmp_path: Path, suffix: str) -> None:
    frame = blocks(户数=range(6), 社区类型=["城中村", "插花地", *["老住宅区"] * 4])
    frame.to_parquet(tmp_path / "given.parquet")
    import_layer(session, "communities", tmp_path / "given.parquet", parent="440303001", valid_from=DAY)
    path = tmp_path / f"社区{suffix}"
    assert export_layer(session, "communities", path, at=LATER) == 6
    crs = "EPSG:4326" if suffix in (".csv", ".xlsx") else None
    report = import_layer(session, "communities", path, crs=crs, valid_from=LATER)
    assert (report.added, report.changed, report.unchanged) == (0, 0, 6)
    assert set(report.columns) == {"code", "name", "parent_code", "households", "residents", "community_type"}


@pytest.mark.parametrize("crs", ["EPSG:4547", "gcj02", "bd09"])
def test_export_in_another_system_comes_back_within_a_millimetre(session: Session, tmp_path: Path, crs: str) -> None:
    blocks().to_parquet(tmp_path / "given.parquet")
    import_layer(session, "communities", tmp_path / "given.parquet", parent="440303001", valid_from=DAY)
    export_layer(session, "communities", tmp_path / "a.gpkg", at=DAY, crs=crs)
    source = read_file(tmp_path / "a.gpkg")
    assert not shapely.equals_exact(source.frame.geometry[0], blocks().geometry[0], tolerance=1e-6)
    report = import_layer(session, "communities", tmp_path / "a.gpkg", crs=crs, valid_from=LATER)
    assert (report.added, report.changed, report.unchanged) == (0, 0, 6)


def test_names_for_shapefiles_fit_and_differ() -> None:
    assert all(len(name) <= 10 for name in SHORT_NAMES.values())
    for layer in LAYERS.values():
        names = [SHORT_NAMES.get(field.name, field.name) for field in layer.fields]
        assert all(len(name) <= 10 for name in names)
        assert len(set(names)) == len(names)


def test_an_unknown_layer_or_format_is_refused(session: Session, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="towns"):
        export_layer(session, "towns", tmp_path / "a.gpkg", at=DAY)
    with pytest.raises(InvalidInput, match="dwg"):
        export_layer(session, "communities", tmp_path / "a.dwg", at=DAY)


def test_an_empty_layer_is_a_file_without_features(session: Session, tmp_path: Path) -> None:
    assert export_layer(session, "grids", tmp_path / "a.gpkg", at=DAY) == 0
    assert len(geopandas.read_file(tmp_path / "a.gpkg")) == 0

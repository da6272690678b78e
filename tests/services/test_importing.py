"""Import of whole files into the real store: refused or mended, once each, in epochs."""

from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import geopandas
import numpy as np
import pytest
import shapely
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from gridmgmt.errors import InvalidImport, InvalidInput, MissingCrs, UnreadableFile
from gridmgmt.geo.coverage import is_coverage
from gridmgmt.geo.crs import parse_crs, to_wgs84, wgs84_to_gcj02
from gridmgmt.services.boundaries import boundaries_at, check_coverage
from gridmgmt.services.importing import ImportReport, import_layer
from gridmgmt.services.units import buildings_frame, entrances_frame, stations_at, streets_frame
from gridmgmt.store.tables import Boundary, BoundaryCode
from tests.io.places import SOUTH, STEP, WEST, blocks, points

FIRST, LATER = date(2020, 1, 1), date(2021, 1, 1)
PARENT = "440303001"


def bring(session: Session, layer: str, frame: geopandas.GeoDataFrame, folder: Path, **options: Any) -> ImportReport:
    """Write the frame to a file and import it."""
    path = folder / "given.gpkg"
    frame.to_file(path, layer="given", engine="pyogrio")
    return import_layer(session, layer, path, **({"valid_from": FIRST} | options))


def refused(session: Session, layer: str, frame: geopandas.GeoDataFrame, folder: Path, **options: Any) -> ImportReport:
    """The report of an import that must be refused; nothing is written."""
    before = counts(session)
    with pytest.raises(InvalidImport) as raised:
        bring(session, layer, frame, folder, **options)
    assert counts(session) == before
    report = raised.value.context["report"]
    assert isinstance(report, ImportReport)
    assert not report.written
    return report


def counts(session: Session) -> tuple[int | None, ...]:
    tables = (Boundary, BoundaryCode)
    return tuple(session.scalar(select(func.count()).select_from(table)) for table in tables)


def faults(report: ImportReport) -> list[tuple[int, str]]:
    return sorted((finding.row, finding.fault) for finding in report.findings)


def figures(report: ImportReport) -> tuple[int, int, int, int]:
    return report.added, report.changed, report.unchanged, report.left_out


def overlapping() -> geopandas.GeoDataFrame:
    """Blocks of which the first reaches 20 m over its eastern neighbour."""
    frame = blocks()
    shapes = frame.geometry.to_numpy().copy()
    west, south, east, north = shapes[0].bounds
    shapes[0] = shapely.box(west, south, east + 0.0002, north)
    return frame.set_geometry(shapes, crs=4326)


def test_a_clean_file_gets_codes_in_reading_order_and_twice_changes_nothing(session: Session, tmp_path: Path) -> None:
    frame = blocks(户数=[100, 110, 120, 130, 140, 150]).iloc[::-1]
    report = bring(session, "communities", frame, tmp_path, parent=PARENT)
    assert figures(report) == (6, 0, 0, 0)
    assert report.columns == {"name": "名称", "households": "户数"}
    stored = boundaries_at(session, "community", FIRST)
    assert dict(zip(stored["code"], stored["name"], strict=True)) == {
        f"{PARENT}{number:03d}": f"第{number}社区" for number in range(1, 7)
    }
    assert figures(bring(session, "communities", frame, tmp_path, parent=PARENT)) == (0, 0, 6, 0)
    assert figures(bring(session, "communities", frame, tmp_path, parent=PARENT, valid_from=LATER)) == (0, 0, 6, 0)
    assert check_coverage(session, "community", LATER).faults == []


def test_without_code_column_and_names_the_outline_alone_keeps_identity(session: Session, tmp_path: Path) -> None:
    frame = blocks()[["geometry"]]
    bring(session, "communities", frame, tmp_path, parent=PARENT)
    assert figures(bring(session, "communities", frame.iloc[[4, 2, 0]], tmp_path, parent=PARENT)) == (0, 0, 3, 0)


def test_a_faulty_file_is_refused_feature_by_feature(session: Session, tmp_path: Path) -> None:
    report = refused(session, "communities", overlapping(), tmp_path, parent=PARENT)
    assert faults(report) == [(2, "overlap")]
    said = report.as_dict("zh")["findings"][0]
    assert said["name"] == "第2社区"
    assert "第1社区" in said["says"]
    assert "--repair" in said["remedy"]
    assert said["area_m2"] == pytest.approx(0.0002 * 111_320 * np.cos(np.radians(SOUTH)) * STEP * 110_750, rel=0.01)
    assert WEST + STEP <= said["lon"] <= WEST + STEP + 0.0002


def test_a_file_without_rows_is_refused(session: Session, tmp_path: Path) -> None:
    with pytest.raises(UnreadableFile, match="it has no rows"):
        bring(session, "communities", blocks(4).iloc[:0], tmp_path)


def test_repair_mends_it_says_what_it_did_and_twice_changes_nothing(session: Session, tmp_path: Path) -> None:
    report = bring(session, "communities", overlapping(), tmp_path, parent=PARENT, repair=True)
    assert figures(report) == (6, 0, 0, 0)
    assert report.repair is not None
    removed = report.repair["overlap_removed_m2"]
    assert removed == pytest.approx(report.findings[0].area_m2, rel=1e-6)
    assert report.repair["area_after_m2"] == pytest.approx(report.repair["area_before_m2"] - removed, abs=0.02)
    assert [change["label"] for change in report.repair["changes"]] == ["第1社区"]
    assert is_coverage(boundaries_at(session, "community", FIRST).geometry.to_numpy())
    again = bring(session, "communities", overlapping(), tmp_path, parent=PARENT, repair=True)
    assert figures(again) == (0, 0, 6, 0)


def test_a_dry_run_tells_everything_and_writes_nothing(session: Session, tmp_path: Path) -> None:
    report = bring(session, "communities", blocks(), tmp_path, parent=PARENT, dry_run=True)
    assert (figures(report), report.written) == ((6, 0, 0, 0), False)
    assert counts(session) == (0, 0)


def test_a_changed_boundary_becomes_a_new_epoch_and_the_old_stays_readable(session: Session, tmp_path: Path) -> None:
    bring(session, "communities", blocks(户数=range(6), 编码=codes(6)), tmp_path)
    changed = blocks(户数=[50, *range(1, 6)], 编码=codes(6))
    report = bring(session, "communities", changed, tmp_path, valid_from=LATER)
    assert (figures(report), report.changed_codes) == ((0, 1, 5, 0), [f"{PARENT}001"])
    for day, households in ((LATER - timedelta(days=1), 0), (LATER, 50)):
        assert boundaries_at(session, "community", day, codes=[f"{PARENT}001"])["households"].to_list() == [households]
    versions = session.scalars(select(Boundary.version).where(Boundary.code == f"{PARENT}001"))
    assert sorted(versions) == [1, 2]


def test_other_content_on_the_same_day_is_a_conflict(session: Session, tmp_path: Path) -> None:
    bring(session, "communities", blocks(户数=range(6), 编码=codes(6)), tmp_path)
    report = refused(session, "communities", blocks(户数=[9, *range(1, 6)], 编码=codes(6)), tmp_path)
    assert faults(report) == [(1, "conflict")]


def test_columns_the_file_lacks_keep_their_stored_values(session: Session, tmp_path: Path) -> None:
    bring(session, "communities", blocks(户数=range(6), 编码=codes(6)), tmp_path)
    assert figures(bring(session, "communities", blocks(编码=codes(6)), tmp_path, valid_from=LATER)) == (0, 0, 6, 0)
    renamed = blocks(编码=codes(6)).assign(名称=["新名", *blocks()["名称"][1:]])
    bring(session, "communities", renamed, tmp_path, valid_from=LATER)
    now = boundaries_at(session, "community", LATER)
    assert now["households"].to_list() == list(range(6))
    assert now["name"][0] == "新名"


def codes(count: int, start: int = 1) -> list[str]:
    return [f"{PARENT}{number:03d}" for number in range(start, start + count)]


def test_a_t_junction_with_a_stored_neighbour_is_matched_on_both_sides(session: Session, tmp_path: Path) -> None:
    bring(session, "communities", blocks(1, 1, 编码=codes(1)), tmp_path)
    east = shapely.box(WEST + STEP, SOUTH - STEP, WEST + 2 * STEP, SOUTH - STEP / 2)
    north_east = shapely.box(WEST + STEP, SOUTH - STEP / 2, WEST + 2 * STEP, SOUTH)
    beside = geopandas.GeoDataFrame({"编码": codes(2, 2)}, geometry=[east, north_east], crs=4326)
    report = bring(session, "communities", beside, tmp_path, valid_from=LATER)
    assert ("rematched", {"count": 1}) in report.notes
    for day in (FIRST, LATER):
        assert check_coverage(session, "community", day).faults == []
    assert figures(bring(session, "communities", beside, tmp_path, valid_from=LATER)) == (0, 0, 2, 0)


def test_an_overlap_with_what_is_stored_is_a_fault_and_repair_settles_it(session: Session, tmp_path: Path) -> None:
    bring(session, "communities", blocks(1, 1, 编码=codes(1)), tmp_path)
    shape = shapely.box(WEST + 0.9 * STEP, SOUTH - STEP, WEST + 1.5 * STEP, SOUTH)
    beside = geopandas.GeoDataFrame({"编码": codes(1, 2)}, geometry=[shape], crs=4326)
    report = refused(session, "communities", beside, tmp_path, valid_from=LATER)
    assert faults(report) == [(1, "overlap")]
    report = bring(session, "communities", beside, tmp_path, valid_from=LATER, repair=True)
    assert report.repair is not None
    assert report.repair["beside"]["overlap_removed_m2"] == pytest.approx(report.findings[0].area_m2, rel=1e-6)
    assert check_coverage(session, "community", LATER).faults == []
    assert figures(bring(session, "communities", beside, tmp_path, valid_from=LATER, repair=True))[:2] == (0, 0)


def test_parents_come_from_the_code_the_file_or_the_ground(session: Session, tmp_path: Path) -> None:
    report = refused(session, "communities", blocks(), tmp_path)
    assert {fault for _, fault in faults(report)} == {"no_parent"}
    whole = geopandas.GeoDataFrame({"街道编码": [PARENT]}, geometry=[blocks().union_all()], crs=4326)
    bring(session, "subdistricts", whole, tmp_path)
    bring(session, "communities", blocks(), tmp_path)
    assert set(boundaries_at(session, "community", FIRST)["parent_code"]) == {PARENT}
    with pytest.raises(InvalidInput, match="9 digits"):
        bring(session, "communities", blocks(), tmp_path, parent="4403")


def test_a_guessed_column_of_other_codes_names_the_features_and_a_mapped_one_is_at_fault(
    session: Session, tmp_path: Path
) -> None:
    frame = blocks()[["geometry"]].assign(cell_id=[f"A-{number}" for number in range(6)])
    report = refused(session, "communities", frame, tmp_path, parent=PARENT, mapping={"code": "cell_id"})
    assert {fault for _, fault in faults(report)} == {"bad_code"}
    bring(session, "communities", frame, tmp_path, parent=PARENT)
    assert boundaries_at(session, "community", FIRST)["name"].to_list() == [f"A-{number}" for number in range(6)]


def test_retired_codes_are_refused(session: Session, tmp_path: Path) -> None:
    session.add(BoundaryCode(code=f"{PARENT}001", level="community", issued_on=date(2000, 1, 1), retired_on=FIRST))
    session.flush()
    report = refused(session, "communities", blocks(编码=codes(6)), tmp_path)
    assert faults(report) == [(1, "code_not_free")]
    assert figures(bring(session, "communities", blocks(), tmp_path, parent=PARENT)) == (6, 0, 0, 0)
    assert f"{PARENT}001" not in set(boundaries_at(session, "community", FIRST)["code"])


NASTY: Mapping[str, Any] = {
    "missing": None,
    "empty": shapely.Polygon(),
    "wrong_type": shapely.LineString([(WEST, SOUTH), (WEST + STEP, SOUTH)]),
    "invalid": shapely.Polygon(
        [
            (WEST + 5 * STEP, SOUTH),
            (WEST + 6 * STEP, SOUTH + STEP),
            (WEST + 6 * STEP, SOUTH),
            (WEST + 5 * STEP, SOUTH + STEP),
        ]
    ),
    "out_of_world": shapely.box(500, 0, 501, 1),
    "duplicate": blocks().geometry[0],
}


@pytest.mark.parametrize("fault", NASTY)
def test_nasty_geometry_is_named_and_mended_or_left_out(session: Session, tmp_path: Path, fault: str) -> None:
    good = blocks()
    frame = geopandas.GeoDataFrame({"名称": [*good["名称"], "坏"]}, geometry=[*good.geometry, NASTY[fault]], crs=4326)
    report = refused(session, "communities", frame, tmp_path, parent=PARENT)
    assert faults(report) == [(7, fault)]
    if fault == "out_of_world":  # only the person knows which system it is
        assert faults(refused(session, "communities", frame, tmp_path, parent=PARENT, repair=True)) == [(7, fault)]
        return
    report = bring(session, "communities", frame, tmp_path, parent=PARENT, repair=True)
    assert figures(report) == ((7, 0, 0, 0) if fault == "invalid" else (6, 0, 0, 1))
    assert check_coverage(session, "community", FIRST).faults == []


def test_gcj02_is_undone_and_a_table_without_crs_is_refused(session: Session, tmp_path: Path) -> None:
    lon, lat = wgs84_to_gcj02([114.1, 114.11], [22.54, 22.55])
    rows = [f"{name},{x},{y}" for name, x, y in zip(["甲校", "乙校"], lon, lat, strict=True)]
    (tmp_path / "学校.csv").write_text("\n".join(["名称,经度,纬度", *rows]), encoding="gbk")
    with pytest.raises(MissingCrs):
        import_layer(session, "places", tmp_path / "学校.csv", valid_from=FIRST, constants={"kind": "school"})
    import_layer(session, "places", tmp_path / "学校.csv", valid_from=FIRST, constants={"kind": "school"}, crs="gcj02")
    from gridmgmt.services.units import places_frame

    assert shapely.get_coordinates(places_frame(session).geometry).round(7).tolist() == [
        [114.11, 22.55],
        [114.1, 22.54],
    ]


def test_feet_and_metres_are_read(session: Session, tmp_path: Path) -> None:
    for number, name in enumerate(("EPSG:2234", "EPSG:4547")):
        shapes = (
            blocks(1, 1).geometry
            if number
            else geopandas.GeoSeries([shapely.box(-72.94, 41.30, -72.93, 41.31)], crs=4326)
        )
        frame = geopandas.GeoDataFrame({"id": [name]}, geometry=shapes.to_crs(name).to_numpy(), crs=None)
        frame.to_parquet(tmp_path / "a.parquet")
        import_layer(session, "buildings", tmp_path / "a.parquet", valid_from=FIRST, crs=name)
    stored = buildings_frame(session).set_index("code").geometry
    assert shapely.hausdorff_distance(stored["EPSG:4547"], blocks(1, 1).geometry[0]) < 1e-8
    assert shapely.hausdorff_distance(stored["EPSG:2234"], shapely.box(-72.94, 41.30, -72.93, 41.31)) < 1e-7
    assert to_wgs84(np.array([None], dtype=object), parse_crs("EPSG:2234"))[0] is None


def test_pieces_of_one_building_are_joined_and_exact_repeats_taken_once(session: Session, tmp_path: Path) -> None:
    west, east = blocks(2, 1).geometry
    frame = geopandas.GeoDataFrame(
        {"id": [7, 7, 7, 8], "户数": [30, 30, 12, 5]}, geometry=[west, west, east, east], crs=4326
    )
    report = refused(session, "units", frame, tmp_path)
    assert faults(report) == [(3, "repeated_code")]
    report = bring(session, "units", frame, tmp_path, repair=True)
    assert figures(report) == (2, 0, 0, 2)
    assert ("repeats", {"count": 1}) in report.notes
    stored = buildings_frame(session).set_index("code")
    assert stored["households"].to_dict() == {"7": 42, "8": 5}
    assert stored.geometry["7"].area == pytest.approx(2 * STEP**2)
    assert figures(bring(session, "units", frame, tmp_path, repair=True)) == (0, 0, 2, 2)


def test_stored_units_are_overwritten_only_on_request(session: Session, tmp_path: Path) -> None:
    bring(session, "units", blocks(编码=list("abcdef"), 户数=range(6), 楼层=6), tmp_path)
    changed = blocks(编码=list("abcdef"), 户数=[99, *range(1, 6)])
    report = refused(session, "units", changed, tmp_path)
    assert faults(report) == [(1, "other_content")]
    assert figures(bring(session, "units", changed, tmp_path, update=True)) == (0, 1, 5, 0)
    stored = buildings_frame(session).set_index("code")
    assert (stored["households"]["a"], stored["floors"]["a"]) == (99, 6)


def test_entrances_find_their_building_and_get_numbers(session: Session, tmp_path: Path) -> None:
    bring(session, "communities", blocks(编码=codes(6)), tmp_path)
    bring(session, "units", blocks(2, 1, 楼层=[7, 30]), tmp_path)
    assert buildings_frame(session)["code"].to_list() == [f"{PARENT}001B0001", f"{PARENT}002B0001"]
    doors = points(3, 户数=[20, 24, 18])
    doors.geometry = doors.geometry.translate(0.0005, -0.0005)
    bring(session, "units", doors, tmp_path)
    stored = entrances_frame(session)
    assert stored["code"].to_list() == [f"{PARENT}001B0001-1", f"{PARENT}001B0001-2", f"{PARENT}002B0001-1"]
    assert figures(bring(session, "units", doors, tmp_path)) == (0, 0, 3, 0)
    far = geopandas.GeoDataFrame({"户数": [1]}, geometry=[shapely.Point(114, 22)], crs=4326)
    assert faults(refused(session, "entrances", far, tmp_path)) == [(1, "no_building")]


def test_streets_are_cut_at_junctions_and_keep_their_codes(session: Session, tmp_path: Path) -> None:
    lines = shapely.from_wkt(
        [
            "LINESTRING (114.1 22.5, 114.2 22.5)",
            "LINESTRING (114.15 22.5, 114.15 22.6)",
            "LINESTRING (114.12 22.4, 114.12 22.6)",
        ]
    )
    frame = geopandas.GeoDataFrame(
        {"id": [1, 2, 3], "道路等级": ["主干道", "支路", "快速路"]}, geometry=lines, crs=4326
    )
    bring(session, "streets", frame, tmp_path)
    stored = streets_frame(session)
    assert stored["code"].to_list() == ["1-1", "1-2", "2", "3"]  # the third crosses on a bridge
    assert stored["street_class"].to_list() == ["arterial", "arterial", "local", "expressway"]
    assert figures(bring(session, "streets", frame, tmp_path)) == (0, 0, 4, 0)


def test_stations_have_epochs_and_codes_of_their_subdistrict(session: Session, tmp_path: Path) -> None:
    whole = geopandas.GeoDataFrame({"街道编码": [PARENT]}, geometry=[blocks().union_all()], crs=4326)
    bring(session, "subdistricts", whole, tmp_path)
    frame = points(2, 工作站名称=["桂园站", "黄贝站"], 编制=[6, 5], 办公用房面积=[180.5, 260])
    frame.geometry = frame.geometry.translate(0.0002, -0.0002)
    bring(session, "stations", frame, tmp_path)
    stored = stations_at(session, FIRST)
    assert stored["code"].to_list() == [f"{PARENT}Z01", f"{PARENT}Z02"]
    assert stored["office_m2"].to_list() == [180.5, 260]
    assert figures(bring(session, "stations", frame, tmp_path)) == (0, 0, 2, 0)
    report = bring(session, "stations", frame.assign(编制=[6, 9]), tmp_path, valid_from=LATER)
    assert figures(report) == (0, 1, 1, 0)
    assert stations_at(session, FIRST)["staff"].to_list() == [6, 5]
    assert stations_at(session, LATER)["staff"].to_list() == [6, 9]

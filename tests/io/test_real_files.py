"""Real files, dirty as they are, go in whole: each is refused with reasons or mended with figures, and only once.

The data lie beside the checkout and are no part of it; `tests/services/test_importing.py` covers the same with its own.
"""

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.orm import Session

from gridmgmt.errors import InvalidImport, MissingCrs, UnreadableFile
from gridmgmt.services.boundaries import check_coverage
from gridmgmt.services.importing import ImportReport, import_layer

DATA = Path(__file__).parents[3] / "shared" / "data"
DAY = date(2020, 1, 1)
pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="needs the real data beside the checkout (../shared/data)")

CT_FEET = "EPSG:26756"  # NAD27 / Connecticut, US survey feet


def bring(session: Session, layer: str, name: str, **options: Any) -> ImportReport:
    return import_layer(session, layer, DATA / name, valid_from=DAY, **options)


def refusal(session: Session, layer: str, name: str, **options: Any) -> dict[str, int]:
    """How many findings of each kind an import without repair is refused for."""
    with pytest.raises(InvalidImport) as raised:
        bring(session, layer, name, **options)
    report = raised.value.context["report"]
    assert isinstance(report, ImportReport)
    kinds = [finding.fault for finding in report.findings]
    return {kind: kinds.count(kind) for kind in sorted(set(kinds))}


def figures(report: ImportReport) -> tuple[int, int, int, int]:
    return report.added, report.changed, report.unchanged, report.left_out


def test_communities_of_wuhan(session: Session) -> None:
    options = {"parent": "420100001"}
    refused = refusal(session, "communities", "wuhan/WHHP.gpkg", **options)
    assert (refused["invalid"], refused["overlap"], refused["gap"]) == (4, 1, 1)
    assert refused["unmatched_edge"] > 150
    report = bring(session, "communities", "wuhan/WHHP.gpkg", repair=True, **options)
    assert figures(report) == (974, 0, 0, 0)
    assert report.repair is not None
    assert report.repair["overlap_removed_m2"] == pytest.approx(13_808_095, abs=1)
    assert report.repair["gaps_filled_m2"] == pytest.approx(13, abs=1)
    assert check_coverage(session, "community", DAY).faults == []
    again = bring(session, "communities", "wuhan/WHHP.gpkg", repair=True, **options)
    assert figures(again) == (0, 0, 974, 0)


CLEAN = [
    ("streets", "wuhan/streets_simplified.parquet", {}, (16410, 0)),
    ("units", "newhaven/blocks.gpkg", {}, (129, 0)),
    ("communities", "newhaven/tracts.gpkg", {"crs": CT_FEET, "parent": "090091001"}, (29, 0)),
    ("units", "stat_cells/cells_63000030.gpkg", {}, (1270, 0)),
    ("communities", "stat_cells/cells_63000090.gpkg", {"parent": "630009001"}, (481, 0)),
    ("units", "districting/fl25.gpkg", {}, (25, 0)),
    ("districts", "luohu/shenzhen_districts_wgs84.json", {"parent": "4403"}, (10, 0)),
    (
        "places",
        "luohu/luohu_sandbox.gpkg",
        {"source_layer": "ev_stations", "constants": {"kind": "enterprise"}},
        (167, 3),  # three stand twice in the file
    ),
]


@pytest.mark.parametrize(("layer", "name", "options", "expected"), CLEAN, ids=[row[1] for row in CLEAN])
def test_sound_files_go_in_and_twice_changes_nothing(
    session: Session, layer: str, name: str, options: dict[str, Any], expected: tuple[int, int]
) -> None:
    report = bring(session, layer, name, **options)
    assert (report.added, report.left_out, report.findings) == (*expected, [])
    again = bring(session, layer, name, **options)
    assert figures(again) == (0, 0, expected[0], expected[1])


DIRTY = [
    ("streets", "shanghai_osm/roads.geojson", {}, {"foreign": 91, "repeated_code": 604}, (2494, 695)),
    (
        "units",
        "shanghai_osm/buildings.geojson",
        {},
        {"foreign": 329, "repeated_code": 23, "wrong_type": 222},
        (1321, 660),
    ),
    (
        "barriers",
        "shanghai_osm/water.geojson",
        {},
        {"foreign": 8, "repeated_code": 63, "wrong_type": 1},
        (34, 72),
    ),
    (
        "land",
        "shanghai_osm/landuse.geojson",
        {},
        {"foreign": 86, "repeated_code": 75, "wrong_type": 20},
        (146, 181),
    ),
    ("places", "shanghai_osm/pois.geojson", {}, {"foreign": 476}, (18, 476)),
    ("places", "shanghai_osm/places.geojson", {}, {"foreign": 6}, (0, 6)),
    ("streets", "newhaven/roads.gpkg", {"crs": CT_FEET}, {"foreign": 3}, (3884, 3)),
    (
        "subdistricts",
        "luohu/luohu_sandbox.gpkg",
        {"source_layer": "taz37", "parent": "440303"},
        {"gap": 14, "overlap": 30},
        (37, 0),
    ),
]


@pytest.mark.parametrize(("layer", "name", "options", "refused", "mended"), DIRTY, ids=[row[1] for row in DIRTY])
def test_dirty_files_are_refused_by_feature_or_mended(
    session: Session,
    layer: str,
    name: str,
    options: dict[str, Any],
    refused: dict[str, int],
    mended: tuple[int, int],
) -> None:
    assert refusal(session, layer, name, **options) == refused
    report = bring(session, layer, name, repair=True, **options)
    assert (report.added, report.left_out) == mended
    again = bring(session, layer, name, repair=True, **options)
    assert figures(again) == (0, 0, *mended)


@pytest.mark.parametrize("name", ["newhaven/roads.gpkg", "newhaven/tracts.gpkg"])
def test_files_that_do_not_say_where_they_are(session: Session, name: str) -> None:
    with pytest.raises(MissingCrs):
        bring(session, "streets", name)


def test_a_file_of_four_layers_asks_which(session: Session) -> None:
    with pytest.raises(UnreadableFile, match="taz37, district_wgs84, taxi_pickups, ev_stations"):
        bring(session, "places", "luohu/luohu_sandbox.gpkg")

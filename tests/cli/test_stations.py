"""The planning commands on files and on the database, as a user runs them."""

import json
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from typer.testing import CliRunner

from gridmgmt.cli.main import build_app

runner = CliRunner()


@pytest.fixture(autouse=True)
def _english(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRIDMGMT_LANG", "en")


def run(*arguments: str | Path) -> str:
    result = runner.invoke(build_app(), [str(argument) for argument in arguments], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


def cells(path: Path) -> Path:
    place = np.arange(40)
    x, y = place % 10 * 100.0, place // 10 * 100.0
    frame = gpd.GeoDataFrame(
        {"code": [f"u{number:02d}" for number in place], "households": 100, "community": ["A"] * 35 + ["B"] * 5},
        geometry=shapely.box(x, y, x + 100, y + 100),
        crs=4547,
    )
    frame.to_file(path)
    return path


def test_resize_writes_units_parts_and_report(tmp_path: Path) -> None:
    out, report = tmp_path / "out.gpkg", tmp_path / "report.json"
    said = run("resize", cells(tmp_path / "in.gpkg"), "--current", "community", "--out", out, "--report", report)
    figures = json.loads(report.read_text(encoding="utf-8"))
    units, parts = (gpd.read_file(out, layer=layer) for layer in ("units", "parts"))
    assert "households move" in said
    assert figures["task"] == "resize"
    assert figures["share_in_range"] == 1.0
    assert len(units) == 40
    assert parts["households"].sum() == 4000
    assert units.groupby("part")["households"].sum().tolist() == parts.sort_values("part")["households"].tolist()


def test_a_locked_community_stays_as_it_is(tmp_path: Path) -> None:
    out, report = tmp_path / "out.gpkg", tmp_path / "report.json"
    options = ("--current", "community", "--out", out, "--report", report, "--locked", "B", "--grids", "code")
    said = run("resize", cells(tmp_path / "in.gpkg"), *options)
    figures = json.loads(report.read_text(encoding="utf-8"))
    units = gpd.read_file(out, layer="units")
    assert not units.loc[units["community"] == "B", "moved"].any()
    assert [row["reason"] for row in figures["unmet"]] == ["locked"]
    assert "0 grids are split" in said


def test_merge_writes_the_stations_and_names_who_cannot_be_in_range(tmp_path: Path) -> None:
    frame = gpd.GeoDataFrame(
        {"code": list("abc"), "households": [4000, 3000, 900], "street": ["x", "x", "y"]},
        geometry=shapely.box([0, 500, 1000], 0, [500, 1000, 1500], 500),
        crs=4547,
    )
    frame.to_file(tmp_path / "in.geojson", driver="GeoJSON", engine="pyogrio")
    out, report = tmp_path / "out.gpkg", tmp_path / "report.json"
    said = run(
        "merge", tmp_path / "in.geojson", "--crs", "EPSG:4547", "--parent", "street", "--out", out, "--report", report
    )
    figures = json.loads(report.read_text(encoding="utf-8"))
    assert "proven optimal" in said
    assert figures["unmet"][0]["units"] == ["c"]
    assert figures["objective"]["value"] == figures["objective"]["bound"] == 5100
    assert len(gpd.read_file(out, layer="parts")) == 2


def test_coverage_tells_before_from_after(tmp_path: Path) -> None:
    homes = gpd.GeoDataFrame(
        {"households": [10, 30], "community": ["A", "B"], "now": ["Z1", "Z2"], "then": ["Z1", "Z1"]},
        geometry=shapely.points([[0, 5], [1900, 5]]),
        crs=4547,
    )
    streets = gpd.GeoDataFrame(geometry=[shapely.LineString([(0, 0), (2000, 0)])], crs=4547)
    stations = gpd.GeoDataFrame({"code": ["Z1", "Z2"]}, geometry=shapely.points([[0, 0], [2000, 0]]), crs=4547)
    for name, frame in {"homes": homes, "streets": streets, "stations": stations}.items():
        frame.to_file(tmp_path / f"{name}.gpkg")
    paths = [tmp_path / f"{name}.gpkg" for name in ("homes", "streets", "stations")]
    out, report = tmp_path / "out.gpkg", tmp_path / "report.json"
    options = ["--serving", "now", "--serving-after", "then", "--out", out, "--report", report]
    said = run("coverage", paths[0], "--streets", paths[1], "--stations", paths[2], *options)
    figures = json.loads(report.read_text(encoding="utf-8"))
    assert "15 minutes" in said
    assert [row["lost"] for row in figures["communities"]] == [0, 30]
    assert figures["before"]["share_within_m"]["300"] == 1.0
    assert figures["after"]["share_within_15_minutes"] == 0.25
    assert gpd.read_file(out)["change"].tolist() == ["kept", "lost"]


def test_plans_from_first_to_published(fresh_district: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DATABASE_URL", fresh_district)
    merged = run("plan", "merge", "--at", "2006-06-01", "--author", "ann")
    plan_id = merged.split()[0]
    assert plan_id in run("plan", "list")
    assert json.loads(run("plan", "show", plan_id, "--json"))["task"] == "merge"
    assert "15-minute coverage" in run("plan", "coverage", plan_id, "--report", tmp_path / "coverage.json")
    assert "二(二)" in run("policy", "check", "luohu-2006", "--plan", plan_id)
    assert "in force from 2006-09-01" in run("plan", "publish", plan_id, "--on", "2006-09-01")
    assert "published" in run("plan", "list")


def test_replay_reports_both_sides(small_district: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DATABASE_URL", small_district)
    said = run("replay", "luohu-2006", "--report", tmp_path / "r.json", "--map", tmp_path / "r.html")
    figures = json.loads((tmp_path / "r.json").read_text(encoding="utf-8"))
    assert "real plan" in said
    assert list(figures["real"]) == list(figures["optimal"])
    assert (tmp_path / "r.html").stat().st_size > 10_000


def test_the_norms_can_be_read() -> None:
    assert "luohu-2006" in run("policy", "list")
    assert "6000–10000" in run("policy", "show", "luohu-2006")


def four(path: Path) -> Path:
    frame = gpd.GeoDataFrame(
        {
            "code": list("abcd"),
            "households": [4000, 3000, 5000, 3000],
            "people": [5, 3, 4, 4],
            "lacks": [0, 400, 900, 0],
        },
        geometry=shapely.box([0, 500, 1000, 1500], 0, [500, 1000, 1500, 2000], 500),
        crs=4547,
    )
    frame.assign(street=list("xxyy")).to_file(path)
    return path


def test_merge_by_weights_says_prices_and_who_moves(tmp_path: Path) -> None:
    out, report = tmp_path / "out.gpkg", tmp_path / "report.json"
    more = ("--weights", "walk=1,upgrade=2", "--upgrade", "lacks", "--staff", "people", "--report", report)
    said = run("merge", four(tmp_path / "in.gpkg"), "--parent", "street", "--out", out, *more)
    figures = json.loads(report.read_text(encoding="utf-8"))
    assert [row["name"] for row in figures["prices"]] == ["walk", "upgrade"]
    assert figures["staff"]["total_before"] == figures["staff"]["total_after"] == 16
    assert gpd.read_file(out, layer="parts")["staff"].sum() == 16
    assert "16 staff in all" in said


@pytest.mark.parametrize("ending", ["csv", "json"])
def test_merge_writes_the_whole_front(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"front.{ending}"
    more = ("--upgrade", "lacks", "--pareto", path)
    said = run("merge", four(tmp_path / "in.gpkg"), "--parent", "street", "--out", tmp_path / "out.gpkg", *more)
    front = pd.read_csv(path) if ending == "csv" else pd.DataFrame(json.loads(path.read_text(encoding="utf-8")))
    assert front.loc[front["parent"] == "y", "upgrade"].tolist() == [0, 900]
    assert front.loc[front["parent"] == "*", "mean_walk_m"].tolist() == [266.7, 200.0]
    assert "2 plans" in said


def test_coverage_suggests_the_next_station(tmp_path: Path) -> None:
    homes = gpd.GeoDataFrame({"households": [10, 30]}, geometry=shapely.points([[0, 5], [3900, 5]]), crs=4547)
    streets = gpd.GeoDataFrame(geometry=[shapely.LineString([(0, 0), (4000, 0)])], crs=4547)
    stations = gpd.GeoDataFrame({"code": ["Z1"]}, geometry=shapely.points([[0, 0]]), crs=4547)
    for name, frame in {"homes": homes, "streets": streets, "stations": stations}.items():
        frame.to_file(tmp_path / f"{name}.gpkg")
    files = [tmp_path / f"{name}.gpkg" for name in ("homes", "streets", "stations")]
    said = run("coverage", files[0], "--streets", files[1], "--stations", files[2], "--suggest", 1)
    assert "30 households newly within 15 minutes" in said
    assert "proven best" in said


def test_streets_in_words_of_another_map_and_without_a_coordinate_system_are_understood(tmp_path: Path) -> None:
    lines = [shapely.LineString([(0, 200), (1000, 200)]), shapely.LineString([(0, 300), (1000, 300)])]
    streets = gpd.GeoDataFrame({"highway": ["primary", "rail"]}, geometry=lines)
    with pytest.warns(UserWarning, match="crs"):
        streets.to_file(tmp_path / "streets.gpkg")
    out = tmp_path / "out.gpkg"
    given = ("--streets", tmp_path / "streets.gpkg", "--crs", "EPSG:4547")
    said = run(
        "divide", cells(tmp_path / "in.gpkg"), "--low", "200", "--high", "400", "--target", "300", "--out", out, *given
    )
    assert "street_class=highway" in said
    assert gpd.read_file(out, layer="parts")["households"].sum() == 4000


def test_staff_without_parents_keep_their_total(tmp_path: Path) -> None:
    squares = shapely.box([0, 10, 20], 0, [10, 20, 30], 10)
    frame = gpd.GeoDataFrame({"households": [4000, 3000, 7000], "staff": [5, 2, 3]}, geometry=squares, crs=4547)
    frame.to_file(tmp_path / "in.gpkg")
    said = run("merge", tmp_path / "in.gpkg", "--staff", "staff", "--out", tmp_path / "out.gpkg")
    assert "10 staff in all" in said
    assert gpd.read_file(tmp_path / "out.gpkg", layer="parts")["staff"].tolist() == [5, 5]

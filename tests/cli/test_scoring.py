"""`gridmgmt score` and `gridmgmt plan compare` on files."""

import json
from pathlib import Path

import geopandas as gpd
import pytest
import shapely
from typer.testing import CliRunner

from gridmgmt.cli.main import build_app
from gridmgmt.cli.plan_files import write_plan
from gridmgmt.errors import InvalidInput, MissingCrs, UnreadableFile
from gridmgmt.messages import error_text
from gridmgmt.planning import divide


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    """Two divisions of six squares."""
    x = [100.0 * number for number in range(6)]
    units = gpd.GeoDataFrame(
        {"code": [f"u{n}" for n in range(6)], "households": [70] * 6},
        geometry=shapely.box(x, 0, [west + 100 for west in x], 100),
        crs=4547,
    )
    paths = tmp_path / "a.gpkg", tmp_path / "b.gpkg"
    for path, parts in zip(paths, ([0, 0, 1, 1, 2, 2], [0, 0, 0, 1, 2, 2]), strict=True):
        units.assign(part=parts).to_file(path, layer="units")
    return paths


def run(*arguments: object) -> str:
    answer = CliRunner().invoke(build_app(), [str(argument) for argument in arguments], env={"GRIDMGMT_LANG": "en"})
    if answer.exception is not None:
        raise answer.exception
    return answer.stdout


def test_a_file_is_scored(files: tuple[Path, Path], tmp_path: Path) -> None:
    said = run("score", files[1], "--report", tmp_path / "card.json")
    assert "Parts in range: 33.3 %" in said
    assert "Walk, median: no data" in said
    metrics = json.loads((tmp_path / "card.json").read_text(encoding="utf-8"))["metrics"]
    assert metrics["cut_edges"]["value"] == 2
    assert metrics["walk_median_m"]["value"] is None


def test_two_files_are_compared(files: tuple[Path, Path], tmp_path: Path) -> None:
    said = run("plan", "compare", *files)
    assert "70 households move (1 units), 2 areas touched" in said
    for suffix in ("json", "xlsx", "html"):
        run("plan", "compare", *files, "--out", tmp_path / f"report.{suffix}", "--lang", "zh")
        assert (tmp_path / f"report.{suffix}").stat().st_size > 1000
    found = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    assert [row["code"] for row in found["moved"]] == ["u2"]


def test_what_cannot_be_written_is_said_before_the_work(files: tuple[Path, Path]) -> None:
    with pytest.raises(InvalidInput):
        run("plan", "compare", *files, "--out", "report.docx")
    with pytest.raises(InvalidInput):
        run("plan", "compare", "nothing", files[0])


def test_files_with_other_column_names_and_two_divisions_in_one_file(files: tuple[Path, Path], tmp_path: Path) -> None:
    named = gpd.read_file(files[0]).rename(columns={"code": "bid", "households": "hh"}).assign(today=[0, 0, 0, 1, 2, 2])
    named.to_file(tmp_path / "c.gpkg", layer="units")
    given = (tmp_path / "c.gpkg", tmp_path / "c.gpkg", "--code", "bid", "--households", "hh", "--part-a", "today")
    said = run("plan", "compare", *given)
    assert "c:today → c: 70 households move (1 units), 2 areas touched" in said
    run("plan", "compare", *given, "--out", tmp_path / "report.html", "--lang", "en")
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert all(f"{title} \u00b7 {name}" in page for title, name in (("Before", "c:today"), ("After", "c")))


def test_a_column_that_a_file_lacks_is_named_with_the_file(files: tuple[Path, Path]) -> None:
    gpd.read_file(files[1]).rename(columns={"code": "bm"}).to_file(files[1], layer="units")
    with pytest.raises(InvalidInput, match=r"b\.gpkg has no column 'code'\. It has bm, .* --code") as fault:
        run("plan", "compare", *files)
    assert error_text(fault.value, "zh").startswith("b.gpkg 没有列 code，现有：bm")


def test_files_without_crs_are_compared_and_scored_with_one_by_hand(files: tuple[Path, Path], tmp_path: Path) -> None:
    units = gpd.read_file(files[1])
    table = units.drop(columns="geometry").assign(wkt=units.geometry.to_wkt())
    table.to_csv(tmp_path / "b.csv", index=False)
    with pytest.raises(MissingCrs):
        run("plan", "compare", files[0], tmp_path / "b.csv")
    said = run("plan", "compare", files[0], tmp_path / "b.csv", "--crs", "EPSG:4547")
    assert "70 households move (1 units), 2 areas touched" in said
    assert "Parts in range: 33.3 %" in run("score", tmp_path / "b.csv", "--crs", "EPSG:4547")


def test_a_file_of_several_layers_without_units_says_so(files: tuple[Path, Path], tmp_path: Path) -> None:
    for layer in ("one", "other"):
        gpd.read_file(files[0]).to_file(tmp_path / "two.gpkg", layer=layer)
    with pytest.raises(UnreadableFile, match="none of them called units"):
        run("score", tmp_path / "two.gpkg")


def test_norms_are_checked_on_the_second_file(files: tuple[Path, Path], tmp_path: Path) -> None:
    write_plan(tmp_path / "plan.gpkg", divide(gpd.read_file(files[0]).drop(columns="part")))
    said = run("plan", "compare", files[0], tmp_path / "plan.gpkg", "--profile", "zhangzi-2018")
    assert "met      二(三)11     grid_households  3/3" in said
    run("plan", "compare", files[0], tmp_path / "plan.gpkg", "--profile", "zhangzi-2018", "--out", tmp_path / "r.json")
    verdicts = json.loads((tmp_path / "r.json").read_text(encoding="utf-8"))["verdicts"]
    assert {row["norm"]: row["verdict"] for row in verdicts}["grid_households"] == "met"
    with pytest.raises(InvalidInput, match=r"b\.gpkg is no file of a plan: it lacks parts"):
        run("plan", "compare", *files, "--profile", "zhangzi-2018")

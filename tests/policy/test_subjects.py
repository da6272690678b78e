"""Things to check norms on: from a plan as it is computed, and from a table of a user's own."""

from dataclasses import replace
from pathlib import Path

import geopandas
import numpy as np
import pandas as pd
import pytest
import shapely
from typer.testing import CliRunner

from gridmgmt.cli.main import build_app
from gridmgmt.cli.plan_files import write_plan
from gridmgmt.errors import InvalidInput
from gridmgmt.planning import divide, merge, resize
from gridmgmt.policy.evaluation import Verdict, evaluate
from gridmgmt.policy.norms import profile
from gridmgmt.policy.subjects import Subject, read_figures, with_figures


def lattice(households: int, side: int = 6) -> geopandas.GeoDataFrame:
    """Square cells of equal households, the western half in community A, the eastern in B."""
    x, y = (axis.ravel() * 100.0 for axis in np.meshgrid(np.arange(side), np.arange(side)))
    homes = np.where(x < side * 50, "A", "B")
    cells = {"code": [f"c{n}" for n in range(len(x))], "households": households, "community": homes}
    return geopandas.GeoDataFrame(cells, geometry=shapely.box(x, y, x + 100, y + 100), crs=4547)


def by_key(verdicts: list[Verdict]) -> dict[str, Verdict]:
    return {verdict.norm.key: verdict for verdict in verdicts}


def test_grids_of_a_plan_are_checked_as_they_come() -> None:
    plan = divide(lattice(40))
    found = by_key(evaluate(plan, profile("zhangzi-2018")))
    assert len(found["grid_households"].findings) == len(plan.parts)
    assert found["grid_households"].share == pytest.approx(plan.report["share_in_range"])
    assert found["grid_worker"].outcome == found["regular_patrols"].outcome == "no_data"


def test_dedicated_grids_have_no_range_to_keep() -> None:
    area = geopandas.GeoDataFrame({"code": ["A", "B"]}, geometry=shapely.box([0, 300], 0, [300, 600], 600), crs=4547)
    school = geopandas.GeoDataFrame({"kind": ["school"]}, geometry=[shapely.box(10, 10, 90, 90)], crs=4547)
    plan = divide(lattice(40), within="community", areas=area, places=school)
    assert plan.parts["kind"].tolist().count("school") == 1
    found = by_key(evaluate(plan, profile("zhangzi-2018")))
    assert len(found["grid_households"].findings) == len(plan.parts) - 1


def test_communities_and_stations_of_a_plan() -> None:
    resized = resize(lattice(80), current="community", low=1000, high=2000)
    found = by_key(evaluate(resized, profile("zhangzi-2018")))
    assert [row.figure for row in found["community_households"].findings] == resized.parts["households"].tolist()
    assert found["one_station"].outcome == "no_data"
    blocks = geopandas.GeoDataFrame(
        {"code": list("abcd"), "households": [3000, 4000, 3500, 3500]},
        geometry=shapely.box([0, 10, 20, 30], 0, [10, 20, 30, 40], 10),
        crs=4547,
    )
    merged = by_key(evaluate(merge(blocks, parent=None), profile("luohu-2006")))
    assert merged["station_households"].outcome == "met"
    assert merged["office"].outcome == "no_data"


ROWS = pd.DataFrame(
    {
        "applies_to": ["community", "community", "plan"],
        "code": ["A1", "A2", None],
        "police_rooms": ["1", None, None],
        "share_within_15_minutes": [None, None, "0.5"],
    }
)


def test_a_table_says_what_the_register_does_not_hold() -> None:
    found = by_key(evaluate(read_figures(ROWS, "my.csv"), profile("zhangzi-2018")))
    assert [row.outcome for row in found["police_room"].findings] == ["met", "no_data"]
    assert found["fifteen_minutes"].findings[0].margin == -0.5


def test_figures_are_put_beside_those_that_are_known() -> None:
    known = {"community": [Subject("A1", "甲", {"households": 900.0, "police_rooms": 0.0}), Subject("A2", "乙", {})]}
    whole = {"plan": [Subject("440303", "440303", {"staff_change": 0.0})]}
    found = with_figures(known | whole, read_figures(ROWS, "my.csv"))
    assert found["community"][0].values == {"households": 900.0, "police_rooms": 1.0}
    assert found["community"][0].name == "甲"
    assert found["plan"][0].values == {"staff_change": 0.0, "share_within_15_minutes": 0.5}
    assert known["community"][0].values["police_rooms"] == 0.0
    assert [row.code for row in with_figures(whole, read_figures(ROWS, "my.csv"))["community"]] == ["A1", "A2"]
    with pytest.raises(InvalidInput, match="no community 'A2'"):
        with_figures({"community": known["community"][:1]}, read_figures(ROWS, "my.csv"))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"applies_to": ["community", "street", "plan"]}, "row 3: applies_to is 'street'"),
        ({"code": ["A1", None, None]}, "row 3: the code is missing"),
        ({"code": ["A1", "A1", None]}, "row 3: A1 stands in two rows"),
        ({"police_rooms": ["1", "yes", None]}, "row 3: 'police_rooms' is 'yes', not a number"),
        ({"police_rooms": ["inf", None, None]}, "row 2: 'police_rooms' is 'inf', not a number"),
        ({"police_rooms": ["x%", None, None]}, "row 2: 'police_rooms' is 'x%', not a number"),
        ({"share_within_15_minutes": [None, None, "35"]}, "row 4: 'share_within_15_minutes' is '35', but a share lies"),
        ({"co_construction_share": ["-1%", None, None]}, "row 2: 'co_construction_share' is '-1%', but a share lies"),
        ({"police_rooms.1": ["1", None, None]}, "two columns 'police_rooms'"),
    ],
)
def test_a_fault_in_a_table_is_named_with_its_row(change: dict[str, list[str | None]], said: str) -> None:
    with pytest.raises(InvalidInput) as fault:
        read_figures(ROWS.assign(**change), "my.csv")
    assert said in str(fault.value)


@pytest.mark.parametrize("written", ["35%", "35 %", "35\uff05", "0.35"])
def test_a_share_is_written_either_way(written: str) -> None:
    [row] = read_figures(ROWS[:1].assign(co_construction_share=written), "my.csv")["community"]
    assert row.values["co_construction_share"] == 0.35


def test_columns_that_no_norm_asks_for_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRIDMGMT_LANG", "en")
    ROWS.rename(columns={"police_rooms": "police_room"}).to_csv(tmp_path / "my.csv", index=False)
    asked = ["policy", "check", "zhangzi-2018", "--figures", str(tmp_path / "my.csv"), "--alone"]
    assert "my.csv: no norm asks for police_room\n" in CliRunner().invoke(build_app(), asked).stderr


def test_a_table_without_codes_is_refused() -> None:
    with pytest.raises(InvalidInput, match="no column 'code'"):
        read_figures(ROWS.drop(columns="code"), "my.csv")


def checked(*arguments: str) -> str:
    result = CliRunner().invoke(build_app(), ["policy", "check", *arguments], catch_exceptions=False)
    assert result.exit_code == 0
    return result.output


def test_the_command_checks_a_table_and_a_file_of_a_plan(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRIDMGMT_LANG", "en")
    ROWS.to_csv(tmp_path / "my.csv", index=False)
    said = checked("zhangzi-2018", "--figures", str(tmp_path / "my.csv"), "--alone")
    assert "fifteen_minutes  0/1  -0.5 of the households" in said
    plan = divide(lattice(40))
    plan.units.to_file(tmp_path / "grids.gpkg", layer="units")
    plan.parts.to_file(tmp_path / "grids.gpkg", layer="parts")
    said = checked("zhangzi-2018", "--plan", str(tmp_path / "grids.gpkg"))
    assert f"grid_households  {len(plan.parts)}/{len(plan.parts)}" in said


BLOCKS = geopandas.GeoDataFrame(
    {
        "code": list("abcd"),
        "name": list("甲乙丙丁"),
        "households": [3000, 4000, 3500, 3500],
        "staff": [3, 4, 5, 6],
        "parent_code": ["P", "P", "Q", "Q"],
    },
    geometry=shapely.box([0, 10, 20, 30], 0, [10, 20, 30, 40], 10),
    crs=4547,
)


def test_the_geometry_of_a_merge_says_whether_its_stations_are_whole() -> None:
    plan = merge(BLOCKS, parent=None)
    assert by_key(evaluate(plan, profile("luohu-2006")))["in_one_piece"].outcome == "met"
    crossed = replace(plan, units=plan.units.assign(part=[0, 1, 0, 1]))  # as if somebody had edited the file
    torn = by_key(evaluate(crossed, profile("luohu-2006")))["in_one_piece"]
    assert [row.figure for row in torn.findings] == [2, 2]


def test_an_exclave_of_a_community_does_not_tear_its_station() -> None:
    shapes = BLOCKS.geometry.to_numpy().copy()
    shapes[1] = shapely.union(shapes[1], shapely.box(100, 0, 110, 10))
    plan = merge(BLOCKS.set_geometry(shapes, crs=4547), parent=None)
    found = by_key(evaluate(plan, profile("luohu-2006")))["in_one_piece"]
    assert found.outcome == "met"
    parts_alone = by_key(evaluate(replace(plan, units=plan.units[["part"]]), profile("luohu-2006")))["in_one_piece"]
    assert sorted(row.outcome for row in parts_alone.findings) == ["met", "no_data"]


def test_a_merge_tells_of_its_communities_and_of_the_whole() -> None:
    found = by_key(evaluate(merge(BLOCKS, parent="parent_code"), profile("zhangzi-2018")))
    assert [row.subject.name for row in found["community_households"].findings] == list("甲乙丙丁")
    assert [row.margin for row in found["community_households"].findings] == [-1000, -2000, -1500, -1500]
    assert by_key(evaluate(merge(BLOCKS, parent=None), profile("luohu-2006")))["committees_stay"].outcome == "met"
    others = BLOCKS.assign(homes=BLOCKS["households"], households=1)
    found = by_key(evaluate(merge(others, parent=None, households="homes"), profile("zhangzi-2018")))
    assert found["community_households"].findings == ()


@pytest.mark.parametrize(
    ("after", "outcomes"), [([7, 11], ("met", "met")), ([8, 10], ("met", "not_met")), ([7, 12], ("not_met", "met"))]
)
def test_staff_of_a_merge_are_counted(after: list[int], outcomes: tuple[str, str]) -> None:
    plan = merge(BLOCKS, parent="parent_code")
    staffed = replace(plan, parts=plan.parts.assign(staff=after))
    found = by_key(evaluate(staffed, profile("luohu-2006")))
    assert (found["staff_total"].outcome, found["staff_stay_in_subdistrict"].outcome) == outcomes
    unknown = by_key(evaluate(plan, profile("luohu-2006")))
    assert unknown["staff_total"].outcome == unknown["staff_stay_in_subdistrict"].outcome == "no_data"


def test_the_command_says_what_a_norm_is_not_about(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRIDMGMT_LANG", "en")
    rows = "applies_to,code,rural,committee_funds_yuan,households\nstation,S1,0,,\ncommunity,A1,,1234567,234567\n"
    (tmp_path / "my.csv").write_text(rows, encoding="utf-8")
    said = checked("beijing-2020", "--figures", str(tmp_path / "my.csv"), "--alone")
    assert "office_rural  –  concerns none of the 1 here" in said
    said = checked("zhangzi-2018", "--figures", str(tmp_path / "my.csv"), "--alone")
    assert "A1: 1234567 (-1111103)" in said


@pytest.mark.parametrize(
    ("change", "said"), [({"households": "many"}, "values of 'households'"), ({"part": None}, "it lacks part")]
)
def test_a_file_that_is_no_plan_is_refused(tmp_path: Path, change: dict[str, str | None], said: str) -> None:
    plan = merge(BLOCKS, parent=None)
    dropped = [name for name, value in change.items() if value is None]
    parts = plan.parts.assign(**change).drop(columns=dropped)
    write_plan(tmp_path / "a.gpkg", replace(plan, parts=parts))
    with pytest.raises(InvalidInput, match=said):
        checked("luohu-2006", "--plan", str(tmp_path / "a.gpkg"))


def test_the_command_reads_both_layers_of_a_plan(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRIDMGMT_LANG", "en")
    plan = merge(BLOCKS, parent=None)
    write_plan(tmp_path / "stations.gpkg", plan)
    assert "in_one_piece  2/2" in checked("luohu-2006", "--plan", str(tmp_path / "stations.gpkg"))
    (tmp_path / "my.csv").write_text("applies_to,code,phases\nplan,,3\n", encoding="utf-8")
    write_plan(tmp_path / "grids.gpkg", divide(lattice(40)))
    said = checked("luohu-2006", "--plan", str(tmp_path / "grids.gpkg"), "--figures", str(tmp_path / "my.csv"))
    assert "phases  1/1" in said


def test_units_are_said_in_the_language_of_the_reader(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRIDMGMT_LANG", "zh")
    said = CliRunner().invoke(build_app(), ["policy", "show", "zhangzi-2018"], catch_exceptions=False).output
    assert "1000–2000 户" in said
    assert "1000–2000 households" not in said


@pytest.mark.parametrize(("parent", "outcome"), [("community", "met"), (None, "no_data")])
def test_stations_planned_inside_parents_cross_none(parent: str | None, outcome: str) -> None:
    stations = merge(lattice(400).dissolve("community", aggfunc="sum").reset_index(), parent=parent)
    assert by_key(evaluate(stations, profile("luohu-2006")))["inside_one_subdistrict"].outcome == outcome

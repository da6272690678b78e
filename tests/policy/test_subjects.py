"""Things to check norms on: from a plan as it is computed, and from a table of a user's own."""

from pathlib import Path

import geopandas
import numpy as np
import pandas as pd
import pytest
import shapely
from typer.testing import CliRunner

from gridmgmt.cli.main import build_app
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
    ],
)
def test_a_fault_in_a_table_is_named_with_its_row(change: dict[str, list[str | None]], said: str) -> None:
    with pytest.raises(InvalidInput) as fault:
        read_figures(ROWS.assign(**change), "my.csv")
    assert said in str(fault.value)


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


def test_units_are_said_in_the_language_of_the_reader(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRIDMGMT_LANG", "zh")
    said = CliRunner().invoke(build_app(), ["policy", "show", "zhangzi-2018"], catch_exceptions=False).output
    assert "1000–2000 户" in said
    assert "1000–2000 households" not in said


@pytest.mark.parametrize(("parent", "outcome"), [("community", "met"), (None, "no_data")])
def test_stations_planned_inside_parents_cross_none(parent: str | None, outcome: str) -> None:
    stations = merge(lattice(400).dissolve("community", aggfunc="sum").reset_index(), parent=parent)
    assert by_key(evaluate(stations, profile("luohu-2006")))["inside_one_subdistrict"].outcome == outcome

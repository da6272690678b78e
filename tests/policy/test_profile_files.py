"""Profiles of a user's own: the example of the guide runs, and a bad file says where, what and what to do."""

import copy
import datetime
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from gridmgmt.cli.main import build_app
from gridmgmt.errors import InvalidInput
from gridmgmt.messages import error_text
from gridmgmt.policy.evaluation import Subject, evaluate
from gridmgmt.policy.norms import profile
from gridmgmt.policy.reading import parse_profile

GUIDE = Path(__file__).resolve().parents[2] / "docs" / "policy-profiles.md"
[EXAMPLE] = re.findall(r"```toml\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL)


def test_the_example_of_the_guide_is_a_profile(tmp_path: Path) -> None:
    path = tmp_path / "my.toml"
    path.write_text(EXAMPLE, encoding="utf-8")
    mine = profile(str(path))
    station = Subject("Z1", "某站", {"households": 9500.0, "rural": 1.0, "office_m2": None})
    verdicts = {row.norm.key: row for row in evaluate({"station": [station]}, mine)}
    assert verdicts["station_households"].findings[0].margin == -500
    assert verdicts["rural_office"].outcome == "no_data"
    assert verdicts["facilities"].outcome == "no_data"


def test_the_command_shows_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRIDMGMT_LANG", "zh")
    path = tmp_path / "my.toml"
    path.write_text(EXAMPLE, encoding="utf-8")
    result = CliRunner().invoke(build_app(), ["policy", "show", str(path)], catch_exceptions=False)
    assert result.exit_code == 0
    assert "每个社区工作站服务5000至9000户" in result.output


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"quantiy": "x"}, "did you mean 'quantity'"),
        ({"low": "5000"}, "'low' is '5000', not a number"),
        ({"share": 80}, "must be above 0 and at most 1"),
        ({"applies_to": "street"}, "there are station, community, grid, plan"),
        ({"low": 9000, "high": 10}, "low 9000 is above high 10. Swap or correct them"),
        ({"unit": "m²"}, "unit is 'm²', but 'households' is counted in households"),
        ({"quantity": "housholds"}, "did you mean 'households'"),
        ({"only_for": {"rurale": 1}}, "did you mean 'rural'"),
        ({"low_grows": {"quantity": "household", "amount": 1, "each": 9}}, "did you mean 'households'"),
        ({"low_grows": {"quantity": "households", "amount": -1, "each": 9}}, "'amount' is -1; it must be more than 0"),
        ({"low": datetime.date(2020, 1, 1)}, "'low' is '2020-01-01', not a number"),
        ({"quote": 5}, "'quote' is 5, not a text"),
        ({"clause": None}, "'clause' is missing. Add the line"),
        ({"low": None, "high": None}, "has no bound. Give it low, high or low_grows"),
        ({"low_grows": {"quantity": "households"}}, "'low_grows' is not complete"),
        ({"low_grows": {"quantity": "households", "amount": 1, "each": 0}}, "must be more than 0"),
        ({"only_for": 3}, "Write it as only_for = { rural = 1 }"),
        ({"key": "facilities"}, "two norms of the key 'facilities'"),
    ],
)
def test_a_fault_is_named_with_its_place(change: dict[str, Any], said: str) -> None:
    raw = copy.deepcopy(tomllib.loads(EXAMPLE))
    row = {**raw["norm"][0], **change}
    raw["norm"][0] = {name: value for name, value in row.items() if value is not None}
    with pytest.raises(InvalidInput) as fault:
        parse_profile(raw, "my.toml")
    assert said in str(fault.value)
    assert str(fault.value).startswith("my.toml")
    assert error_text(fault.value, "zh").startswith("my.toml")


@pytest.mark.parametrize("unit", ["households", "户"])
def test_a_unit_goes_by_its_name_in_either_language(unit: str) -> None:
    raw = copy.deepcopy(tomllib.loads(EXAMPLE))
    raw["norm"][0]["unit"] = unit
    assert parse_profile(raw, "my.toml").norms[0].unit == unit


def test_quantities_of_one_s_own_have_any_unit() -> None:
    raw = copy.deepcopy(tomllib.loads(EXAMPLE))
    raw["norm"][0] |= {"quantity": "garden_area", "unit": "亩"}
    assert parse_profile(raw, "my.toml").norms[0].unit == "亩"


def test_a_file_of_a_windows_editor_is_read(tmp_path: Path) -> None:
    path = tmp_path / "My.TOML"
    path.write_text(EXAMPLE, encoding="utf-8-sig")
    assert len(profile(str(path)).norms) == 3


@pytest.mark.parametrize(
    ("written", "said"),
    [
        (b"title = ", "is no TOML file"),
        ("title = '标准'".encode("gbk"), "not written in UTF-8"),
        (b"title = 't'\nplace = 'p'\n", "has no norms"),
        (b"place = 'p'\n", "'title' is missing"),
    ],
)
def test_a_file_that_is_no_profile(tmp_path: Path, written: bytes, said: str) -> None:
    path = tmp_path / "my.toml"
    path.write_bytes(written)
    with pytest.raises(InvalidInput) as fault:
        profile(str(path))
    assert said in str(fault.value)


def test_a_file_that_is_not_there() -> None:
    with pytest.raises(InvalidInput, match=r"there is no file nowhere\.toml"):
        profile("nowhere.toml")

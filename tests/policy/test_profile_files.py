"""Profiles of a user's own: the example of the guide runs, and a bad file says where, what and what to do."""

import copy
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from gridmgmt.cli.main import build_app
from gridmgmt.errors import InvalidInput
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
        ({"low": 9000, "high": 10}, "low 9000 is above high 10"),
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
        parse_profile(raw, "my")
    assert said in str(fault.value)
    assert str(fault.value).startswith("my")


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

"""`gridmgmt incident`, `calendar` and `codes` on a real database."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from gridmgmt.cli.main import build_app
from gridmgmt.errors import IllegalMove, UnreadableFile
from gridmgmt.store.engine import transaction
from tests.services.cases import WEST, found, reported


@pytest.fixture
def incident(fresh_database: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """The id of an incident in the database that the commands use."""
    monkeypatch.setenv("DATABASE_URL", fresh_database)
    monkeypatch.setenv("GRIDMGMT_LANG", "zh")
    with transaction(fresh_database) as session:
        found(session)
        return str(reported(session))


def say(*arguments: str) -> str:
    answer = CliRunner().invoke(build_app(), arguments, catch_exceptions=False, standalone_mode=False)
    assert answer.exit_code == 0, answer.output
    return answer.output


def test_an_incident_is_listed_shown_moved_and_deleted(incident: str) -> None:
    listed = say("incident", "list", "--open", "--grid", WEST)
    assert "■ 超期" in listed
    assert incident in listed
    assert f'"id": "{incident}"' in say("incident", "show", incident)
    assert "红牌督办 1 件" in say("incident", "remind")
    assert "红牌督办 0 件" in say("incident", "remind")
    assert "立案，现为“已立案”" in say("incident", "move", incident, "file")
    with pytest.raises(IllegalMove, match="Possible now"):
        say("incident", "move", incident, "close")
    assert "清除" in say("incident", "delete", incident)
    assert "没有符合条件的事件" in say("incident", "list")


def test_scores_come_with_their_spread(incident: str) -> None:
    say("incident", "move", incident, "file")
    assert WEST in say("incident", "scores", "grid", "--first", "2026-07-01", "--last", "2026-07-01")


def test_the_calendar_says_why_a_day_is_worked(incident: str) -> None:
    assert say("calendar", "show", "2026-10-01", "--days", "1") == "2026-10-01：休息日（依据：国务院公布）\n"
    say("calendar", "set", "2026-10-01", "--works")
    assert say("calendar", "show", "2026-10-01", "--days", "1") == "2026-10-01：工作日（依据：管理员设定）\n"
    say("calendar", "set", "2026-10-01")
    assert "国务院公布" in say("calendar", "show", "2026-10-01", "--days", "1")
    assert "暂按周一至周五" in say("calendar", "show", "2190-01-01", "--days", "1")
    assert "重算 1 件" in say("incident", "recount")


def test_lists_are_loaded_from_files(incident: str, tmp_path: Path) -> None:
    file = tmp_path / "codes.toml"
    text = 'standard = "市标"\nvalid_from = 2026-01-01\n[event."0102"]\nzh = "暴露垃圾"\nen = "Exposed rubbish"\n'
    file.write_text(text, encoding="utf-8")
    assert say("codes", "load", str(file)) == "新增 1 项，停用 0 项\n"
    assert "市标  event  0102  暴露垃圾  Exposed rubbish" in say(
        "codes", "list", "--kind", "event", "--on", "2026-07-01"
    )
    source = Path(__file__).parents[2] / "gridmgmt" / "field" / "workflow_2026_1.toml"
    assert "未作改动" in say("incident", "workflow", str(source))
    file.write_text("standard = ", encoding="utf-8")
    with pytest.raises(UnreadableFile):
        say("codes", "load", str(file))

from importlib.resources import files

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session
from typer.testing import CliRunner

from gridmgmt.cli.main import build_app
from gridmgmt.store.engine import transaction
from gridmgmt.store.migrations import versions
from tests.services import blocktown


@pytest.fixture
def db(fresh_database: str, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("DATABASE_URL", fresh_database)
    monkeypatch.setenv("GRIDMGMT_LANG", "en")
    return fresh_database


def run(*arguments: str, answer: str = "") -> tuple[int, str]:
    result = CliRunner().invoke(build_app(), ["db", *arguments], input=answer)
    return result.exit_code, result.output


def test_down_and_up_again(db: str) -> None:
    newest = max(path.name[:4] for path in files(versions).iterdir() if path.name[:4].isdigit())
    assert run("status") == (0, f"schema at step {newest} (newest {newest})\n")
    assert run("downgrade", "base", answer="n\n")[0] == 1
    assert run("downgrade", "base", "--yes") == (0, f"schema at step base (newest {newest})\n")
    assert run("upgrade") == (0, f"schema at step {newest} (newest {newest})\n")


def test_check_counts_and_finds_gaps(db: str) -> None:
    with transaction(db) as session:
        blocktown.found(session)
    code, output = run("check", "--at", "2006-01-01")
    assert code == 0
    assert "community: 8 boundaries, 2,880 households, no gaps, no overlaps" in output
    assert "entrance: 288 rows" in output
    _overlap(db)
    code, output = run("check", "--at", "2006-01-01")
    assert code == 1
    assert "overlap: 440303" in output


def _overlap(db: str) -> None:
    with transaction(db) as session:
        _stretch(session)


def _stretch(session: Session) -> None:
    wider = "st_multi(st_makeenvelope(114, 22.5, 114.011, 22.51, 4326))"
    session.execute(text(f"update boundary set geom = {wider} where code = '440303001001'"))

"""`gridmgmt demo` from end to end on a real database."""

import json
from pathlib import Path

import geopandas as gpd
import pytest
import sqlalchemy
from typer.testing import CliRunner

from gridmgmt.cli.main import build_app

RUN = CliRunner()


@pytest.fixture(autouse=True)
def _english(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRIDMGMT_LANG", "en")


def _run(*arguments: str) -> str:
    result = RUN.invoke(build_app(), ["demo", *arguments], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.stdout


def _count(url: str, sql: str) -> int:
    engine = sqlalchemy.create_engine(url)
    with engine.connect() as connection:
        count = connection.scalar(sqlalchemy.text(sql))
    engine.dispose()
    assert isinstance(count, int)
    return count


def test_build_writes_a_package(tmp_path: Path) -> None:
    path = _run("build", "--size", "small", "--out", str(tmp_path)).strip()
    assert len(gpd.read_file(path, layer="boundaries")) == 32
    assert len(gpd.read_file(path, layer="station_services")) == 29


def test_loading_twice_changes_nothing(fresh_database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", fresh_database)
    assert "Loaded" in _run("load", "--size", "small")
    buildings = _count(fresh_database, "select count(*) from building")
    assert "nothing was changed" in _run("load", "--size", "small")
    assert _count(fresh_database, "select count(*) from building") == buildings > 1000


def test_the_main_job_runs_once(fresh_district: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DATABASE_URL", fresh_district)
    said = _run("job", "--out", str(tmp_path), "--now", "2026-07-01T15:00:00")
    reports = {path.stem: json.loads(path.read_bytes()) for path in tmp_path.glob("*.json")}
    assert set(reports) == {"divide", "merge", "resize", "replay"}
    assert reports["replay"]["real"]["stations"] == 16
    assert reports["replay"]["optimal"].keys() == reports["replay"]["real"].keys()
    assert "added" in said
    grids = _count(fresh_district, "select count(*) from boundary where level = 'grid'")
    patrols = _count(fresh_district, "select count(*) from patrol")
    assert grids >= reports["divide"]["parts"] > 500  # places have grids of their own
    assert patrols > 50
    again = _run("job", "--out", str(tmp_path), "--now", "2026-07-01T15:00:00")
    assert again.count("used again") == 4
    assert _count(fresh_district, "select count(*) from plan") == 4
    assert _count(fresh_district, "select count(*) from boundary where level = 'grid'") == grids
    assert _count(fresh_district, "select count(*) from patrol") == patrols

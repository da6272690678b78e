"""`gridmgmt import` and `gridmgmt export` as a person types them."""

import json
from datetime import date
from pathlib import Path

import pytest
from typer.testing import CliRunner

from gridmgmt.cli.main import build_app
from gridmgmt.errors import GridError, InvalidImport, InvalidInput
from gridmgmt.services.boundaries import boundaries_at
from gridmgmt.store.engine import transaction
from tests.io.places import blocks

DAY = "2020-01-01"


@pytest.fixture
def db(fresh_database: str, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("DATABASE_URL", fresh_database)
    monkeypatch.setenv("GRIDMGMT_LANG", "zh")
    return fresh_database


def run(*arguments: object) -> tuple[GridError | None, str]:
    """What the command said, and the error that main() turns into one line and exit status 2."""
    result = CliRunner().invoke(build_app(), [str(argument) for argument in arguments])
    assert result.exception is None or isinstance(result.exception, GridError)
    return result.exception, result.output


def stored(url: str) -> int:
    with transaction(url) as session:
        return len(boundaries_at(session, "community", date.fromisoformat(DAY)))


def test_refused_then_repaired_then_exported(db: str, tmp_path: Path) -> None:
    frame = blocks(户数=range(6))
    first = frame.geometry[0].buffer(0.0001, join_style="mitre")
    frame.set_geometry([first, *frame.geometry[1:]], crs=4326).to_parquet(tmp_path / "社区.parquet")
    given = ("import", "communities", tmp_path / "社区.parquet", "--parent", "440303001", "--valid-from", DAY)

    error, said = run(*given, "--report", tmp_path / "r.json")
    assert isinstance(error, InvalidImport)
    assert "name=名称、households=户数" in said
    assert "第 2 行 第2社区：与 第1社区 重叠" in said
    report = json.loads((tmp_path / "r.json").read_text(encoding="utf-8"))
    assert (report["written"], report["features"]) == (False, 6)
    assert {finding["fault"] for finding in report["findings"]} == {"overlap"}
    assert stored(db) == 0

    assert run(*given, "--repair", "--dry-run")[1].endswith("新增 6，变更 0，未变 0，略过 0。（试运行，未写入）\n")
    assert stored(db) == 0
    error, said = run(*given, "--repair")
    assert error is None
    assert "修复：面积" in said
    assert stored(db) == 6
    assert "新增 0，变更 0，未变 6" in run(*given, "--repair")[1]

    error, said = run("export", "communities", tmp_path / "out.xlsx", "--at", DAY)
    assert (error, said) == (None, "out.xlsx：共 6 个要素（communities）\n")
    assert (tmp_path / "out.xlsx").stat().st_size > 0


def test_mapping_and_constants_by_hand(db: str, tmp_path: Path) -> None:
    blocks(甲=range(6)).to_parquet(tmp_path / "a.parquet")
    given = ("import", "communities", tmp_path / "a.parquet", "--valid-from", DAY, "--parent", "440303001")
    error, said = run(*given, "--map", "households=甲", "--set", "community_type=城中村")
    assert error is None
    assert "households=甲" in said
    with transaction(db) as session:
        frame = boundaries_at(session, "community", date.fromisoformat(DAY))
    assert set(frame["community_type"]) == {"urban_village"}
    assert isinstance(run(*given, "--map", "households")[0], InvalidInput)

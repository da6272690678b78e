"""The commands of patrols: what they print in both languages, on a file and on the real store."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
import shapely
from geoalchemy2.shape import from_shape
from typer.testing import CliRunner

from gridmgmt.cli.main import build_app
from gridmgmt.field.track import Track
from gridmgmt.ids import PatrolId, WorkerCode
from gridmgmt.services.field import record_patrol
from gridmgmt.store.engine import transaction
from gridmgmt.store.tables import Boundary, BoundaryCode, Building, Street, Worker, WorkerGrid

GRID = "440303001001001"
MORNING = datetime(2026, 7, 10, 1, 0, tzinfo=UTC)


def run(*words: str) -> str:
    result = CliRunner().invoke(build_app(), ["field", *words])
    assert result.exit_code == 0, result.output + repr(result.exception)
    return result.stdout


@pytest.fixture
def walked_grid(fresh_database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A grid with a street, a building and a worker who stood still there for ten minutes."""
    monkeypatch.setenv("DATABASE_URL", fresh_database)
    monkeypatch.setenv("GRIDMGMT_LANG", "en")
    with transaction(fresh_database) as session:
        session.add(BoundaryCode(code=GRID, level="grid", issued_on=date(2026, 1, 1)))
        session.flush()
        area = shapely.MultiPolygon([shapely.box(114.10, 22.54, 114.11, 22.55)])
        shape = from_shape(area, srid=4326)
        session.add(Boundary(code=GRID, level="grid", name="东门", geom=shape, valid_from=date(2026, 1, 1)))
        line = from_shape(shapely.LineString([(114.10, 22.545), (114.11, 22.545)]), srid=4326)
        session.add(Street(code="S00001", street_class="local", geom=line))
        for number in range(2):
            west = 114.105 + 0.002 * number
            box = from_shape(shapely.box(west, 22.54501, west + 0.0001, 22.5451), srid=4326)
            session.add(Building(code=f"440303001001B{number}", kind="walkup", households=20, geom=box))
        session.add(Worker(code="W001", name="王芳"))
        session.flush()
        session.add(WorkerGrid(worker_code="W001", grid_code=GRID, valid_from=date(2026, 1, 1)))
        times = [MORNING + timedelta(seconds=15 * number) for number in range(40)]
        track = Track.of(times, [114.10505] * 40, [22.545] * 40, [0] * 40)
        record_patrol(session, PatrolId(uuid4()), WorkerCode("W001"), track)


@pytest.mark.usefixtures("walked_grid")
def test_marks_of_a_file_are_kept_accepted_and_dismissed(tmp_path: Path) -> None:
    def command(*words: str) -> str:
        result = CliRunner().invoke(build_app(), ["incident", "candidate", *words])
        assert result.exit_code == 0, result.output + repr(result.exception)
        return result.stdout

    marks = [f'<wpt lat="22.545" lon="114.105"><name>P{number}</name></wpt>' for number in (1, 2)]
    (tmp_path / "marks.gpx").write_text(f"<gpx>{''.join(marks)}</gpx>")
    assert "no marks wait" in command("list")
    for _ in range(2):
        assert "2 waypoints read, 2 kept" in command("add", str(tmp_path / "marks.gpx"), "--worker", "W001")
    lines = {line.split()[-1]: line for line in command("list").splitlines()}
    assert f"grid {GRID}" in lines["P1"]
    assert f"in grid {GRID}" in command("accept", lines["P1"].split()[0], "rubbish")
    assert "dismissed" in command("dismiss", lines["P2"].split()[0], "--reason", "seen")
    assert "no marks wait" in command("list")
    assert len(command("list", "--all").splitlines()) == 2


@pytest.mark.usefixtures("walked_grid")
def test_what_is_stored_is_counted_and_told() -> None:
    assert "1 patrols counted again" in run("recount")
    assert "0 patrols counted again" in run("recount")
    assert "1 patrols counted again" in run("recount", "--all")
    assert "of W001 kept" in run("duty", "W001", "2026-07-10T08:00:00", "2026-07-10T18:00:00")
    assert "1 patrols" in run("settle")
    at = ("--at", "2026-07-10")
    assert "1 patrols of 10 min, 1 of 2 buildings visited (0 again)" in run("coverage", "--period", "day", *at)
    assert "no such grid" in run("coverage", "--within", "999", *at)
    due = run("due", GRID, *at).splitlines()
    assert due[0].startswith("440303001001B1 : 20 households, never visited")
    assert "0 days since the last visit" in due[1]
    assert "1 stops, 0 m, about 3 min; 1 buildings overdue, 0 left out" in run("next-walk", GRID, *at)
    targets = run("targets", *at)
    assert "missed W001 王芳: minutes on patrol a day 9.75 of 120 (2026-07-10 to 2026-07-10); 110.25 short" in targets
    assert "no data 440303001001001" in targets
    assert "1 patrols, 0.00 km, 0 min on the move, 10 min resting; 10 min in own grids" in run(
        "worker-day", "W001", *at
    )


def test_a_file_is_cleaned_without_a_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRIDMGMT_LANG", "zh")
    fixes = "".join(
        f'<trkpt lat="{22.54 + (0.1 if second == 50 else 0)}" lon="{114.11 + second * 1.2e-5}">'
        f"<time>2026-07-01T08:{second // 60:02}:{second % 60:02}Z</time></trkpt>"
        for second in range(0, 100, 10)
    )
    (tmp_path / "walk.gpx").write_text(f"<gpx><trk><trkseg>{fixes}</trkseg></trk></gpx>", encoding="utf-8")
    told = run("clean", str(tmp_path / "walk.gpx"), "--out", str(tmp_path / "fixes.csv"))
    assert "10 个轨迹点，采用 9 个" in told
    assert "未采用 1 个：跳点" in told
    assert "teleport" in (tmp_path / "fixes.csv").read_text(encoding="utf-8")

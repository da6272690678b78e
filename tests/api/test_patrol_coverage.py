"""Coverage, due buildings, the next walk, targets and tracks over HTTP, by role."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import httpx
import pytest
import shapely

from gridmgmt.access import Role
from gridmgmt.ids import PatrolId
from gridmgmt.services.field.recompute import recompute_patrol
from gridmgmt.services.units import streets_frame
from gridmgmt.store.engine import transaction
from gridmgmt.store.tables import Worker, WorkerGrid
from tests.api.halves import communities, cut_in_halves

MORNING = datetime.now(UTC).replace(hour=1, minute=0, second=0, microsecond=0) - timedelta(days=1)
DAY = MORNING.date().isoformat()


@pytest.fixture
def walked(client: httpx.Client, fresh_district: str) -> tuple[str, str]:
    """A patrol that stayed ten minutes in a street of a grid; the grid's code and the patrol's id."""
    patrol_id = uuid4()
    with transaction(fresh_district) as session:
        grids = cut_in_halves(session, communities(session))
        code, inside = sorted(grids.items())[0]
        streets = shapely.union_all(streets_frame(session, bbox=inside.buffer(0.003).bounds).geometry.to_numpy())
        middle = shapely.get_point(shapely.shortest_line(streets, inside), 0)
        session.add(Worker(code="W900", name="王芳"))
        session.flush()
        session.add(WorkerGrid(worker_code="W900", grid_code=code, valid_from=MORNING.date()))
    times = [(MORNING + timedelta(seconds=15 * n)).isoformat() for n in range(40)]
    line = {"type": "LineString", "coordinates": [[middle.x, middle.y]] * 40}
    walk = {"type": "Feature", "geometry": line, "properties": {"coordTimes": times}}
    answer = client.put(f"/api/v1/patrols/{patrol_id}", params={"worker_code": "W900"}, json=walk)
    assert answer.status_code == 200, answer.text
    with transaction(fresh_district) as session:
        recompute_patrol(session, PatrolId(patrol_id))
    return code, str(patrol_id)


def test_what_a_patrol_covered(client: httpx.Client, walked: tuple[str, str]) -> None:
    code, _ = walked
    grid = client.get(f"/api/v1/grids/{code}/coverage", params={"at": DAY, "period": "day"}).json()
    assert grid["patrols"] == 1
    assert 0 < grid["covered_m"] < grid["length_m"]
    assert grid["seconds"] == 585
    everywhere = client.get("/api/v1/patrol-coverage", params={"at": DAY, "within": code[:12]}).json()
    shares = {feature["id"]: feature["properties"]["share"] for feature in everywhere["features"]}
    assert shares[code] == pytest.approx(grid["share"])
    assert client.get("/api/v1/grids/440303999999999/coverage").status_code == 404
    assert client.get("/api/v1/patrol-coverage", params={"period": "year"}).status_code == 422


def test_what_is_due_and_the_next_walk(client: httpx.Client, walked: tuple[str, str]) -> None:
    code, _ = walked
    due = client.get(f"/api/v1/grids/{code}/buildings-due").json()["features"]
    assert due[0]["properties"]["days"] is None
    assert due[0]["properties"]["last_visit"] is None
    walk = client.get(f"/api/v1/grids/{code}/next-walk", params={"most": 5}).json()
    assert len(walk["features"]) == min(5, len(due))
    assert walk["overdue"] >= len(walk["features"])
    assert walk["minutes"] > 0
    assert client.get("/api/v1/grids/440303999999999/next-walk").status_code == 404


def test_targets_name_workers_only_to_those_who_see_tracks(
    client: httpx.Client, client_as: Callable[..., httpx.Client], walked: tuple[str, str]
) -> None:
    asked = {"at": DAY, "lang": "zh"}
    named = client.get("/api/v1/patrol-targets", params=asked).json()
    mine = next(line for line in named if line["code"] == "W900")
    assert (mine["outcome"], mine["value"]) == ("missed", pytest.approx(9.75))
    assert mine["reason"].startswith("还差")
    plain = client_as(Role.viewer).get("/api/v1/patrol-targets", params=asked).json()
    assert {line["of"] for line in plain} == {"grid"}
    own = client_as(Role.worker, scope=walked[0], worker_code="W900").get("/api/v1/patrol-targets", params=asked).json()
    assert [line["code"] for line in own if line["of"] == "worker"] == ["W900"]


def test_a_track_is_for_those_who_may_and_for_oneself(
    client: httpx.Client, client_as: Callable[..., httpx.Client], walked: tuple[str, str]
) -> None:
    code, patrol_id = walked
    track = client.get(f"/api/v1/patrols/{patrol_id}/track").json()
    assert (track["fixes"], track["kept"], track["distance_m"]) == (40, 40, 0.0)
    assert track["stops"][0]["seconds"] == 585
    assert track["features"][0]["geometry"]["type"] == "Point"
    assert client.get("/api/v1/workers/W900/day", params={"at": DAY}).json()["stop_s"] == 585
    worker = client_as(Role.worker, scope=code, worker_code="W900")
    assert worker.get(f"/api/v1/patrols/{patrol_id}/track").status_code == 403
    assert worker.get(f"/api/v1/me/patrols/{patrol_id}/track").json()["kept"] == 40
    codes = [feature["id"] for feature in client.get("/api/v1/patrol-coverage").json()["features"]]
    other = next(each for each in codes if not each.startswith(code[:12]))
    stranger = client_as(Role.dispatcher, scope=other)
    assert stranger.get(f"/api/v1/patrols/{patrol_id}/track").status_code == 404
    assert stranger.get("/api/v1/workers/W900/day", params={"at": DAY}).status_code == 404

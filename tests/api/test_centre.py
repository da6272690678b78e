"""Where workers are now and what was set aside: for the centre, in its area, and every look is logged."""

from collections.abc import Callable
from datetime import UTC, datetime
from uuid import uuid4

import httpx
import pytest

from gridmgmt.access import Role
from gridmgmt.services.access import audit
from gridmgmt.store.engine import transaction
from tests.api import people
from tests.api.halves import Grids


def test_the_centre_sees_the_latest_places_and_what_was_set_aside(
    client_as: Callable[..., httpx.Client], grids: Grids, fresh_district: str
) -> None:
    (west, place), (east, _) = grids.items()
    people.appoint(fresh_district, "W001", west)
    now = datetime.now(UTC).isoformat()
    rows = [{"time": now, "lon": place.x, "lat": place.y, "accuracy_m": 7}, {"time": "noon", "lon": 1, "lat": 2}]
    sent = client_as(worker_code="W001").post(f"/api/v1/patrols/{uuid4()}/points", json={"points": rows})
    assert (sent.json()["accepted"], len(sent.json()["quarantined"])) == (1, 1)
    centre, other = (client_as(Role.dispatcher, scope=code) for code in (west, east))
    (position,) = centre.get("/api/v1/positions").json()["features"]
    assert position["geometry"]["coordinates"] == pytest.approx([place.x, place.y], abs=1e-6)
    assert (position["properties"]["worker_code"], position["properties"]["accuracy_m"]) == ("W001", 7)
    (fault,) = centre.get("/api/v1/quarantine?lang=zh").json()
    assert (fault["worker_code"], fault["reason"], fault["raw"]["row"]["time"]) == ("W001", "bad_time", "noon")
    assert fault["words"]
    assert other.get("/api/v1/positions").json()["features"] == other.get("/api/v1/quarantine").json() == []
    assert client_as(Role.planner).get("/api/v1/positions").status_code == 403
    centre.get("/api/v1/positions")
    with transaction(fresh_district) as session:
        looks = [entry.action for entry in audit.entries(session, actor=f"dispatcher-{west}-none")]
    assert sorted(looks) == ["see_positions", "see_quarantine"]  # once per hour


def test_accounts_are_made_locked_out_and_let_in_again(
    client: httpx.Client, client_as: Callable[..., httpx.Client]
) -> None:
    security = client_as(Role.security)
    made = client.post("/api/v1/people", json={"name": "bob", "display_name": "鲍勃"})
    assert (made.status_code, made.json()["name"], made.json()["grants"]) == (201, "bob", [])
    days = {"valid_from": "2026-01-01"}
    for given, status in (
        ({"role": "viewer"}, 201),
        ({"role": "department"}, 422),
        ({"role": "viewer", "department_code": "D01"}, 422),
        ({"role": "department", "department_code": "D99"}, 404),
        ({"role": "department", "department_code": "D02"}, 201),
        ({"role": "department", "department_code": "D03"}, 409),  # of one department
    ):
        assert security.post("/api/v1/people/bob/grants", json=given | days).status_code == status, given
    grants = client.get("/api/v1/people/bob").json()["grants"]
    assert sorted((one["role"], one["department_code"]) for one in grants) == [("department", "D02"), ("viewer", None)]
    for action in ("disable", "enable", "unlock"):
        assert client.post(f"/api/v1/people/bob/{action}").status_code == 204
    assert len(client.post("/api/v1/people/bob/password").json()["password"]) > 11
    path = "/api/v1/people/bob/credentials"
    assert client.post(path, json={"kind": "device"}).status_code == 422  # bob is no worker
    credential = client.post(path, json={"kind": "app", "label": "QGIS"}).json()
    kept = client.get("/api/v1/people/bob").json()["credentials"]
    assert [one["label"] for one in kept] == ["QGIS"]
    assert credential["secret"] not in str(kept)
    assert [client.delete(f"{path}/{one['id']}").status_code for one in kept] == [204]


def test_a_stand_in_is_given_and_ended(client: httpx.Client, client_as: Callable[..., httpx.Client]) -> None:
    security = client_as(Role.security)
    for name in ("ann", "bob"):
        assert client.post("/api/v1/people", json={"name": name, "display_name": name}).status_code == 201
    path = "/api/v1/people/ann/stand-ins"
    days = {"valid_from": "2026-01-01", "valid_to": "2099-01-01"}
    assert security.post(path, json={"substitute": "ann"} | days).status_code == 422
    assert security.post(path, json={"substitute": "bob"} | days).json()["substitute"] == "bob"
    (lent,) = client.get("/api/v1/people/ann").json()["stand_ins"]
    assert security.delete(f"{path}/{lent['id']}").status_code == 204
    assert security.delete(f"{path}/{uuid4()}").status_code == 404


def test_a_worker_is_registered_and_answers_for_grids_of_the_officers_area(
    client: httpx.Client, client_as: Callable[..., httpx.Client], grids: Grids
) -> None:
    west, east = grids
    security = client_as(Role.security, scope=west)
    for _ in range(2):
        assert client.post("/api/v1/workers", json={"code": "W009", "name": "周"}).status_code == 201
    path, task = "/api/v1/workers/W009/grids", {"grid_code": west, "valid_from": "2026-01-01"}
    assert security.post(path, json=task).json()["main"]
    assert security.post(path, json=task).status_code == 409
    assert security.post(path, json=task | {"grid_code": east}).status_code == 403
    (told,) = security.get("/api/v1/appointments").json()["appointments"]
    assert (told["worker_code"], told["name"], told["grid_code"]) == ("W009", "周", west)
    worker = client_as(worker_code="W009")
    assert worker.get("/api/v1/me").json()["may"]["record_patrol"] == [west]
    assert security.delete(f"{path}/{west}").status_code == 204
    assert security.delete(f"{path}/{west}").status_code == 404
    assert "record_patrol" not in worker.get("/api/v1/me").json()["may"]

"""Incidents over HTTP: the phone's outbox, the queue, moves and photos, each for those it concerns."""

import hashlib
import io
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import httpx
import pytest
from PIL import Image
from sqlalchemy import func, select

from gridmgmt.access import Role
from gridmgmt.store.engine import transaction
from gridmgmt.store.tables import AuditEntry, Incident, SubmissionConflict
from tests.api.halves import Grids

Clients = Callable[..., httpx.Client]


def body(grids: Grids, **more: Any) -> dict[str, Any]:
    place = next(iter(grids.values()))
    when = datetime.now(UTC).isoformat(timespec="seconds")
    return {"category": "rubbish", "text": "门口堆放", "lon": place.x, "lat": place.y, "occurred_at": when} | more


def put(client: httpx.Client, grids: Grids, **more: Any) -> str:
    path = f"/api/v1/incidents/{uuid4()}"
    assert client.put(path, json=body(grids, **more)).status_code == 200
    return path


def test_one_report_sent_by_many_at_once_is_one_and_the_receipts_are_equal(
    client: httpx.Client, grids: Grids, fresh_district: str
) -> None:
    path, report = f"/api/v1/incidents/{uuid4()}", body(grids)
    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(lambda _: client.put(path, json=report), range(30)))
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.content for answer in answers}) == 1
    with transaction(fresh_district) as session:
        assert session.scalar(select(func.count()).select_from(Incident)) == 1


def test_another_report_under_the_same_id_is_refused_and_both_are_kept(
    client: httpx.Client, grids: Grids, fresh_district: str
) -> None:
    path, report = f"/api/v1/incidents/{uuid4()}", body(grids)
    assert client.put(path, json=report).json()["flags"] == []
    for _ in range(2):
        answer = client.put(path, json=report | {"text": "其他"})
        assert (answer.status_code, answer.json()["code"]) == (409, "conflict")
    assert client.get(path).json()["text"] == "门口堆放"
    with transaction(fresh_district) as session:
        (kept,) = session.scalars(select(SubmissionConflict)).all()
        assert (kept.kind, str(kept.subject_id), kept.body["text"]) == ("incident", path[-36:], "其他")


def test_the_outbox_loses_nothing_and_the_form_asks_again(client: httpx.Client, grids: Grids) -> None:
    ahead = body(grids, occurred_at="2199-01-01T08:00:00+08:00")
    refused = client.post("/api/v1/incidents", json=ahead)
    assert (refused.status_code, refused.json()["code"]) == (422, "invalid_input")
    path = f"/api/v1/incidents/{uuid4()}"
    assert client.put(path, json=ahead).json()["flags"] == ["in_the_future"]
    assert client.get(path).json()["occurred_at"] == "2199-01-01T00:00:00+00:00"


def test_a_case_is_moved_on_by_those_it_is_for(client: httpx.Client, client_as: Clients, grids: Grids) -> None:
    west = next(iter(grids))
    worker = client_as(Role.worker, scope=west, worker_code="W001")
    centre = client_as(Role.dispatcher, scope=west[:9])
    path = put(worker, grids, source="phone")
    seen = worker.get(path).json()
    assert (seen["state"], seen["holder"], seen["worker_code"], seen["light"]) == ("reported", west, "W001", "green")
    assert centre.get("/api/v1/incidents/lights").json() == {"green": 1, "yellow": 0, "red": 0, "none": 0}
    assert "file" not in seen["moves"]
    refused = worker.post(f"{path}/moves", json={"move": "file", "after": seen["step"]})
    assert (refused.status_code, refused.json()["code"]) == (409, "illegal_move")
    move = {"id": str(uuid4()), "move": "file", "after": seen["step"]}
    first, again = (centre.post(f"{path}/moves", json=move) for _ in range(2))
    assert first.status_code == 201
    assert first.json() == again.json()
    stale = centre.post(f"{path}/moves", json={"move": "dispatch", "holder": "D01", "after": seen["step"]})
    assert (stale.status_code, stale.json()["code"]) == (409, "stale_step")
    sent = centre.post(f"{path}/moves", json={"move": "dispatch", "holder": "D01", "after": first.json()["step"]})
    assert (sent.json()["state"], sent.json()["holder"]) == ("dispatched", "D01")
    office = client_as(Role.department, scope=west[:6])  # a person of D01
    assert [row["id"] for row in office.get("/api/v1/incidents").json()["incidents"]] == [path[-36:]]
    done = office.post(f"{path}/moves", json={"move": "handle", "after": sent.json()["step"]})
    assert done.json()["state"] == "handled"


def test_nobody_finds_what_is_not_theirs(client: httpx.Client, client_as: Clients, grids: Grids) -> None:
    west, east = grids
    path = put(client, grids)
    neighbour, viewer, anyone = client_as(Role.worker, scope=east), client_as(Role.viewer), client_as()
    assert neighbour.get("/api/v1/incidents").json() == {"incidents": [], "next": None}
    for address in (path, f"{path}/duplicates"):
        assert neighbour.get(address).status_code == 404
        assert viewer.get(address).status_code == 403
        assert anyone.get(address).status_code == 401
    assert neighbour.post(f"{path}/moves", json={"move": "escalate", "after": 0}).status_code == 404
    assert anyone.put(path, json=body(grids)).status_code == 401
    mine = client_as(Role.worker, scope=west).get("/api/v1/incidents", params={"open": True}).json()
    assert [row["id"] for row in mine["incidents"]] == [path[-36:]]


def test_people_are_masked_and_every_look_at_them_is_in_the_log(
    client: httpx.Client, client_as: Clients, grids: Grids, fresh_district: str
) -> None:
    west = next(iter(grids))
    path = put(client, grids, people=[{"role": "当事人", "name": "王小明", "phone": "13800131234"}])
    other = client_as(Role.worker, scope=west[:12])
    assert other.get(path).json()["people"] == [{"role": "当事人", "name": "王*", "phone": "138****1234"}]
    assert client_as(Role.dispatcher, scope=west[:6]).get(path).json()["people"][0]["name"] == "王小明"
    with transaction(fresh_district) as session:
        looks = session.scalar(select(func.count()).where(AuditEntry.action == "see_involved"))
    assert looks == 1


def test_photos_come_first_by_their_hash(client: httpx.Client, client_as: Clients, grids: Grids) -> None:
    out = io.BytesIO()
    Image.new("RGB", (30, 20), "red").save(out, "PNG")
    photo = out.getvalue()
    sha256 = hashlib.sha256(photo).hexdigest()
    early = client.put(f"/api/v1/incidents/{uuid4()}", json=body(grids, photos=[sha256]))
    assert (early.status_code, sha256 in early.json()["detail"]) == (422, True)
    first, again = (client.put(f"/api/v1/photos/{sha256}", content=photo) for _ in range(2))
    assert first.status_code == 200
    assert first.json() == again.json()
    path = put(client, grids, photos=[sha256])
    assert client.get(path).json()["photos"][0]["sha256"] == sha256
    shown = client.get(f"/api/v1/photos/{sha256}")
    assert (shown.headers["content-type"], shown.content[:2]) == ("image/jpeg", b"\xff\xd8")
    assert client.put(f"/api/v1/photos/{'0' * 64}", content=photo).status_code == 422
    assert client.put("/api/v1/photos/short", content=photo).status_code == 422
    stranger = client_as(Role.worker, scope=list(grids)[1])
    assert stranger.get(f"/api/v1/photos/{sha256}").status_code == 404


def test_a_deleted_incident_answers_410(client: httpx.Client, client_as: Clients, grids: Grids) -> None:
    path = put(client, grids)
    assert client_as(Role.dispatcher).delete(path).status_code == 403
    assert client.delete(path).status_code == 204
    for answer in (client.get(path), client.put(path, json=body(grids)), client.delete(path)):
        assert (answer.status_code, answer.json()["code"]) == (410, "gone")
    assert client.get("/api/v1/overview").json()["open_incidents"] == 0


def test_the_lists_a_phone_needs(client: httpx.Client) -> None:
    codes = client.get("/api/v1/codes", params={"kind": "event"}).json()["codes"]
    assert {"standard": "demo/local", "code": "rubbish", "zh": "暴露垃圾"}.items() <= codes[0].items()
    workflow = client.get("/api/v1/workflow").json()
    assert [state["state"] for state in workflow["states"]][:2] == ["reported", "filed"]
    assert workflow["moves"][0]["move"] == "report"


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("light=red&open=true&state=reported&limit=1&grid=4403", 200),
        ("since=2026-07-01T00:00:00Z&holder=D01&category=rubbish&first_asked=W001", 200),
        ("order=due", 200),
        ("light=blue", 422),
        ("grid=%25", 422),
        ("cursor=xx", 422),
        ("cursor=5byg5LiJ", 422),
        ("limit=0", 422),
    ],
)
def test_the_queue_takes_its_filters(client: httpx.Client, query: str, status: int) -> None:
    assert client.get(f"/api/v1/incidents?{query}").status_code == status


def test_what_may_be_the_same_is_suggested(client: httpx.Client, grids: Grids) -> None:
    one, two = put(client, grids), put(client, grids)
    (found,) = client.get(f"{one}/duplicates").json()["duplicates"]
    assert found["id"] == two[-36:]
    assert found["distance_m"] == 0


def test_a_worker_sees_their_own_score_and_the_centre_all(
    client: httpx.Client, client_as: Clients, grids: Grids
) -> None:
    west = next(iter(grids))
    path = put(client_as(Role.worker, scope=west, worker_code="W001"), grids)
    seen = client.get(path).json()["step"]
    client.post(f"{path}/moves", json={"move": "reject", "after": seen, "reason": "不属受理范围"})
    days = {"first": "2020-01-01", "last": "2199-01-01"}
    (one,) = client.get("/api/v1/scores/worker", params=days).json()["scores"]
    assert (one["code"], one["score"]["cases"]) == ("W001", 1)
    assert one["score"]["low"] < one["score"]["score"] < one["score"]["high"]
    assert client_as(Role.worker, scope=west).get("/api/v1/scores/worker", params=days).json() == {"scores": []}
    assert client.get("/api/v1/scores/mayor", params=days).status_code == 422
    assert client.get("/api/v1/scores/grid", params={"first": "2026-01-02", "last": "2026-01-01"}).status_code == 422

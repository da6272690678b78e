"""Patrols by the batch and trackers over HTTP: each client gets exactly its answer, and each fix is kept once."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import func, select

from gridmgmt.access import Role
from gridmgmt.services.access import add_device, find_person
from gridmgmt.store.engine import transaction
from gridmgmt.store.tables import Patrol, PatrolMember, PatrolVisit, Quarantine, SubmissionConflict, TrackPoint
from tests.api.halves import Grids

SECONDS = int(datetime(2026, 7, 10, 1, 0, tzinfo=UTC).timestamp())
Client = Callable[..., httpx.Client]


def batch(*numbers: int, **more: object) -> dict[str, object]:
    rows = [{"seq": n, "time": SECONDS + n, "lon": 114.1 + n * 1e-4, "lat": 22.54, "accuracy_m": 7} for n in numbers]
    return {"points": rows, **more}


@pytest.fixture
def phone(client_as: Client, grids: Grids) -> httpx.Client:
    """The phone of W001."""
    return client_as(Role.worker, worker_code="W001")


@pytest.fixture
def device(phone: httpx.Client, fresh_district: str) -> tuple[str, str]:
    """Id and secret of a tracker that W001 carries."""
    with transaction(fresh_district) as session:
        made = add_device(session, find_person(session, "worker-none-w001"))
        return made.name, made.secret


def points(url: str) -> list[tuple[int, str]]:
    with transaction(url) as session:
        rows = session.execute(select(TrackPoint.recorded_at, TrackPoint.source).order_by(TrackPoint.recorded_at))
        return [(int(row.recorded_at.timestamp()) - SECONDS, row.source) for row in rows]


def reasons(url: str) -> list[str]:
    with transaction(url) as session:
        return list(session.scalars(select(Quarantine.reason).order_by(Quarantine.id)))


def test_a_patrol_is_opened_walked_and_ended(phone: httpx.Client, fresh_district: str) -> None:
    path = f"/api/v1/patrols/{uuid4()}"
    opening = {"kind": "routine", "started_at": "2026-07-10T01:00:00Z"}
    ending = opening | {"ended_at": "2026-07-10T02:00:00Z", "legs": [{"mode": "on_foot"}]}
    assert phone.post(f"{path}/points", json=batch(3, 4)).status_code == 200  # before it is even opened
    opened, again = (phone.put(path, json=opening) for _ in range(2))
    assert opened.status_code == 200, opened.text
    assert opened.content == again.content
    receipt = phone.post(f"{path}/points", json=batch(2, 3, 1)).json()
    assert (receipt["received"], receipt["accepted"], receipt["quarantined"]) == (3, 3, [])
    visit = {"unit_code": "440303001001B0001", "visited_at": "2026-07-10T01:30:00Z"}
    visit_path = f"{path}/visits/{uuid4()}"
    assert phone.put(visit_path, json=visit).content == phone.put(visit_path, json=visit).content
    assert phone.put(f"{path}/incidents/{uuid4()}").status_code == 204
    assert phone.put(path, json=ending).content == phone.put(path, json=ending).content
    assert [number for number, _ in points(fresh_district)] == [1, 2, 3, 4]
    with transaction(fresh_district) as session:
        patrol = session.scalars(select(Patrol)).one()
        assert (patrol.declared_end is not None, patrol.legs, patrol.source) == (True, [{"mode": "on_foot"}], "native")
        assert session.scalar(select(func.count()).select_from(PatrolVisit)) == 1
        assert session.scalar(select(func.count()).select_from(PatrolMember)) == 0


def test_a_duty_is_begun_and_ended(phone: httpx.Client) -> None:
    path, began = f"/api/v1/duty/{uuid4()}", {"started_at": "2026-07-10T00:30:00Z"}
    ended = began | {"ended_at": "2026-07-10T09:00:00Z"}
    assert phone.put(path, json=began).json()["ended_at"] is None
    first, again = (phone.put(path, json=ended) for _ in range(2))
    assert (first.status_code, first.json()["worker_code"], first.content) == (200, "W001", again.content)
    assert phone.put(path, json=began | {"ended_at": "2026-07-10T08:00:00Z"}).status_code == 409
    assert phone.put(path, json=began | {"ended_at": "2026-07-09T08:00:00Z"}).status_code == 422
    days = {"first": "2026-07-10", "last": "2026-07-10"}
    assert phone.get("/api/v1/duty", params=days).json()["duties"] == [first.json()]
    assert phone.get("/api/v1/duty", params=days | {"worker_code": "W002"}).status_code == 403


def test_one_id_a_hundred_times_in_parallel(phone: httpx.Client, fresh_district: str) -> None:
    path = f"/api/v1/patrols/{uuid4()}"
    opening = {"kind": "routine", "started_at": "2026-07-10T01:00:00Z"}
    with ThreadPoolExecutor(16) as pool:
        receipts = list(pool.map(lambda _: phone.put(path, json=opening), range(100)))
    assert {answer.status_code for answer in receipts} == {200}
    assert len({answer.content for answer in receipts}) == 1
    for _ in range(2):
        assert phone.put(path, json=opening | {"kind": "emergency"}).status_code == 409
    with transaction(fresh_district) as session:
        assert session.scalar(select(func.count()).select_from(Patrol)) == 1
        kept = session.scalars(select(SubmissionConflict)).one()
        assert (kept.kind, kept.body["kind"], str(kept.subject_id)) == ("patrol", "emergency", path.rsplit("/")[-1])


def test_a_file_without_an_id_is_one_walk_however_often_it_is_sent(phone: httpx.Client, grids: Grids) -> None:
    fixes = "".join(
        f'<trkpt lat="{place.y}" lon="{place.x}"><time>2026-07-10T01:00:0{second}Z</time></trkpt>'
        for second, place in enumerate(grids.values())
    )
    gpx = f'<gpx xmlns="http://www.topografix.com/GPX/1/1"><trk><trkseg>{fixes}</trkseg></trk></gpx>'.encode()
    first, again = (phone.post("/api/v1/patrols", content=gpx) for _ in range(2))
    assert first.status_code == 201, first.text
    assert first.content == again.content


def test_nobody_walks_for_another_one(phone: httpx.Client, client_as: Client) -> None:
    path = f"/api/v1/patrols/{uuid4()}"
    opening = {"kind": "routine", "started_at": "2026-07-10T01:00:00Z"}
    assert phone.put(path, json=opening | {"worker_code": "W002"}).status_code == 403
    assert client_as(Role.viewer).put(path, json=opening).status_code == 403
    assert client_as().put(path, json=opening).status_code == 401


@pytest.mark.parametrize("body", [{}, {"started_at": "2026-07-10"}, {"started_at": "2026-07-10T01:00:00"}, {"kind": 3}])
def test_what_describes_no_patrol_is_refused_with_words(phone: httpx.Client, body: dict[str, object]) -> None:
    answer = phone.put(f"/api/v1/patrols/{uuid4()}", json=body)
    assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")


class TestOsmAnd:
    """`/ingest/osmand`: 200 without a body, 400 without a known id."""

    def test_by_query_form_and_json(self, client_as: Client, device: tuple[str, str], fresh_district: str) -> None:
        tracker, name = client_as(), device[0]
        fix = {"id": name, "lat": "22.54", "lon": "114.1", "timestamp": str(SECONDS), "batt": "80"}
        location = {"timestamp": "2026-07-10T01:00:02Z", "coords": {"latitude": 22.54, "longitude": 114.1002}}
        answers = [
            tracker.get("/ingest/osmand", params=fix),
            tracker.post("/ingest/osmand", params=fix | {"timestamp": str(SECONDS + 1)}),
            tracker.post("/ingest/osmand", data=fix | {"timestamp": str(SECONDS + 1)}),
            tracker.post("/ingest/osmand", json={"location": location, "device_id": name}),
        ]
        assert [(answer.status_code, answer.content) for answer in answers] == [(200, b"")] * 4
        assert points(fresh_district) == [(0, "osmand"), (1, "osmand"), (2, "osmand")]

    def test_an_unknown_id_is_400_and_a_faulty_fix_is_kept(
        self, client_as: Client, device: tuple[str, str], fresh_district: str
    ) -> None:
        tracker = client_as()
        assert tracker.get("/ingest/osmand").status_code == 400
        assert tracker.get("/ingest/osmand", params={"id": "who", "lat": 1, "lon": 1}).status_code == 400
        assert tracker.get("/ingest/osmand", params={"id": device[0], "lat": "north"}).status_code == 200
        assert reasons(fresh_district) == ["no_time"]


class TestOwnTracks:
    """`/ingest/owntracks`: a JSON array for whatever comes with a good sign-in."""

    location = {"_type": "location", "lat": 22.54, "lon": 114.1, "tst": SECONDS, "batt": 50, "topic": "owntracks/w/p"}  # noqa: RUF012

    def test_everything_is_acknowledged(self, client_as: Client, device: tuple[str, str], fresh_district: str) -> None:
        tracker = client_as()
        bodies = [self.location, self.location, {"_type": "lwt", "tst": 1}, {"_type": "?"}, {"_type": "location"}, []]
        headers = {"X-Limit-U": "wang", "X-Limit-D": "phone"}
        answers = [tracker.post("/ingest/owntracks", json=body, auth=device, headers=headers) for body in bodies]
        answers.append(tracker.post("/ingest/owntracks", content=b"{", auth=device))
        assert [(answer.status_code, answer.json()) for answer in answers] == [(200, [])] * len(answers)
        assert points(fresh_district) == [(0, "owntracks")]
        assert sorted(reasons(fresh_district)) == ["no_time", "no_time", "unreadable"]

    def test_without_a_good_sign_in_it_is_401(self, client_as: Client, device: tuple[str, str]) -> None:
        tracker = client_as()
        assert tracker.post("/ingest/owntracks", json=self.location).status_code == 401
        assert tracker.post("/ingest/owntracks", json=self.location, auth=(device[0], "wrong")).status_code == 401


def test_overland_gets_its_ok(client_as: Client, device: tuple[str, str], fresh_district: str) -> None:
    features = [
        {"type": "Feature", "geometry": {"type": "Point", "coordinates": [114.1 + n * 1e-4, 22.54]},
         "properties": {"timestamp": f"2026-07-10T01:00:0{n}Z", "speed": -1, "horizontal_accuracy": 20}}
        for n in range(5)
    ]  # fmt: skip
    bearer = {"Authorization": f"Bearer {device[1]}"}
    body = {"locations": [*features, {"type": "Feature"}]}
    for _ in range(2):
        answer = client_as().post("/ingest/overland", json=body, headers=bearer)
        assert (answer.status_code, answer.content) == (200, b'{"result":"ok"}')
    assert [number for number, _ in points(fresh_district)] == [0, 1, 2, 3, 4]
    assert reasons(fresh_district) == ["no_time"]


def test_a_traccar_server_forwards(client_as: Client, device: tuple[str, str], fresh_district: str) -> None:
    position = {"fixTime": "2026-07-10T01:00:00.000+00:00", "longitude": 114.1, "latitude": 22.54, "speed": 2}
    body = {"position": position, "device": {"uniqueId": device[0]}}
    assert client_as().post("/ingest/traccar", json=body).status_code == 200
    assert client_as().post("/ingest/traccar", json=body | {"device": {"uniqueId": "who"}}).status_code == 400
    assert points(fresh_district) == [(0, "traccar")]


def test_night_shifts_make_two_patrols(client_as: Client, device: tuple[str, str], fresh_district: str) -> None:
    """China's midnight is 16:00 UTC."""
    for moment in ("2026-07-10T15:59:59Z", "2026-07-10T16:00:01Z"):
        fix = {"id": device[0], "lat": 22.54, "lon": 114.1, "timestamp": moment}
        assert client_as().get("/ingest/osmand", params=fix).status_code == 200
    with transaction(fresh_district) as session:
        assert session.scalar(select(func.count()).select_from(Patrol)) == 2


def test_huge_numbers_and_hostile_text_are_set_aside(phone: httpx.Client, fresh_district: str) -> None:
    times = ["99999999999999999999999", '"a\\u0000b"', "[]", "{}", "true", '"\\ud83d\\ude00"']
    rows = ", ".join(f'{{"time": {time}, "lon": 114.1, "lat": 22.54, "seq": {n}}}' for n, time in enumerate(times))
    answer = phone.post(f"/api/v1/patrols/{uuid4()}/points", content=f'{{"points": [{rows}]}}')
    assert (answer.status_code, answer.json()["accepted"]) == (200, 0)
    assert reasons(fresh_district) == ["bad_time"] * len(times)
    assert phone.post(f"/api/v1/patrols/{uuid4()}/points", content=b'{"points": [1e400]}').status_code in (200, 422)

"""Patrols and incidents by the API and by the plain page: once each, with a receipt that names the grid."""

import json
import re
from collections.abc import Callable
from uuid import uuid4

import httpx
import pytest
import shapely

from tests.api.halves import Grids


def geojson_walk(*points: shapely.Point) -> bytes:
    times = [f"2026-07-10T09:00:{second:02d}+08:00" for second in range(len(points))]
    line = {"type": "LineString", "coordinates": [[point.x, point.y] for point in points]}
    return json.dumps({"type": "Feature", "properties": {"coordTimes": times}, "geometry": line}).encode()


def gpx_walk(*points: shapely.Point) -> bytes:
    fixes = "".join(
        f'<trkpt lat="{point.y}" lon="{point.x}"><time>2026-07-10T01:00:{second:02d}Z</time></trkpt>'
        for second, point in enumerate(points)
    )
    return (
        f'<gpx version="1.1" creator="test" xmlns="http://www.topografix.com/GPX/1/1"><trk><trkseg>{fixes}</trkseg></trk></gpx>'
    ).encode()


def test_an_incident_falls_into_its_grid(client: httpx.Client, grids: Grids) -> None:
    (west, place), _ = grids.items()
    answer = client.post("/api/v1/incidents", json={"category": "rubbish", "lon": place.x, "lat": place.y})
    assert answer.status_code == 201
    assert answer.json()["grid_code"] == west
    log = client.get(answer.headers["location"]).json()
    assert [step["move"] for step in log["steps"]] == ["report"]
    overview = client.get("/api/v1/overview").json()
    assert overview["open_incidents"] == 1
    assert overview["recent_incidents"][0]["id"] == answer.json()["id"]


def test_the_same_incident_twice_is_one_and_another_under_its_id_a_conflict(client: httpx.Client, grids: Grids) -> None:
    place = next(iter(grids.values()))
    report = {
        "id": str(uuid4()), "category": "rubbish", "lon": place.x, "lat": place.y,
        "occurred_at": "2026-07-10T09:00:00+08:00",
    }  # fmt: skip
    first, again = (client.post("/api/v1/incidents", json=report) for _ in range(2))
    assert first.json() == again.json()
    other = client.post("/api/v1/incidents", json=report | {"text": "more"})
    assert (other.status_code, other.json()["code"]) == (409, "conflict")


@pytest.mark.parametrize("track", [geojson_walk, gpx_walk])
def test_a_patrol_falls_into_its_grids(client: httpx.Client, grids: Grids, track: Callable[..., bytes]) -> None:
    answer = client.post("/api/v1/patrols?worker_code=W001", content=track(*grids.values()))
    assert answer.status_code == 201
    assert answer.json()["grids"] == dict.fromkeys(grids, 1)
    days = client.get("/api/v1/overview?at=2026-07-12").json()["days_since_visit"]
    assert days == dict.fromkeys(grids, 2)


def test_a_walks_waypoints_are_accepted_once_or_dismissed(client: httpx.Client, grids: Grids) -> None:
    (west, place), _ = grids.items()
    marks = [f'<wpt lat="{place.y}" lon="{place.x}"><name>P{number}</name></wpt>'.encode() for number in range(3)]
    walk = gpx_walk(*grids.values()).replace(b"<trk>", b"".join(marks[:2]) + b"<trk>")
    assert client.post("/api/v1/patrols?worker_code=W001", content=walk).json()["candidates"] == 2
    path = "/api/v1/incident-candidates"
    alone = client.post(f"{path}?worker_code=W001", content=b"<gpx>" + marks[1] + marks[2] + b"</gpx>")
    assert (alone.status_code, len(alone.json()["ids"])) == (201, 2)
    found = {one["name"]: one for one in client.get(path).json()["candidates"]}
    assert (sorted(found), found["P0"]["grid_code"]) == (["P0", "P1", "P2"], west)
    accept = f"{path}/{found['P0']['id']}/accept"
    first, again = (client.post(accept, json={"category": "rubbish"}) for _ in range(2))
    assert (first.status_code, first.json()["grid_code"]) == (201, west)
    assert first.json() == again.json()
    assert client.get(first.headers["location"]).json()["id"] == found["P0"]["id"]
    assert client.post(accept, json={"category": "street_stall"}).status_code == 409
    assert client.post(f"{path}/{found['P0']['id']}/dismiss", json={}).status_code == 409
    answer = client.post(f"{path}/{found['P1']['id']}/dismiss", json={"reason": "already handled"})
    assert (answer.status_code, answer.json()["decision"]) == (200, "dismissed")
    assert [one["name"] for one in client.get(path).json()["candidates"]] == ["P2"]
    assert len(client.get(path, params={"waiting": False}).json()["candidates"]) == 3


def test_a_patrol_under_the_phones_id_is_safe_to_repeat(client: httpx.Client, grids: Grids) -> None:
    path, body = f"/api/v1/patrols/{uuid4()}?worker_code=W001", geojson_walk(*grids.values())
    first, again = (client.put(path, content=body) for _ in range(2))
    assert first.status_code == again.status_code == 200
    assert first.json() == again.json()
    assert client.put(path, content=geojson_walk(*list(grids.values())[::-1])).status_code == 409


def test_what_is_no_patrol_is_refused(client: httpx.Client, grids: Grids) -> None:
    for body in (b"nonsense", b'{"type":"Feature"}', b"<gpx></nothing>", b""):
        answer = client.post("/api/v1/patrols?worker_code=W001", content=body)
        assert answer.status_code == 422, body
        assert answer.headers["content-type"] == "application/problem+json"
    assert client.post("/api/v1/patrols?worker_code=W9", content=geojson_walk(*grids.values())).status_code == 404


def form_of(page: str, action: str) -> dict[str, str]:
    form = page.partition(f'action="{action}')[2].partition("</form>")[0]
    return dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', form))


def test_the_plain_page_reports_an_incident_once(client: httpx.Client, grids: Grids) -> None:
    (west, place), _ = grids.items()
    hidden = form_of(client.get("/field/plain").text, "/field/incident")
    form = hidden | {"category": "rubbish", "text": "路口", "lon": str(place.x), "lat": str(place.y)}
    pages = [client.post("/field/incident", data=form) for _ in range(2)]
    assert all(f"已收到，网格 {west}" in page.text for page in pages)
    assert client.get("/api/v1/overview").json()["open_incidents"] == 1


def test_the_plain_page_keeps_what_was_typed_when_it_is_refused(client: httpx.Client) -> None:
    form = form_of(client.get("/field/plain").text, "/field/incident")
    page = client.post(
        "/field/incident?lang=en", data=form | {"category": "rubbish", "text": "<b>", "lon": "x", "lat": "22"}
    )
    assert page.status_code == 422
    assert page.headers["content-type"].startswith("text/html")
    assert "&lt;b&gt;" in page.text
    assert "lon" in page.text.partition('role="alert"')[2]


def test_the_plain_page_takes_a_track_file(client: httpx.Client, grids: Grids) -> None:
    form = form_of(client.get("/field/plain").text, "/field/patrol") | {"worker_code": " W001 "}
    track = {"track": ("walk.gpx", gpx_walk(*grids.values()), "application/gpx+xml")}
    assert "经过 2 个网格" in client.post("/field/patrol", data=form, files=track).text
    refused = client.post("/field/patrol", data=form | {"worker_code": "W9"}, files=track)
    assert refused.status_code == 404
    assert 'role="alert"' in refused.text

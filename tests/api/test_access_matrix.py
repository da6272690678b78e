"""Every endpoint has a rule, the rule holds for every role, and nobody gets a row from beyond their area.

The routes are walked, not listed: an endpoint that is added without a rule fails here, and one that has a rule is
tried with every role.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import httpx
import pytest
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute, iter_route_contexts

from api.app import create_app
from api.security import May, public, signed
from api.settings import WebSettings
from gridmgmt.access import ROLE_ACTIONS, Action, Role
from gridmgmt.store.engine import transaction
from tests.api import people
from tests.api.halves import Grids, communities, cut_in_halves
from tests.api.orders import planned

PUBLIC = {
    ("GET", "/healthz"),
    ("GET", "/readyz"),
    ("GET", "/api/v1/messages/{language}"),
    ("POST", "/api/v1/sign-in"),
    ("POST", "/api/v1/refresh"),
    ("GET", "/sign-in"),
    ("POST", "/sign-in"),
    ("POST", "/sign-out"),
    # what makes the field app installable; its page itself is not public
    ("GET", "/field/sw.js"),
    ("GET", "/field/manifest.webmanifest"),
    ("GET", "/field/map-worker.mjs"),
    # the device id in the message is the credential; unknown ones are answered 400
    ("GET", "/ingest/osmand"),
    ("POST", "/ingest/osmand"),
    ("POST", "/ingest/traccar"),
}
NOT_OURS = {"/openapi.json", "/web"}  # the description of the API, and the static files
VALUES = {
    "level": "community", "layers": "community", "language": "zh", "z": "0", "x": "0", "y": "0", "kind": "event",
}  # fmt: skip
ANY_ID = "00000000-0000-4000-8000-000000000000"


@dataclass(frozen=True)
class Endpoint:
    """A way into the application and what guards it: actions that are asked for, being signed in, or nothing."""

    method: str
    path: str
    actions: frozenset[Action]
    signed: bool
    public: bool

    def __str__(self) -> str:
        return f"{self.method} {self.path}"

    @property
    def address(self) -> str:
        """The path with something in every hole."""
        return re.sub(r"\{(\w+)[^}]*\}", lambda hole: VALUES.get(hole[1], ANY_ID), self.path)

    def allows(self, role: Role) -> bool:
        return self.actions <= ROLE_ACTIONS[role]


def guards(dependant: Dependant) -> Iterator[object]:
    for inner in dependant.dependencies:
        yield inner.call
        yield from guards(inner)


def endpoints() -> list[Endpoint]:
    app = create_app(WebSettings(database_url="postgresql://nobody@127.0.0.1:1/none"))
    found = []
    for route in iter_route_contexts(app.routes):
        if route.path in NOT_OURS:
            continue
        assert isinstance(route.original_route, APIRoute), f"{route.path} is served without a rule"
        calls = list(guards(route.dependant))
        actions = frozenset(call.action for call in calls if isinstance(call, May))
        rule = (route.path or "", actions, signed in calls, public in calls)
        found.extend(Endpoint(method, *rule) for method in sorted(route.methods or ()))
    return found


ENDPOINTS = endpoints()
GUARDED = [endpoint for endpoint in ENDPOINTS if not endpoint.public]


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=str)
def test_every_endpoint_has_a_rule(endpoint: Endpoint) -> None:
    assert endpoint.signed != endpoint.public, "declare may(...), Signed or public"
    assert endpoint.public == ((endpoint.method, endpoint.path) in PUBLIC)


@pytest.fixture(scope="module")
def roles(small_district: str, reader: httpx.Client) -> dict[Role, dict[str, str]]:
    """The header of one person per role, everywhere."""
    with transaction(small_district) as session:
        for role in Role:
            people.add(session, role.value, role)
    return {role: people.bearer(small_district, role.value) for role in Role}


@pytest.fixture(scope="module")
def stranger(reader: httpx.Client) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=reader.base_url, timeout=120) as client:
        yield client


def test_nothing_answers_a_stranger(stranger: httpx.Client) -> None:
    for endpoint in GUARDED:
        answer = stranger.request(endpoint.method, endpoint.address)
        assert (answer.status_code, answer.json()["code"]) == (401, "not_signed_in"), endpoint
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.headers["www-authenticate"].startswith("Bearer")


@pytest.mark.parametrize("role", Role)
def test_each_role_may_what_the_table_says(
    stranger: httpx.Client, roles: dict[Role, dict[str, str]], role: Role
) -> None:
    for endpoint in GUARDED:
        if endpoint.path == "/api/v1/sign-out":
            continue
        answer = stranger.request(endpoint.method, endpoint.address, headers=roles[role])
        assert answer.status_code != 401, endpoint
        assert answer.status_code < 500, endpoint
        if answer.status_code == 403:
            assert answer.json()["code"] == "forbidden"
        if endpoint.actions and not endpoint.allows(role):
            assert answer.status_code == 403, f"{role} got into {endpoint}"
        elif endpoint.actions and endpoint.method == "GET":
            assert answer.status_code != 403, f"{role} was kept out of {endpoint}"


@pytest.mark.parametrize("path", ["/", "/field", "/password?lang=en"])
def test_a_page_leads_a_stranger_to_the_sign_in(stranger: httpx.Client, path: str) -> None:
    answer = stranger.get(path, headers={"Accept": "text/html"})
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/sign-in?next=%2F")


CODE = re.compile(rb"440303\d{3,9}")
LISTS = tuple(
    endpoint.path
    for endpoint in GUARDED
    if endpoint.method == "GET" and "{" not in endpoint.path and any(endpoint.allows(role) for role in people.ALL_ROUND)
)
SIGHTS = (
    *LISTS, "/api/v1/stations/{station}",
    "/api/v1/boundaries/district", "/api/v1/boundaries/subdistrict", "/api/v1/boundaries/community",
    "/api/v1/boundaries/grid", "/api/v1/boundaries/zone", "/api/v1/boundaries/grid?geometry=point",
    "/api/v1/boundaries/community?parent=440303", "/api/v1/boundaries/community/{other}",
    "/tiles/district,subdistrict,community,zone,grid,station,compound,building,entrance/{tile}.mvt",
    "/tiles/building,entrance,compound,grid/{near}.mvt",
)  # fmt: skip


def test_nobody_sees_a_row_from_beyond_their_area(
    client: httpx.Client, client_as: Callable[..., httpx.Client], fresh_district: str
) -> None:
    """Somebody with every right of the everyday in one community: every code they are shown is theirs, or above it."""
    with transaction(fresh_district) as session:
        grids = cut_in_halves(session, communities(session))
    mine, other = sorted({code[:12] for code in grids})[:2]
    order, plan = _incident_and_plan_everywhere(client, fresh_district, grids, other)
    me = client_as(*people.ALL_ROUND, scope=mine)
    seen = b""
    for sight in (*SIGHTS, f"/api/v1/plans/{plan}", f"/api/v1/plans/{plan}/after", f"/api/v1/plan-orders/{order}"):
        for place in (mine, other):
            answer = me.get(sight.format(**_values(grids, place, other)))
            assert answer.status_code in (200, 404, 422), sight
            shown = CODE.findall(answer.content) if answer.status_code == 200 else []
            assert [code for code in shown if not _mine(code.decode(), mine)] == [], sight
            seen += answer.content
    assert mine.encode() in seen
    assert me.get(f"/api/v1/boundaries/community/{other}").status_code == 404
    assert me.get(f"/api/v1/plans/{plan}").status_code == 404
    assert me.get(f"/api/v1/plan-orders/{order}").status_code == 404
    assert me.post(f"/api/v1/plan-orders/{order}/cancel").status_code == 404
    assert me.get("/api/v1/plan-orders").json() == []
    assert me.get("/api/v1/overview").json()["open_incidents"] == 1
    assert set(me.get("/api/v1/overview").json()["days_since_visit"]) == {code for code in grids if code[:12] == mine}


def _mine(code: str, mine: str) -> bool:
    """Within the area, or the name of what it is part of (a community's `parent_code`)."""
    return code.startswith(mine) or mine.startswith(code)


def _values(grids: Grids, place: str, other: str) -> dict[str, str]:
    point = next(shape for code, shape in grids.items() if code.startswith(place))
    near, tile = (f"{z}/{'/'.join(map(str, people.tile_under(point.x, point.y, z)))}" for z in (16, 12))
    return {"other": other, "station": f"{other[:9]}Z02", "near": near, "tile": tile}


def _incident_and_plan_everywhere(client: httpx.Client, url: str, grids: Grids, other: str) -> tuple[str, str]:
    """One incident in each of two communities, and a plan for a whole subdistrict: its order, and itself."""
    for place in (next(iter(grids.values())), next(shape for code, shape in grids.items() if code.startswith(other))):
        report = {"category": "rubbish", "lon": place.x, "lat": place.y}
        assert client.post("/api/v1/incidents", json=report).status_code == 201
    plan = planned(client, url, task="merge", scope=other[:9])
    (order,) = client.get("/api/v1/plan-orders").json()
    return order["id"], str(plan["id"])


def test_a_worker_sees_the_own_grid_and_what_stands_in_it(
    client: httpx.Client, client_as: Callable[..., httpx.Client], grids: Grids, fresh_district: str
) -> None:
    west = next(iter(grids))
    people.appoint(fresh_district, "W001", west)
    me = client_as(worker_code="W001")
    assert me.get("/api/v1/me").json()["may"]["record_patrol"] == [west]
    assert [area["id"] for area in me.get("/api/v1/boundaries/grid").json()["features"]] == [west]
    assert me.get("/api/v1/boundaries/community").json()["features"] == []
    everybody, own = (_buildings(who, grids[west]) for who in (client, me))
    assert 0 < own < everybody


def _buildings(client: httpx.Client, place: object) -> int:
    x, y = people.tile_under(place.x, place.y, 14)  # type: ignore[attr-defined]
    return len(set(re.findall(rb"440303\d{6}B\d{4}", client.get(f"/tiles/building/14/{x}/{y}.mvt").content)))


def test_a_department_sees_and_moves_what_was_sent_to_it_and_nothing_else(
    client: httpx.Client, client_as: Callable[..., httpx.Client], grids: Grids
) -> None:
    (west, place), _ = grids.items()
    report = {"category": "rubbish", "text": "王小明 13800131234", "lon": place.x, "lat": place.y}
    mine, other = (client.post("/api/v1/incidents", json=report).headers["location"] for _ in range(2))
    for path, department in ((mine, people.DEPARTMENT), (other, "D02")):
        for move, holder in (("file", None), ("dispatch", department)):
            step = client.get(path).json()["step"]
            made = client.post(f"{path}/moves", json={"move": move, "holder": holder, "after": step})
            assert made.status_code == 201, made.text
    office = client_as(Role.department, scope=west[:6])
    assert [row["id"] for row in office.get("/api/v1/incidents").json()["incidents"]] == [mine[-36:]]
    assert sum(office.get("/api/v1/incidents/lights").json().values()) == 1
    assert office.get("/api/v1/overview").json()["recent_incidents"] == []
    assert office.get("/api/v1/incident-candidates").json() == {"candidates": []}
    assert (office.get(mine).json()["masked"], "handle" in office.get(mine).json()["moves"]) == (False, True)
    for answer in (
        office.get(other),
        office.get(f"{other}/duplicates"),
        office.post(f"{other}/moves", json={"move": "follow_up", "reason": "why", "after": 10**9}),
    ):
        assert answer.status_code == 404
    districts = client.get("/api/v1/boundaries/subdistrict").json()["features"]
    elsewhere = client_as(Role.department, scope=next(area["id"] for area in districts if area["id"] != west[:9]))
    assert elsewhere.get("/api/v1/incidents").json()["incidents"] == []
    assert client_as(Role.viewer).get("/api/v1/overview").json()["recent_incidents"][0]["text"] == "王小明 138****1234"


def test_an_order_for_another_area_is_refused(client: httpx.Client, client_as: Callable[..., httpx.Client]) -> None:
    mine, other = (area["id"] for area in client.get("/api/v1/boundaries/subdistrict").json()["features"][:2])
    planner = client_as(Role.planner, scope=mine)
    answer = planner.post("/api/v1/plans", json={"task": "merge", "scope": other, "at": "2006-09-01"})
    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")


def test_no_cache_between_keeps_what_is_somebodys(reader: httpx.Client) -> None:
    for path in ("/tiles/community/0/0/0.mvt", "/api/v1/boundaries/community", "/api/v1/overview", "/"):
        headers = reader.get(path).headers
        assert "private" in headers["cache-control"], path

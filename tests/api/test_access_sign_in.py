"""The ways in over HTTP: tokens, the cookie, HTTP Basic; and everything that must not be one."""

import base64
import re
from collections.abc import Iterator
from datetime import UTC, datetime

import httpx
import pytest

from api.refusals import own_address
from api.security import COOKIE
from gridmgmt.access import Role
from gridmgmt.services.access import (
    add_app_password,
    add_device,
    audit,
    find_person,
    revoke_credential,
    set_password,
)
from gridmgmt.store.engine import transaction
from tests.api import people
from tests.api.halves import Grids

PASSWORD = "Nine-lives of 7 cats"
ME, PLANS = "/api/v1/me", "/api/v1/plans"


@pytest.fixture
def stranger(client: httpx.Client, fresh_district: str) -> Iterator[httpx.Client]:
    """A client that is not signed in; Ann, a planner, has a password."""
    with transaction(fresh_district) as session:
        set_password(session, people.add(session, "ann", Role.planner), PASSWORD, datetime.now(UTC))
    with httpx.Client(base_url=client.base_url, timeout=120) as stranger:
        yield stranger


def tokens(client: httpx.Client, password: str = PASSWORD, **headers: str) -> httpx.Response:
    return client.post("/api/v1/sign-in", json={"name": "ann", "password": password}, headers=headers)


def by(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def basic(name: str, secret: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{name}:{secret}".encode()).decode()}


def sign_in_by_page(client: httpx.Client, next_one: str = "/") -> httpx.Response:
    form = {"name": "ann", "password": PASSWORD, "next": next_one}
    return client.post("/sign-in", data=form)


def test_a_program_signs_in_renews_and_signs_out(stranger: httpx.Client) -> None:
    first = tokens(stranger).json()
    assert stranger.get(ME, headers=by(first["access_token"])).json()["name"] == "ann"
    second = stranger.post("/api/v1/refresh", json={"refresh_token": first["refresh_token"]}).json()
    assert stranger.post("/api/v1/sign-out", headers=by(second["access_token"])).status_code == 204
    for token in (first, second):
        answer = stranger.get(ME, headers=by(token["access_token"]))
        assert (answer.status_code, answer.json()["code"]) == (401, "not_signed_in")


def test_a_refresh_token_that_comes_again_ends_everything(stranger: httpx.Client) -> None:
    first = tokens(stranger).json()
    renewal = {"refresh_token": first["refresh_token"]}
    second = stranger.post("/api/v1/refresh", json=renewal).json()
    assert stranger.post("/api/v1/refresh", json=renewal).status_code == 401
    assert stranger.get(ME, headers=by(second["access_token"])).status_code == 401


def test_five_failures_lock_wherever_they_claim_to_come_from(stranger: httpx.Client, fresh_district: str) -> None:
    for number in range(5):
        wrong = tokens(stranger, "wrong", **{"X-Forwarded-For": f"10.0.0.{number}"})
        assert (wrong.status_code, wrong.json()["code"]) == (401, "wrong_password")
    locked = tokens(stranger, **{"X-Forwarded-For": "10.9.9.9"})
    assert (locked.status_code, locked.json()["code"]) == (429, "locked_out")
    assert 0 < int(locked.headers["retry-after"]) <= 900
    with transaction(fresh_district) as session:
        assert len(audit.entries(session, action="sign_in_failed", about="ann")) == 5


def test_unknown_names_get_the_same_words(stranger: httpx.Client) -> None:
    unknown = stranger.post("/api/v1/sign-in", json={"name": "nobody", "password": "wrong"})
    wrong = tokens(stranger, "wrong")
    assert unknown.status_code == wrong.status_code
    assert unknown.json()["detail"] == wrong.json()["detail"]


def test_the_cookie_is_the_browsers_alone(stranger: httpx.Client) -> None:
    answer = sign_in_by_page(stranger, "/field")
    assert (answer.status_code, answer.headers["location"]) == (303, "/field")
    cookie = answer.headers["set-cookie"].lower()
    assert cookie.startswith(COOKIE)
    assert "httponly" in cookie
    assert "samesite=lax" in cookie
    assert stranger.get(ME).json()["name"] == "ann"


def test_the_cookie_writes_only_from_our_own_pages(stranger: httpx.Client) -> None:
    sign_in_by_page(stranger)
    own = str(stranger.base_url).rstrip("/")
    tries = [
        ({}, 403),
        ({"Origin": "https://evil.example"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Origin": own}, 422),
        ({"Sec-Fetch-Site": "same-origin"}, 422),
    ]
    for headers, status in tries:
        assert stranger.post(PLANS, json={}, headers=headers).status_code == status, headers


def test_signing_out_ends_the_cookie_for_whoever_copied_it(stranger: httpx.Client) -> None:
    sign_in_by_page(stranger)
    copied = dict(stranger.cookies)
    assert stranger.post("/sign-out").status_code == 303
    with httpx.Client(base_url=stranger.base_url, cookies=copied) as thief:
        assert thief.get(ME).status_code == 401


def test_a_wrong_pair_comes_back_to_the_page(stranger: httpx.Client) -> None:
    page = stranger.post("/sign-in", data={"name": "<ann>", "password": "wrong", "next": "/field"})
    assert page.status_code == 401
    assert "账号或密码不对" in page.text
    assert 'value="&lt;ann&gt;"' in page.text
    assert 'name="next" value="/field"' in page.text
    assert "wrong" not in page.text.replace("wrong_", "")


@pytest.mark.parametrize(
    "wanted", ["https://evil.example", "//evil.example", "/\\evil.example", "javascript:alert(1)", "/a\nb", "", "field"]
)
def test_the_way_back_never_leads_to_another_site(wanted: str) -> None:
    assert own_address(wanted) == "/"


def test_a_password_that_is_due_is_changed_before_anything_else(stranger: httpx.Client, fresh_district: str) -> None:
    with transaction(fresh_district) as session:
        set_password(session, find_person(session, "ann"), PASSWORD, datetime.now(UTC), due=True)
    assert sign_in_by_page(stranger).headers["location"].startswith("/password")
    refused = stranger.get(PLANS)
    assert (refused.status_code, refused.json()["code"]) == (403, "password_due")
    origin = {"Origin": str(stranger.base_url).rstrip("/")}
    form = {"old": PASSWORD, "new": PASSWORD + "!", "again": PASSWORD + "!", "next": "/"}
    weak = stranger.post("/password", data=form | {"new": "weak", "again": "weak"}, headers=origin)
    assert weak.status_code == 422
    assert "少于 10 个字符" in weak.text
    assert stranger.post("/password", data=form, headers=origin).status_code == 303
    assert stranger.get(PLANS).status_code == 200


def test_a_map_client_reads_by_basic_and_writes_nothing(stranger: httpx.Client, fresh_district: str) -> None:
    with transaction(fresh_district) as session:
        made = add_app_password(session, find_person(session, "ann"), "QGIS")
    good = basic("ann", made.secret)
    assert stranger.get(PLANS, headers=good).status_code == 200
    assert stranger.post(PLANS, json={}, headers=good).status_code == 403
    for bad in (basic("ann", PASSWORD), basic("bob", made.secret), basic("ann", "x"), {"Authorization": "Basic %%"}):
        assert stranger.get(PLANS, headers=bad).status_code == 401
    assert "Basic" in stranger.get(PLANS).headers["www-authenticate"]
    assert "Basic" not in stranger.get(PLANS, headers={"Sec-Fetch-Mode": "cors"}).headers["www-authenticate"]
    with transaction(fresh_district) as session:
        revoke_credential(session, made.id, datetime.now(UTC))
    assert stranger.get(PLANS, headers=good).status_code == 401


def test_a_device_reports_and_sees_nothing(stranger: httpx.Client, grids: Grids, fresh_district: str) -> None:
    people.appoint(fresh_district, "W001", *grids)
    with transaction(fresh_district) as session:
        made = add_device(session, people.add(session, "wang", worker_code="W001"), "tracker-1")
    for headers in (by(made.secret), basic("wang", made.secret), basic("tracker-1", made.secret)):
        assert set(stranger.get(ME, headers=headers).json()["may"]) == {"record_patrol", "report_incident"}
        assert stranger.get("/api/v1/boundaries/grid", headers=headers).status_code == 403


def test_people_are_kept_by_three_hands(stranger: httpx.Client, fresh_district: str) -> None:
    with transaction(fresh_district) as session:
        for role in (Role.administrator, Role.security, Role.auditor):
            people.add(session, role.value, role)
    admin, security, auditor = (
        people.bearer(fresh_district, role.value) for role in (Role.administrator, Role.security, Role.auditor)
    )
    person = {"name": "Bob", "display_name": "鲍"}
    made = stranger.post("/api/v1/people", json=person, headers=admin).json()
    assert (made["name"], made["grants"]) == ("bob", [])
    given = {"role": "viewer", "valid_from": "2026-01-01"}
    assert stranger.post("/api/v1/people/bob/grants", json=given, headers=admin).status_code == 403
    assert stranger.post("/api/v1/people/security/grants", json=given, headers=security).status_code == 422
    grant = stranger.post("/api/v1/people/bob/grants", json=given, headers=security).json()
    bob = people.bearer(fresh_district, "bob")
    assert stranger.get(PLANS, headers=bob).json()["code"] == "password_due"
    lent = {"substitute": "auditor", "valid_from": "2026-01-01", "valid_to": "2099-01-01"}
    assert stranger.post("/api/v1/people/bob/stand-ins", json=lent, headers=security).status_code == 201
    app = stranger.post("/api/v1/people/bob/credentials", json={"kind": "app"}, headers=admin).json()
    for _ in range(5):
        stranger.post("/api/v1/sign-in", json={"name": "bob", "password": "wrong"})
    bobs = stranger.get("/api/v1/people/bob", headers=security).json()
    assert (bobs["stand_ins"][0]["substitute"], bobs["credentials"][0]["id"]) == ("auditor", app["id"])
    assert bobs["locked_until"] is not None
    ended = {
        "unlock": ("POST", admin),
        f"credentials/{app['id']}": ("DELETE", admin),
        f"stand-ins/{bobs['stand_ins'][0]['id']}?on=2026-01-01": ("DELETE", security),
    }
    for what, (method, keeper) in ended.items():
        for who, status in ((auditor, 403), (keeper, 204)):
            assert stranger.request(method, f"/api/v1/people/bob/{what}", headers=who).status_code == status
    bobs = stranger.get("/api/v1/people/bob", headers=security).json()
    assert (bobs["stand_ins"], bobs["credentials"], bobs["locked_until"]) == ([], [], None)
    path = f"/api/v1/people/bob/grants/{grant['id']}"
    assert stranger.delete(path, headers=security).status_code == 204
    assert stranger.post("/api/v1/people/bob/disable", headers=admin).status_code == 204
    assert stranger.get(ME, headers=bob).status_code == 401
    log = stranger.get("/api/v1/audit", headers=auditor).json()
    actions = [entry["action"] for entry in log if entry["action"] != "sign_in_failed"]
    assert " ".join(actions) == (
        "disable_person revoke_grant end_stand_in revoke_app unlock_person add_app stand_in grant add_person"
    )
    late = {"since": log[0]["at"], "until": log[0]["at"]}
    assert stranger.get("/api/v1/audit", params=late, headers=auditor).json() == []
    assert stranger.get("/api/v1/audit/verify", headers=auditor).json()["broken_at"] is None
    assert re.search(r"password|secret", str(log)) is None
    with transaction(fresh_district) as session:
        assert [entry.object for entry in audit.entries(session, action="read_audit")] == [
            "/api/v1/audit/verify",
            "/api/v1/audit",
            "/api/v1/audit",
        ]

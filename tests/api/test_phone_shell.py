"""What makes the field app one that installs and starts without a network."""

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from uuid import uuid4

import httpx

from api.phone import shell_version
from api.routers.pages import MAPLIBRE
from api.security import COOKIE
from gridmgmt.access import Role
from gridmgmt.ids import PersonId
from gridmgmt.services.access import begin_web_session
from gridmgmt.store.engine import transaction
from tests.api import people
from tests.api.halves import Grids


def shell(client: httpx.Client) -> tuple[str, list[str]]:
    """The version and the files of the service worker."""
    script = client.get("/field/sw.js").text
    found = re.match(r'const VERSION = "(\w+)";\nconst SHELL = (.*);\n', script)
    assert found is not None
    return found[1], json.loads(found[2])


def test_everything_the_service_worker_keeps_is_there_and_complete(reader: httpx.Client) -> None:
    version, paths = shell(reader)
    assert version == shell_version(MAPLIBRE)
    answers = {path: reader.get(path) for path in paths}
    assert {path: answer.status_code for path, answer in answers.items()} == dict.fromkeys(paths, 200)
    page = answers["/field"].text
    assert set(re.findall(r'(?:href|src)="(/(?:web|field)/[^"?]+)"', page)) - {"/field/plain"} <= set(paths)
    for path in (path for path in paths if path.startswith("/web/field/") and path.endswith(".js")):
        for imported in re.findall(r'from "(\.[^"]+)"', answers[path].text):
            assert str(httpx.URL(path).join(imported)) in paths, f"{path} imports {imported}"


def test_the_service_worker_reaches_the_field_and_nothing_else(reader: httpx.Client) -> None:
    answer = reader.get("/field/sw.js")
    assert answer.headers["service-worker-allowed"] == "/field"
    assert answer.headers["content-type"].startswith("text/javascript")
    assert answer.headers["cache-control"] == "no-cache"


def test_the_app_can_be_installed(reader: httpx.Client) -> None:
    manifest = reader.get("/field/manifest.webmanifest").json()
    assert (manifest["start_url"], manifest["scope"], manifest["display"]) == ("/field", "/field", "standalone")
    assert {icon["purpose"] for icon in manifest["icons"]} == {"any", "maskable"}
    assert all(reader.get(icon["src"]).headers["content-type"] == "image/png" for icon in manifest["icons"])
    assert "manifest-src 'self'" in reader.get("/field").headers["content-security-policy"]


def test_a_record_is_taken_under_its_owners_session_only(
    client_as: Callable[..., httpx.Client], grids: Grids, fresh_district: str
) -> None:
    with transaction(fresh_district) as session:
        ann = people.add(session, "ann", Role.worker, worker_code="W001")
        secret = begin_web_session(session, PersonId(ann.id), datetime.now(UTC)).secret
    browser = client_as()
    browser.cookies.set(COOKIE, secret)
    me, place = browser.get("/api/v1/me").json()["id"], next(iter(grids.values()))
    body, path = {"category": "rubbish", "lon": place.x, "lat": place.y}, f"/api/v1/incidents/{uuid4()}"
    ours = {"Sec-Fetch-Site": "same-origin"}
    assert browser.put(path, json=body, headers=ours | {"X-Person": str(uuid4())}).status_code == 401
    assert browser.put(path, json=body, headers=ours | {"X-Person": me}).status_code == 200

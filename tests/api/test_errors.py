"""Every way to fail ends in a problem document, in the reader's language, without a word of the database's."""

import httpx
import pytest
from sqlalchemy import text

from api import errors as api_errors
from api.invalid import faults_of
from api.settings import WebSettings
from gridmgmt import errors
from gridmgmt.errors import GridError
from gridmgmt.store.engine import transaction
from tests.api.serving import serving

ERRORS = [error for error in vars(errors).values() if isinstance(error, type) and issubclass(error, GridError)]


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: error.code)
def test_every_error_has_its_status(error: type[GridError]) -> None:
    assert 400 <= api_errors.STATUS[error] < 600


def test_the_table_has_no_other_rows() -> None:
    assert set(api_errors.STATUS) == set(ERRORS)


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/no/such", 404, "no_such_address"),
        ("DELETE", "/healthz", 405, "method_not_allowed"),
        ("GET", "/api/v1/boundaries/planet", 422, "invalid_request"),
        ("GET", "/api/v1/boundaries/community?at=2006-13-01", 422, "invalid_input"),
        ("GET", "/api/v1/boundaries/community?bbox=1,2,3", 422, "invalid_input"),
        ("GET", "/api/v1/boundaries/community?bbox=nan,0,1,1", 422, "invalid_input"),
        ("GET", "/api/v1/boundaries/community?bbox=115,22,114,23", 422, "invalid_input"),
        ("GET", "/api/v1/boundaries/community/440303999999", 404, "not_found"),
        ("GET", "/tiles/nothing/0/0/0.mvt", 404, "not_found"),
        ("GET", "/tiles/community/2/9/0.mvt", 404, "not_found"),
        ("GET", "/maps/none.html", 404, "not_found"),
        ("POST", "/api/v1/incidents", 422, "invalid_request"),
        ("GET", "/api/v1/plans/00000000-0000-0000-0000-000000000000", 404, "not_found"),
        ("GET", "/web/js/none.js", 404, "no_such_address"),
    ],
)
def test_a_refusal_is_a_problem_document(reader: httpx.Client, method: str, path: str, status: int, code: str) -> None:
    answer = reader.request(method, path)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem["code"] == code
    assert problem["status"] == status
    assert problem["title"]
    assert problem["detail"]
    assert problem["request_id"] == answer.headers["x-request-id"]


@pytest.mark.parametrize(
    ("headers", "query", "language"),
    [({}, "", "zh-CN"), ({"Accept-Language": "en-GB"}, "", "en"), ({"Accept-Language": "en"}, "?lang=zh", "zh-CN")],
)
def test_the_sentence_is_in_the_readers_language(
    reader: httpx.Client, headers: dict[str, str], query: str, language: str
) -> None:
    answer = reader.get(f"/no/such{query}", headers={"Accept-Language": "", **headers})
    assert answer.headers["content-language"] == language
    assert ("地址" in answer.json()["detail"]) == (language == "zh-CN")


def test_an_invalid_body_tells_each_place(reader: httpx.Client) -> None:
    problem = reader.post("/api/v1/incidents", json={"category": "", "lon": 999, "lat": 22}).json()
    assert {error["where"] for error in problem["errors"]} == {"body.category", "body.lon"}


@pytest.mark.parametrize(
    ("language", "said"),
    [("zh", "body.category（至少 1 个字符）、body.lon（不得大于 180"), ("en", "body.lon (it must not be above 180")],
)
def test_what_is_wrong_in_a_body_is_said_in_the_readers_language(
    reader: httpx.Client, language: str, said: str
) -> None:
    body = {"category": "", "lon": 999, "lat": 22}
    answer = reader.post("/api/v1/incidents", json=body, headers={"Accept-Language": language})
    assert said in answer.json()["detail"]


def test_a_fault_without_a_sentence_of_ours_is_still_placed() -> None:
    [fault] = faults_of([{"loc": ("query", "x"), "type": "url_parsing", "msg": "no URL"}], "zh")
    assert (fault["where"], fault["message"]) == ("query.x", "不符合要求，提示：no URL")


def test_a_body_over_the_limit_is_refused(reader: httpx.Client) -> None:
    declared = reader.post("/api/v1/patrols?worker_code=W001", content=b"x" * 100_001)
    streamed = reader.post("/api/v1/patrols?worker_code=W001", content=(b"x" * 1000 for _ in range(101)))
    assert [declared.status_code, streamed.status_code] == [413, 413]
    assert declared.json()["code"] == streamed.json()["code"] == "body_too_large"


def test_another_sites_page_cannot_write(reader: httpx.Client) -> None:
    report = {"category": "rubbish", "lon": 114.1, "lat": 22.5}
    for headers in ({"Origin": "https://evil.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}):
        assert reader.post("/api/v1/incidents", json=report, headers=headers).json()["code"] == "foreign_origin"
    assert reader.get("/api/v1/overview").json()["open_incidents"] == 0


def test_a_foreign_host_name_is_refused(reader: httpx.Client) -> None:
    answer = reader.get("/healthz", headers={"Host": "evil.example:8000"})
    assert answer.json()["code"] == "unknown_host"


def test_an_unexpected_fault_says_nothing_of_the_database(client: httpx.Client, fresh_district: str) -> None:
    with transaction(fresh_district) as session:
        session.execute(text("drop table station_service, station cascade"))
    answer = client.get("/api/v1/figures", headers={"X-Request-ID": "helpdesk-4711"})
    assert answer.status_code == 500
    assert answer.json()["code"] == "internal_server_error"
    assert answer.json()["request_id"] == "helpdesk-4711"
    assert "station" not in answer.text
    assert "relation" not in answer.text


def test_a_database_that_is_away_is_503() -> None:
    nowhere = WebSettings(database_url="postgresql://nobody@127.0.0.1:1/none")
    with serving(nowhere) as address, httpx.Client(base_url=address) as client:
        assert client.get("/healthz").status_code == 200
        answer = client.get("/readyz")
        assert answer.status_code == 503
        assert answer.json()["code"] == "database_unavailable"
        assert "nobody" not in answer.text


def test_every_answer_carries_the_security_headers(reader: httpx.Client) -> None:
    for path in ("/", "/field", "/web/js/main.js", "/healthz", "/no/such"):
        headers = reader.get(path).headers
        assert "script-src 'self'" in headers["content-security-policy"]
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-request-id"]


def test_text_that_no_column_can_hold_is_the_senders_fault(client: httpx.Client) -> None:
    answer = client.get("/api/v1/boundaries/community", params={"parent": "\x00"})
    assert answer.status_code == 422
    assert answer.json()["code"] == "invalid_input"
    assert "psycopg" not in answer.text

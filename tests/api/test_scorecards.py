"""A plan's scorecard and comparison through the API."""

import httpx

from tests.api.orders import planned


def test_a_plan_is_scored_and_compared(client: httpx.Client, fresh_district: str) -> None:
    subdistrict = client.get("/api/v1/boundaries/subdistrict").json()["features"][0]["id"]
    plan = planned(client, fresh_district, task="merge", scope=subdistrict)["id"]
    card = client.get(f"/api/v1/plans/{plan}/scorecard", timeout=240).json()
    assert card["metrics"]["compounds_split"]["value"] is None
    assert card["metrics"]["share_in_range"]["value"] is not None
    found = client.get(f"/api/v1/plans/current/compare/{plan}", timeout=240).json()
    assert sum(row["households"] for row in found["moved"]) == found["households_moved"]
    assert found["metrics"]["share_in_range"]["b"] == card["metrics"]["share_in_range"]["value"]
    assert client.get(f"/api/v1/plans/{plan}/compare/{plan}").status_code == 422
    assert client.get(f"/api/v1/plans/current/compare/{'0' * 8}-0000-4000-8000-{'0' * 12}").status_code == 404
    page = client.get(f"/plans/current/report/{plan}?lang=en", timeout=240)
    assert page.headers["content-security-policy"].startswith("sandbox")
    assert f"{found['households_moved']:,}" in page.text
    book = client.get(f"/plans/current/report/{plan}.xlsx", timeout=240)
    assert book.content[:2] == b"PK"

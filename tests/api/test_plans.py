"""Plans by the API: listed, and shown as before, after and changed."""

from datetime import date

import httpx
import pytest
import shapely

from gridmgmt.store.engine import transaction
from gridmgmt.store.tables import Plan
from tests.api.orders import AT, planned


def ground(features: list[dict[str, object]]) -> shapely.Geometry:
    return shapely.union_all([shapely.geometry.shape(feature["geometry"]) for feature in features])


@pytest.mark.parametrize("task", ["merge", "resize"])
def test_a_plan_is_computed_kept_and_shown(client: httpx.Client, fresh_district: str, task: str) -> None:
    assert client.get("/api/v1/plans").json() == []
    subdistrict = client.get("/api/v1/boundaries/subdistrict").json()["features"][0]["id"]
    plan = planned(client, fresh_district, task=task, scope=subdistrict)
    assert (plan["task"], plan["scope_code"], plan["base_date"], plan["state"]) == (task, subdistrict, AT, "computed")
    assert [entry["id"] for entry in client.get("/api/v1/plans").json()] == [plan["id"]]

    layers = {
        layer: client.get(f"/api/v1/plans/{plan['id']}/{layer}").json()["features"]
        for layer in ("before", "after", "changed")
    }
    assert len(layers["after"]) == plan["parts"] == plan["report"]["parts"]
    assert len(layers["before"]) == plan["count_before"]
    shapes = [shapely.geometry.shape(area["geometry"]) for features in layers.values() for area in features]
    assert shapely.is_valid(shapes).all()
    old, new, moved = (ground(layers[layer]) for layer in ("before", "after", "changed"))
    assert old.symmetric_difference(new).area < old.area * 1e-4
    assert moved.difference(old).area < old.area * 1e-4
    households = [sum(area["properties"]["households"] for area in layers[layer]) for layer in ("before", "after")]
    assert households[0] == households[1]
    for area in layers["after"]:
        assert shapely.geometry.shape(area["geometry"]).contains(shapely.Point(area["properties"]["label"]))


def test_a_merge_changes_the_communities_that_come_to_share_a_station(
    client: httpx.Client, fresh_district: str
) -> None:
    subdistrict = client.get("/api/v1/boundaries/subdistrict").json()["features"][0]["id"]
    plan = planned(client, fresh_district, task="merge", scope=subdistrict)
    changed = client.get(f"/api/v1/plans/{plan['id']}/changed").json()["features"]
    alone = plan["count_before"] - len(changed)
    shared = {area["properties"]["part"] for area in changed}
    assert len(shared) + alone == plan["parts"]


def test_a_plan_that_was_compared_tells_the_best_for_the_same_goals(client: httpx.Client, fresh_district: str) -> None:
    with transaction(fresh_district) as session:
        report = {"parts": 83, "status": "given", "comparison": {"optimal": {"stations": 71}}}
        report["dedicated_grids"] = 4
        plan = Plan(task="replay", name="2006", scope_code="440303", base_date=date(2006, 7, 31), author="test")
        plan.report = report
        session.add(plan)
    (plan,) = client.get("/api/v1/plans").json()
    assert (plan["parts"], plan["optimal_parts"]) == (87, 71)  # all that is on the map

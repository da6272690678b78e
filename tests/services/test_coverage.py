"""Coverage and norms from the database, of a day and of a plan."""

from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from scipy.sparse import csr_array
from sqlalchemy.orm import Session

from gridmgmt.errors import InvalidInput, NotFound
from gridmgmt.policy.norms import profile
from gridmgmt.services.boundaries import boundaries_at
from gridmgmt.services.compliance import check_plan, check_register
from gridmgmt.services.coverage import coverage_at, coverage_of_plan, suggest_stations
from gridmgmt.services.plans import divide_grids, find_scope, merge_stations, station_front
from gridmgmt.services.plans.ground import read_ground, read_sites
from gridmgmt.services.station_areas import Areas, subjects_of

DAY = date(2006, 6, 1)


@pytest.fixture(scope="module")
def scope(district: Session) -> str:
    return str(boundaries_at(district, "subdistrict", DAY)["code"].iloc[0])


def test_every_home_has_a_walk_to_its_own_station(district: Session, scope: str) -> None:
    found = coverage_at(district, scope, DAY)
    summary = found.report["before"]
    assert summary["households"] == boundaries_at(district, "subdistrict", DAY, codes=[scope])["households"].sum()
    assert found.buildings["station_code"].notna().all()
    shares = list(summary["share_within_m"].values())
    assert shares == sorted(shares)
    assert summary["median_m"] <= summary["p90_m"] <= summary["max_m"]


def test_a_plan_changes_walks_only_where_the_station_changes(district: Session, scope: str) -> None:
    plan = merge_stations(district, scope, at=DAY)
    found = coverage_of_plan(district, plan.id)
    same = (found.buildings["station_code"] == found.buildings["station_after"]).to_numpy()
    before, after = (found.buildings[name].to_numpy() for name in ("distance_m", "distance_after_m"))
    np.testing.assert_array_equal(before[same], after[same])
    assert not same.all()
    table = found.communities
    assert (table["within_after"] == table["within_before"] + table["gained"] - table["lost"]).all()
    assert found.report["after"]["households"] == found.report["before"]["households"]


def test_only_plans_of_stations_have_coverage(district: Session) -> None:
    community = str(boundaries_at(district, "community", DAY)["code"].iloc[0])
    plan = divide_grids(district, community, at=DAY)
    with pytest.raises(InvalidInput):
        coverage_of_plan(district, plan.id)


def test_the_register_is_checked_norm_by_norm(district: Session, scope: str) -> None:
    verdicts = {row.norm.key: row for row in check_register(district, profile("zhangzi-2018"), scope, DAY)}
    communities = boundaries_at(district, "community", DAY, within_code=scope)
    assert len(verdicts["community_households"].findings) == len(communities)
    assert verdicts["community_households"].count("met") == communities["households"].between(1000, 2000).sum()
    assert verdicts["police_room"].outcome == "no_data"


def test_plans_are_checked_too(district: Session, scope: str) -> None:
    merged = merge_stations(district, scope, at=DAY)
    stations = {row.norm.key: row for row in check_plan(district, profile("luohu-2006"), merged.id)}
    assert stations["station_households"].share == pytest.approx(merged.report["share_in_range"])
    assert stations["in_one_piece"].outcome == stations["staff_total"].outcome == "met"
    community = str(boundaries_at(district, "community", DAY, within_code=scope)["code"].iloc[0])
    divided = divide_grids(district, community, at=DAY)
    grids = {row.norm.key: row for row in check_plan(district, profile("zhangzi-2018"), divided.id)}
    assert grids["grid_households"].share == pytest.approx(divided.report["share_in_range"])
    assert grids["grid_worker"].outcome == "no_data"


def test_what_the_register_does_not_know_is_no_data(district: Session, scope: str) -> None:
    ground = read_ground(district, scope, DAY)
    sites = read_sites(district, ground)
    nobody_counted = replace(sites, stations=sites.stations.assign(staff=None))
    some = ground.communities.assign(households=ground.communities["households"].where(ground.communities.index > 0))
    areas = Areas(np.arange(len(some)), sites.station)
    graph = csr_array((len(some), len(some)))
    for known, seen in ((ground, nobody_counted), (replace(ground, communities=some), sites)):
        subjects = subjects_of(known, seen, graph, areas)
        assert subjects["plan"][0].values["staff_change"] is None
        assert subjects["station"][0].values["staff"] is None
    assert subjects["station"][0].values["households"] is None
    assert subjects_of(ground, sites, graph, areas, redeployed=False)["plan"][0].values["staff_change"] is None


def test_a_boundary_is_found_by_code_or_name(district: Session, scope: str) -> None:
    name = str(boundaries_at(district, "subdistrict", DAY, codes=[scope])["name"].iloc[0])
    assert find_scope(district, name, DAY) == find_scope(district, scope, DAY) == scope
    assert len(find_scope(district, None, DAY)) == 6
    with pytest.raises(InvalidInput, match=r"no district was in force on 1999-01-01; boundaries are known from 2006-"):
        find_scope(district, None, date(1999, 1, 1))


def test_communities_that_are_not_there_are_named(district: Session, scope: str) -> None:
    with pytest.raises(NotFound, match="There is no community '999'"):
        divide_grids(district, scope, at=DAY, community_codes=[f"{scope}001", "999"])


def test_without_any_boundary_it_is_said_what_comes_first(session: Session) -> None:
    with pytest.raises(InvalidInput, match="Import one first"):
        find_scope(session, None, DAY)


def test_the_next_station_stands_where_it_spares_most_walking(district: Session, scope: str) -> None:
    plan = merge_stations(district, scope, at=DAY)
    today = suggest_stations(district, scope, DAY, aim="walk")
    planned = suggest_stations(district, scope, DAY, aim="walk", plan_id=plan.id)
    for found in (today, planned):
        assert len(found.stations) == 1
        assert found.report["mean_m_after"] < found.report["mean_m_before"]
        assert found.report["gap"] == 0
    assert planned.report["mean_m_before"] >= today.report["mean_m_before"]


def test_staff_keep_their_number_and_say_where_they_go(district: Session, scope: str) -> None:
    plan = merge_stations(district, scope, at=DAY)
    staff = plan.report["staff"]
    assert staff["total_after"] == staff["total_before"] > 0
    assert staff["moved"] == sum(row["people"] for row in staff["moves"])
    assert staff["moved_to_another_area"] <= staff["moved"]


def test_the_front_holds_the_best_plan_by_stations_and_walk(district: Session, scope: str) -> None:
    front = station_front(district, scope, at=DAY)
    fewest = merge_stations(district, scope, at=DAY, weights={"stations": 10**6, "walk": 1}).report
    assert front["stations"].min() == fewest["parts"]
    shortest = front.loc[front["stations"] == fewest["parts"], "mean_walk_m"].min()
    walked = next(row["amount"] for row in fewest["prices"] if row["name"] == "walk")
    households = boundaries_at(district, "subdistrict", DAY, codes=[scope])["households"].sum()
    assert shortest == pytest.approx(1000 * walked / households, abs=0.1)

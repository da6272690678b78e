"""Luohu 2006 replayed on the two subdistricts of the small city."""

import numpy as np
import pytest
from sqlalchemy.orm import Session

from gridmgmt.errors import NotFound
from gridmgmt.policy.luohu2006 import read_luohu_2006
from gridmgmt.services.boundaries import boundaries_at
from gridmgmt.services.plans import plan_frames
from gridmgmt.services.replay import (
    BEFORE_THE_MERGE,
    GOALS_OF_2006,
    ReplayResult,
    changed_communities,
    replay_luohu_2006,
    save_replay,
)


@pytest.fixture(scope="module")
def result(district: Session) -> ReplayResult:
    return replay_luohu_2006(district)


def test_the_real_plan_is_that_of_the_document(district: Session, result: ReplayResult) -> None:
    here = set(boundaries_at(district, "subdistrict", BEFORE_THE_MERGE)["code"])
    groups = [group for group in read_luohu_2006().station_groups if group.subdistrict_code in here]
    assert result.report["real"]["stations"] == len(groups)
    assert set(result.real.frame["name"]) == {group.name for group in groups}
    assert result.report["real"]["adjacency_violations"] == 0
    assert result.report["real"]["parent_violations"] == 0


def test_both_sides_have_the_same_keys(result: ReplayResult) -> None:
    sides = [result.report[name] for name in ("before", "real", "optimal", "optimal_same_count")]
    assert all(list(side) == list(sides[0]) for side in sides)
    assert all(list(side["walk"]) == list(sides[0]["walk"]) for side in sides)
    assert result.report["optimal"]["status"] == "optimal"


def test_the_best_plan_is_no_worse_in_the_order_of_the_goals(result: ReplayResult) -> None:
    real, same, best = (
        tuple(goal["value"] for goal in result.report[side]["objectives"])
        for side in ("real", "optimal_same_count", "optimal")
    )
    assert best <= same <= real
    assert result.report["optimal"]["households_in_range"] >= result.report["real"]["households_in_range"]
    assert result.report["optimal_same_count"]["stations"] == result.report["real"]["stations"]


def test_the_front_holds_every_number_of_stations(result: ReplayResult) -> None:
    front = {row["stations"]: row for row in result.report["front"]}
    communities = len(result.ground.communities)
    subdistricts = result.ground.communities["parent_code"].nunique()
    assert sorted(front) == list(range(subdistricts, communities + 1))
    alone = [goal["value"] for goal in result.report["before"]["objectives"]]
    assert list(front[communities].values())[1:] == alone
    assert len(GOALS_OF_2006) == len(alone)


def test_nobody_is_lost_and_the_staff_total_stays(result: ReplayResult) -> None:
    staff = int(result.sites.stations["staff"].sum())
    homes = int(result.ground.communities["households"].sum())
    for side in ("real", "optimal"):
        assert result.report[side]["staff_total"] == staff
        assert result.report[side]["households"] == homes
        assert result.report[side]["walk"]["households"] == homes
    assert result.real.frame["staff"].min() >= 1


def test_verdicts_cite_their_clause_and_never_call_missing_data_met(result: ReplayResult) -> None:
    verdicts = {row["norm"]: row for row in result.report["real"]["verdicts"]}
    assert verdicts["inside_one_subdistrict"]["verdict"] == "met"
    assert verdicts["staff_total"]["clause"] == "二(五)"
    assert verdicts["no_deputy_head"]["verdict"] == "no_data"
    assert verdicts["station_households"]["met"] == result.report["real"]["stations_in_range"]


def test_walks_of_kept_stations_do_not_change(result: ReplayResult) -> None:
    before, real = (result.buildings[f"distance_{name}_m"].to_numpy() for name in ("before", "real"))
    same = result.before.areas.site[result.before.areas.part] == result.real.areas.site[result.real.areas.part]
    kept = result.ground.communities["code"][same]
    unchanged = result.buildings["community_code"].isin(kept).to_numpy()
    np.testing.assert_array_equal(before[unchanged], real[unchanged])
    assert changed_communities(result).shape == (len(result.ground.communities),)


def test_the_real_plan_can_be_stored(district: Session, result: ReplayResult) -> None:
    frames = plan_frames(district, save_replay(district, result).id)
    assert frames.plan.task == "replay"
    assert len(frames.parts) == result.report["real"]["stations"]
    assert set(frames.units["unit_code"]) == set(result.ground.communities["code"])


def test_an_empty_database_says_so(session: Session) -> None:
    with pytest.raises(NotFound):
        replay_luohu_2006(session)

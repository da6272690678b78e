"""Stored plans scored, compared with what was in force and with each other, and set beside random ones."""

from datetime import date
from uuid import UUID

import pytest
from sqlalchemy.orm import Session

from gridmgmt.access import Area
from gridmgmt.errors import InvalidInput, NotFound
from gridmgmt.planning.scorecard import METRICS
from gridmgmt.services.boundaries import boundaries_at
from gridmgmt.services.comparing import CURRENT, compare_plans, plan_ensemble, score_plan
from gridmgmt.services.coverage import coverage_of_plan
from gridmgmt.services.plans import divide_grids, merge_stations, resize_communities

DAY = date(2006, 6, 1)


@pytest.fixture(scope="module")
def merged(district: Session) -> UUID:
    return merge_stations(district, at=DAY).id


@pytest.fixture(scope="module")
def resized(district: Session) -> UUID:
    return resize_communities(district, _subdistrict(district), at=DAY, time_limit_s=10).id


@pytest.fixture(scope="module")
def divided(district: Session) -> UUID:
    code = str(boundaries_at(district, "community", DAY)["code"].iloc[0])
    return divide_grids(district, code, at=DAY).id


def _subdistrict(session: Session) -> str:
    return str(boundaries_at(session, "subdistrict", DAY)["code"].iloc[0])


def test_a_plan_of_stations_is_scored_with_its_walks(district: Session, merged: UUID) -> None:
    card = score_plan(district, merged)
    walks = coverage_of_plan(district, merged).report["after"]
    assert list(card.values) == list(METRICS)
    assert (card.low, card.high) == (6000, 10000)
    assert card.values["walk_median_m"] == pytest.approx(walks["median_m"], abs=0.1)
    assert card.values["not_contiguous"] == 0
    assert card.values["certified_gap"] == 0
    assert card.values["compounds_split"] is None


def test_a_plan_of_grids_has_every_metric_but_those_of_change(district: Session, divided: UUID) -> None:
    values = score_plan(district, divided).values
    unknown = {key for key, value in values.items() if value is None}
    assert unknown == {key for key, metric in METRICS.items() if metric.group == "change"}
    assert (values["polsby_popper_mean"] or 0) > 0.4


def test_resized_communities_beside_those_in_force(district: Session, resized: UUID) -> None:
    found = compare_plans(district, CURRENT, resized)
    card = score_plan(district, resized)
    assert found.households_moved == card.values["households_moved"]
    assert found.areas_touched == card.values["areas_touched"]
    assert found.variation_of_information == pytest.approx(card.values["variation_of_information"], abs=1e-5)
    assert found.moved["households"].sum() == found.households_moved
    assert found.moved["code"].str.contains("B").all()
    assert (found.only_a, found.only_b) == (0, 0)
    back = compare_plans(district, resized, CURRENT)
    assert (back.households_moved, back.units_moved) == (found.households_moved, found.units_moved)
    range_ = next(pair for pair in found.metrics if pair.metric.key == "household_share_in_range")
    assert (range_.b or 0) >= (range_.a or 0)


def test_merged_stations_are_merged_areas(district: Session, merged: UUID) -> None:
    found = compare_plans(district, CURRENT, merged)
    assert set(found.parts["outcome"]) <= {"same", "merged"}
    assert found.a.parts is not None
    assert found.b.parts is not None
    assert len(found.a.parts) > len(found.b.parts)


def test_plans_of_different_tasks_compare_by_building(district: Session, merged: UUID, resized: UUID) -> None:
    found = compare_plans(district, merged, resized)
    assert found.only_b == 0 < found.only_a
    assert found.crosswalk["units"].sum() == len(found.b.units)


def test_what_cannot_be_compared_is_said(district: Session, merged: UUID, divided: UUID) -> None:
    with pytest.raises(InvalidInput):
        compare_plans(district, merged, merged)
    with pytest.raises(InvalidInput):
        compare_plans(district, CURRENT, divided)  # the small city has no grids yet
    with pytest.raises(NotFound):
        score_plan(district, merged, Area(("440303009",)))
    with pytest.raises(NotFound):
        compare_plans(district, CURRENT, merged, Area(("440303009",)))


def test_a_plan_beside_random_ones(district: Session, divided: UUID) -> None:
    found = plan_ensemble(district, divided, size=30)
    assert len(found) == 30
    assert 0 <= found.better_than("polsby_popper_mean", found.start["polsby_popper_mean"]) <= 1
    again = plan_ensemble(district, divided, size=30)
    assert again.values["cut_edges"].tolist() == found.values["cut_edges"].tolist()

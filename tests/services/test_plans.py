"""Plans on the database: computed on the small city, stored, read back, published."""

from collections.abc import Iterator
from datetime import date

import pytest
import shapely
from sqlalchemy.orm import Session

from gridmgmt.errors import Conflict, NotFound
from gridmgmt.geo.coverage import is_coverage
from gridmgmt.services.boundaries import boundaries_at, publish_plan
from gridmgmt.services.plans import (
    discard_plan,
    divide_grids,
    get_plan,
    list_plans,
    merge_stations,
    plan_frames,
    resize_communities,
)
from gridmgmt.services.units import stations_at
from tests.services.conftest import rolled_back

DAY, AFTER = date(2006, 6, 1), date(2006, 9, 1)


@pytest.fixture
def district(small_district: str) -> Iterator[Session]:
    """A session on the small city, rolled back after each test."""
    with rolled_back(small_district) as session:
        yield session


def subdistrict(session: Session) -> str:
    return str(boundaries_at(session, "subdistrict", DAY)["code"].iloc[0])


def test_stations_are_merged_inside_each_subdistrict(district: Session) -> None:
    plan = merge_stations(district, at=DAY)
    frames = plan_frames(district, plan.id)
    communities = boundaries_at(district, "community", DAY)
    assert plan.report["status"] == "optimal"
    assert frames.units["unit_code"].tolist() == communities["code"].tolist()
    assert frames.parts["households"].sum() == communities["households"].sum()
    assert (frames.units["unit_code"].str[:9].groupby(frames.units["part"]).nunique() == 1).all()
    assert set(frames.parts["code"]) <= set(stations_at(district, DAY)["code"])


def test_a_published_merge_leaves_fewer_stations(district: Session) -> None:
    plan = merge_stations(district, at=DAY)
    before = len(stations_at(district, DAY))
    publish_plan(district, plan.id, AFTER)
    after = stations_at(district, AFTER)
    assert len(after) == plan.report["parts"] < before
    assert after["staff"].sum() == stations_at(district, DAY)["staff"].sum()


def test_communities_are_resized_and_tile_their_subdistrict(district: Session) -> None:
    code = subdistrict(district)
    plan = resize_communities(district, code, at=DAY)
    frames = plan_frames(district, plan.id)
    area = boundaries_at(district, "subdistrict", DAY, codes=[code]).geometry.iloc[0]
    assert plan.report["not_contiguous"] == 0
    assert shapely.area(shapely.symmetric_difference(area, frames.parts.union_all())) < 1e-4 * shapely.area(area)
    assert plan.report["objective"]["bound"] <= plan.report["moved_households"]
    assert frames.units["households"].sum() == frames.parts["households"].sum()
    publish_plan(district, plan.id, AFTER)
    assert is_coverage(boundaries_at(district, "community", AFTER).geometry.to_numpy())


def test_a_community_of_towers_is_divided_into_grids_that_count_in_force_what_they_were_planned_with(
    district: Session,
) -> None:
    communities = boundaries_at(district, "community", DAY).set_index("code")
    code = str((communities["households"] / shapely.area(communities.geometry)).idxmax())
    plan = divide_grids(district, code, at=DAY)
    frames = plan_frames(district, plan.id)
    assert plan.report["not_contiguous"] == 0
    assert set(frames.parts["parent_code"]) == {code}
    assert frames.parts["households"].sum() == communities.loc[code, "households"]
    publish_plan(district, plan.id, AFTER)
    grids = boundaries_at(district, "grid", AFTER)
    places = shapely.point_on_surface(frames.parts.geometry.to_numpy())
    grid, part = shapely.STRtree(places).query(grids.geometry.to_numpy(), predicate="intersects")
    assert sorted(part.tolist()) == list(range(len(frames.parts)))
    planned, counted = frames.parts["households"].to_numpy()[part], grids["households"].to_numpy()[grid]
    assert counted.tolist() == planned.tolist()


def test_plans_are_listed_newest_first_and_can_be_set_aside(district: Session) -> None:
    first = merge_stations(district, subdistrict(district), at=DAY, author="ann")
    second = merge_stations(district, subdistrict(district), at=DAY)
    assert {plan.id for plan in list_plans(district, task="merge")} == {first.id, second.id}
    discard_plan(district, first.id)
    assert [plan.id for plan in list_plans(district, state="computed")] == [second.id]
    assert get_plan(district, first.id).author == "ann"


def test_what_is_not_there_is_said(district: Session) -> None:
    with pytest.raises(NotFound):
        get_plan(district, "00000000-0000-0000-0000-000000000000")  # type: ignore[arg-type]
    with pytest.raises(NotFound):
        merge_stations(district, "999999999", at=DAY)


def test_a_published_plan_stays(district: Session) -> None:
    plan = merge_stations(district, at=DAY)
    publish_plan(district, plan.id, AFTER)
    with pytest.raises(Conflict):
        discard_plan(district, plan.id)

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from itertools import pairwise
from uuid import UUID

import geopandas
import numpy as np
import pytest
import shapely
from geopandas.testing import assert_geodataframe_equal
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from gridmgmt.errors import BrokenCoverage, Conflict, InvalidInput, NotFound, StaleEpoch
from gridmgmt.services.boundaries import boundaries_at, check_coverage, publish_plan
from gridmgmt.services.units import entrances_frame, station_services_at, stations_at
from gridmgmt.store.engine import transaction
from gridmgmt.store.tables import BoundaryCode, Crosswalk, Plan, Worker, WorkerGrid
from tests.services import blocktown
from tests.services.blocktown import DISTRICT, FOUNDED, HOUSEHOLDS, LATER, REFORM, code_at, quarters, rectangle

BEFORE = REFORM - timedelta(days=1)
SUBDISTRICT = f"{DISTRICT}001"


@pytest.fixture
def town(session: Session) -> Session:
    blocktown.found(session)
    return session


def divide(session: Session, *cells: tuple[int, int], on: date = REFORM, base: date = FOUNDED, **shape: int) -> dict:
    parts = [part for cell in cells for part in quarters(*cell, **shape)]
    scope = code_at(*cells[0]) if len(cells) == 1 else DISTRICT
    return publish_plan(session, blocktown.add_plan(session, "divide", scope, parts, base), on)


def crosswalk(session: Session) -> dict[tuple[str, str], int]:
    rows = session.execute(select(Crosswalk.old_code, Crosswalk.new_code, Crosswalk.shared_households))
    return {(old, new): households for old, new, households in rows}


def test_boundaries_of_a_day_by_level_box_and_code(town: Session) -> None:
    assert len(boundaries_at(town, "community", FOUNDED)) == 8
    assert len(boundaries_at(town, "community", FOUNDED - timedelta(days=1))) == 0
    corner = (114.001, 22.501, 114.002, 22.502)
    assert list(boundaries_at(town, "community", FOUNDED, bbox=corner)["code"]) == [code_at(0, 0)]
    assert list(boundaries_at(town, "community", FOUNDED, codes=[code_at(3, 1)])["code"]) == [code_at(3, 1)]
    assert len(boundaries_at(town, "community", FOUNDED, within_code=SUBDISTRICT)) == 4


def test_a_first_division_gives_grids_numbered_in_reading_order(town: Session) -> None:
    publication = divide(town, (0, 0))
    grids = boundaries_at(town, "grid", REFORM)
    assert list(grids["code"]) == [f"{code_at(0, 0)}{number:03d}" for number in (1, 2, 3, 4)]
    middle = shapely.get_coordinates(shapely.centroid(grids.geometry.to_numpy()))
    assert np.argsort(middle[:, 0] - 10 * middle[:, 1], kind="stable").tolist() == [0, 1, 2, 3]
    assert set(grids["households"]) == {HOUSEHOLDS // 4}
    assert publication["opened"] == list(grids["code"])
    assert publication["households"] == HOUSEHOLDS
    assert check_coverage(town, "grid", REFORM).faults == []
    assert grids["name"].str.startswith("区域").all()


def test_the_day_before_is_as_it_was(town: Session) -> None:
    divide(town, (0, 0), (1, 0))
    before = boundaries_at(town, "grid", REFORM)
    divide(town, (0, 0), (1, 0), on=LATER, base=REFORM, across=3)
    assert_geodataframe_equal(boundaries_at(town, "grid", LATER - timedelta(days=1)), before)
    assert len(boundaries_at(town, "grid", LATER)) == 12
    assert len(boundaries_at(town, "grid", BEFORE)) == 0


def test_codes_are_retired_and_numbers_go_on(town: Session) -> None:
    divide(town, (0, 0))
    divide(town, (0, 0), on=LATER, base=REFORM, across=3, down=3)
    grids = boundaries_at(town, "grid", LATER)
    assert [int(code[-3:]) for code in grids["code"]] == list(range(5, 14))
    retired = town.scalars(select(BoundaryCode.code).where(BoundaryCode.retired_on == LATER)).all()
    assert len(retired) == 4


def test_the_crosswalk_counts_every_household_once(town: Session) -> None:
    divide(town, (0, 0))
    divide(town, (0, 0), on=LATER, base=REFORM, across=3, down=1)
    shared = crosswalk(town)
    assert sum(shared.values()) == HOUSEHOLDS
    assert len(shared) == 8  # the middle one of three strips shares with all four quarters
    areas = town.scalars(select(Crosswalk.shared_area_m2)).all()
    assert sum(areas) == pytest.approx(1_140_000, rel=0.02)


def test_whole_grids_merged_into_one_are_numbered_from_601(town: Session) -> None:
    divide(town, (0, 0), across=3, down=2)
    divide(town, (0, 0), on=LATER, base=REFORM, across=3, down=1)
    assert [int(code[-3:]) for code in boundaries_at(town, "grid", LATER)["code"]] == [601, 602, 603]


def test_a_part_that_continues_a_code_unchanged_is_left_alone(town: Session) -> None:
    divide(town, (0, 0))
    before = boundaries_at(town, "grid", REFORM)
    west, east = quarters(0, 0)[:2], quarters(0, 0, across=4)[4:]
    for part in west:
        part["code"] = before.set_index("code").geometry.geom_equals(part["geometry"]).idxmax()
    publication = publish_plan(town, blocktown.add_plan(town, "divide", code_at(0, 0), [*west, *east], REFORM), LATER)
    assert publication["kept"] == 2
    after = boundaries_at(town, "grid", LATER)
    assert {part["code"] for part in west} < set(after["code"])
    assert sorted(publication["closed"]) == sorted(set(before["code"]) - set(after["code"]))


def test_neighbours_get_the_vertices_of_a_new_border_as_a_new_version(town: Session) -> None:
    divide(town, (0, 0))
    neighbour = boundaries_at(town, "grid", REFORM)
    publication = divide(town, (1, 0), on=LATER, down=3)
    assert len(publication["rematched"]) == 2
    assert check_coverage(town, "grid", LATER).faults == []
    assert_geodataframe_equal(boundaries_at(town, "grid", LATER - timedelta(days=1)), neighbour)
    now = boundaries_at(town, "grid", LATER, codes=list(neighbour["code"]))
    assert now.geometry.geom_equals(neighbour.geometry).all()


def test_parts_computed_in_metres_are_matched_again(town: Session) -> None:
    """A round trip through a plane leaves rounding noise in every vertex, another in every part."""
    noise = np.random.default_rng(0)
    parts = [*quarters(0, 0), *quarters(1, 0, down=3)]
    for part in parts:
        part["geometry"] = shapely.transform(part["geometry"], lambda xy: xy + noise.normal(0, 3e-9, (1, 2)))
    publish_plan(town, blocktown.add_plan(town, "divide", DISTRICT, parts), REFORM)
    grids = boundaries_at(town, "grid", REFORM)
    assert check_coverage(town, "grid", REFORM).faults == []
    assert shapely.union_all(grids.geometry.to_numpy()).area == pytest.approx(2 * rectangle(0, 0).area, rel=1e-9)


def test_a_gap_an_overlap_and_ground_outside_are_refused(town: Session) -> None:
    gap = quarters(0, 0)[:3]
    overlap = [*quarters(0, 0), {"parent_code": code_at(0, 0), "geometry": rectangle(0.4, 0.4, 0.2, 0.2)}]
    outside = [{"parent_code": code_at(0, 0), "geometry": rectangle(0, 0, 1.2, 1)}]
    for parts in (gap, overlap, outside):
        plan_id = blocktown.add_plan(town, "divide", code_at(0, 0), parts)
        with pytest.raises(BrokenCoverage):
            publish_plan(town, plan_id, REFORM)
    assert len(boundaries_at(town, "grid", REFORM)) == 0


def test_a_plan_of_older_boundaries_is_stale(town: Session) -> None:
    old = blocktown.add_plan(town, "divide", code_at(0, 0), quarters(0, 0, across=3))
    elsewhere = blocktown.add_plan(town, "divide", code_at(3, 1), quarters(3, 1))
    divide(town, (0, 0))
    with pytest.raises(StaleEpoch):
        publish_plan(town, old, LATER)
    assert len(publish_plan(town, elsewhere, LATER)["opened"]) == 4


def test_of_two_planners_at_once_one_wins(fresh_database: str) -> None:
    with transaction(fresh_database) as session:
        blocktown.found(session)
        shapes = (quarters(0, 0), quarters(0, 0, across=3))
        plans = [blocktown.add_plan(session, "divide", code_at(0, 0), parts) for parts in shapes]

    def publish(plan_id: UUID) -> str:
        try:
            with transaction(fresh_database) as session:
                publish_plan(session, plan_id, REFORM)
        except StaleEpoch:
            return "stale"
        return "published"

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(publish, plans)) == ["published", "stale"]


def test_publishing_again_changes_nothing_and_another_day_is_refused(town: Session) -> None:
    plan_id = blocktown.add_plan(town, "divide", code_at(0, 0), quarters(0, 0))
    first = publish_plan(town, plan_id, REFORM)
    assert publish_plan(town, plan_id, REFORM) == first
    assert town.get_one(Plan, plan_id).report["publication"] == first
    with pytest.raises(Conflict):
        publish_plan(town, plan_id, LATER)


def test_plans_that_cannot_be_published(town: Session) -> None:
    plan_id = blocktown.add_plan(town, "divide", code_at(0, 0), quarters(0, 0))
    with pytest.raises(InvalidInput, match="day after"):
        publish_plan(town, plan_id, FOUNDED)
    with pytest.raises(NotFound):
        publish_plan(town, UUID(int=0), REFORM)
    strange = [{**quarters(0, 0)[0], "code": f"{code_at(0, 0)}777"}]
    with pytest.raises(InvalidInput, match="777"):
        publish_plan(town, blocktown.add_plan(town, "divide", code_at(0, 0), strange), REFORM)


def resize_plan(session: Session) -> dict:
    """The two southern communities of the first subdistrict become three; the northern ones stay."""
    strips = [rectangle(n * 2 / 3, 0, 2 / 3, 1) for n in range(3)]
    codes = [code_at(0, 0), None, code_at(1, 0)]
    parts = [{"parent_code": SUBDISTRICT, "geometry": s, "code": c} for s, c in zip(strips, codes, strict=True)]
    parts += [{"parent_code": SUBDISTRICT, "geometry": rectangle(c, 1), "code": code_at(c, 1)} for c in (0, 1)]
    return publish_plan(session, blocktown.add_plan(session, "resize", SUBDISTRICT, parts), LATER)


def test_resize_continues_codes_orphans_grids_and_moves_services(town: Session) -> None:
    divide(town, (0, 0))
    divide(town, (0, 1))
    orphan = f"{code_at(0, 0)}001"
    town.add(Worker(code="W1", name="测试"))
    town.flush()
    town.add(WorkerGrid(worker_code="W1", grid_code=orphan, valid_from=REFORM))
    town.flush()
    publication = resize_plan(town)
    assert publication["continued"] == [code_at(0, 0), code_at(1, 0)]
    assert publication["opened"] == [f"{SUBDISTRICT}005"]
    assert publication["kept"] == 2
    assert len(publication["orphaned_grids"]) == 4
    assert publication["released_workers"] == 1
    assert set(boundaries_at(town, "grid", LATER)["parent_code"]) == {code_at(0, 1)}
    communities = boundaries_at(town, "community", LATER, within_code=SUBDISTRICT)
    assert communities["households"].tolist() == [240, 360, 240, 360, 240]
    assert set(communities["community_type"]) == {"old_residential"}
    assert check_coverage(town, "community", LATER).faults == []
    assert f"{SUBDISTRICT}005" in set(station_services_at(town, LATER)["community_code"])
    assert sum(crosswalk(town).values()) == 2 * HOUSEHOLDS


def test_a_plan_that_leaves_everything_as_it_is_changes_nothing(town: Session) -> None:
    before = boundaries_at(town, "community", FOUNDED)
    inside = before[before["parent_code"] == SUBDISTRICT]
    parts = inside[["code", "parent_code", "geometry"]].to_dict("records")
    publication = publish_plan(town, blocktown.add_plan(town, "resize", SUBDISTRICT, parts), REFORM)
    assert (publication["kept"], publication["opened"], publication["closed"]) == (4, [], [])
    assert_geodataframe_equal(boundaries_at(town, "community", REFORM), before)


def merge_plan(session: Session) -> dict:
    parts = [
        {"parent_code": SUBDISTRICT, "geometry": rectangle(0, 0, 1, 2), "name": "西区工作站"},
        {"parent_code": SUBDISTRICT, "geometry": rectangle(1, 0), "code": f"{SUBDISTRICT}Z03"},
        {"parent_code": SUBDISTRICT, "geometry": rectangle(1, 1)},
    ]
    members = [[code_at(0, 0), code_at(0, 1)], [code_at(1, 0)], [code_at(1, 1)]]
    return publish_plan(session, blocktown.add_plan(session, "merge", SUBDISTRICT, parts, members=members), REFORM)


def test_merge_joins_stations_in_the_largest_premises(town: Session) -> None:
    before = stations_at(town, FOUNDED)
    publication = merge_plan(town)
    assert publication["closed"] == [f"{SUBDISTRICT}Z01", f"{SUBDISTRICT}Z02"]
    assert publication["opened"] == [f"{SUBDISTRICT}Z601"]
    after = stations_at(town, REFORM)
    joined = after.set_index("code").loc[f"{SUBDISTRICT}Z601"]
    assert (joined["name"], joined["staff"], joined["office_m2"]) == ("西区工作站", 10, 110.0)
    assert after["staff"].sum() == before["staff"].sum()
    assert_geodataframe_equal(stations_at(town, BEFORE), before)
    served = station_services_at(town, REFORM).groupby("station_code")["community_code"].apply(sorted)
    assert served[f"{SUBDISTRICT}Z601"] == [code_at(0, 0), code_at(0, 1)]
    assert len(station_services_at(town, REFORM)) == 8
    assert crosswalk(town)[f"{SUBDISTRICT}Z01", f"{SUBDISTRICT}Z601"] == HOUSEHOLDS


def test_a_merge_plan_is_stale_after_another_and_after_a_resize(town: Session) -> None:
    parts = [{"parent_code": SUBDISTRICT, "geometry": rectangle(0, 0, 2, 2)}]
    members = [[code_at(c, r) for c in (0, 1) for r in (0, 1)]]
    first, second = (blocktown.add_plan(town, "merge", SUBDISTRICT, parts, members=members) for _ in range(2))
    publish_plan(town, first, REFORM)
    with pytest.raises(StaleEpoch):
        publish_plan(town, second, LATER)


cuts = st.lists(st.integers(1, 99), min_size=1, max_size=3, unique=True).map(sorted)


def strips(column: int, row: int, cut: list[int]) -> list[dict[str, object]]:
    """A community cut from south to north at these hundredths."""
    edges = [0, *cut, 100]
    shapes = [rectangle(column, row + a / 100, 1, (b - a) / 100) for a, b in pairwise(edges)]
    return [{"parent_code": code_at(column, row), "geometry": shape} for shape in shapes]


@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.sampled_from([(0, 0), (1, 0), (1, 1), (2, 0)]), cuts), min_size=1, max_size=4))
def test_any_sequence_of_divisions_keeps_the_coverage(town: Session, steps: list) -> None:
    """Always edge-matched, ground conserved, every household in one grid, all days before as they were."""
    with town.begin_nested() as savepoint:
        history: dict[date, geopandas.GeoDataFrame] = {}
        day = FOUNDED
        for cell, cut in steps:
            base, day = day, day + timedelta(days=30)
            plan_id = blocktown.add_plan(town, "divide", code_at(*cell), strips(*cell, cut), base)
            publish_plan(town, plan_id, day)
            history[day] = boundaries_at(town, "grid", day)
            _require_sound(town, history[day])
        for then, frame in history.items():
            assert_geodataframe_equal(boundaries_at(town, "grid", then), frame)
        savepoint.rollback()


def _require_sound(session: Session, grids: geopandas.GeoDataFrame) -> None:
    divided = set(grids["parent_code"])
    assert shapely.coverage_is_valid(grids.geometry.to_numpy())
    assert shapely.area(grids.geometry.to_numpy()).sum() == pytest.approx(len(divided) * rectangle(0, 0).area, rel=1e-9)
    doors = entrances_frame(session)
    doors = doors[doors["code"].str[:12].isin(divided)]
    assert grids["households"].sum() == doors["households"].sum()

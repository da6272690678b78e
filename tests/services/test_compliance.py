"""What norms ask of grids is counted from the tables: buildings, places, workers, patrols; unknown is never met."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest
import shapely
from geoalchemy2.shape import from_shape
from sqlalchemy.orm import Session

from gridmgmt.errors import InvalidInput
from gridmgmt.policy.evaluation import Subject, Verdict
from gridmgmt.policy.norms import profile
from gridmgmt.services.boundaries import boundaries_at, publish_plan
from gridmgmt.services.compliance import check_plan, check_register
from gridmgmt.store.tables import (
    Entrance,
    Patrol,
    PatrolTime,
    Place,
    Station,
    StationService,
    Worker,
    WorkerGrid,
)
from tests.services import blocktown
from tests.services.blocktown import DISTRICT, REFORM, SIDE, SOUTH, WEST, code_at, quarters, rectangle

HOME = code_at(0, 0)
SUBDISTRICT = HOME[:9]
TODAY = REFORM + timedelta(days=60)


@pytest.fixture
def town(session: Session) -> Session:
    blocktown.found(session)
    return session


def gridded(session: Session, across: int = 2, kind: str = "residential") -> list[str]:
    """Grids of the first community in force since REFORM, west to east, the last of them of a kind; their codes."""
    parts = quarters(0, 0, across, 1)
    parts[-1]["kind"] = kind
    publish_plan(session, blocktown.add_plan(session, "divide", HOME, parts), REFORM)
    grids = boundaries_at(session, "grid", REFORM, within_code=HOME)
    return grids.assign(west=grids.bounds["minx"]).sort_values("west")["code"].tolist()


def verdict(session: Session, key: str, at: date = TODAY) -> Verdict:
    rows = check_register(session, profile("zhangzi-2018"), HOME, at)
    return next(row for row in rows if row.norm.key == key)


def figures(found: Verdict) -> dict[str, float | None]:
    return {row.subject.code: row.figure for row in found.findings}


def school(session: Session, x: float, code: str = "P1") -> None:
    """A school in the first community, at a share of its width from the west."""
    place = rectangle(x, 0.4, 0.05, 0.05)
    session.add(Place(code=code, name=f"小学{code}", kind="school", geom=from_shape(place, srid=4326)))
    session.flush()


def patrols(session: Session, grid: str, days: Iterable[date]) -> None:
    for day in days:
        start = datetime(day.year, day.month, day.day, 1, tzinfo=UTC)
        patrol = Patrol(
            id=uuid4(), worker_code="W1", started_at=start, ended_at=start, source="test", content_hash=str(day)
        )
        session.add(patrol)
        session.flush()
        session.add(PatrolTime(patrol_id=patrol.id, day=day, grid_code=grid, seconds=60.0))
    session.flush()


@pytest.fixture
def walked(town: Session) -> Session:
    town.add(Worker(code="W1", name="王芳"))
    town.flush()
    return town


def test_without_streets_the_walks_are_not_known_and_all_else_is(town: Session) -> None:
    assert verdict(town, "fifteen_minutes").outcome == "no_data"
    assert verdict(town, "one_station").outcome == "met"


def test_a_border_between_buildings_divides_none(town: Session) -> None:
    gridded(town)
    found = verdict(town, "buildings_whole")
    assert (found.outcome, len(found.findings)) == ("met", 2)


def test_a_border_through_buildings_names_them(town: Session) -> None:
    west, *_ = gridded(town, across=4)  # the borders at a quarter and three quarters run through six buildings each
    found = verdict(town, "buildings_whole")
    assert set(figures(found).values()) == {6.0}
    assert found.outcome == "not_met"
    first = next(row for row in found.findings if row.subject.code == west)
    assert list(first.behind) == sorted(f"{HOME}B{n:04d}" for n in range(6, 12))


def test_doors_say_where_a_building_lies(town: Session) -> None:
    codes = gridded(town)
    point = shapely.Point(WEST + 0.9 * SIDE, SOUTH + 0.5 * SIDE)  # of a building in the west, a door in the east
    town.add(
        Entrance(code="D2", building_code=f"{HOME}B0000", number=2, households=0, geom=from_shape(point, srid=4326))
    )
    town.flush()
    assert figures(verdict(town, "buildings_whole")) == dict.fromkeys(codes, 1.0)


def test_a_place_needs_a_dedicated_grid_around_it(town: Session) -> None:
    school(town, 0.8)
    gridded(town, kind="school")
    assert verdict(town, "dedicated_grids").outcome == "met"
    school(town, 0.2, "P2")
    found = verdict(town, "dedicated_grids")
    assert (found.outcome, found.findings[0].figure, found.findings[0].behind) == ("not_met", 1.0, ("小学P2",))


def test_plans_are_checked_as_the_register_is(town: Session) -> None:
    school(town, 0.2)
    plan = blocktown.add_plan(town, "divide", HOME, quarters(0, 0, 4, 1))
    found = {row.norm.key: row for row in check_plan(town, profile("zhangzi-2018"), plan)}
    assert [row.figure for row in found["buildings_whole"].findings] == [6.0] * 4
    assert found["dedicated_grids"].findings[0].margin == -1.0
    assert found["regular_patrols"].outcome == found["grid_worker"].outcome == "no_data"


def test_without_grids_nothing_is_known_of_them(town: Session) -> None:
    school(town, 0.2)
    keys = ("buildings_whole", "dedicated_grids", "regular_patrols", "grid_worker", "grid_households")
    assert {verdict(town, key).outcome for key in keys} == {"no_data"}


def test_a_grid_without_a_worker_is_named(walked: Session) -> None:
    west, east = gridded(walked)
    assert verdict(walked, "grid_worker").outcome == "no_data"  # nobody is appointed anywhere
    walked.add(WorkerGrid(worker_code="W1", grid_code=west, valid_from=REFORM))
    walked.flush()
    assert figures(verdict(walked, "grid_worker")) == {west: 1.0, east: 0.0}


def test_every_week_of_four_needs_its_patrol(walked: Session) -> None:
    west, east = gridded(walked)
    assert verdict(walked, "regular_patrols").outcome == "no_data"  # nobody recorded any
    patrols(walked, west, (TODAY - timedelta(days=7 * week) for week in range(4)))
    patrols(walked, east, (TODAY - timedelta(days=7 * week) for week in (0, 2, 3, 5)))
    assert figures(verdict(walked, "regular_patrols")) == {west: 1.0, east: 0.0}


def test_a_week_ends_on_the_day_itself(walked: Session) -> None:
    west, east = gridded(walked)
    patrols(walked, west, (TODAY - timedelta(days=7 * week + 6) for week in range(4)))
    patrols(walked, east, (TODAY - timedelta(days=7 * week + 7) for week in range(4)))
    assert figures(verdict(walked, "regular_patrols")) == {west: 1.0, east: 0.0}


def test_a_young_grid_is_asked_for_its_whole_weeks(walked: Session) -> None:
    west, east = gridded(walked)
    patrols(walked, west, [REFORM])
    assert set(figures(verdict(walked, "regular_patrols", REFORM + timedelta(days=5))).values()) == {None}
    assert figures(verdict(walked, "regular_patrols", REFORM + timedelta(days=6))) == {west: 1.0, east: 0.0}
    assert figures(verdict(walked, "regular_patrols", REFORM + timedelta(days=13))) == {west: 0.0, east: 0.0}


def test_figures_of_other_registers_are_put_beside(town: Session) -> None:
    mine = {"community": [Subject(HOME, HOME, {"police_rooms": 1.0})]}
    rows = check_register(town, profile("zhangzi-2018"), HOME, REFORM, mine)
    found = {row.norm.key: row for row in rows}
    assert found["police_room"].outcome == "met"
    assert found["community_households"].findings[0].figure == blocktown.HOUSEHOLDS
    with pytest.raises(InvalidInput, match="no community"):
        check_register(town, profile("zhangzi-2018"), HOME, REFORM, {"community": [Subject(DISTRICT, "", {})]})


def test_premises_that_come_within_the_year_count_in_plans_only(town: Session) -> None:
    first = f"{HOME[:9]}Z{HOME[-2:]}"
    town.query(Station).filter_by(code=first).one().office_planned_m2 = 250
    town.flush()

    def margin(rows: list[Verdict]) -> float | None:
        [office] = [row for row in rows if row.norm.key == "office"]
        return next(row.margin for row in office.findings if row.subject.code == first)

    norms = profile("luohu-2006")
    plan = blocktown.add_plan(
        town,
        "merge",
        SUBDISTRICT,
        [{"parent_code": SUBDISTRICT, "code": first, "geometry": rectangle(0, 0, 2, 2)}],
        members=[blocktown.CODES[:4]],
    )
    assert margin(check_register(town, norms, HOME, REFORM)) == -100
    assert margin(check_plan(town, norms, plan)) == 50


def test_stations_stand_where_they_stood_in_communities_drawn_anew(town: Session) -> None:
    halves = [rectangle(0, row, 2, 1) for row in range(2)]  # of four communities, each with its station, two are made
    parts = [{"parent_code": SUBDISTRICT, "geometry": half, "code": code_at(0, n)} for n, half in enumerate(halves)]
    plan = blocktown.add_plan(town, "resize", SUBDISTRICT, parts)

    def stations() -> list[float | None]:
        rows = check_plan(town, profile("zhangzi-2018"), plan)
        return [row.figure for row in next(row for row in rows if row.norm.key == "one_station").findings]

    assert stations() == [2, 2]
    town.query(StationService).filter_by(community_code=HOME).delete()
    assert stations() == [None, None]

"""What patrols add up to in the real store: the same whenever the points arrive, kept when they expire."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import geopandas
import numpy as np
import pandas as pd
import pytest
import shapely
from geoalchemy2.shape import from_shape
from pandas.testing import assert_frame_equal
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from gridmgmt.access import Area
from gridmgmt.errors import Conflict
from gridmgmt.ids import IncidentId, PatrolId, UnitCode, WorkerCode
from gridmgmt.services import privacy
from gridmgmt.services.field.duty import duties, tell_duty
from gridmgmt.services.field.patrol_log import Visit, add_visit, link_incident
from gridmgmt.services.field.recompute import DERIVED, Rules, recompute_patrol, recompute_patrols, uncounted_patrols
from gridmgmt.services.field.tracks import patrol_track
from gridmgmt.services.field.walked import coverage_frame
from gridmgmt.store.bulk import copy_frame
from gridmgmt.store.partitions import ensure_track_partitions
from gridmgmt.store.tables import (
    Boundary,
    BoundaryCode,
    Building,
    BuildingVisit,
    Entrance,
    Patrol,
    PatrolDay,
    PatrolGrid,
    PatrolMember,
    PatrolTime,
    Place,
    PlaceVisit,
    Street,
    StreetWalk,
    TrackPoint,
    Worker,
)

WEST, EAST = "440303001001001", "440303001001002"
HOUSE, SHOP = "440303001001B0001", "440303001001B0002"
MORNING = datetime(2026, 7, 10, 1, 0, tzinfo=UTC)  # 09:00 in China
DAY = date(2026, 7, 10)
DEGREE_M = 102_790.0  # of longitude at 22.545° north


@pytest.fixture(autouse=True)
def _street_with_doors(session: Session) -> None:
    """Two grids along one street of 2 km; a house with an entrance in the western, a shop without in the eastern."""
    for code, shape in (
        (WEST, shapely.box(114.10, 22.54, 114.11, 22.55)),
        (EAST, shapely.box(114.11, 22.54, 114.12, 22.55)),
    ):
        session.add(BoundaryCode(code=code, level="grid", issued_on=date(2026, 1, 1)))
        session.flush()
        area = from_shape(shapely.MultiPolygon([shape]), srid=4326)
        session.add(Boundary(code=code, level="grid", name=code, geom=area, valid_from=date(2026, 1, 1)))
    line = shapely.LineString([(114.10, 22.545), (114.12, 22.545)])
    session.add(Street(code="S00001", name="深南路", street_class="arterial", geom=shape_of(line)))
    for code, kind, west in ((HOUSE, "tower", 114.1050), (SHOP, "commercial", 114.1149)):
        box = shapely.box(west, 22.5451, west + 0.0002, 22.5453)
        session.add(Building(code=code, kind=kind, households=40, geom=shape_of(box)))
    session.add(Place(code="P1", name="菜市场", kind="market", geom=shape_of(shapely.Point(114.1150, 22.5451))))
    session.flush()
    door = shape_of(shapely.Point(114.1051, 22.5451))
    session.add(Entrance(code=f"{HOUSE}-1", building_code=HOUSE, number=1, households=40, geom=door))
    session.add(Worker(code="W001", name="王芳"))
    session.flush()


def shape_of(geometry: shapely.Geometry) -> Any:
    return from_shape(geometry, srid=4326)


def patrol(session: Session, patrol_id: UUID, points: pd.DataFrame) -> PatrolId:
    """A patrol with its raw points (time, lon, lat), seq by time."""
    if session.get(Patrol, patrol_id) is None:
        row = {"kind": "routine", "source": "test", "content_hash": "x", "worker_code": "W001"}
        session.add(Patrol(id=patrol_id, started_at=MORNING, ended_at=MORNING + timedelta(hours=2), **row))
        session.flush()
    frame = geopandas.GeoDataFrame(
        {"recorded_at": points["time"], "seq": points.index, "segment": 0},
        geometry=shapely.points(points["lon"], points["lat"]),
        crs=4326,
    )
    copy_frame(session, TrackPoint, frame, patrol_id=patrol_id)
    return PatrolId(patrol_id)


def walk(from_lon: float = 114.1030, seconds: float = 700, start: datetime = MORNING) -> pd.DataFrame:
    """East along the street at 1.25 m/s, with 120 s at 114.1051."""
    at = np.arange(0.0, seconds, 10.0)
    reached = (114.1051 - from_lon) * DEGREE_M / 1.25
    moving = np.where(at < reached, at, np.maximum(at - 120.0, reached))
    times = pd.to_datetime([start + timedelta(seconds=s) for s in at], utc=True)
    return pd.DataFrame({"time": times, "lon": from_lon + moving * 1.25 / DEGREE_M, "lat": 22.5450})


def derived(session: Session, patrol_id: UUID) -> list[list[tuple[Any, ...]]]:
    return [
        sorted(tuple(map(str, row)) for row in session.execute(select(table.__table__).filter_by(patrol_id=patrol_id)))
        for table in DERIVED
    ]


def rows(session: Session, table: Any) -> Sequence[Any]:
    return session.scalars(select(table)).all()


def test_a_walk_adds_up(session: Session) -> None:
    recompute_patrol(session, patrol(session, uuid4(), walk()))
    day = rows(session, PatrolDay)[0]
    assert (day.day, day.fixes, day.kept, day.dropped) == (DAY, 70, 70, {})
    assert day.distance_m == pytest.approx((690 - 120) * 1.25, rel=0.01)
    assert day.stop_s == pytest.approx(120, abs=30)
    assert day.off_grid_s == 0
    assert {time.grid_code: time.seconds for time in rows(session, PatrolTime)} == {WEST: pytest.approx(690, abs=0.1)}
    assert {grid.grid_code: grid.points for grid in rows(session, PatrolGrid)} == {WEST: 70}
    stretch = rows(session, StreetWalk)[0].covered[0]
    assert (stretch.upper - stretch.lower) / 1000 == pytest.approx((690 - 120) * 1.25 + 50, rel=0.01)


def test_a_stay_at_a_door_is_a_visit_and_passing_is_none(session: Session) -> None:
    recompute_patrol(session, patrol(session, uuid4(), walk(seconds=1900)))
    visits = rows(session, BuildingVisit)
    assert [visit.building_code for visit in visits] == [HOUSE]
    assert visits[0].seconds >= 120
    assert visits[0].arrived_at.date() == DAY
    assert rows(session, PlaceVisit) == []


def test_a_building_without_entrance_is_visited_at_its_middle(session: Session) -> None:
    points = walk()
    points["lon"] += 114.1150 - 114.1051
    recompute_patrol(session, patrol(session, uuid4(), points))
    assert [visit.building_code for visit in rows(session, BuildingVisit)] == [SHOP]
    assert [visit.place_code for visit in rows(session, PlaceVisit)] == ["P1"]


def test_time_in_no_grid_is_off_grid(session: Session) -> None:
    recompute_patrol(session, patrol(session, uuid4(), walk(from_lon=114.0990).assign(lat=22.5450)))
    day, time = rows(session, PatrolDay)[0], rows(session, PatrolTime)[0]
    assert day.off_grid_s > 60
    assert day.off_grid_s + time.seconds == pytest.approx(690, abs=0.1)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_points_in_any_batches_add_up_to_one_recount(session: Session, seed: int) -> None:
    chance = np.random.default_rng(seed)
    points = walk(seconds=1500)
    points.loc[40, "lat"] += 0.04  # a spike, whichever batch it is in
    whole, late = uuid4(), uuid4()
    recompute_patrol(session, patrol(session, whole, points))
    batch = chance.integers(0, 4, len(points))
    for number in chance.permutation(4):
        recompute_patrol(session, patrol(session, late, points[batch == number]))
    assert [[row[1:] for row in table] for table in derived(session, late)] == [
        [row[1:] for row in table] for table in derived(session, whole)
    ]


def test_a_recount_changes_nothing_and_many_are_counted_like_one(session: Session) -> None:
    ids = [patrol(session, uuid4(), walk(start=MORNING + timedelta(hours=number))) for number in range(3)]
    assert sorted(uncounted_patrols(session)) == sorted(ids)
    for patrol_id in ids:
        recompute_patrol(session, patrol_id)
    before = [derived(session, patrol_id) for patrol_id in ids]
    assert recompute_patrols(session, ids) == 3
    assert [derived(session, patrol_id) for patrol_id in ids] == before
    assert uncounted_patrols(session) == []


def test_what_was_counted_survives_the_raw_points(session: Session) -> None:
    ensure_track_partitions(session, DAY, DAY)
    patrol_id = patrol(session, uuid4(), walk())
    recompute_patrol(session, patrol_id)
    before, coverage = derived(session, patrol_id), coverage_frame(session, DAY, DAY)
    session.execute(text("delete from track_point where recorded_at > :at"), {"at": MORNING + timedelta(seconds=60)})
    recompute_patrol(session, patrol_id)
    assert derived(session, patrol_id) == before
    assert privacy.expire(session, MORNING + timedelta(days=40)).months == ("track_point_2026_07",)
    assert rows(session, TrackPoint) == []
    recompute_patrol(session, patrol_id)
    assert derived(session, patrol_id) == before
    assert_frame_equal(coverage_frame(session, DAY, DAY), coverage)


def test_off_duty_is_left_out_where_hours_were_told(session: Session) -> None:
    patrol_id = patrol(session, uuid4(), walk())
    recompute_patrol(session, patrol_id)
    whole = derived(session, patrol_id)
    tell_duty(session, uuid4(), WorkerCode("W001"), MORNING - timedelta(days=3), MORNING - timedelta(days=2))
    recompute_patrol(session, patrol_id)
    assert derived(session, patrol_id) == whole  # nothing was said of this day
    session.get_one(Patrol, patrol_id).stale = False
    duty_id = uuid4()
    for ended_at in (None, MORNING + timedelta(seconds=295), MORNING + timedelta(seconds=295)):
        tell_duty(session, duty_id, WorkerCode("W001"), MORNING, ended_at)
    session.expire_all()
    assert session.get_one(Patrol, patrol_id).stale
    recompute_patrol(session, patrol_id)
    day = rows(session, PatrolDay)[0]
    assert (day.fixes, day.kept, day.dropped) == (70, 30, {"off_duty": 40})
    assert patrol_track(session, patrol_id).report.dropped == {"off_duty": 40}
    recompute_patrols(session, [patrol_id], Rules(off_duty_counts=True))
    assert derived(session, patrol_id) == whole
    assert [duty.id for duty in duties(session, WorkerCode("W001"), DAY, DAY)] == [duty_id]
    with pytest.raises(Conflict):
        tell_duty(session, duty_id, WorkerCode("W001"), MORNING, MORNING + timedelta(hours=1))


def test_each_leg_has_its_own_figures(session: Session) -> None:
    patrol_id = patrol(session, uuid4(), walk())
    walked = patrol_track(session, patrol_id)
    assert [(leg.fixes, leg.distance_m) for leg in walked.legs] == [(70, walked.report.distance_m)]
    told = [{"mode": "on_foot", "started_at": MORNING.isoformat(), "ended_at": str(MORNING + timedelta(seconds=95))}]
    session.get_one(Patrol, patrol_id).legs = [*told, {"mode": "e-bike"}]
    first, unknown = patrol_track(session, patrol_id).legs
    assert (first.told, first.fixes, first.moving_s) == ({"mode": "on_foot"}, 10, 90)
    assert first.distance_m == pytest.approx(90 * 1.25, rel=0.02)
    assert (unknown.told, unknown.distance_m) == ({"mode": "e-bike"}, None)


def test_a_patrol_tells_who_walked_along_what_was_visited_and_reported(session: Session) -> None:
    patrol_id, incident_id = patrol(session, uuid4(), walk()), IncidentId(uuid4())
    session.add(Worker(code="W002", name="李强"))
    session.flush()
    session.add(PatrolMember(patrol_id=patrol_id, worker_code="W002"))
    visit = Visit(UnitCode(HOUSE), MORNING, "无人在家")
    add_visit(session, patrol_id, uuid4(), visit)
    link_incident(session, patrol_id, incident_id)
    told = patrol_track(session, patrol_id)
    assert (told.members, told.visits, told.incidents) == (["W002"], [visit], [incident_id])
    assert patrol_track(session, patrol_id, area=Area.of([EAST[:12], WEST])).visits == [visit]
    assert patrol_track(session, patrol_id, area=Area.of([WEST])).visits == []


def test_a_patrol_past_midnight_has_two_days(session: Session) -> None:
    late = datetime(2026, 7, 10, 15, 55, tzinfo=UTC)
    recompute_patrol(session, patrol(session, uuid4(), walk(start=late)))
    days = sorted(rows(session, PatrolDay), key=lambda row: row.day)
    assert [day.day for day in days] == [DAY, DAY + timedelta(days=1)]
    assert sum(day.fixes for day in days) == 70


def test_only_faulty_points_leave_a_day_of_nothing(session: Session) -> None:
    recompute_patrol(session, patrol(session, uuid4(), walk().assign(lon=0.0, lat=0.0)))
    day = rows(session, PatrolDay)[0]
    assert (day.kept, day.distance_m, day.dropped) == (0, 0.0, {"no_fix": 70})
    assert rows(session, StreetWalk) == []

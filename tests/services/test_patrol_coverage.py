"""Coverage, due buildings, next walk and targets from the real store, scoped by area."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

import geopandas
import numpy as np
import pandas as pd
import pytest
import shapely
from geoalchemy2.shape import from_shape
from sqlalchemy.orm import Session

from gridmgmt.access import Area
from gridmgmt.errors import NotFound
from gridmgmt.field.targets import Outcome
from gridmgmt.ids import BoundaryCode, PatrolId, WorkerCode
from gridmgmt.services.field.due import last_visited, next_walk
from gridmgmt.services.field.recompute import recompute_patrol
from gridmgmt.services.field.targets import targets_report
from gridmgmt.services.field.walked import coverage_frame
from gridmgmt.services.field.worker_days import worker_day, worker_days
from gridmgmt.store.bulk import copy_frame
from gridmgmt.store.tables import (
    Boundary,
    Building,
    Patrol,
    PatrolVisit,
    Place,
    Street,
    TrackPoint,
    Worker,
    WorkerGrid,
)
from gridmgmt.store.tables import (
    BoundaryCode as IssuedCode,
)

WEST, EAST = BoundaryCode("440303001001001"), BoundaryCode("440303001002001")
MORNING = datetime(2026, 7, 10, 1, 0, tzinfo=UTC)  # Friday 09:00 in China
DAY = date(2026, 7, 10)
EVENING = MORNING + timedelta(hours=10)
DEGREE_M = 102_790.0


@pytest.fixture(autouse=True)
def _two_grids(session: Session) -> None:
    """A western and an eastern grid of two communities along one street of 2 km, four houses in each."""
    for code, west in ((WEST, 114.10), (EAST, 114.11)):
        session.add(IssuedCode(code=code, level="grid", issued_on=date(2026, 1, 1)))
        session.flush()
        area = shape_of(shapely.MultiPolygon([shapely.box(west, 22.54, west + 0.01, 22.55)]))
        session.add(Boundary(code=code, level="grid", name=code, geom=area, valid_from=date(2026, 1, 1)))
        for number in range(4):
            middle = west + 0.001 + 0.002 * number
            box = shape_of(shapely.box(middle, 22.54505, middle + 0.0001, 22.54515))
            session.add(Building(code=f"{code[:12]}B{number}", kind="walkup", households=10 + number, geom=box))
    line = shapely.LineString([(114.10, 22.545), (114.12, 22.545)])
    session.add(Street(code="S00001", name="深南路", street_class="arterial", geom=shape_of(line)))
    session.add(Place(code="P1", name="菜市场", kind="market", geom=shape_of(shapely.Point(114.1031, 22.5451))))
    for worker, grid in (("W001", WEST), ("W002", EAST)):
        session.add(Worker(code=worker, name=worker))
        session.flush()
        session.add(WorkerGrid(worker_code=worker, grid_code=grid, valid_from=date(2026, 1, 1)))
    session.flush()


def shape_of(geometry: shapely.Geometry) -> Any:
    return from_shape(geometry, srid=4326)


def walked(session: Session, start: datetime, *legs: tuple[float, float], worker: str = "W001") -> PatrolId:
    """A patrol along the street: legs of (longitude to reach at 1.25 m/s, seconds to stay there)."""
    at, lon, times, lons = 0.0, legs[0][0], [], []
    for there, stay in legs:
        steps = max(1, round(abs(there - lon) * DEGREE_M / 12.5))
        times += [at + 10 * step for step in range(steps)]
        lons += list(np.linspace(lon, there, steps, endpoint=False))
        at, lon = at + 10 * steps, there
        times += [at + 10 * step for step in range(int(stay // 10))]
        lons += [there] * int(stay // 10)
        at += 10 * int(stay // 10)
    times, lons = [*times, at], [*lons, lon]
    patrol_id = PatrolId(uuid4())
    row = {"kind": "routine", "source": "test", "content_hash": "x", "worker_code": worker}
    session.add(Patrol(id=patrol_id, started_at=start, ended_at=start + timedelta(seconds=at), **row))
    session.flush()
    moments = pd.to_datetime([start + timedelta(seconds=second) for second in times], utc=True)
    frame = geopandas.GeoDataFrame(
        {"recorded_at": moments, "seq": range(len(times)), "segment": 0},
        geometry=shapely.points(lons, np.full(len(lons), 22.545)),
        crs=4326,
    )
    copy_frame(session, TrackPoint, frame, patrol_id=patrol_id)
    recompute_patrol(session, patrol_id)
    return patrol_id


def test_coverage_of_a_day_per_grid(session: Session) -> None:
    walked(session, MORNING, (114.1005, 0), (114.10305, 150), (114.1055, 0))
    frame = coverage_frame(session, DAY, DAY).set_index("code")
    west, east = frame.loc[WEST], frame.loc[EAST]
    assert west["covered_m"] == pytest.approx(0.005 * DEGREE_M + 50, rel=0.02)
    assert west["share"] == pytest.approx(west["covered_m"] / (0.01 * DEGREE_M + 2), rel=1e-3)
    assert (west["patrols"], west["workers"], west["buildings"], west["buildings_visited"]) == (1, 1, 4, 1)
    assert (west["households_in_buildings"], west["households_visited"]) == (46, 11)
    assert west["seconds"] == pytest.approx(0.005 * DEGREE_M / 1.25 + 150, abs=30)
    assert (east["covered_m"], east["patrols"], east["seconds"], east["buildings"]) == (0, 0, 0, 4)


def test_days_without_a_patrol_and_days_before_any_grid(session: Session) -> None:
    assert coverage_frame(session, DAY, DAY)["share"].tolist() == [0.0, 0.0]
    assert coverage_frame(session, date(2020, 1, 1), date(2020, 1, 2)).empty


def test_days_add_up_by_union(session: Session) -> None:
    walked(session, MORNING, (114.1005, 0), (114.103, 0))
    walked(session, MORNING + timedelta(days=1), (114.102, 0), (114.105, 0))
    one, other, both = (
        coverage_frame(session, *span).set_index("code").loc[WEST, "covered_m"]
        for span in ((DAY, DAY), (DAY + timedelta(days=1),) * 2, (DAY, DAY + timedelta(days=1)))
    )
    assert both == pytest.approx(0.0045 * DEGREE_M + 50, rel=0.02)
    assert max(one, other) < both < one + other


def test_only_the_area_is_seen(session: Session) -> None:
    walked(session, MORNING, (114.1005, 0), (114.10305, 150))
    area = Area.of([EAST[:12]])
    assert coverage_frame(session, DAY, DAY, area=area)["code"].tolist() == [EAST]
    with pytest.raises(NotFound):
        last_visited(session, WEST, EVENING, area=area)
    with pytest.raises(NotFound):
        next_walk(session, WEST, EVENING, area=area)
    with pytest.raises(NotFound):
        worker_day(session, WorkerCode("W001"), DAY, area=area)
    lines = targets_report(session, DAY, today=DAY, area=area)
    assert {line.code for line in lines} == {"W002", EAST}


def test_buildings_that_have_waited_longest_come_first(session: Session) -> None:
    walked(session, MORNING - timedelta(days=100), (114.1005, 0), (114.10105, 120))
    walked(session, MORNING, (114.1028, 0), (114.10305, 120))
    frame = last_visited(session, WEST, EVENING)
    assert frame["code"].str[-1].tolist() == ["3", "2", "0", "1"]
    assert frame["days"].tolist()[2:] == [100, 0]
    assert frame["visits"].tolist() == [0, 0, 0, 1]
    earlier = last_visited(session, WEST, MORNING - timedelta(days=1))
    assert earlier["days"].isna().tolist() == [True, True, True, False]


def test_a_door_that_the_worker_noted_is_a_visit(session: Session) -> None:
    patrol_id = walked(session, MORNING, (114.1005, 0), (114.101, 0))
    noted = PatrolVisit(
        id=uuid4(), patrol_id=patrol_id, unit_code=f"{WEST[:12]}B3", visited_at=MORNING, content_hash="x"
    )
    session.add(noted)
    session.flush()
    frame = last_visited(session, WEST, EVENING).set_index("code")
    assert frame.loc[f"{WEST[:12]}B3", "days"] == 0
    assert coverage_frame(session, DAY, DAY).set_index("code").loc[WEST, "buildings_visited"] == 1


def test_the_next_walk_passes_overdue_buildings_along_the_street(session: Session) -> None:
    walked(session, MORNING, (114.1028, 0), (114.10305, 120))
    walk = next_walk(session, WEST, EVENING, start=(114.1099, 22.545))
    assert walk.stops["code"].str[-1].tolist() == ["3", "2", "0"]
    assert walk.overdue == 3
    assert walk.left_out == 0
    assert walk.length_m == pytest.approx((114.1099 - 114.10105) * DEGREE_M + 5 * 11, rel=0.02)
    assert walk.stops["from_last_m"].sum() == pytest.approx(walk.length_m)
    assert walk.minutes == pytest.approx(walk.length_m / 75 + 9, rel=1e-6)
    short = next_walk(session, WEST, EVENING, most=2)
    assert (len(short.stops), short.left_out) == (2, 1)


def test_no_building_is_overdue_where_all_were_visited(session: Session) -> None:
    walked(session, MORNING, *[(114.10105 + 0.002 * number, 120) for number in range(4)])
    walk = next_walk(session, WEST, EVENING)
    assert (len(walk.stops), walk.length_m, walk.minutes) == (0, 0.0, 0.0)


def test_the_day_of_a_worker(session: Session) -> None:
    walked(session, MORNING, (114.108, 0), (114.112, 200))
    day = worker_day(session, WorkerCode("W001"), DAY)
    assert (day.patrols, day.fixes) == (1, day.kept)
    assert day.own_grid_s == pytest.approx(0.002 * DEGREE_M / 1.25, abs=15)
    assert day.own_grid_s + day.other_grid_s + day.off_grid_s == pytest.approx(day.moving_s + day.stop_s)
    idle = worker_day(session, WorkerCode("W002"), DAY)
    assert (idle.patrols, idle.moving_s) == (0, 0)
    span = worker_days(session, DAY, DAY + timedelta(days=3))
    assert span["worker_code"].tolist() == ["W001", "W002"]


def test_targets_are_met_missed_open_or_without_data(session: Session) -> None:
    walked(session, MORNING, (114.1005, 0), (114.10310, 7300))
    verdicts = {
        (line.target.key, line.code): line for line in targets_report(session, DAY, today=DAY + timedelta(days=200))
    }
    assert verdicts["daily_minutes", "W001"].verdict.outcome is Outcome.MET
    assert verdicts["daily_minutes", "W002"].verdict.outcome is Outcome.MISSED
    assert verdicts["daily_minutes", "W002"].verdict.reason == "nothing_recorded"
    places = verdicts["key_places_weekly", WEST]
    assert (places.verdict.outcome, places.verdict.missing, places.behind) == (Outcome.MISSED, 1.0, ("菜市场",))
    assert verdicts["key_places_weekly", EAST].verdict.outcome is Outcome.NO_DATA
    households = verdicts["households_quarterly", WEST].verdict
    assert households.value == pytest.approx(11 / 46)
    running = targets_report(session, DAY, today=DAY)
    assert {line.verdict.outcome for line in running} == {Outcome.MET, Outcome.OPEN, Outcome.NO_DATA}

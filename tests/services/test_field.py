"""Patrols and incidents in the real store: once each, laid to the grids of their place and date."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid4

import geopandas
import numpy as np
import pandas as pd
import pytest
import shapely
from geoalchemy2.shape import from_shape
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from gridmgmt.errors import Conflict, NotFound
from gridmgmt.field.track import Track
from gridmgmt.ids import IncidentId, PatrolId, WorkerCode
from gridmgmt.services.field import (
    IncidentReport,
    MoveRequest,
    backfill,
    move_incident,
    overview,
    record_patrol,
    report_incident,
)
from gridmgmt.store.tables import Boundary, BoundaryCode, Incident, IncidentNow, Street, TrackPoint, Worker

WORKER = WorkerCode("W001")
OLD, WEST, EAST = "440303001001001", "440303001001002", "440303001001003"
REDRAWN = date(2026, 7, 1)
MORNING = datetime(2026, 7, 10, 1, 0, tzinfo=UTC)  # 09:00 in China


@pytest.fixture
def street_in_grids(session: Session) -> None:
    """One grid until July 2026, then a western and an eastern half; a street runs through both."""
    west, east = shapely.box(114.10, 22.54, 114.11, 22.55), shapely.box(114.11, 22.54, 114.12, 22.55)
    whole = shapely.union(west, east)
    for code, shape, first, last in (
        (OLD, whole, date(2026, 1, 1), REDRAWN),
        (WEST, west, REDRAWN, None),
        (EAST, east, REDRAWN, None),
    ):
        session.add(BoundaryCode(code=code, level="grid", issued_on=first, retired_on=last))
        session.flush()
        area = from_shape(shapely.MultiPolygon([shape]), srid=4326)
        session.add(Boundary(code=code, level="grid", name=code, geom=area, valid_from=first, valid_to=last))
    line = shapely.LineString([(114.10, 22.545), (114.12, 22.545)])
    session.add(Street(code="S00001", name="深南路", street_class="arterial", geom=from_shape(line, srid=4326)))
    session.add(Worker(code=WORKER, name="王芳"))
    session.flush()


def walk(start: datetime, lons: list[float]) -> Track:
    times = [start + timedelta(seconds=12 * number) for number in range(len(lons))]
    return Track.of(times, lons, [22.545] * len(lons), [0] * len(lons))


pytestmark = pytest.mark.usefixtures("street_in_grids")


def test_a_patrol_is_laid_to_the_grids_of_its_date(session: Session) -> None:
    now = record_patrol(session, PatrolId(uuid4()), WORKER, walk(MORNING, [114.105, 114.109, 114.111]))
    assert now.grids == {WEST: 2, EAST: 1}
    before = walk(datetime(2026, 6, 30, 15, 59, tzinfo=UTC), [114.105, 114.109, 114.111])
    assert record_patrol(session, PatrolId(uuid4()), WORKER, before).grids == {OLD: 3}


def test_the_date_is_the_local_one(session: Session) -> None:
    first_minute_of_july = datetime(2026, 6, 30, 16, 0, tzinfo=UTC)
    assert record_patrol(session, PatrolId(uuid4()), WORKER, walk(first_minute_of_july, [114.105])).grids == {WEST: 1}


def test_a_fix_on_the_border_counts_once(session: Session) -> None:
    assert record_patrol(session, PatrolId(uuid4()), WORKER, walk(MORNING, [114.11])).grids == {WEST: 1}


def test_the_same_patrol_again_gets_the_same_receipt(session: Session) -> None:
    patrol_id, track = PatrolId(uuid4()), walk(MORNING, [114.105, 114.106])
    first = record_patrol(session, patrol_id, WORKER, track)
    assert record_patrol(session, patrol_id, WORKER, track) == first
    assert session.scalar(select(func.count()).select_from(TrackPoint)) == 2


def test_another_patrol_under_the_same_id_is_a_conflict(session: Session) -> None:
    patrol_id = PatrolId(uuid4())
    record_patrol(session, patrol_id, WORKER, walk(MORNING, [114.105]))
    with pytest.raises(Conflict, match=str(patrol_id)):
        record_patrol(session, patrol_id, WORKER, walk(MORNING, [114.106]))


def test_an_unknown_worker_is_refused(session: Session) -> None:
    with pytest.raises(NotFound, match="W999"):
        record_patrol(session, PatrolId(uuid4()), WorkerCode("W999"), walk(MORNING, [114.105]))


def report(lon: float = 114.105, **changed: object) -> IncidentReport:
    values = {"category": "rubbish", "text": "门口堆放", "lon": lon, "lat": 22.545, "occurred_at": MORNING} | changed
    return IncidentReport(**values)  # type: ignore[arg-type]


def test_the_situation_counts_what_is_known_at_its_moment(session: Session) -> None:
    incident_id = IncidentId(uuid4())
    received = report_incident(session, incident_id, report()).received_at
    after = received + timedelta(minutes=1)  # may be the next day
    record_patrol(session, PatrolId(uuid4()), WORKER, walk(after - timedelta(days=3), [114.105]))
    now = overview(session, after)
    assert now.open_incidents == 1
    assert now.recent_incidents[0]["id"] == incident_id
    assert now.patrols_today == 0
    assert now.days_since_visit == {WEST: 3, EAST: None}
    rejection = MoveRequest("reject", note={"reason": "重复"})
    move_incident(session, incident_id, rejection, at=received + timedelta(minutes=2))
    assert overview(session, received + timedelta(minutes=3)).open_incidents == 0
    assert overview(session, after).open_incidents == 1


def test_backfill_equals_single_records_and_changes_nothing_twice(session: Session) -> None:
    patrol_id, incident_id = uuid4(), uuid4()
    frames = {
        "workers": pd.DataFrame({"code": ["W002"], "name": ["李强"]}),
        "worker_grids": pd.DataFrame({"worker_code": ["W002"], "grid_code": [WEST], "valid_from": [REDRAWN]}),
        "patrols": one_patrol(patrol_id),
        "track_points": points(patrol_id, [114.1098, 114.1099, 114.1101]),
        "incidents": one_incident(incident_id),
        "incident_steps": pd.DataFrame(
            {"incident_id": [incident_id], "move": ["report"], "at": [MORNING], "actor": ["W002"], "holder": [EAST]}
        ),
    }
    assert backfill(session, frames)["track_points"] == 3
    assert backfill(session, frames)["track_points"] == 0
    assert session.get(Incident, incident_id).grid_code == EAST  # type: ignore[union-attr]
    assert session.get_one(IncidentNow, incident_id).due_at == MORNING + timedelta(hours=2)
    assert overview(session, MORNING + timedelta(hours=1)).days_since_visit == {WEST: 0, EAST: 0}


def one_patrol(patrol_id: UUID) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "id": [patrol_id],
            "worker_code": ["W002"],
            "kind": ["routine"],
            "started_at": [MORNING],
            "ended_at": [MORNING + timedelta(minutes=1)],
            "source": ["demo"],
            "content_hash": ["x"],
            "received_at": [MORNING],
        }
    )


def points(patrol_id: UUID, lons: list[float]) -> geopandas.GeoDataFrame:
    count = len(lons)
    return geopandas.GeoDataFrame(
        {
            "patrol_id": [patrol_id] * count,
            "recorded_at": [MORNING + timedelta(seconds=12 * number) for number in range(count)],
            "seq": np.arange(count),
            "segment": [0] * count,
            "accuracy_m": [4.0] * count,
        },
        geometry=shapely.points(lons, [22.545] * count),
        crs=4326,
    )


def one_incident(incident_id: UUID) -> geopandas.GeoDataFrame:
    return geopandas.GeoDataFrame(
        {
            "id": [incident_id],
            "category": ["rubbish"],
            "text": ["门口堆放"],
            "workflow_version": ["2026.1"],
            "occurred_at": [MORNING],
            "received_at": [MORNING],
            "worker_code": ["W002"],
            "source": ["demo"],
            "content_hash": ["x"],
        },
        geometry=shapely.points([114.115], [22.545]),
        crs=4326,
    )

from datetime import UTC, date, datetime
from uuid import uuid4

from sqlalchemy import text
from sqlalchemy.orm import Session

from gridmgmt.store.partitions import ensure_track_partitions
from gridmgmt.store.tables import Patrol, TrackPoint, Worker


def walk(session: Session, *times: datetime) -> None:
    session.merge(Worker(code="W1", name="测试"))
    session.flush()
    patrol = Patrol(
        id=uuid4(), worker_code="W1", started_at=times[0], ended_at=times[-1], source="test", content_hash=""
    )
    session.add(patrol)
    session.flush()
    for seq, time in enumerate(times):
        session.add(TrackPoint(patrol_id=patrol.id, recorded_at=time, seq=seq, geom="SRID=4326;POINT (114 22.5)"))
    session.flush()


def homes(session: Session) -> dict[str, int]:
    rows = session.execute(
        text("select tableoid::regclass::text as name, count(*) as points from track_point group by 1")
    )
    return {str(row.name): int(row.points) for row in rows}


def test_points_fall_into_their_month(session: Session) -> None:
    made = ensure_track_partitions(session, date(2006, 9, 15), date(2006, 10, 1))
    assert made == ["track_point_2006_09", "track_point_2006_10"]
    walk(
        session,
        datetime(2006, 9, 30, 23, 59, tzinfo=UTC),
        datetime(2006, 10, 1, tzinfo=UTC),
        datetime(2030, 1, 1, tzinfo=UTC),
    )
    assert homes(session) == {"track_point_2006_09": 1, "track_point_2006_10": 1, "track_point_default": 1}


def test_points_that_came_early_move_into_their_month(session: Session) -> None:
    walk(
        session, datetime(2006, 11, 2, tzinfo=UTC), datetime(2006, 11, 3, tzinfo=UTC), datetime(2006, 12, 1, tzinfo=UTC)
    )
    assert homes(session) == {"track_point_default": 3}
    ensure_track_partitions(session, date(2006, 11, 1), date(2006, 11, 30))
    assert homes(session) == {"track_point_2006_11": 2, "track_point_default": 1}


def test_asking_again_makes_nothing(session: Session) -> None:
    ensure_track_partitions(session, date(2006, 12, 1), date(2007, 1, 1))
    assert ensure_track_partitions(session, date(2006, 12, 31), date(2007, 1, 31)) == []


def test_a_partition_carries_the_checks_and_indexes_of_the_table(session: Session) -> None:
    ensure_track_partitions(session, date(2006, 9, 1), date(2006, 9, 1))
    of = "select {} from {} where {} = 'track_point_2006_09'{}"
    indexes = session.scalars(text(of.format("indexdef", "pg_indexes", "tablename", "")))
    assert any("gist (geom)" in definition for definition in indexes)
    checks = session.scalars(text(of.format("conname", "pg_constraint", "conrelid", "::regclass")))
    assert {"ck_track_point_geom_valid", "ck_track_point_geom_filled", "ck_track_point_geom_in_world"} <= set(checks)

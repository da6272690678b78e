"""Points are counted after they arrived, whatever the order; nobody waits."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from gridmgmt.ids import PatrolId, WorkerCode
from gridmgmt.io.protocols import read_rows
from gridmgmt.services.field.ingest import ingest
from gridmgmt.services.field.settling import settle, stale_patrols
from gridmgmt.store.engine import transaction
from gridmgmt.store.tables import PatrolDay, Worker

WORKER = WorkerCode("W001")
START = datetime(2026, 7, 10, 1, 0, tzinfo=UTC)


def send(session: Session, patrol_id: PatrolId, numbers: range) -> None:
    rows = [
        {"seq": n, "time": (START + timedelta(seconds=10 * n)).isoformat(), "lon": 114.1 + n * 1e-4, "lat": 22.54}
        for n in numbers
    ]
    ingest(session, patrol_id, WORKER, read_rows(rows), source="native")


def distance_m(session: Session) -> float:
    return session.scalar(select(func.sum(PatrolDay.distance_m))) or 0.0


def test_late_points_are_counted_with_the_rest(session: Session) -> None:
    session.add(Worker(code=WORKER, name="王芳"))
    session.flush()
    whole, parts = PatrolId(uuid4()), PatrolId(uuid4())
    send(session, whole, range(30))
    assert settle(session) == 1
    at_once = distance_m(session)
    assert at_once == pytest.approx(29 * 10.27, rel=0.02)  # 1e-4° of longitude at 22.54° N is 10.27 m
    assert settle(session) == 0
    for numbers in (range(20, 30), range(11), range(10, 21)):
        send(session, parts, numbers)
        settle(session)
    days = select(PatrolDay.fixes).where(PatrolDay.patrol_id == parts)
    assert session.scalars(days).all() == []  # the same worker walked the same walk: counted once
    assert distance_m(session) == at_once


def test_a_patrol_that_is_written_to_is_left_for_the_next_time(fresh_database: str) -> None:
    patrol_id = PatrolId(uuid4())
    with transaction(fresh_database) as session:
        session.add(Worker(code=WORKER, name="王芳"))
        session.flush()
        send(session, patrol_id, range(5))
    with transaction(fresh_database) as writer, transaction(fresh_database) as counter:
        send(writer, patrol_id, range(5, 9))
        assert settle(counter) == 0
    with transaction(fresh_database) as session:
        assert settle(session) == 1
        assert session.scalar(select(PatrolDay.fixes)) == 9


def test_only_those_asked_for_are_counted(session: Session) -> None:
    session.add(Worker(code=WORKER, name="王芳"))
    session.flush()
    first, second = PatrolId(uuid4()), PatrolId(uuid4())
    send(session, first, range(5))
    send(session, second, range(50, 55))
    assert settle(session, [second, PatrolId(uuid4())]) == 1
    assert stale_patrols(session) == [first]

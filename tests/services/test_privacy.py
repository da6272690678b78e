"""Raw points expire while figures stay; a person's data is handed over whole, and erased for good."""

import json
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from gridmgmt.errors import WrongPassword
from gridmgmt.field.track import Track
from gridmgmt.ids import PatrolId, WorkerCode
from gridmgmt.services import privacy
from gridmgmt.services.access import add_device, add_person, audit, set_password, sign_in
from gridmgmt.services.field import record_patrol
from gridmgmt.store.tables import Credential, Patrol, Person, TrackPoint, Worker

NOW = datetime(2026, 7, 10, 4, 0, tzinfo=UTC)
OLD = NOW - timedelta(days=200)
PASSWORD = "Nine-lives of 7 cats"


@pytest.fixture
def wang(session: Session) -> Person:
    """A worker with an old walk and a new one."""
    session.add(Worker(code="W001", name="王芳"))
    row = add_person(session, "wang", "王芳", worker_code="W001")
    set_password(session, row, PASSWORD, NOW)
    for start in (OLD, NOW - timedelta(days=1)):
        times = [start + timedelta(seconds=12 * number) for number in range(4)]
        track = Track.of(times, [114.105 + number / 1e4 for number in range(4)], [22.545] * 4, [0] * 4)
        record_patrol(session, PatrolId(uuid4()), WorkerCode("W001"), track)
    return row


def points(session: Session) -> int:
    return session.scalar(select(func.count()).select_from(TrackPoint)) or 0


def settle(session: Session) -> None:
    """As after the recount: every patrol has its figures."""
    for patrol in session.scalars(select(Patrol)):
        patrol.stale = False
    session.flush()


def test_old_points_go_and_their_patrols_stay(session: Session, wang: Person) -> None:
    settle(session)
    removed = privacy.expire(session, NOW - privacy.KEEP)
    assert (removed.points, removed.waiting, removed.months) == (4, 0, ("track_point_2025_12",))
    assert points(session) == 4
    assert audit.entries(session)[0].detail == {"points": 4, "waiting": 0, "months": ["track_point_2025_12"]}
    assert session.scalar(select(func.count()).select_from(Patrol)) == 2
    assert privacy.expire(session, NOW - privacy.KEEP).points == 0


def test_the_month_of_the_limit_goes_row_by_row(session: Session, wang: Person) -> None:
    settle(session)
    removed = privacy.expire(session, OLD + timedelta(hours=1))
    assert (removed.points, removed.months) == (4, ())
    assert points(session) == 4


def test_points_wait_until_their_patrol_has_its_figures(session: Session, wang: Person) -> None:
    for patrol in session.scalars(select(Patrol)):
        patrol.stale = True
    session.flush()
    removed = privacy.expire(session, NOW - privacy.KEEP)
    assert (removed.points, removed.waiting, removed.months) == (0, 4, ())


def test_an_export_holds_everything_but_the_secrets(session: Session, wang: Person) -> None:
    secret = add_device(session, wang, "tracker-1").secret
    sign_in(session, "wang", PASSWORD, NOW)
    document = privacy.export(session, wang)
    words = json.dumps(document)
    assert len(document["points"]) == 8
    assert len(document["patrols"]) == 2
    assert document["points"][0]["geom"] == [[114.105, 22.545]]
    assert document["credentials"][0]["device_id"] == "tracker-1"
    assert "argon2" not in words
    assert secret not in words
    assert audit.entries(session)[0].action == "export_person"


def test_an_erased_person_is_nobody_and_gets_in_no_more(session: Session, wang: Person) -> None:
    add_device(session, wang, "tracker-1")
    removed = privacy.erase(session, wang, NOW)
    assert removed.points == 8
    assert points(session) == 0
    assert session.get_one(Worker, "W001").name == wang.display_name == privacy.NOBODY
    assert session.scalar(select(func.count()).select_from(Credential)) == 0
    with pytest.raises(WrongPassword):
        sign_in(session, "wang", PASSWORD, NOW)
    assert audit.verify(session).broken_at is None

"""The centre's view: latest positions and what was set aside, each by area."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from sqlalchemy.orm import Session

from gridmgmt.access import Area
from gridmgmt.ids import PatrolId, WorkerCode
from gridmgmt.io.protocols import read_rows
from gridmgmt.services.field.ingest import ingest
from gridmgmt.services.field.positions import latest_positions
from gridmgmt.services.field.quarantine import quarantined
from gridmgmt.store.tables import Worker

WORKER = WorkerCode("W001")


@pytest.fixture
def now(session: Session) -> datetime:
    """A worker sent two fixes, the older one last, and a row without a time."""
    moment = datetime.now(UTC)
    session.add(Worker(code=WORKER, name="王芳"))
    session.flush()
    for seconds, lon in ((30, 114.11), (90, 114.10)):
        row = {"seq": 0, "time": (moment - timedelta(seconds=seconds)).isoformat(), "lon": lon, "lat": 22.54}
        rows = [row, {"seq": 1, "lon": 114.1, "lat": 22.5}]
        ingest(session, PatrolId(uuid4()), WORKER, read_rows(rows), source="native")
    return moment


def test_the_latest_fix_of_each_with_its_age(session: Session, now: datetime) -> None:
    frame = latest_positions(session, now)
    assert frame["worker_code"].tolist() == [WORKER]
    assert frame["age_s"].tolist() == pytest.approx([30], abs=0.01)
    assert frame.geometry.x.tolist() == [114.11]
    assert latest_positions(session, now + timedelta(days=1)).empty


def test_nobody_is_seen_from_another_area(session: Session, now: datetime) -> None:
    elsewhere = Area.of(["440305"])
    assert latest_positions(session, now, area=elsewhere).empty
    assert quarantined(session, area=elsewhere) == []


def test_what_was_set_aside_bears_its_reason(session: Session, now: datetime) -> None:
    assert [row["reason"] for row in quarantined(session)] == ["no_time", "no_time"]

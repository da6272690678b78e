"""Waypoints as candidates for incidents: each once in whatever file, accepted once, dismissed for good."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from gridmgmt.access import Role
from gridmgmt.errors import Conflict, InvalidInput, NotFound
from gridmgmt.field.track import Track, Waypoint
from gridmgmt.geo.crs import wgs84_to_gcj02
from gridmgmt.ids import PatrolId
from gridmgmt.services.field import record_patrol
from gridmgmt.services.field.candidates import (
    accept_candidate,
    candidates,
    dismiss_candidate,
    keep_candidates,
)
from gridmgmt.store.tables import Incident, PatrolIncident, Quarantine
from tests.services.cases import MORNING, NEIGHBOUR, OTHER_SUBDISTRICT, WEST, WORKER, found, someone

MARK = Waypoint(114.105, 22.545, MORNING, "P7", "井盖破损", "https://photos.test/7.jpg")


@pytest.fixture(autouse=True)
def _ground(session: Session) -> None:
    found(session)


@pytest.fixture
def mark(session: Session) -> UUID:
    return keep_candidates(session, WORKER, [MARK])[0]


def test_a_walks_marks_are_kept_once_in_whatever_file(session: Session) -> None:
    walk = Track.of([MORNING, MORNING + timedelta(seconds=12)], [114.105, 114.106], [22.545] * 2, [0, 0])
    first, second = (PatrolId(uuid4()) for _ in range(2))
    receipts = [
        record_patrol(session, patrol_id, WORKER, replace(walk, waypoints=(MARK, MARK))) for patrol_id in (first, first)
    ]
    later = replace(walk, lat=walk.lat + 0.001, waypoints=(MARK, replace(MARK, name="P8")))
    record_patrol(session, second, WORKER, later)
    assert [receipt.candidates for receipt in receipts] == [1, 1]
    waiting = candidates(session)
    assert sorted((one.name, one.patrol_id) for one in waiting) == [("P7", first), ("P8", second)]
    assert (waiting[0].grid_code, waiting[0].occurred_at, waiting[0].link) == (WEST, MORNING, MARK.link)


def test_a_mark_is_accepted_once(session: Session, mark: UUID) -> None:
    worker = someone(session, "wang", Role.worker, scope=WEST, worker_code=WORKER)
    first, again = (accept_candidate(session, mark, "rubbish", person=worker, now=MORNING) for _ in range(2))
    assert first == again
    incident = session.scalars(select(Incident)).one()
    assert (incident.id, incident.occurred_at, incident.worker_code, incident.source) == (mark, MORNING, WORKER, "gpx")
    assert incident.text == "P7\n井盖破损\nhttps://photos.test/7.jpg"
    assert candidates(session) == []
    for refused in (
        lambda: accept_candidate(session, mark, "street_stall", person=worker, now=MORNING),
        lambda: dismiss_candidate(session, mark, "", person=worker),
    ):
        with pytest.raises(Conflict):
            refused()
    assert keep_candidates(session, WORKER, [MARK]) == [mark]
    assert candidates(session) == []


def test_a_dismissed_mark_stays_so_until_somebody_thinks_better_of_it(session: Session, mark: UUID) -> None:
    decided = dismiss_candidate(session, mark, "已处理", now=MORNING)
    assert (decided.decision, decided.reason, decided.decided_by) == ("dismissed", "已处理", "system")
    keep_candidates(session, WORKER, [MARK])
    assert candidates(session) == []
    assert [one.id for one in candidates(session, waiting=False)] == [mark]
    assert accept_candidate(session, mark, "rubbish", now=MORNING).grid_code == WEST


def test_an_accepted_mark_belongs_to_its_patrol(session: Session) -> None:
    walk = Track.of([MORNING], [114.105], [22.545], [0])
    patrol_id = PatrolId(uuid4())
    record_patrol(session, patrol_id, WORKER, replace(walk, waypoints=(MARK,)))
    receipt = accept_candidate(session, candidates(session)[0].id, "rubbish", now=MORNING)
    link = session.scalars(select(PatrolIncident)).one()
    assert (link.patrol_id, link.incident_id) == (patrol_id, receipt.id)


def test_what_cannot_be_an_incident_stays_a_candidate(session: Session, mark: UUID) -> None:
    with pytest.raises(InvalidInput):
        accept_candidate(session, mark, "no-such-category", now=MORNING)
    assert [one.id for one in candidates(session)] == [mark]


def test_others_marks_are_not_told_of(session: Session, mark: UUID) -> None:
    neighbour = someone(session, "li", Role.worker, scope=OTHER_SUBDISTRICT, worker_code=NEIGHBOUR)
    dispatcher = someone(session, "zhou", Role.dispatcher, scope=WEST)
    assert [one.id for one in candidates(session, person=dispatcher)] == [mark]
    assert candidates(session, person=neighbour) == []
    with pytest.raises(NotFound):
        accept_candidate(session, mark, "rubbish", person=neighbour)


def test_a_mark_in_gcj02_is_brought_home_and_one_that_lies_nowhere_set_aside(session: Session) -> None:
    lon, lat = (float(value) for value in wgs84_to_gcj02(114.105, 22.545))
    nowhere = Waypoint(float("nan"), 22.5, None, "P9")
    assert len(keep_candidates(session, WORKER, [replace(MARK, lon=lon, lat=lat), nowhere], crs="gcj02")) == 1
    kept = candidates(session)[0]
    assert [kept.lon, kept.lat] == pytest.approx([114.105, 22.545], abs=1e-6)
    assert session.scalars(select(Quarantine)).one().raw["row"]["name"] == "P9"

"""One main worker to a grid at a time, part-time ones beside, each for days that never overlap wrongly."""

from datetime import date, timedelta

import pytest
from sqlalchemy.orm import Session

from gridmgmt.access import Area, Role
from gridmgmt.errors import Conflict, InvalidInput, NotFound
from gridmgmt.ids import PersonId
from gridmgmt.services.access import add_person
from gridmgmt.services.access.people import person_by_id
from gridmgmt.services.access.workers import add_worker, appoint, appointments, relieve
from tests.services.cases import COMMUNITY, EAST, NEIGHBOUR, SINCE, WEST, WORKER, found

DAY = date(2026, 7, 1)


@pytest.fixture(autouse=True)
def _ground(session: Session) -> None:
    """W001 answers for the western grid, W002 for the eastern one, both since January."""
    found(session)


def told(session: Session, day: date, area: Area = Area.everything) -> list[tuple[str, str, bool]]:
    return [(one["grid_code"], one["worker_code"], one["main"]) for one in appointments(session, day, area)]


def test_a_grid_has_one_main_worker_and_part_time_ones_beside(session: Session) -> None:
    assert add_worker(session, "W003", "周") is add_worker(session, "W003", "周")
    with pytest.raises(Conflict):
        add_worker(session, "W003", "吴")
    with pytest.raises(Conflict):
        appoint(session, "W003", WEST, DAY)
    appoint(session, "W003", WEST, DAY, main=False)
    assert told(session, DAY, Area.of([WEST])) == [(WEST, WORKER, True), (WEST, "W003", False)]
    with pytest.raises(Conflict):
        appoint(session, "W003", WEST, DAY + timedelta(days=9), main=False)


def test_a_successor_ends_the_time_of_the_one_before(session: Session) -> None:
    appoint(session, NEIGHBOUR, WEST, DAY, succeed=True)
    assert told(session, DAY - timedelta(days=1), Area.of([WEST])) == [(WEST, WORKER, True)]
    assert told(session, DAY) == [(WEST, NEIGHBOUR, True), (EAST, NEIGHBOUR, True)]


def test_the_right_of_a_worker_follows_the_appointment(session: Session) -> None:
    row = add_person(session, "wang", "王", worker_code=WORKER)
    relieve(session, WORKER, WEST, DAY)
    grants = [person_by_id(session, PersonId(row.id), DAY + timedelta(days=days)).grants for days in (-1, 0)]  # type: ignore[union-attr]
    assert [[(one.role, one.scope_code) for one in given] for given in grants] == [[(Role.worker, WEST)], []]
    with pytest.raises(NotFound):
        relieve(session, WORKER, WEST, DAY)


def test_what_is_not_begun_is_taken_back_and_nonsense_refused(session: Session) -> None:
    relieve(session, WORKER, WEST, SINCE)
    assert told(session, DAY) == [(EAST, NEIGHBOUR, True)]
    for worker, grid, error in (("W999", WEST, NotFound), (WORKER, COMMUNITY, NotFound)):
        with pytest.raises(error):
            appoint(session, worker, grid, DAY)
    with pytest.raises(InvalidInput):
        appoint(session, WORKER, WEST, DAY, DAY)

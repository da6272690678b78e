"""Accounts, grants for periods, stand-ins, workers' grids: what overlaps wrongly is refused by the database itself."""

from datetime import date, timedelta

import pytest
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from gridmgmt.access import Action, Person, Role
from gridmgmt.errors import Conflict, InvalidInput, NotFound
from gridmgmt.ids import PersonId
from gridmgmt.services.access import add_person, find_person, grant, person_by_id, revoke_grant, stand_in
from gridmgmt.store import tables

JULY, AUGUST, SEPTEMBER = date(2026, 7, 1), date(2026, 8, 1), date(2026, 9, 1)
DISTRICT, GRID = "440303", "440303001001001"


@pytest.fixture(autouse=True)
def _register(session: Session) -> None:
    session.add(tables.BoundaryCode(code=DISTRICT, level="district", issued_on=date(2006, 1, 1)))
    session.add(tables.BoundaryCode(code=GRID, level="grid", issued_on=date(2006, 1, 1)))
    session.add_all(tables.Worker(code=code, name=code) for code in ("W001", "W002"))
    session.flush()


def seen(session: Session, row: tables.Person, day: date) -> Person:
    found = person_by_id(session, PersonId(row.id), day)
    assert found is not None
    return found


def test_names_are_once_each_whatever_their_case(session: Session) -> None:
    add_person(session, " Ann ", "安")
    assert find_person(session, "ANN").name == "ann"
    with pytest.raises(Conflict):
        add_person(session, "ann", "另一个")
    with pytest.raises(NotFound):
        add_person(session, "bob", "鲍", worker_code="W9")
    with pytest.raises(InvalidInput):
        add_person(session, " ", "无名")


def test_a_grant_counts_from_its_first_day_until_the_day_after_its_last(session: Session) -> None:
    ann = add_person(session, "ann", "安")
    grant(session, ann, Role.planner, DISTRICT, AUGUST, SEPTEMBER)
    days = (AUGUST - timedelta(days=1), AUGUST, SEPTEMBER - timedelta(days=1), SEPTEMBER)
    assert [seen(session, ann, day).may(Action.publish) for day in days] == [False, True, True, False]


def test_the_same_right_is_not_given_twice_for_a_day(session: Session) -> None:
    ann = add_person(session, "ann", "安")
    grant(session, ann, Role.planner, None, JULY, AUGUST)
    with pytest.raises(Conflict):
        grant(session, ann, Role.planner, None, JULY)
    grant(session, ann, Role.planner, None, AUGUST)
    grant(session, ann, Role.planner, DISTRICT, JULY)
    with pytest.raises(InvalidInput):
        grant(session, ann, Role.viewer, None, AUGUST, JULY)
    with pytest.raises(NotFound):
        grant(session, ann, Role.viewer, "440309", JULY)


def test_nobody_holds_two_of_the_three_hands(session: Session) -> None:
    ann = add_person(session, "ann", "安")
    grant(session, ann, Role.administrator, None, JULY, AUGUST)
    for other in (Role.security, Role.auditor):
        with pytest.raises(Conflict):
            grant(session, ann, other, None, JULY)
    grant(session, ann, Role.auditor, None, AUGUST)
    grant(session, ann, Role.viewer, None, JULY)


def test_a_grant_is_ended_or_taken_back(session: Session) -> None:
    ann = add_person(session, "ann", "安")
    given = grant(session, ann, Role.planner, None, JULY)
    revoke_grant(session, given.id, AUGUST)
    assert [seen(session, ann, day).may(Action.publish) for day in (JULY, AUGUST)] == [True, False]
    later = grant(session, ann, Role.viewer, None, SEPTEMBER)
    revoke_grant(session, later.id, AUGUST)
    assert not seen(session, ann, SEPTEMBER).may(Action.see_plans)


def test_a_stand_in_has_the_others_rights_meanwhile_and_no_more(session: Session) -> None:
    ann, bob, eve = (add_person(session, name, name) for name in ("ann", "bob", "eve"))
    grant(session, ann, Role.planner, DISTRICT, JULY)
    grant(session, ann, Role.auditor, None, JULY)
    stand_in(session, ann, bob, JULY, AUGUST)
    stand_in(session, bob, eve, JULY, AUGUST)
    assert seen(session, bob, JULY).area(Action.publish).prefixes == (DISTRICT,)
    assert seen(session, bob, JULY).grants[0].instead_of == ann.id
    assert not seen(session, bob, JULY).may(Action.read_audit)
    assert not seen(session, bob, AUGUST).may(Action.publish)
    assert not seen(session, eve, JULY).may(Action.publish)  # not passed on
    with pytest.raises(Conflict):
        stand_in(session, ann, eve, JULY, SEPTEMBER)
    with pytest.raises(InvalidInput):
        stand_in(session, eve, eve, JULY, AUGUST)


def test_a_worker_has_the_grids_of_the_register(session: Session) -> None:
    wang = add_person(session, "wang", "王", worker_code="W001")
    session.add(tables.WorkerGrid(worker_code="W001", grid_code=GRID, valid_from=JULY, valid_to=AUGUST))
    session.flush()
    areas = [seen(session, wang, day).area(Action.record_patrol).prefixes for day in (JULY, AUGUST)]
    assert areas == [(GRID,), ()]


def test_a_grid_has_one_main_worker_at_a_time_and_others_part_time(session: Session) -> None:
    def appoint(worker: str, first: date, last: date | None = None, *, main: bool = True) -> None:
        with session.begin_nested():
            session.add(
                tables.WorkerGrid(worker_code=worker, grid_code=GRID, valid_from=first, valid_to=last, main=main)
            )
            session.flush()

    appoint("W001", JULY, AUGUST)
    with pytest.raises(IntegrityError, match="ex_worker_grid_main"):
        appoint("W002", JULY)
    appoint("W002", JULY, AUGUST, main=False)
    appoint("W002", AUGUST)

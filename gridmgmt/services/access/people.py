"""Accounts: the row of a person, and the person with the grants of a day as the rules see them."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session

from gridmgmt.access import SEPARATED, Grant, Person, Role
from gridmgmt.errors import Conflict, InvalidInput, NotFound
from gridmgmt.field.day import local_day
from gridmgmt.ids import PersonId, WorkerCode
from gridmgmt.messages import Words
from gridmgmt.services.access.sessions import revoke_sign_ins
from gridmgmt.store import tables


def add_person(
    session: Session,
    name: str,
    display_name: str,
    *,
    worker_code: str | None = None,
    demo: bool = False,
) -> tables.Person:
    """A new account without rights or password; InvalidInput without a name, Conflict where the name is taken.

    `worker_code` ties the account to a grid worker of the register (NotFound where there is none of that code).
    """
    wanted = normal_name(name)
    if not wanted or not display_name.strip():
        raise InvalidInput(detail=Words("reasons.person_nameless"))
    if session.scalar(select(tables.Person.id).where(tables.Person.name == wanted)) is not None:
        raise Conflict(what="person", key=wanted)
    if worker_code is not None and session.get(tables.Worker, worker_code) is None:
        raise NotFound(what="worker", key=worker_code)
    row = tables.Person(name=wanted, display_name=display_name.strip(), worker_code=worker_code, demo=demo)
    session.add(row)
    session.flush()
    return row


def normal_name(name: str) -> str:
    """A sign-in name as it is kept: without spaces around it, in small letters.

    >>> normal_name(" Ann ")
    'ann'
    """
    return name.strip().lower()


def find_person(session: Session, name: str) -> tables.Person:
    """The account of a sign-in name; NotFound where there is none."""
    row = session.scalar(select(tables.Person).where(tables.Person.name == normal_name(name)))
    if row is None:
        raise NotFound(what="person", key=name)
    return row


def all_people(session: Session) -> Sequence[tables.Person]:
    """All accounts by name, disabled ones too."""
    return session.scalars(select(tables.Person).order_by(tables.Person.name)).all()


def disable_person(session: Session, row: tables.Person, now: datetime) -> None:
    """End an account's access at once: its sign-ins are revoked; a repeat changes nothing."""
    row.disabled_at = row.disabled_at or now
    revoke_sign_ins(session, PersonId(row.id), now)
    session.flush()


def enable_person(session: Session, row: tables.Person) -> None:
    """Let a disabled account sign in again."""
    row.disabled_at = None
    session.flush()


def person_by_id(session: Session, person_id: PersonId, day: date | None = None) -> Person | None:
    """The person with the grants in force on `day` (today if not given); None where unknown or disabled."""
    row = session.get(tables.Person, person_id)
    if row is None or row.disabled_at is not None:
        return None
    at = day or local_day(datetime.now(UTC))
    return Person(
        id=PersonId(row.id),
        name=row.name,
        display_name=row.display_name,
        grants=(*_own(session, row, at), *_borrowed(session, row, at)),
        worker_code=None if row.worker_code is None else WorkerCode(row.worker_code),
        password_due=row.password_due,
    )


def _own(session: Session, row: tables.Person, at: date) -> list[Grant]:
    """Grants of the account, and a worker's right in each grid the worker is appointed to."""
    chosen = select(tables.RoleGrant).where(tables.RoleGrant.person_id == row.id, *in_force(tables.RoleGrant, at))
    given = [
        Grant(Role(grant.role), grant.scope_code or "", grant.valid_from, grant.valid_to, grant.department_code)
        for grant in session.scalars(chosen)
    ]
    appointed = select(tables.WorkerGrid).where(
        tables.WorkerGrid.worker_code == row.worker_code, *in_force(tables.WorkerGrid, at)
    )
    grids = session.scalars(appointed) if row.worker_code is not None else ()
    return given + [Grant(Role.worker, grid.grid_code, grid.valid_from, grid.valid_to) for grid in grids]


def _borrowed(session: Session, row: tables.Person, at: date) -> list[Grant]:
    """What the person holds in place of others. Stand-ins do not pass on, nor do the separated roles."""
    chosen = (
        select(tables.Person, tables.StandIn.valid_from, tables.StandIn.valid_to)
        .join(tables.StandIn, tables.StandIn.absent_id == tables.Person.id)
        .where(tables.StandIn.substitute_id == row.id, *in_force(tables.StandIn, at))
    )
    return [
        replace(grant, valid_from=first, valid_to=last, instead_of=PersonId(absent.id))
        for absent, first, last in session.execute(chosen)
        for grant in _own(session, absent, at)
        if grant.role not in SEPARATED
    ]


def in_force(
    model: type[tables.RoleGrant] | type[tables.WorkerGrid] | type[tables.StandIn], at: date
) -> list[ColumnElement[bool]]:
    """Conditions that a row's period [valid_from, valid_to) holds the day."""
    return [model.valid_from <= at, or_(model.valid_to.is_(None), model.valid_to > at)]

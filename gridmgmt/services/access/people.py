"""Accounts: the row of a person, and the person with the grants of a day as the rules see them."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, or_, select
from sqlalchemy.orm import Session

from gridmgmt.access import SEPARATED, Grant, Person, Role
from gridmgmt.errors import Conflict, InvalidInput, NotFound
from gridmgmt.field.day import local_day
from gridmgmt.ids import PersonId, WorkerCode
from gridmgmt.messages import Words
from gridmgmt.services.access.sessions import revoke_sign_ins
from gridmgmt.store import tables
from gridmgmt.store.queries import query


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
        raise Conflict(what=Words("things.person"), key=wanted)
    if worker_code is not None and session.get(tables.Worker, worker_code) is None:
        raise NotFound(what=Words("common.worker"), key=worker_code)
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
        raise NotFound(what=Words("things.person"), key=name)
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
    """The person with the grants in force on `day` (today if not given); None where unknown or disabled.

    Every request asks for it, so it is one statement. Stand-ins do not pass on, nor do the separated roles.
    """
    asked = {"person_id": person_id, "day": day or local_day(datetime.now(UTC))}
    rows = session.execute(query("person_with_rights"), asked).all()
    if not rows:
        return None
    row = rows[0]
    return Person(
        id=PersonId(row.id),
        name=row.name,
        display_name=row.display_name,
        grants=tuple(grant for right in rows if (grant := _grant(right)) is not None),
        worker_code=None if row.worker_code is None else WorkerCode(row.worker_code),
        password_due=row.password_due,
    )


def _grant(right: Row[Any]) -> Grant | None:
    """What a row of the statement gives, if anything."""
    if right.role is None or (right.absent_id is not None and right.role in SEPARATED):
        return None
    absent = None if right.absent_id is None else PersonId(right.absent_id)
    period = right.valid_from, right.valid_to
    return Grant(Role(right.role), right.scope_code, *period, right.department_code, instead_of=absent)


def in_force(
    model: type[tables.RoleGrant] | type[tables.WorkerGrid] | type[tables.StandIn], at: date
) -> list[ColumnElement[bool]]:
    """Conditions that a row's period [valid_from, valid_to) holds the day."""
    return [model.valid_from <= at, or_(model.valid_to.is_(None), model.valid_to > at)]

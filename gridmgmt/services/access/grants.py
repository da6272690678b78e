"""Rights given and taken: roles in scopes for periods, and stand-ins."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from gridmgmt.access import Role
from gridmgmt.errors import Conflict, InvalidInput, NotFound
from gridmgmt.field.codes import DEPARTMENT
from gridmgmt.messages import Words
from gridmgmt.store import tables


def grant(
    session: Session,
    row: tables.Person,
    role: Role,
    scope_code: str | None,
    valid_from: date,
    valid_to: date | None = None,
    *,
    department_code: str | None = None,
) -> tables.RoleGrant:
    """Give a role in the boundary `scope_code` (None: everywhere) during [valid_from, valid_to).

    The role `department`, and no other, is for one department. NotFound for an unknown boundary or department,
    InvalidInput where the department is missing or too much; Conflict where the same right is given for some of these
    days already, or where the person would hold two of the three separated roles.
    """
    if scope_code is not None and session.get(tables.BoundaryCode, scope_code) is None:
        raise NotFound(what=Words("things.boundary"), key=scope_code)
    _require_department(session, role, department_code)
    given = tables.RoleGrant(
        person_id=row.id,
        role=role.value,
        department_code=department_code,
        scope_code=scope_code,
        valid_from=valid_from,
        valid_to=valid_to,
    )
    with no_overlap(
        session, Words("things.grant"), f"{row.name} {role.value} {scope_code or ''}".strip(), valid_from, valid_to
    ):
        session.add(given)
        session.flush()
    return given


def _require_department(session: Session, role: Role, code: str | None) -> None:
    if (role is Role.department) != (code is not None):
        raise InvalidInput(detail=Words("reasons.grant_department"))
    known = select(tables.CodeEntry.code).where(tables.CodeEntry.kind == DEPARTMENT, tables.CodeEntry.code == code)
    if code is not None and session.scalar(known.limit(1)) is None:
        raise NotFound(what=Words("things.department"), key=code)


def revoke_grant(
    session: Session, grant_id: UUID, on: date, *, person: tables.Person | None = None
) -> tables.RoleGrant:
    """End a grant (of `person`, where one is named) before the day `on`; one not begun by then is taken back whole."""
    given = session.get(tables.RoleGrant, grant_id)
    if given is None or (person is not None and given.person_id != person.id):
        raise NotFound(what=Words("things.grant"), key=str(grant_id))
    if given.valid_from >= on:
        session.delete(given)
    elif given.valid_to is None or given.valid_to > on:
        given.valid_to = on
    session.flush()
    return given


def stand_in(
    session: Session, absent: tables.Person, substitute: tables.Person, valid_from: date, valid_to: date
) -> tables.StandIn:
    """A/B岗: lend `substitute` the rights of `absent` during [valid_from, valid_to).

    Conflict where somebody stands in for the absent one on some of these days already.
    """
    if absent.id == substitute.id:
        raise InvalidInput(detail=Words("reasons.stand_in_oneself", absent=absent.name, substitute=substitute.name))
    lent = tables.StandIn(absent_id=absent.id, substitute_id=substitute.id, valid_from=valid_from, valid_to=valid_to)
    with no_overlap(session, Words("things.stand_in"), absent.name, valid_from, valid_to):
        session.add(lent)
        session.flush()
    return lent


def end_stand_in(session: Session, lent_id: UUID, on: date, *, absent: tables.Person) -> tables.StandIn:
    """End a stand-in for `absent` before the day `on`; one not begun by then is taken back whole."""
    lent = session.get(tables.StandIn, lent_id)
    if lent is None or lent.absent_id != absent.id:
        raise NotFound(what=Words("things.stand_in"), key=str(lent_id))
    if lent.valid_from >= on:
        session.delete(lent)
    else:
        lent.valid_to = min(lent.valid_to, on)
    session.flush()
    return lent


def grants_of(session: Session, row: tables.Person) -> Sequence[tables.RoleGrant]:
    """All grants of an account, past and future ones too, the oldest first."""
    chosen = select(tables.RoleGrant).where(tables.RoleGrant.person_id == row.id)
    return session.scalars(chosen.order_by(tables.RoleGrant.valid_from, tables.RoleGrant.role)).all()


@contextmanager
def no_overlap(session: Session, what: Words, key: str, valid_from: date, valid_to: date | None) -> Iterator[None]:
    """Run the block in a savepoint; what the exclusion constraints refuse is a Conflict."""
    if valid_to is not None and valid_to <= valid_from:
        raise InvalidInput(detail=Words("reasons.period_empty", first=valid_from, last=valid_to))
    try:
        with session.begin_nested():
            yield
    except IntegrityError as error:
        raise Conflict(what=what, key=key) from error

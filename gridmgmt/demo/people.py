"""One person per role for the demo. Their passwords are made anew each time they are shown, and kept only as hashes."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from gridmgmt.access import Role
from gridmgmt.demo.city import VALID_FROM
from gridmgmt.messages import text
from gridmgmt.policy.luohu2006 import read_luohu_2006
from gridmgmt.services.access import add_person, audit, grant, random_password, set_password
from gridmgmt.store.tables import Boundary, Person, WorkerGrid

EVERYWHERE = frozenset({Role.administrator, Role.security, Role.auditor})  # 三员 keep the whole installation


OFFICE = "D01"  # the department of the demo's one person of a department


@dataclass(frozen=True)
class SignIn:
    """What somebody types at the sign-in page."""

    role: Role
    name: str
    password: str


def renew_sign_ins(session: Session, now: datetime) -> list[SignIn]:
    """New random passwords for the demo's people, who are made where they are missing; their old sign-ins end.

    The worker is that of the first grid; the viewer sees one community; the others the district. Nobody is made where
    people other than the demo's have come first: that installation is real.
    """
    people, of_the_demo = session.execute(select(func.count(), func.count().filter(Person.demo))).one()
    if people and not of_the_demo:
        return []
    signs = [SignIn(role, role.value, random_password()) for role in Role]
    for sign in signs:
        row = session.scalar(select(Person).where(Person.name == sign.name)) or _person(session, sign.role)
        set_password(session, row, sign.password, now)
    audit.record(session, audit.operator(), "renew_demo_sign_ins", "", {"people": len(signs)})
    return signs


def _person(session: Session, role: Role) -> Person:
    worker = _first_worker(session) if role is Role.worker else None
    row = add_person(
        session, role.value, f"演示{text(f'access.role_{role.value}', 'zh')}", worker_code=worker, demo=True
    )
    if worker is None:
        scope = None if role in EVERYWHERE else _scope(session, role)
        grant(session, row, role, scope, VALID_FROM, department_code=OFFICE if role is Role.department else None)
    return row


def _first_worker(session: Session) -> str | None:
    first = select(WorkerGrid.worker_code).where(WorkerGrid.valid_to.is_(None))
    return session.scalar(first.order_by(WorkerGrid.grid_code).limit(1))


def _scope(session: Session, role: Role) -> str:
    if role is not Role.viewer:
        return read_luohu_2006().district_code
    first = select(Boundary.code).where(Boundary.level == "community", Boundary.valid_to.is_(None))
    return session.scalars(first.order_by(Boundary.code).limit(1)).one()

"""People for the tests: made in the database, signed in without the slow password."""

from datetime import UTC, date, datetime
from math import asinh, pi, radians, tan

from sqlalchemy.orm import Session

from gridmgmt.access import Role
from gridmgmt.ids import PersonId
from gridmgmt.services.access import add_person, find_person, grant, issue_tokens
from gridmgmt.store import tables
from gridmgmt.store.engine import transaction

SINCE = date(2006, 1, 1)
DEPARTMENT = "D01"
ALL_ROUND = (Role.administrator, Role.planner, Role.dispatcher, Role.department, Role.worker, Role.viewer)
"""Every right of the everyday; the separated roles exclude each other, so security and auditor are not among them."""


def add(
    session: Session, name: str, *roles: Role, scope: str | None = None, worker_code: str | None = None
) -> tables.Person:
    """A person with roles in one scope (None: everywhere), without a password."""
    row = add_person(session, name, name, worker_code=worker_code)
    for role in roles:
        grant(session, row, role, scope, SINCE, department_code=DEPARTMENT if role is Role.department else None)
    return row


def token(url: str, name: str) -> str:
    """An access token of a person that is there."""
    with transaction(url) as session:
        return issue_tokens(session, PersonId(find_person(session, name).id), datetime.now(UTC)).access_token


def bearer(url: str, name: str) -> dict[str, str]:
    """The header that signs a request of that person."""
    return {"Authorization": f"Bearer {token(url, name)}"}


def all_round(url: str, name: str = "everyday") -> dict[str, str]:
    """The header of a new person with every right of the everyday, everywhere."""
    with transaction(url) as session:
        add(session, name, *ALL_ROUND)
    return bearer(url, name)


def appoint(url: str, worker_code: str, *grid_codes: str) -> None:
    """Make a worker the main one of grids."""
    with transaction(url) as session:
        for code in grid_codes:
            session.add(tables.WorkerGrid(worker_code=worker_code, grid_code=code, valid_from=SINCE))


def tile_under(lon: float, lat: float, zoom: int) -> tuple[int, int]:
    """The tile of a place."""
    return int((lon + 180) / 360 * 2**zoom), int((1 - asinh(tan(radians(lat))) / pi) / 2 * 2**zoom)

"""Accounts for the administrator, rights for the security officer: separate hands (三员); the log is in `audit`."""

from datetime import UTC, date, datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field
from sqlalchemy.orm import Session
from starlette.responses import Response

from api.deps import DbSession
from api.json import Json
from api.languages import Lang
from api.security import Signed, may, require
from gridmgmt.access import Action, Person, Role
from gridmgmt.errors import InvalidInput
from gridmgmt.field.day import local_day
from gridmgmt.messages import Words
from gridmgmt.services.access import (
    add_app_password,
    add_device,
    add_person,
    all_people,
    audit,
    disable_person,
    enable_person,
    end_stand_in,
    find_person,
    grant,
    grant_facts,
    random_password,
    register,
    revoke_credential,
    revoke_grant,
    set_password,
    stand_in,
    unlock,
)
from gridmgmt.store import tables

router = APIRouter(prefix="/api/v1", tags=["people"])

Administrator = Annotated[Person, may(Action.manage_people)]
Security = Annotated[Person, may(Action.grant_roles)]
OWN = {"Cache-Control": "private, no-store"}


def keeper(person: Signed, language: Lang) -> Person:
    """Whoever keeps accounts or gives rights: both have to see who there is."""
    if not person.may(Action.grant_roles):
        require(person, Action.manage_people, language)
    return person


Keeper = Annotated[Person, Depends(keeper)]


class NewPerson(BaseModel):
    """An account; it has no rights until the security officer gives it some."""

    name: str = Field(min_length=1, max_length=64, pattern=r"^[\w.@-]+$")
    display_name: str = Field(min_length=1, max_length=64)
    worker_code: str | None = Field(default=None, max_length=64)


class NewGrant(BaseModel):
    """A role in a scope (a boundary code; None is everywhere) during [valid_from, valid_to)."""

    role: Role
    department_code: str | None = Field(default=None, max_length=32, description="For the role department: which")
    scope_code: str | None = Field(default=None, max_length=20)
    valid_from: date
    valid_to: date | None = None


class NewStandIn(BaseModel):
    """Who stands in during [valid_from, valid_to)."""

    substitute: str = Field(max_length=64)
    valid_from: date
    valid_to: date


class NewCredential(BaseModel):
    """A secret for a program: an app password, or a device of a worker."""

    kind: str = Field(pattern="^(app|device)$")
    label: str = Field(default="", max_length=64)
    device_id: str | None = Field(default=None, min_length=1, max_length=64)


@router.get("/people")
def list_people(session: DbSession, person: Keeper) -> Response:
    """All accounts with their roles, stand-ins and secrets of programs (never the secret itself)."""
    return Json(register(session, all_people(session)), headers=OWN)


@router.get("/people/{name}")
def show_person(session: DbSession, person: Keeper, name: str) -> Response:
    """One account."""
    return Json(_facts(session, find_person(session, name)), headers=OWN)


@router.post("/people", status_code=201)
def post_person(session: DbSession, person: Administrator, body: NewPerson) -> Response:
    """A new account. Its password is in this answer and nowhere else; it has to be changed at the first sign-in."""
    row = add_person(session, body.name, body.display_name, worker_code=body.worker_code)
    password = random_password()
    set_password(session, row, password, datetime.now(UTC), due=True)
    audit.record(session, person, "add_person", row.name)
    return Json(_facts(session, row) | {"password": password}, status_code=201, headers=OWN)


@router.post("/people/{name}/password")
def post_password(session: DbSession, person: Administrator, name: str) -> Response:
    """A new password for somebody who forgot theirs, to be changed at the first sign-in. It unlocks them, too."""
    row, password = find_person(session, name), random_password()
    set_password(session, row, password, datetime.now(UTC), due=True)
    unlock(session, row.name)
    audit.record(session, person, "reset_password", row.name)
    return Json({"name": row.name, "password": password}, headers=OWN)


@router.post("/people/{name}/disable", status_code=204)
def post_disable(session: DbSession, person: Administrator, name: str) -> Response:
    """End an account's access at once."""
    row = find_person(session, name)
    if row.id == person.id:
        raise InvalidInput(detail=Words("access.not_oneself"))
    disable_person(session, row, datetime.now(UTC))
    audit.record(session, person, "disable_person", row.name)
    return Response(status_code=204)


@router.post("/people/{name}/enable", status_code=204)
def post_enable(session: DbSession, person: Administrator, name: str) -> Response:
    """Let a disabled account sign in again."""
    row = find_person(session, name)
    enable_person(session, row)
    audit.record(session, person, "enable_person", row.name)
    return Response(status_code=204)


@router.post("/people/{name}/unlock", status_code=204)
def post_unlock(session: DbSession, person: Administrator, name: str) -> Response:
    """Let somebody who mistyped too often try again at once."""
    row = find_person(session, name)
    unlock(session, row.name)
    audit.record(session, person, "unlock_person", row.name)
    return Response(status_code=204)


@router.post("/people/{name}/credentials", status_code=201)
def post_credential(session: DbSession, person: Administrator, name: str, body: NewCredential) -> Response:
    """A secret for a program of the person. It is in this answer and nowhere else."""
    row = find_person(session, name)
    if body.kind == "app":
        made = add_app_password(session, row, body.label)
    else:
        made = add_device(session, row, body.device_id, body.label)
    audit.record(session, person, f"add_{body.kind}", row.name, {"credential": str(made.id)})
    return Json(vars(made), status_code=201, headers=OWN)


@router.delete("/people/{name}/credentials/{credential_id}", status_code=204)
def delete_credential(session: DbSession, person: Administrator, name: str, credential_id: UUID) -> Response:
    """End a secret at once: a lost phone reports nothing any more."""
    row = find_person(session, name)
    ended = revoke_credential(session, credential_id, datetime.now(UTC), person=row)
    audit.record(session, person, f"revoke_{ended.kind}", row.name, {"credential": str(ended.id)})
    return Response(status_code=204)


@router.post("/people/{name}/grants", status_code=201)
def post_grant(session: DbSession, person: Security, language: Lang, name: str, body: NewGrant) -> Response:
    """Give a role. Nobody gives beyond their own area, or to themselves."""
    row = find_person(session, name)
    require(person, Action.grant_roles, language, body.scope_code or "")
    _require_other(row, person)
    period = (body.valid_from, body.valid_to)
    given = grant(session, row, body.role, body.scope_code, *period, department_code=body.department_code)
    audit.record(session, person, "grant", row.name, _logged(given))
    return Json(grant_facts(given), status_code=201)


@router.delete("/people/{name}/grants/{grant_id}", status_code=204)
def delete_grant(session: DbSession, person: Security, name: str, grant_id: UUID, on: date | None = None) -> Response:
    """End a role before a day; today if none is given."""
    row = find_person(session, name)
    ended = revoke_grant(session, grant_id, on or local_day(datetime.now(UTC)), person=row)
    audit.record(session, person, "revoke_grant", row.name, _logged(ended))
    return Response(status_code=204)


@router.post("/people/{name}/stand-ins", status_code=201)
def post_stand_in(session: DbSession, person: Security, name: str, body: NewStandIn) -> Response:
    """A/B岗: lend the rights of `name` to another for a period."""
    absent, substitute = find_person(session, name), find_person(session, body.substitute)
    _require_other(substitute, person)
    lent = stand_in(session, absent, substitute, body.valid_from, body.valid_to)
    facts = {"substitute": substitute.name, "valid_from": str(lent.valid_from), "valid_to": str(lent.valid_to)}
    audit.record(session, person, "stand_in", absent.name, facts)
    return Json({"absent": absent.name} | facts, status_code=201)


@router.delete("/people/{name}/stand-ins/{lent_id}", status_code=204)
def delete_stand_in(session: DbSession, person: Security, name: str, lent_id: UUID, on: date | None = None) -> Response:
    """End a stand-in before a day; today if none is given."""
    absent = find_person(session, name)
    ended = end_stand_in(session, lent_id, on or local_day(datetime.now(UTC)), absent=absent)
    audit.record(session, person, "end_stand_in", absent.name, {"stand_in": str(ended.id)})
    return Response(status_code=204)


def _require_other(row: tables.Person, person: Person) -> None:
    if row.id == person.id:
        raise InvalidInput(detail=Words("access.not_oneself"))


def _facts(session: Session, row: tables.Person) -> dict[str, Any]:
    return register(session, [row])[0]


def _logged(given: tables.RoleGrant) -> dict[str, Any]:
    """A grant as the log takes it: text only."""
    return {key: None if value is None else str(value) for key, value in grant_facts(given).items()}

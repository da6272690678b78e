"""Grid workers: in the register by the administrator, answering for grids by the security officer."""

from datetime import UTC, date, datetime
from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, Field
from starlette.responses import Response

from api.deps import DbSession, Epoch
from api.json import Json
from api.languages import Lang
from api.security import may, require
from gridmgmt.access import Action, Person
from gridmgmt.field.day import local_day
from gridmgmt.services.access import audit
from gridmgmt.services.access.workers import add_worker, appoint, appointment_facts, appointments, relieve

router = APIRouter(prefix="/api/v1", tags=["people"])

Administrator = Annotated[Person, may(Action.manage_people)]
Security = Annotated[Person, may(Action.grant_roles)]


class NewWorker(BaseModel):
    """A grid worker; the account and the devices are given apart."""

    code: str = Field(min_length=1, max_length=64, pattern=r"^[\w.-]+$")
    name: str = Field(min_length=1, max_length=64)


class NewAppointment(BaseModel):
    """A worker for a grid during [valid_from, valid_to); `succeed` ends the main worker's time there first."""

    grid_code: str = Field(pattern=r"^[0-9]{15}$")
    valid_from: date
    valid_to: date | None = None
    main: bool = True
    succeed: bool = False


@router.post("/workers", status_code=201)
def post_worker(session: DbSession, person: Administrator, body: NewWorker) -> Response:
    """Put a worker in the register; the same again changes nothing."""
    row = add_worker(session, body.code, body.name)
    audit.record(session, person, "add_worker", row.code)
    return Json({"code": row.code, "name": row.name}, status_code=201)


@router.get("/appointments")
def get_appointments(session: DbSession, person: Security, at: Epoch) -> Response:
    """Who answers for which grid of one's area on a day."""
    return Json({"appointments": appointments(session, at, person.area(Action.grant_roles))})


@router.post("/workers/{worker_code}/grids", status_code=201)
def post_appointment(
    session: DbSession, person: Security, language: Lang, worker_code: str, body: NewAppointment
) -> Response:
    """Make a worker answer for a grid of one's area: one main worker at a time, part-time ones beside."""
    require(person, Action.grant_roles, language, body.grid_code)
    period = (body.valid_from, body.valid_to)
    row = appoint(session, worker_code, body.grid_code, *period, main=body.main, succeed=body.succeed)
    facts = appointment_facts(row)
    audit.record(session, person, "appoint", worker_code, {key: str(value) for key, value in facts.items()})
    return Json(facts, status_code=201)


@router.delete("/workers/{worker_code}/grids/{code}", status_code=204)
def delete_appointment(
    session: DbSession, person: Security, language: Lang, worker_code: str, code: str, on: date | None = None
) -> Response:
    """End a worker's time in a grid before a day; today if none is given."""
    require(person, Action.grant_roles, language, code)
    day = on or local_day(datetime.now(UTC))
    relieve(session, worker_code, code, day)
    audit.record(session, person, "relieve", worker_code, {"grid": code, "on": str(day)})
    return Response(status_code=204)

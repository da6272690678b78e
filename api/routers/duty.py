"""On duty and off: only what is recorded on duty is looked at."""

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import AwareDatetime, BaseModel
from starlette.requests import Request
from starlette.responses import Response

from api.conflicts import both_kept
from api.deps import DbSession, RawBody
from api.json import Json
from api.languages import Lang
from api.routers.patrols import Walker, WorkerQuery, walker
from gridmgmt.services.field.duty import duties, tell_duty

router = APIRouter(prefix="/api/v1/duty", tags=["patrols"])


class DutyBody(BaseModel):
    """A duty's beginning; once `ended_at` is given, its end."""

    started_at: AwareDatetime
    ended_at: AwareDatetime | None = None


@router.put("/{duty_id}")
def put_duty(
    session: DbSession, request: Request, person: Walker, language: Lang, raw: RawBody, duty_id: UUID, body: DutyBody,
    worker_code: WorkerQuery = None,
) -> Response:  # fmt: skip
    """Go on duty, or off it, under the phone's id: safe to repeat. The patrols of those days are counted anew."""
    worker = walker(person, worker_code, language)
    with both_kept(request, "duty", duty_id, raw, person):
        return Json(tell_duty(session, duty_id, worker, body.started_at, body.ended_at))


@router.get("")
def get_duties(
    session: DbSession, person: Walker, language: Lang, first: Annotated[date, Query()], last: Annotated[date, Query()],
    worker_code: WorkerQuery = None,
) -> Response:  # fmt: skip
    """The times on duty of the sender (a clerk names the worker) that touch some days."""
    return Json({"duties": duties(session, walker(person, worker_code, language), first, last)})

"""The figures of the start page: what is open, who walked today, which grids have waited longest."""

from datetime import UTC, datetime, timedelta
from typing import Annotated

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from api.deps import DbSession, Epoch
from api.json import Json, revalidated
from api.security import may
from gridmgmt.access import Action, Person
from gridmgmt.field.day import day_span, local_day
from gridmgmt.services.field import overview

router = APIRouter(prefix="/api/v1", tags=["situation"])


@router.get("/overview")
def situation(
    request: Request, session: DbSession, person: Annotated[Person, may(Action.see_figures)], at: Epoch
) -> Response:
    """Open incidents, today's patrols, and days since the last visit per grid; of an earlier day: as at its end."""
    return revalidated(request, Json(_figures(session, at, person)))


def _figures(session: DbSession, at: Epoch, person: Person) -> dict[str, object]:
    now = datetime.now(UTC)
    moment = now if at >= local_day(now) else day_span(at, at)[1] - timedelta(seconds=1)
    figures = vars(overview(session, moment, person.area(Action.see_figures)))
    return {key: value for key, value in figures.items() if key != "at"} | {"date": at}

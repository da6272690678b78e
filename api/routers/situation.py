"""The figures of the start page: what is open, who walked today, which grids have waited longest."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from api.deps import DbSession, Epoch
from api.json import Json, revalidated
from api.kept import Kept
from api.security import may
from gridmgmt.access import Action, Person
from gridmgmt.field.day import day_span, local_day
from gridmgmt.field.masking import mask_text
from gridmgmt.services.field import overview
from gridmgmt.services.field.situation import Visits, days_since_visit

router = APIRouter(prefix="/api/v1", tags=["situation"])
VISITS_LAST_S = 20.0


@router.get("/overview")
def situation(
    request: Request, session: DbSession, person: Annotated[Person, may(Action.see_figures)], at: Epoch
) -> Response:
    """Open incidents, today's patrols, and days since the last visit per grid; of an earlier day: as at its end.

    The visits may be `VISITS_LAST_S` old: they change when a patrol is counted, which takes as long.
    """
    return revalidated(request, Json(_figures(session, at, person, request.app.state.visits)))


def _figures(session: DbSession, at: Epoch, person: Person, kept: Kept[Visits]) -> dict[str, object]:
    now = datetime.now(UTC)
    moment = now if at >= local_day(now) else day_span(at, at)[1] - timedelta(seconds=1)
    area = person.area(Action.see_figures)
    visits = kept.get((local_day(moment), area), lambda: days_since_visit(session, moment, area))
    figures = vars(overview(session, moment, area, visits))
    figures = figures | {"recent_incidents": _for(person, figures["recent_incidents"])}
    return {key: value for key, value in figures.items() if key != "at"} | {"date": at}


def _for(person: Person, incidents: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Who works on incidents sees those of their area; who only sees figures reads no names or numbers."""
    if not person.may(Action.see_incidents):
        return [row | {"text": mask_text(row["text"])} for row in incidents]
    area = person.area(Action.see_incidents)
    return [row for row in incidents if area.holds(row["grid_code"])]

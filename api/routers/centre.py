"""For the centre: where workers are now, and what was sent that could not be taken."""

from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query
from sqlalchemy.orm import Session
from starlette.responses import Response

from api.deps import DbSession
from api.geojson import collection
from api.json import GeoJson, Json
from api.languages import Lang
from api.security import Signed, require
from gridmgmt.access import Action, Person
from gridmgmt.messages import text
from gridmgmt.services.access import audit
from gridmgmt.services.field.positions import latest_positions
from gridmgmt.services.field.quarantine import quarantined

router = APIRouter(prefix="/api/v1", tags=["centre"])


@router.get("/positions")
def get_positions(session: DbSession, person: Signed, language: Lang) -> Response:
    """The latest fix of each worker in one's area, with its age, as GeoJSON. Logged once per person and hour."""
    require(person, Action.see_tracks, language)
    now = datetime.now(UTC)
    frame = latest_positions(session, now, area=person.area(Action.see_tracks))
    moments = [at.isoformat() for at in frame["recorded_at"]]
    patrols = [str(patrol_id) for patrol_id in frame["patrol_id"]]
    plain = frame.astype({"recorded_at": object}).assign(recorded_at=moments, patrol_id=patrols)
    _log_hourly(session, person, "see_positions", now)
    return GeoJson(collection(plain))


@router.get("/quarantine")
def get_quarantine(
    session: DbSession, person: Signed, language: Lang, limit: Annotated[int, Query(ge=1, le=500)] = 100
) -> Response:
    """What was set aside, as it came, with the reason, the latest first; for dispatchers and administrators.

    Logged once per person and hour, since there may be places of workers in it.
    """
    action = Action.manage_people if person.may(Action.manage_people) else Action.see_tracks
    require(person, action, language)
    rows = quarantined(session, limit, area=person.area(action))
    _log_hourly(session, person, "see_quarantine", datetime.now(UTC))
    return Json([_told(row, language) for row in rows])


def _told(row: dict[str, Any], language: Lang) -> dict[str, Any]:
    return row | {"words": text(f"patrols.fault_{row['reason']}", language)}


def _log_hourly(session: Session, person: Person, action: str, now: datetime) -> None:
    """A map that asks every ten seconds leaves one entry per hour, not three hundred."""
    hour = now.replace(minute=0, second=0, microsecond=0)
    if not audit.entries(session, since=hour, actor=person.name, action=action, most=1):
        audit.record(session, person, action, hour.isoformat())

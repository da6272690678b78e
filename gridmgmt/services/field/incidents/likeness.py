"""Possible duplicates: reports of the same category near in place and time. A person decides and links them."""

import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from geoalchemy2.shape import to_shape
from sqlalchemy.orm import Session

from gridmgmt.access import Person
from gridmgmt.errors import NotFound
from gridmgmt.field.duplicates import Nearness
from gridmgmt.ids import IncidentId
from gridmgmt.messages import Words
from gridmgmt.services.field.incidents.lists import settings_of
from gridmgmt.services.field.incidents.moving import may_see
from gridmgmt.store.queries import query
from gridmgmt.store.tables import Incident

DEGREE_M = 110_574.0  # of latitude, at the least


@dataclass(frozen=True)
class Suggestion:
    """A report that may be the same matter."""

    id: IncidentId
    text: str
    state: str
    occurred_at: datetime
    lon: float
    lat: float
    distance_m: float
    likeness: float  # 1 for the same place and moment


def duplicates(session: Session, incident_id: IncidentId, *, person: Person | None = None) -> list[Suggestion]:
    """What may be the same matter as an incident, the likeliest first; NotFound outside the person's area.

    Only what the person may see themselves is named.
    """
    incident = session.get(Incident, incident_id)
    if incident is None or incident.deleted_at is not None or not may_see(session, incident, person):
        raise NotFound(what=Words("common.incident"), key=str(incident_id))
    near = Nearness.of(settings_of(session, incident.standard, incident.kind, incident.category))
    rows = session.execute(query("incidents_near"), _around(incident, near)).mappings()
    seen = [row for row in rows if person is None or may_see(session, session.get_one(Incident, row["id"]), person)]
    found = [Suggestion(likeness=near.likeness(row["distance_m"], row["apart_s"]), **_named(row)) for row in seen]
    return sorted(found, key=lambda one: (-one.likeness, one.distance_m, str(one.id)))


def _named(row: Any) -> dict[str, Any]:
    return {name: row[name] for name in ("id", "text", "state", "occurred_at", "lon", "lat", "distance_m")}


def _around(incident: Incident, near: Nearness) -> dict[str, Any]:
    place, window = to_shape(incident.geom), timedelta(days=near.days)
    margin_lat = near.radius_m / DEGREE_M
    return {
        "lon": place.x,
        "lat": place.y,
        "occurred_at": incident.occurred_at,
        "first": incident.occurred_at - window,
        "last": incident.occurred_at + window,
        "margin_lat": margin_lat,
        "margin_lon": min(180.0, margin_lat / max(0.01, math.cos(math.radians(place.y)))),
        "radius_m": near.radius_m,
        "itself": incident.id,
        **{name: getattr(incident, name) for name in ("standard", "kind", "category")},
    }

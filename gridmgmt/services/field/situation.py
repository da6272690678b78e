"""The situation now: what is open, who walked today, which grids have waited longest."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from gridmgmt.access import Area
from gridmgmt.field.day import LOCAL_ZONE, day_span, local_day
from gridmgmt.ids import BoundaryCode
from gridmgmt.store.queries import query

RECENT = 20  # incidents listed by name; the count covers all
Visits = dict[BoundaryCode, int | None]  # every grid of the day; None where nobody has been yet


@dataclass(frozen=True)
class Situation:
    """The figures of one moment."""

    at: datetime
    open_incidents: int
    recent_incidents: list[dict[str, Any]]  # id, category, text, state, occurred_at, grid_code, lon, lat
    patrols_today: int
    workers_today: int
    days_since_visit: Visits


def overview(session: Session, at: datetime, area: Area = Area.everything, visits: Visits | None = None) -> Situation:
    """The situation in an area as it was known at the aware moment `at`.

    `visits` are those of `days_since_visit`, where the caller has them: they are the slow part, and change slowly.
    """
    today = local_day(at)
    start, end = day_span(today, today)
    where = {"area": area.like_patterns(), "everywhere": area.is_everything}
    wanted = {"at": at, "recent": RECENT, **where}
    incidents = session.execute(query("open_incidents"), wanted).all()
    patrols = session.execute(query("patrols_between"), {"start": start, "end": min(end, at), **where}).one()
    return Situation(
        at=at,
        open_incidents=incidents[0].total if incidents else 0,
        recent_incidents=[{k: v for k, v in row._mapping.items() if k != "total"} for row in incidents],
        patrols_today=patrols.patrols,
        workers_today=patrols.workers,
        days_since_visit=days_since_visit(session, at, area) if visits is None else visits,
    )


def days_since_visit(session: Session, at: datetime, area: Area = Area.everything) -> Visits:
    """Days since the last visit of each grid in an area; one is a patrol that left at least one fix in it."""
    asked = {"today": local_day(at), "end": at, "zone": LOCAL_ZONE.key, "area": area.like_patterns()}
    return {BoundaryCode(row.code): row.days for row in session.execute(query("days_since_visit"), asked)}

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


@dataclass(frozen=True)
class Situation:
    """The figures of one moment."""

    at: datetime
    open_incidents: int
    recent_incidents: list[dict[str, Any]]  # id, category, text, state, occurred_at, grid_code, lon, lat
    patrols_today: int
    workers_today: int
    days_since_visit: dict[BoundaryCode, int | None]  # every grid of the day; None where nobody has been yet


def overview(session: Session, at: datetime, area: Area = Area.everything) -> Situation:
    """The situation in an area as it was known at the aware moment `at`.

    A grid counts as visited on the day a patrol left at least one fix in it.
    """
    today = local_day(at)
    start, end = day_span(today, today)
    where = {"area": area.like_patterns(), "everywhere": area.is_everything}
    wanted = {"at": at, "recent": RECENT, **where}
    incidents = session.execute(query("open_incidents"), wanted).all()
    patrols = session.execute(query("patrols_between"), {"start": start, "end": min(end, at), **where}).one()
    grids = {"today": today, "end": at, "zone": LOCAL_ZONE.key, "area": area.like_patterns()}
    visits = session.execute(query("days_since_visit"), grids)
    return Situation(
        at=at,
        open_incidents=incidents[0].total if incidents else 0,
        recent_incidents=[{k: v for k, v in row._mapping.items() if k != "total"} for row in incidents],
        patrols_today=patrols.patrols,
        workers_today=patrols.workers,
        days_since_visit={BoundaryCode(row.code): row.days for row in visits},
    )

"""The cleaned track of one patrol, for those who may see it: the part of it that lies in their area."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pyproj import Transformer
from sqlalchemy import select
from sqlalchemy.orm import InstrumentedAttribute, Session

from gridmgmt.access import Area
from gridmgmt.errors import NotFound
from gridmgmt.field import TrackReport, clean_track
from gridmgmt.field.day import LOCAL_ZONE
from gridmgmt.field.legs import Leg, legs_of
from gridmgmt.field.places import AreaIndex
from gridmgmt.ids import IncidentId, PatrolId, UnitCode, WorkerCode
from gridmgmt.messages import Words
from gridmgmt.services.boundaries import boundaries_at
from gridmgmt.services.field.ground import city_crs
from gridmgmt.services.field.patrol_log import Visit
from gridmgmt.services.field.recompute import RULES, Rules, hours_of, points_of_patrol
from gridmgmt.services.frames import Box
from gridmgmt.store.tables import WGS84_SRID, Patrol, PatrolIncident, PatrolMember, PatrolVisit


@dataclass(frozen=True)
class PatrolTrack:
    """A patrol and the report of the fixes that may be seen. `expired`: the raw points are gone.

    `members` walked along; `visits` are doors knocked at in the area; `incidents` were reported on the way.
    """

    id: PatrolId
    worker_code: WorkerCode
    kind: str
    started_at: datetime
    ended_at: datetime
    expired: bool
    report: TrackReport
    legs: list[Leg]
    members: list[WorkerCode]
    visits: list[Visit]
    incidents: list[IncidentId]


def patrol_track(
    session: Session,
    patrol_id: PatrolId,
    *,
    area: Area = Area.everything,
    worker_code: WorkerCode | None = None,
    rules: Rules = RULES,
) -> PatrolTrack:
    """The cleaned track of a patrol, without the fixes that lie outside the grids of `area`.

    With `worker_code`, only a patrol of that worker. NotFound where there is none such, or nothing of it in the area.
    """
    patrol = session.scalar(select(Patrol).where(Patrol.id == patrol_id))
    if patrol is None or (worker_code is not None and patrol.worker_code != worker_code):
        raise NotFound(what=Words("common.patrol"), key=str(patrol_id))
    points = points_of_patrol(session, patrol_id)
    seen = points if area.is_everything else points[_in_area(session, points, area)]
    if seen.empty and not area.is_everything:
        raise NotFound(what=Words("common.patrol"), key=str(patrol_id))
    report = clean_track(seen, rules.clean, duty=hours_of(session, [patrol_id], rules).get(patrol_id))
    return PatrolTrack(
        id=patrol_id,
        worker_code=WorkerCode(patrol.worker_code),
        kind=patrol.kind,
        started_at=patrol.started_at,
        ended_at=patrol.ended_at,
        expired=points.empty,
        report=report,
        legs=legs_of(report, patrol.legs, rules.clean),
        members=[WorkerCode(code) for code in _of(session, patrol_id, PatrolMember.worker_code)],
        visits=[visit for visit in _visits(session, patrol_id) if area.holds(visit.unit_code)],
        incidents=[IncidentId(key) for key in _of(session, patrol_id, PatrolIncident.incident_id)],
    )


def _of(session: Session, patrol_id: PatrolId, column: InstrumentedAttribute[Any]) -> Sequence[Any]:
    """What a relation holds of a patrol, in order."""
    return session.scalars(select(column).where(column.class_.patrol_id == patrol_id).order_by(column)).all()


def _visits(session: Session, patrol_id: PatrolId) -> list[Visit]:
    chosen = select(PatrolVisit).where(PatrolVisit.patrol_id == patrol_id)
    rows = session.scalars(chosen.order_by(PatrolVisit.visited_at, PatrolVisit.id))
    return [Visit(UnitCode(row.unit_code), row.visited_at, row.note) for row in rows]


def _in_area(session: Session, points: pd.DataFrame, area: Area) -> NDArray[np.bool_]:
    """Which fixes lie in a grid of the area, as it stood on their day."""
    inside = np.zeros(len(points), dtype=bool)
    if points.empty:
        return inside
    box: Box = (points["lon"].min(), points["lat"].min(), points["lon"].max(), points["lat"].max())
    crs = city_crs(session, box)
    transformer = Transformer.from_crs(WGS84_SRID, crs, always_xy=True)
    x, y = transformer.transform(points["lon"].to_numpy(), points["lat"].to_numpy())
    days = points["time"].dt.tz_convert(LOCAL_ZONE).dt.date.to_numpy(dtype=object)
    for day in set(days):
        these = days == day
        grids = boundaries_at(session, "grid", day, bbox=box, area=area).to_crs(crs)
        inside[these] = AreaIndex(grids.geometry.to_numpy()).locate(x[these], y[these]) >= 0
    return inside

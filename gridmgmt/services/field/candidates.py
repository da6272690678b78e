"""Marks from the way that may be incidents: kept once, shown to those they concern, accepted once or dismissed.

The incident of an accepted candidate has the candidate's own id. So accepting it twice is the same submission twice,
and accepting it as two different things is a conflict, like any two reports under one id.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid5

import numpy as np
from geoalchemy2 import functions as geo
from sqlalchemy import Select, func, or_, select
from sqlalchemy.dialects.postgresql import insert as insert_once
from sqlalchemy.orm import Session

from gridmgmt.access import Action, Person
from gridmgmt.errors import Conflict, NotFound
from gridmgmt.field.day import local_day
from gridmgmt.field.moves import level_of
from gridmgmt.field.sent import SYSTEMS, Fault, FaultReason, sent_fixes
from gridmgmt.field.track import Waypoint
from gridmgmt.ids import IncidentId, PatrolId, WorkerCode
from gridmgmt.messages import Words
from gridmgmt.services.field.content import content_hash
from gridmgmt.services.field.incidents import IncidentReceipt, IncidentReport, report_incident
from gridmgmt.services.field.patrol_log import link_incident
from gridmgmt.services.field.quarantine import set_aside, storable
from gridmgmt.store.queries import query
from gridmgmt.store.tables import WGS84_SRID, IncidentCandidate

MARKS = UUID("2f6d5b0e-5b1c-5a44-9b3c-1c8d2b0a2006")  # namespace of the ids made here
ACCEPTED, DISMISSED = "accepted", "dismissed"
LONGEST = 2000  # characters of any word that came with a mark


@dataclass(frozen=True)
class Candidate:
    """A mark that waits, or what was decided about it. `occurred_at` is None where the mark bore no time."""

    id: UUID
    worker_code: WorkerCode
    patrol_id: PatrolId | None
    occurred_at: datetime | None
    received_at: datetime
    lon: float
    lat: float
    grid_code: str | None
    name: str
    text: str
    link: str | None
    source: str
    decision: str | None
    decided_at: datetime | None
    decided_by: str | None
    reason: str


def keep_candidates(
    session: Session,
    worker_code: WorkerCode,
    waypoints: Sequence[Waypoint],
    *,
    patrol_id: PatrolId | None = None,
    source: str = "gpx",
    crs: str = "wgs84",
) -> list[UUID]:
    """Keep marks as candidates; their ids. A mark is one by who made it, place, time and words, in whatever file.

    Marks that lie nowhere go to quarantine.
    """
    sound = [abs(mark.lon) <= 180 and abs(mark.lat) <= 90 for mark in waypoints]  # False for NaN too
    faults = [
        Fault(number, FaultReason.OFF_THE_WORLD, _said(mark))
        for number, mark in enumerate(waypoints)
        if not sound[number]
    ]
    set_aside(session, faults, source, worker_code=worker_code, patrol_id=patrol_id)
    rows = [_row(session, worker_code, mark, crs) for mark, kept in zip(waypoints, sound, strict=True) if kept]
    common = {"patrol_id": patrol_id, "source": source}
    if rows:
        session.execute(insert_once(IncidentCandidate).values([row | common for row in rows]).on_conflict_do_nothing())
    return list({row["id"]: None for row in rows})


def _said(mark: Waypoint) -> dict[str, Any]:
    return {name: str(value) for name, value in vars(mark).items() if value is not None}


def _row(session: Session, worker_code: WorkerCode, mark: Waypoint, crs: str) -> dict[str, Any]:
    place = sent_fixes([0], [mark.lon], [mark.lat], crs=[SYSTEMS.index(crs)]).to_wgs84()
    lon, lat = (float(np.round(value[0], 7)) for value in (place.lon, place.lat))
    words = {key: str(storable(getattr(mark, key) or ""))[:LONGEST] for key in ("name", "text", "link")}
    moment = None if mark.marked_at is None else mark.marked_at.astimezone(UTC)
    when = local_day(moment or datetime.now(UTC))
    unit: str | None = session.scalar(query("unit_at"), {"lon": lon, "lat": lat, "day": when})
    identity = content_hash([worker_code, lon, lat, moment and moment.isoformat(), *words.values()])
    return words | {
        "id": uuid5(MARKS, identity),
        "worker_code": worker_code,
        "occurred_at": moment,
        "grid_code": unit if level_of(unit) == "grid" else None,
        "geom": func.ST_SetSRID(func.ST_MakePoint(lon, lat), WGS84_SRID),
        "link": words["link"] or None,
    }


def candidates(
    session: Session, *, person: Person | None = None, waiting: bool = True, most: int = 200
) -> list[Candidate]:
    """Those in the person's area and their own, the latest received first; with `waiting` only the undecided."""
    chosen = _visible(person)
    if waiting:
        chosen = chosen.where(IncidentCandidate.decision.is_(None))
    latest = chosen.order_by(IncidentCandidate.received_at.desc(), IncidentCandidate.id).limit(most)
    return [_candidate(*row) for row in session.execute(latest)]


def accept_candidate(
    session: Session,
    candidate_id: UUID,
    category: str,
    *,
    person: Person | None = None,
    severity: str | None = None,
    words: str | None = None,
    occurred_at: datetime | None = None,
    now: datetime | None = None,
) -> IncidentReceipt:
    """Make a candidate an incident. The same again gets the same receipt, another category or text Conflict.

    NotFound where it does not concern the person; what `report_incident` raises where it cannot be. A candidate
    that was dismissed may still be accepted.
    """
    row, mark = _locked(session, candidate_id, person)
    report = IncidentReport(
        category=category,
        text="\n".join(filter(None, (mark.name, mark.text, mark.link))) if words is None else words,
        lon=mark.lon,
        lat=mark.lat,
        occurred_at=occurred_at or mark.occurred_at or mark.received_at,
        worker_code=mark.worker_code,
        severity=severity,
    )
    receipt = report_incident(session, IncidentId(row.id), report, source=row.source, person=person, now=now)
    if mark.patrol_id is not None:
        link_incident(session, mark.patrol_id, receipt.id)
    _decide(session, row, ACCEPTED, "", person, now)
    return receipt


def dismiss_candidate(
    session: Session, candidate_id: UUID, reason: str, *, person: Person | None = None, now: datetime | None = None
) -> Candidate:
    """Say that a candidate is no incident; it is kept, and stays dismissed when its file comes again.

    Conflict where it is an incident already. The same again changes nothing.
    """
    row, mark = _locked(session, candidate_id, person)
    if row.decision == ACCEPTED:
        raise Conflict(what=Words("things.candidate"), key=str(candidate_id))
    _decide(session, row, DISMISSED, reason[:LONGEST], person, now)
    return _candidate(row, mark.lon, mark.lat)


def _decide(
    session: Session, row: IncidentCandidate, decision: str, reason: str, person: Person | None, now: datetime | None
) -> None:
    if row.decision != decision:
        row.decision, row.reason = decision, reason
        row.decided_at, row.decided_by = now or datetime.now(UTC), "system" if person is None else person.name
        session.flush()


def _visible(person: Person | None) -> Select[Any, Any, Any]:
    place = (geo.ST_X(IncidentCandidate.geom), geo.ST_Y(IncidentCandidate.geom))
    chosen: Select[Any, Any, Any] = select(IncidentCandidate, *place)
    area, own = (None, None) if person is None else (person.area(Action.see_incidents), person.worker_code)
    if area is None or area.is_everything:
        return chosen
    inside = [IncidentCandidate.grid_code.like(pattern) for pattern in area.like_patterns()]
    return chosen.where(or_(IncidentCandidate.worker_code == own, *inside))


def _locked(session: Session, candidate_id: UUID, person: Person | None) -> tuple[IncidentCandidate, Candidate]:
    """The candidate, nobody else deciding about it until the transaction ends."""
    chosen = _visible(person).where(IncidentCandidate.id == candidate_id).with_for_update()
    found = session.execute(chosen.execution_options(populate_existing=True)).one_or_none()
    if found is None:
        raise NotFound(what=Words("things.candidate"), key=str(candidate_id))
    return found[0], _candidate(*found)


def _candidate(row: IncidentCandidate, lon: float, lat: float) -> Candidate:
    plain = {name: getattr(row, name) for name in Candidate.__dataclass_fields__ if name not in ("lon", "lat")}
    return Candidate(lon=lon, lat=lat, **plain)

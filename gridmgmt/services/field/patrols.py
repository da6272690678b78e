"""Patrols as they come in: once each, every fix kept, each laid to the grids of its place and date."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime

import numpy as np
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert as insert_once
from sqlalchemy.orm import Session

from gridmgmt.errors import Conflict, InvalidInput, NotFound
from gridmgmt.field.day import LOCAL_ZONE
from gridmgmt.field.sent import SYSTEMS, Fault, Reading, plausible, sent_fixes, time_us_of
from gridmgmt.field.track import Track
from gridmgmt.ids import BoundaryCode, PatrolId, WorkerCode
from gridmgmt.messages import Words
from gridmgmt.services.field.candidates import keep_candidates
from gridmgmt.services.field.content import content_hash
from gridmgmt.services.field.ingest import ingest
from gridmgmt.store.partitions import ensure_track_partitions
from gridmgmt.store.queries import query
from gridmgmt.store.tables import Patrol, PatrolGrid, Worker


@dataclass(frozen=True)
class PatrolReceipt:
    """What the server keeps of a patrol. The same submission gets the same receipt."""

    id: PatrolId
    received_at: datetime
    content_hash: str
    started_at: datetime
    ended_at: datetime
    points: int
    untimed: int  # positions that bore no time and are no fixes
    grids: dict[BoundaryCode, int]  # fixes per grid of the day
    candidates: int = 0  # waypoints that wait for somebody to say whether they are incidents


def record_patrol(
    session: Session,
    patrol_id: PatrolId,
    worker_code: WorkerCode,
    track: Track,
    *,
    kind: str = "routine",
    source: str = "geojson",
    crs: str = "wgs84",
) -> PatrolReceipt:
    """Keep a whole walk under the id its phone gave it; `crs` (wgs84, gcj02, bd09) is that of its positions.

    Fixes of a time that cannot be are set aside, as in any other submission; waypoints become candidates for
    incidents, each once, whatever file it comes in.
    NotFound for an unknown worker; Conflict where the id already holds another walk.
    """
    if crs not in SYSTEMS:
        raise InvalidInput(detail=Words("reasons.track_crs", systems=SYSTEMS, crs=crs))
    if session.get(Worker, worker_code) is None:
        raise NotFound(what=Words("common.worker"), key=worker_code)
    digest = _digest(worker_code, kind, track, crs)
    row = {
        "id": patrol_id,
        "worker_code": worker_code,
        "kind": kind,
        "started_at": track.started_at,
        "ended_at": track.ended_at,
        "declared_end": track.ended_at,
        "source": source,
        "content_hash": digest,
    }
    ensure_track_partitions(session, track.started_at.date(), track.ended_at.date())
    written = insert_once(Patrol).values(row).on_conflict_do_nothing().returning(Patrol.id)
    if session.scalar(written) is not None:
        ingest(session, patrol_id, worker_code, _reading(track, crs), source=source)
        session.execute(query("lay_patrols_to_grids"), {"patrol_ids": [patrol_id], "zone": LOCAL_ZONE.key})
    receipt = _receipt(session, patrol_id, digest, track)
    candidates = keep_candidates(session, worker_code, track.waypoints, patrol_id=patrol_id, source=source, crs=crs)
    return replace(receipt, candidates=len(candidates))


def _digest(worker_code: WorkerCode, kind: str, track: Track, crs: str) -> str:
    fixes = zip(track.recorded_at, track.lon, track.lat, track.segment, strict=True)
    walk = [[moment.timestamp(), float(lon), float(lat), int(segment)] for moment, lon, lat, segment in fixes]
    return content_hash({"worker": worker_code, "kind": kind, "crs": crs, "walk": walk})


def _reading(track: Track, crs: str) -> Reading:
    """The track as a submission: one sequence through the whole walk."""
    fixes = sent_fixes(
        [time_us_of(moment) for moment in track.recorded_at],
        track.lon,
        track.lat,
        seq=np.arange(len(track)),
        segment=track.segment,
        crs=np.full(len(track), SYSTEMS.index(crs)),
        accuracy_m=track.accuracy_m,
    )
    kept, wrong = plausible(fixes, datetime.now(UTC))
    return Reading(kept, tuple(Fault(row, reason, _said(track, row)) for row, reason in wrong))


def _said(track: Track, row: int) -> dict[str, object]:
    return {"time": track.recorded_at[row].isoformat(), "lon": float(track.lon[row]), "lat": float(track.lat[row])}


def _receipt(session: Session, patrol_id: PatrolId, digest: str, track: Track) -> PatrolReceipt:
    kept = session.execute(select(Patrol).where(Patrol.id == patrol_id)).scalar_one()
    if kept.content_hash != digest:
        raise Conflict(what=Words("common.patrol"), key=str(patrol_id))
    grids = session.execute(
        select(PatrolGrid.grid_code, PatrolGrid.points)
        .where(PatrolGrid.patrol_id == patrol_id)
        .order_by(PatrolGrid.grid_code)
    )
    return PatrolReceipt(
        id=patrol_id,
        received_at=kept.received_at,
        content_hash=digest,
        started_at=kept.started_at,
        ended_at=kept.ended_at,
        points=len(track),
        untimed=track.untimed,
        grids={BoundaryCode(row.grid_code): row.points for row in grids},
    )

"""Patrols as they come in: once each, every fix kept, each laid to the grids of its place and date."""

from dataclasses import dataclass
from datetime import datetime

import geopandas
import numpy as np
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert as insert_once
from sqlalchemy.orm import Session

from gridmgmt.errors import Conflict, NotFound
from gridmgmt.field.day import LOCAL_ZONE
from gridmgmt.field.track import Track
from gridmgmt.ids import BoundaryCode, PatrolId, WorkerCode
from gridmgmt.services.field.content import content_hash
from gridmgmt.store.bulk import copy_frame
from gridmgmt.store.partitions import ensure_track_partitions
from gridmgmt.store.queries import query
from gridmgmt.store.tables import WGS84_SRID, Patrol, PatrolGrid, TrackPoint, Worker


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


def record_patrol(
    session: Session,
    patrol_id: PatrolId,
    worker_code: WorkerCode,
    track: Track,
    *,
    kind: str = "routine",
    source: str = "geojson",
) -> PatrolReceipt:
    """Keep a patrol under the id its phone gave it.

    NotFound for an unknown worker; Conflict where the id already holds another walk.
    """
    if session.get(Worker, worker_code) is None:
        raise NotFound(what="worker", key=worker_code)
    digest = _digest(worker_code, kind, track)
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
        _write_points(session, patrol_id, track)
        session.execute(query("lay_patrols_to_grids"), {"patrol_ids": [patrol_id], "zone": LOCAL_ZONE.key})
    return _receipt(session, patrol_id, digest, track)


def _digest(worker_code: WorkerCode, kind: str, track: Track) -> str:
    fixes = zip(track.recorded_at, track.lon, track.lat, track.segment, strict=True)
    walk = [[moment.timestamp(), float(lon), float(lat), int(segment)] for moment, lon, lat, segment in fixes]
    return content_hash({"worker": worker_code, "kind": kind, "walk": walk})


def _write_points(session: Session, patrol_id: PatrolId, track: Track) -> None:
    fixes = geopandas.GeoDataFrame(
        {
            "recorded_at": track.recorded_at,
            "seq": np.arange(len(track)),
            "segment": track.segment,
            "accuracy_m": track.accuracy_m,
        },
        geometry=track.points(),
        crs=WGS84_SRID,
    )
    copy_frame(session, TrackPoint, fixes, patrol_id=patrol_id)


def _receipt(session: Session, patrol_id: PatrolId, digest: str, track: Track) -> PatrolReceipt:
    kept = session.execute(select(Patrol).where(Patrol.id == patrol_id)).scalar_one()
    if kept.content_hash != digest:
        raise Conflict(what="patrol", key=str(patrol_id))
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

"""The bulk way in: many days of field work by COPY, and what they add up to."""

from collections.abc import Callable, Mapping
from functools import partial

import geopandas
import pandas as pd
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from gridmgmt.field.day import LOCAL_ZONE
from gridmgmt.services.field.incidents import recount
from gridmgmt.services.field.recompute import recompute_patrols
from gridmgmt.store.bulk import copy_frame
from gridmgmt.store.partitions import ensure_track_partitions
from gridmgmt.store.queries import query
from gridmgmt.store.tables import Incident, IncidentStep, Patrol, TrackPoint, Worker, WorkerGrid

Frames = Mapping[str, pd.DataFrame | geopandas.GeoDataFrame]
ORDER = {
    "workers": Worker,
    "worker_grids": WorkerGrid,
    "patrols": Patrol,
    "track_points": TrackPoint,
    "incidents": Incident,
    "incident_steps": IncidentStep,
}


def backfill(session: Session, frames: Frames, progress: Callable[[str, int], None] | None = None) -> dict[str, int]:
    """Write frames named as in `ORDER`, with the columns of their tables; rows per frame written.

    Patrols are counted (grids, days, streets, visits), incidents laid to the grid of their place and date. Where the
    first patrol is already there nothing is written: a repeat changes nothing. `progress` hears of each frame once it
    is written, and of "counted" patrols.
    """
    if _already_there(session, frames):
        return dict.fromkeys(ORDER, 0)
    moments = frames["track_points"]["recorded_at"]
    ensure_track_partitions(session, moments.min().date(), moments.max().date())
    for name, table in ORDER.items():
        copy_frame(session, table, frames[name])
        if progress is not None:
            progress(name, len(frames[name]))
    session.execute(
        text("analyze patrol, track_point, incident, incident_step")
    )  # bulk rows are unknown to the planner
    patrol_ids, incident_ids = frames["patrols"]["id"].tolist(), frames["incidents"]["id"].tolist()
    session.execute(query("lay_incidents_to_grids"), {"incident_ids": incident_ids, "zone": LOCAL_ZONE.key})
    recount(session, incident_ids)
    recompute_patrols(session, patrol_ids, progress=None if progress is None else partial(progress, "counted"))
    return {name: len(frames[name]) for name in ORDER}


def _already_there(session: Session, frames: Frames) -> bool:
    first = frames["patrols"]["id"].iloc[0]
    return session.scalar(select(Patrol.id).where(Patrol.id == first)) is not None

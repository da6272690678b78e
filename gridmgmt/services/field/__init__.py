"""Field work in the store: patrols and incidents as they come in, and the situation they add up to."""

from gridmgmt.services.field.backfill import backfill
from gridmgmt.services.field.due import NextWalk, last_visited, next_walk
from gridmgmt.services.field.incidents import (
    IncidentReceipt,
    IncidentReport,
    MoveRequest,
    incident_steps,
    move_incident,
    report_incident,
)
from gridmgmt.services.field.patrols import PatrolReceipt, record_patrol
from gridmgmt.services.field.recompute import recompute_patrol, recompute_patrols
from gridmgmt.services.field.situation import Situation, overview
from gridmgmt.services.field.targets import TargetLine, targets_report
from gridmgmt.services.field.tracks import PatrolTrack, patrol_track
from gridmgmt.services.field.walked import coverage_frame, streets_walked
from gridmgmt.services.field.worker_days import WorkerDay, worker_day, worker_days

__all__ = [
    "IncidentReceipt",
    "IncidentReport",
    "MoveRequest",
    "NextWalk",
    "PatrolReceipt",
    "PatrolTrack",
    "Situation",
    "TargetLine",
    "WorkerDay",
    "backfill",
    "coverage_frame",
    "incident_steps",
    "last_visited",
    "move_incident",
    "next_walk",
    "overview",
    "patrol_track",
    "recompute_patrol",
    "recompute_patrols",
    "record_patrol",
    "report_incident",
    "streets_walked",
    "targets_report",
    "worker_day",
    "worker_days",
]

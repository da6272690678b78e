"""Field work in the store: patrols and incidents as they come in, and the situation they add up to."""

from gridmgmt.services.field.backfill import backfill
from gridmgmt.services.field.coverage import patrol_coverage_frame
from gridmgmt.services.field.incidents import (
    IncidentReceipt,
    IncidentReport,
    MoveRequest,
    incident_steps,
    move_incident,
    report_incident,
)
from gridmgmt.services.field.patrols import PatrolReceipt, record_patrol
from gridmgmt.services.field.situation import Situation, overview

__all__ = [
    "IncidentReceipt",
    "IncidentReport",
    "MoveRequest",
    "PatrolReceipt",
    "Situation",
    "backfill",
    "incident_steps",
    "move_incident",
    "overview",
    "patrol_coverage_frame",
    "record_patrol",
    "report_incident",
]

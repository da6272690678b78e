"""Incidents in the store: reported once, moved by the workflow's rules, read by those they concern."""

from gridmgmt.services.field.incidents.erasing import delete_incident
from gridmgmt.services.field.incidents.likeness import Suggestion, duplicates
from gridmgmt.services.field.incidents.lists import (
    current_workflow,
    load_code_list,
    load_workflow,
    offered_codes,
    set_calendar_day,
    work_calendar,
    workflow_of,
)
from gridmgmt.services.field.incidents.moving import MoveReceipt, MoveRequest, move_incident, possible_moves
from gridmgmt.services.field.incidents.queue import QueueFilter, QueuePage, incident_queue, queue_lights
from gridmgmt.services.field.incidents.reading import incident_detail, incident_steps
from gridmgmt.services.field.incidents.reports import IncidentReceipt, IncidentReport, Involved, report_incident
from gridmgmt.services.field.incidents.standing import recount
from gridmgmt.services.field.incidents.supervision import remind

__all__ = [
    "IncidentReceipt",
    "IncidentReport",
    "Involved",
    "MoveReceipt",
    "MoveRequest",
    "QueueFilter",
    "QueuePage",
    "Suggestion",
    "current_workflow",
    "delete_incident",
    "duplicates",
    "incident_detail",
    "incident_queue",
    "incident_steps",
    "load_code_list",
    "load_workflow",
    "move_incident",
    "offered_codes",
    "possible_moves",
    "queue_lights",
    "recount",
    "remind",
    "report_incident",
    "set_calendar_day",
    "work_calendar",
    "workflow_of",
]

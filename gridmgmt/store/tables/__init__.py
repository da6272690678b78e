"""The tables, as SQLAlchemy models. The migrations are the truth; a test proves both equal."""

from gridmgmt.store.tables.base import WGS84_SRID, Base
from gridmgmt.store.tables.boundaries import (
    COMMUNITY_TYPES,
    KINDS,
    LEVELS,
    Boundary,
    BoundaryCode,
    Crosswalk,
    Level,
    LoadReceipt,
)
from gridmgmt.store.tables.field import (
    Incident,
    IncidentStep,
    Patrol,
    PatrolGrid,
    TrackPoint,
    Worker,
    WorkerGrid,
    incident_state,
)
from gridmgmt.store.tables.plans import Plan, PlanAssignment, PlanPart
from gridmgmt.store.tables.stations import PREMISES, Station, StationService
from gridmgmt.store.tables.units import Barrier, Building, Compound, Entrance, Land, Place, Street

__all__ = [
    "COMMUNITY_TYPES",
    "KINDS",
    "LEVELS",
    "PREMISES",
    "WGS84_SRID",
    "Barrier",
    "Base",
    "Boundary",
    "BoundaryCode",
    "Building",
    "Compound",
    "Crosswalk",
    "Entrance",
    "Incident",
    "IncidentStep",
    "Land",
    "Level",
    "LoadReceipt",
    "Patrol",
    "PatrolGrid",
    "Place",
    "Plan",
    "PlanAssignment",
    "PlanPart",
    "Station",
    "StationService",
    "Street",
    "TrackPoint",
    "Worker",
    "WorkerGrid",
    "incident_state",
]

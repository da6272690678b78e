"""Typed identifiers. A code names a thing for ever; a row id names one version of it."""

from typing import NewType
from uuid import UUID

BoundaryCode = NewType("BoundaryCode", str)  # 6 district, 9 subdistrict, 12 community, 15 grid digits
UnitCode = NewType("UnitCode", str)  # a compound, building or entrance
WorkerCode = NewType("WorkerCode", str)

PersonId = NewType("PersonId", UUID)  # someone who signs in
PlanId = NewType("PlanId", UUID)
PatrolId = NewType("PatrolId", UUID)  # made by the phone
IncidentId = NewType("IncidentId", UUID)  # made by the phone

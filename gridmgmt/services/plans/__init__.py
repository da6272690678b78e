"""Plans on the database: computed from what stood on a day, stored with their units, parts and report."""

from gridmgmt.services.plans.computed import divide_grids, resize_communities
from gridmgmt.services.plans.ground import find_scope, today
from gridmgmt.services.plans.merging import merge_stations, station_front
from gridmgmt.services.plans.stored import (
    Draft,
    PlanFrames,
    discard_plan,
    get_plan,
    list_plans,
    plan_frames,
    save_plan,
)

__all__ = [
    "Draft",
    "PlanFrames",
    "discard_plan",
    "divide_grids",
    "find_scope",
    "get_plan",
    "list_plans",
    "merge_stations",
    "plan_frames",
    "resize_communities",
    "save_plan",
    "station_front",
    "today",
]

"""Whether a plan still stands on the ground it was computed on."""

from datetime import date

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from gridmgmt.errors import StaleEpoch
from gridmgmt.services.boundaries.epochs import boundaries_at
from gridmgmt.services.boundaries.redraw import same_ground
from gridmgmt.services.units import station_services_at
from gridmgmt.store.tables import Boundary, Level, Plan, StationService

LEVELS_OF_TASK: dict[str, tuple[Level, ...]] = {
    "divide": ("community", "grid"),
    "resize": ("community",),
    "merge": ("community",),
    "replay": ("community",),
}
TASKS_THAT_UNDO: dict[str, tuple[str, ...]] = {
    "divide": ("divide", "resize"),
    "resize": ("resize",),
    "merge": ("merge", "replay", "resize"),
    "replay": ("merge", "replay", "resize"),
}
FOR_EVER = date.max


def require_fresh(session: Session, plan: Plan) -> None:
    """Raise StaleEpoch where the ground of the plan changed since its base date, or another plan overtook it."""
    changed = _overtaken_on(session, plan)
    for level in LEVELS_OF_TASK[plan.task]:
        changed = changed or _boundaries_changed_on(session, plan, level)
    if plan.task in ("merge", "replay"):
        changed = changed or _service_changed_on(session, plan)
    if changed is not None:
        raise StaleEpoch(base=plan.base_date, changed=changed)


def _overtaken_on(session: Session, plan: Plan) -> date | None:
    """The day a plan for the same area takes effect that was published after this one was computed."""
    scope = Plan.scope_code
    overlapping = or_(scope.startswith(plan.scope_code, autoescape=True), func.starts_with(plan.scope_code, scope))
    later = Plan.published_at > plan.created_at
    undoing = Plan.task.in_(TASKS_THAT_UNDO[plan.task])
    return session.scalar(select(func.max(Plan.effective_on)).where(Plan.id != plan.id, later, undoing, overlapping))


def _boundaries_changed_on(session: Session, plan: Plan, level: Level) -> date | None:
    """Matched borders of neighbours are no change; another code, or other ground, is."""
    base = boundaries_at(session, level, plan.base_date, within_code=plan.scope_code)
    last = boundaries_at(session, level, FOR_EVER, within_code=plan.scope_code)
    same_codes = list(base["code"]) == list(last["code"])
    if same_codes and same_ground(base.geometry.to_numpy(), last.geometry.to_numpy()).all():
        return None
    days = func.greatest(func.max(Boundary.valid_from), func.max(Boundary.valid_to))
    inside = Boundary.code.startswith(plan.scope_code, autoescape=True)
    return session.scalar(select(days).where(Boundary.level == level, inside))


def _service_changed_on(session: Session, plan: Plan) -> date | None:
    base, last = (station_services_at(session, day) for day in (plan.base_date, FOR_EVER))
    inside = [
        frame[frame["community_code"].str.startswith(plan.scope_code)].reset_index(drop=True) for frame in (base, last)
    ]
    if inside[0].equals(inside[1]):
        return None
    days = func.greatest(func.max(StationService.valid_from), func.max(StationService.valid_to))
    return session.scalar(
        select(days).where(StationService.community_code.startswith(plan.scope_code, autoescape=True))
    )

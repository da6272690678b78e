"""Publish a plan: one transaction that closes what was, opens what the plan draws, and says who went where."""

from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from gridmgmt.errors import Conflict, InvalidInput, NotFound
from gridmgmt.messages import Words
from gridmgmt.services.access import audit
from gridmgmt.services.boundaries.areas import publish_areas
from gridmgmt.services.boundaries.service import publish_service
from gridmgmt.services.boundaries.staleness import require_fresh
from gridmgmt.store.tables import Plan


def publish_plan(
    session: Session, plan_id: UUID, effective_on: date, actor: audit.Actor | None = None
) -> dict[str, Any]:
    """Make the plan's areas (divide, resize) or stations (merge, replay) the ones in force from the day `effective_on`.

    Old boundaries end on that day, new ones begin with fresh codes or, where a part continues a code, with its next
    version; ended codes are retired and the crosswalk records the households, residents and ground old and new share.
    What else follows is done as well: grids of a community that changed are orphaned and end, workers are released
    from ended grids, stations serve the successors of their communities. Returns, and keeps in the plan's report as
    `publication`, what was closed, opened, kept. Publishing the same plan for the same day again changes nothing.

    Raises NotFound, Conflict (published for another day, or discarded), StaleEpoch where the boundaries changed since
    the plan's base date, BrokenCoverage where the level would have gaps or overlaps, InvalidInput for a plan or day
    that cannot be. Nothing is written then, once the caller rolls back. The audit log names `actor`, or the account of
    the machine where nobody is given.
    """
    session.execute(text("lock table boundary, station_service in share row exclusive mode"))  # readers go on
    plan = session.get(Plan, plan_id, populate_existing=True)
    if plan is None:
        raise NotFound(what=Words("common.plan"), key=str(plan_id))
    if plan.state == "published" and plan.effective_on == effective_on:
        done: dict[str, Any] = plan.report["publication"]
        return done
    if plan.state != "computed":
        raise Conflict(what=Words("common.plan"), key=plan.name)
    if effective_on <= plan.base_date:
        raise InvalidInput(detail=Words("reasons.plan_too_early", base=plan.base_date))
    require_fresh(session, plan)
    publication = (publish_service if plan.task in ("merge", "replay") else publish_areas)(session, plan, effective_on)
    plan.state, plan.effective_on = "published", effective_on
    plan.published_at = session.scalar(select(func.clock_timestamp()))
    plan.report = {**plan.report, "publication": publication}
    audit.record(session, actor or audit.operator(), "publish", str(plan.id), {"effective_on": str(effective_on)})
    return publication

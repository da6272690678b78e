"""The main job on the demo district, step by step. Each step uses what an earlier run has left."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from gridmgmt.demo.city import VALID_FROM
from gridmgmt.demo.life import SOURCE, field_work
from gridmgmt.field.day import LOCAL_ZONE, local_day
from gridmgmt.policy.luohu2006 import read_luohu_2006
from gridmgmt.services.boundaries import boundaries_at, publish_plan
from gridmgmt.services.field import backfill
from gridmgmt.services.plans import divide_grids, list_plans, merge_stations, resize_communities
from gridmgmt.services.replay import replay_luohu_2006, save_replay
from gridmgmt.services.units import entrances_frame, streets_frame
from gridmgmt.store.tables import Patrol, Plan, Worker

GRIDS_FROM = date(2006, 7, 1)
RESIZED = "440303004"  # 东门: fifteen communities, all merged in 2006
AUTHOR = "demo"
_DISTRICT = read_luohu_2006().district_code

Report = dict[str, Any]
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Step:
    """A step of the job: `run` returns its report and whether a former run had done it.

    `figures` sums the report up for the message `demo.<said>_done` (or `_reused`).
    """

    name: str
    run: Callable[[Session, Progress], tuple[Report, bool]]
    figures: Callable[[Report], dict[str, object]]
    said: str = "step"


def divide_district(session: Session, progress: Progress) -> tuple[Report, bool]:
    """Divide all communities into grids and put them in force from 1 July 2006, where there are none yet."""
    found = _existing(session, "divide", _DISTRICT)
    plan = found or divide_grids(session, _DISTRICT, at=VALID_FROM, author=AUTHOR, progress=progress)
    if plan.state == "computed" and boundaries_at(session, "grid", GRIDS_FROM).empty:
        publish_plan(session, plan.id, GRIDS_FROM)
    return plan.report, found is not None


def merge_district(session: Session, progress: Progress) -> tuple[Report, bool]:
    """Merge the stations of every subdistrict, with proof; the plan is kept, not published."""
    plan = _existing(session, "merge", _DISTRICT)
    if plan is not None:
        return plan.report, True
    return merge_stations(session, _DISTRICT, at=GRIDS_FROM, author=AUTHOR).report, False


def resize_one(session: Session, progress: Progress) -> tuple[Report, bool]:
    """Resize the communities of one subdistrict to 1000-2000 households; the plan is kept, not published."""
    plan = _existing(session, "resize", RESIZED)
    if plan is not None:
        return plan.report, True
    return resize_communities(session, RESIZED, at=GRIDS_FROM, author=AUTHOR).report, False


def replay_2006(session: Session, progress: Progress) -> tuple[Report, bool]:
    """The plan of 2006 beside the best one; the real one is kept as a plan, the comparison in its report."""
    plan = _existing(session, "replay", _DISTRICT)
    if plan is not None and "comparison" in plan.report:
        return plan.report["comparison"], True
    result = replay_luohu_2006(session)
    if plan is None:
        plan = save_replay(session, result, author=AUTHOR)
    plan.report = {**plan.report, "comparison": result.report}
    return result.report, False


def _existing(session: Session, task: str, scope_code: str) -> Plan | None:
    plans = [plan for plan in list_plans(session, task=task) if plan.scope_code == scope_code]
    return next((plan for plan in plans if plan.state != "discarded"), None)


def backfill_days(
    session: Session, now: datetime, *, seed: int = 2006, progress: Callable[[str, int], None] | None = None
) -> dict[str, int]:
    """Patrols and incidents of the days up to the aware moment `now` that have none yet, thirty at most.

    Returns the rows written per frame; nothing where today has demo patrols already.
    """
    days = _days_missing(session, now)
    grids = boundaries_at(session, "grid", local_day(now))
    if days == 0 or grids.empty:
        return {"patrols": 0, "incidents": 0}
    appointed = session.scalar(select(func.count()).select_from(Worker)) or 0
    since = None if appointed else GRIDS_FROM
    streets, doors = streets_frame(session), entrances_frame(session).geometry
    frames = field_work(grids, streets, now, seed=seed, days=days, doors=doors, since=since)
    return backfill(session, frames, progress)


def _days_missing(session: Session, now: datetime, most: int = 30) -> int:
    last = session.scalar(select(func.max(Patrol.started_at)).where(Patrol.source == SOURCE))
    if last is None:
        return most
    gap: timedelta = local_day(now) - local_day(last.astimezone(LOCAL_ZONE))
    return max(0, min(most, gap.days))


def _plan_figures(report: Report) -> dict[str, object]:
    return {"parts": report["parts"], "share": f"{100 * report['share_in_range']:.1f}"}


def _replay_figures(report: Report) -> dict[str, object]:
    sides = ("real", "optimal")
    figures: dict[str, object] = {side: report[side]["stations"] for side in sides}
    return figures | {f"{side}_share": f"{100 * report[side]['household_share_in_range']:.1f}" for side in sides}


PLANNING = (
    Step("divide", divide_district, _plan_figures),
    Step("merge", merge_district, _plan_figures),
    Step("resize", resize_one, _plan_figures),
    Step("replay", replay_2006, _replay_figures, "replay"),
)

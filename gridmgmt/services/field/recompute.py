"""From raw fixes to what they add up to: cleaned once more whenever points arrive, and written in place of the old.

What a patrol adds up to is a function of all its points, so the order in which they arrive means nothing, and new
points cost as much as the patrols they belong to. Where the raw points have expired, what was counted stays.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from gridmgmt.field import CleanSettings, clean_tracks
from gridmgmt.field.visits import VisitSettings
from gridmgmt.ids import PatrolId
from gridmgmt.services.field.duty import Span, duty_of_patrols
from gridmgmt.services.field.ground import Grounds
from gridmgmt.services.field.tally import tally
from gridmgmt.services.frames import Box
from gridmgmt.store.bulk import copy_frame
from gridmgmt.store.queries import query
from gridmgmt.store.tables import (
    BuildingVisit,
    Patrol,
    PatrolDay,
    PatrolGrid,
    PatrolTime,
    PlaceVisit,
    StreetWalk,
)

BATCH = 250  # patrols whose points are in memory together
DERIVED = (PatrolDay, PatrolGrid, PatrolTime, StreetWalk, BuildingVisit, PlaceVisit)
NOWHERE: Box = (0.0, 0.0, 0.0, 0.0)


@dataclass(frozen=True)
class Rules:
    """The thresholds a recount goes by."""

    clean: CleanSettings = field(default_factory=CleanSettings)
    visits: VisitSettings = field(default_factory=VisitSettings)
    off_duty_counts: bool = False  # else what was recorded outside of the hours that were told is left out


RULES = Rules()


def recompute_patrol(session: Session, patrol_id: PatrolId, rules: Rules = RULES) -> None:
    """Clean a patrol's points anew and replace its days, grids, streets and visits by what they say now."""
    recompute_patrols(session, [patrol_id], rules)


def recompute_patrols(
    session: Session,
    patrol_ids: Sequence[PatrolId],
    rules: Rules = RULES,
    progress: Callable[[int], None] | None = None,
    grounds: Grounds | None = None,
) -> int:
    """The same for many, which share the ground and every statement; how many had points to count.

    Patrols whose raw points have expired, in whole or in part, keep what was counted before. Give the same `grounds`
    to several calls, and streets and doors are loaded once for all of them.
    """
    done, grounds = 0, grounds or Grounds(rules.visits)
    for start in range(0, len(patrol_ids), BATCH):
        batch = list(patrol_ids[start : start + BATCH])
        _lock(session, batch)
        points = _points(session, batch)
        if not points.empty:
            done += _recount(session, batch, points, rules, grounds)
        if progress is not None:
            progress(start + len(batch))
    return done


def uncounted_patrols(session: Session) -> list[PatrolId]:
    """Patrols of which no day has been counted yet, oldest first."""
    counted = select(PatrolDay.patrol_id)
    missing = select(Patrol.id).where(Patrol.id.not_in(counted)).order_by(Patrol.started_at, Patrol.id)
    return [PatrolId(patrol_id) for patrol_id in session.scalars(missing)]


def hours_of(session: Session, patrol_ids: Sequence[PatrolId], rules: Rules) -> dict[PatrolId, list[Span]]:
    """The times on duty by which patrols are cleaned; none for those that count whole."""
    return {} if rules.off_duty_counts else duty_of_patrols(session, patrol_ids)


def points_of_patrol(session: Session, patrol_id: PatrolId) -> pd.DataFrame:
    """The raw fixes of a patrol as `clean_track` reads them."""
    return _points(session, [patrol_id]).drop(columns="patrol")


def _lock(session: Session, patrol_ids: list[PatrolId]) -> None:
    """Two recounts of one patrol come one after the other; in one order, so that none waits for the other.

    The patrols' rows stay free: whoever sends points need not wait for a recount.
    """
    session.execute(query("lock_recount"), {"patrol_ids": patrol_ids})


def _points(session: Session, patrol_ids: list[PatrolId]) -> pd.DataFrame:
    result = session.execute(query("points_of_patrols"), {"patrol_ids": patrol_ids})
    points = pd.DataFrame([tuple(row) for row in result.all()], columns=list(result.keys()))
    time = pd.to_datetime(points.pop("time_us").astype("int64"), unit="us", utc=True)
    return points.assign(time=time, accuracy=points["accuracy"].astype(float))


def _recount(session: Session, patrol_ids: list[PatrolId], points: pd.DataFrame, rules: Rules, grounds: Grounds) -> int:
    """Replace what was counted of the patrols of these points, where no raw point of theirs has gone."""
    fixes, counted = np.bincount(points["patrol"], minlength=len(patrol_ids)), _counted_fixes(session, patrol_ids)
    whole = (fixes > 0) & (fixes >= [counted.get(patrol_id, 0) for patrol_id in patrol_ids])
    if not whole.any():
        return 0
    kept = points if whole[points["patrol"]].all() else points[whole[points["patrol"]]].reset_index(drop=True)
    hours = hours_of(session, patrol_ids, rules)
    duty = {place: hours[patrol_id] for place, patrol_id in enumerate(patrol_ids) if patrol_id in hours}
    report = clean_tracks(kept, "patrol", rules.clean, duty=duty)
    rows = tally(report, grounds.under(session, _box(report.path)), rules.visits)
    ids = np.array(patrol_ids, dtype=object)
    for table in DERIVED:
        session.execute(delete(table).where(table.patrol_id.in_(ids[whole].tolist())))
        frame = rows[table]
        copy_frame(session, table, frame.assign(patrol_id=ids[frame["patrol"].to_numpy(dtype=np.int64)]))
    return int(whole.sum())


def _counted_fixes(session: Session, patrol_ids: list[PatrolId]) -> dict[PatrolId, int]:
    """Raw fixes that were there when the patrols were counted last."""
    fixes = (
        select(PatrolDay.patrol_id, func.sum(PatrolDay.fixes))
        .where(PatrolDay.patrol_id.in_(patrol_ids))
        .group_by(PatrolDay.patrol_id)
    )
    return {PatrolId(patrol_id): int(count) for patrol_id, count in session.execute(fixes)}


def _box(paths: pd.DataFrame) -> Box:
    if paths.empty:
        return NOWHERE
    return (
        float(paths["lon"].min()),
        float(paths["lat"].min()),
        float(paths["lon"].max()),
        float(paths["lat"].max()),
    )

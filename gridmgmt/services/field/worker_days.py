"""What each worker did on each day: the figures of their cleaned patrols, without their track."""

from dataclasses import dataclass
from datetime import date
from typing import Any

import pandas as pd
from sqlalchemy.orm import Session

from gridmgmt.access import Area
from gridmgmt.errors import NotFound
from gridmgmt.ids import WorkerCode
from gridmgmt.messages import Words
from gridmgmt.store.queries import query

COLUMNS = (
    "worker_code", "name", "day", "patrols", "distance_m", "moving_s", "stop_s", "own_grid_s", "other_grid_s",
    "off_grid_s", "fixes", "kept",
)  # fmt: skip


@dataclass(frozen=True)
class WorkerDay:
    """One worker's day. Time on patrol is `moving_s` and `stop_s`; gaps without a fix are neither.

    `own_grid_s`, `other_grid_s` and `off_grid_s` divide the time of the walks by where it was spent.
    """

    worker_code: WorkerCode
    name: str
    day: date
    patrols: int
    distance_m: float
    moving_s: float
    stop_s: float
    own_grid_s: float
    other_grid_s: float
    off_grid_s: float
    fixes: int
    kept: int


def worker_day(session: Session, worker_code: WorkerCode, day: date, *, area: Area = Area.everything) -> WorkerDay:
    """The day of one worker; all zero where nothing was recorded.

    NotFound where nobody of that code is in charge of a grid of the area then, or walked in one.
    """
    rows = worker_days(session, day, day, worker_code=worker_code, area=area)
    if rows.empty:
        raise NotFound(what=Words("common.worker"), key=worker_code)
    recorded = rows[rows["day"].notna()]
    values: dict[str, Any] = (recorded if len(recorded) else rows).iloc[0].to_dict()
    return WorkerDay(**values | {"day": day})


def worker_days(
    session: Session,
    first: date,
    last: date,
    *,
    worker_code: WorkerCode | None = None,
    area: Area = Area.everything,
) -> pd.DataFrame:
    """One row (COLUMNS) per worker of the area and day with a patrol; one with a missing day for who has none.

    Workers are of the area who are in charge of one of its grids in the period, or walked in one.
    """
    parameters = {"first": first, "last": last, "worker_code": worker_code, "area": area.like_patterns()}
    rows = session.execute(query("worker_days"), parameters).all()
    frame = pd.DataFrame(rows, columns=list(COLUMNS))
    nobody_knows = frame["day"].isna() & frame["worker_code"].duplicated(keep=False)
    return frame[~nobody_knows].reset_index(drop=True)  # days outside the period leave an empty row behind

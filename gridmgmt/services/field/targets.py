"""The targets of the patrol system beside what was done: per worker and day, per grid and week or quarter."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

import pandas as pd
from sqlalchemy.orm import Session

from gridmgmt.access import Area
from gridmgmt.field.day import day_span
from gridmgmt.field.periods import period_of
from gridmgmt.field.targets import Target, Verdict, judge, usual_targets
from gridmgmt.ids import WorkerCode
from gridmgmt.services.boundaries import boundaries_at
from gridmgmt.services.field.worker_days import worker_days
from gridmgmt.store.queries import query

KEY_PLACES = ("school", "hospital", "mall", "market")


@dataclass(frozen=True)
class TargetLine:
    """One target of one worker or grid in one period."""

    target: Target
    code: str  # of the worker or the grid
    name: str
    first: date
    last: date
    verdict: Verdict
    behind: tuple[str, ...] = ()  # names of the key places that still wait


def targets_report(
    session: Session,
    day: date,
    *,
    today: date,
    targets: Sequence[Target] | None = None,
    worker_code: WorkerCode | None = None,
    within_code: str = "",
    area: Area = Area.everything,
    workers: Area | None = None,
) -> list[TargetLine]:
    """Every target in the period that `day` lies in, for the grids of `area` and the workers of `workers` (or `area`).

    A period that ends before `today` is over: what is not reached then is missed, before that it is open. Nothing is
    met without a record. `worker_code` narrows the workers, `within_code` the grids.
    """
    lines: list[TargetLine] = []
    for target in usual_targets() if targets is None else targets:
        first, last = period_of(target.period, day)
        if target.of == "worker":
            people = area if workers is None else workers
            lines += _worker_lines(session, target, first, last, last < today, worker_code, people)
        else:
            lines += _grid_lines(session, target, first, last, last < today, within_code, area)
    return lines


def _worker_lines(
    session: Session, target: Target, first: date, last: date, over: bool, worker_code: WorkerCode | None, area: Area
) -> list[TargetLine]:
    rows = worker_days(session, first, last, worker_code=worker_code, area=area)
    lines = []
    for code, mine in rows.groupby("worker_code", sort=True):
        minutes = float((mine["moving_s"] + mine["stop_s"]).sum()) / 60
        verdict = judge(target, minutes, over=over, records=int(mine["patrols"].sum()))
        lines.append(TargetLine(target, str(code), str(mine["name"].iloc[0]), first, last, verdict))
    return lines


def _grid_lines(
    session: Session, target: Target, first: date, last: date, over: bool, within_code: str, area: Area
) -> list[TargetLine]:
    grids = boundaries_at(session, "grid", last, within_code=within_code, area=area)
    names = dict(zip(grids["code"], grids["name"], strict=True))
    measured = _key_places if target.quantity == "key_place_visits" else _households
    return [
        TargetLine(
            target, code, str(names[code]), first, last, judge(target, value, over=over, records=records), behind
        )
        for code, value, records, behind in measured(session, list(names), first, last, target)
    ]


Measured = Iterator[tuple[str, float | None, int, tuple[str, ...]]]


def _key_places(session: Session, codes: list[str], first: date, last: date, target: Target) -> Measured:
    """Visits to the key place that was visited least, and the names of those under the target."""
    start, end = day_span(first, last)
    parameters = {"grid_codes": codes, "at": last, "start": start, "end": end, "kinds": list(KEY_PLACES)}
    rows = session.execute(query("key_place_visits"), parameters).all()
    places = pd.DataFrame(rows, columns=["grid_code", "code", "name", "kind", "visits"])
    by_grid = dict(list(places.groupby("grid_code")))
    for code in codes:
        here = by_grid.get(code)
        if here is None:
            yield code, None, 0, ()
            continue
        behind = here.loc[here["visits"] < target.at_least]
        names = tuple(str(name or place) for name, place in zip(behind["name"], behind["code"], strict=True))
        yield code, float(here["visits"].min()), int(here["visits"].sum()), names


def _households(session: Session, codes: list[str], first: date, last: date, target: Target) -> Measured:
    """Share of the households that live in buildings visited."""
    start, end = day_span(first, last)
    parameters = {"grid_codes": codes, "at": last, "start": start, "end": end}
    rows = {row.grid_code: row for row in session.execute(query("building_visits_in_grids"), parameters)}
    for code in codes:
        row = rows.get(code)
        if row is None or not row.households:
            yield code, None, 0, ()
        else:
            yield code, row.households_visited / row.households, int(row.visits), ()

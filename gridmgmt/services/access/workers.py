"""Grid workers and the grids they answer for: one main worker to a grid at a time, part-time ones beside."""

from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from gridmgmt.access import Area
from gridmgmt.errors import Conflict, NotFound
from gridmgmt.messages import Words
from gridmgmt.services.access.grants import no_overlap
from gridmgmt.services.access.people import in_force
from gridmgmt.store import tables


def add_worker(session: Session, code: str, name: str) -> tables.Worker:
    """Put a grid worker in the register; the same again changes nothing. Conflict where the code is another's."""
    row = session.get(tables.Worker, code)
    if row is not None and row.name != name:
        raise Conflict(what=Words("common.worker"), key=code)
    if row is None:
        row = tables.Worker(code=code, name=name)
        session.add(row)
        session.flush()
    return row


def appoint(
    session: Session,
    worker_code: str,
    grid_code: str,
    valid_from: date,
    valid_to: date | None = None,
    *,
    main: bool = True,
    succeed: bool = False,
) -> tables.WorkerGrid:
    """Make somebody answer for a grid during [valid_from, valid_to): its main worker, or one for part of the time.

    `succeed` ends the main worker's time there first. NotFound for an unknown worker or grid; Conflict where the grid
    has another main worker on some of these days, or this worker already.
    """
    if session.get(tables.Worker, worker_code) is None:
        raise NotFound(what=Words("common.worker"), key=worker_code)
    issued = session.get(tables.BoundaryCode, grid_code)
    if issued is None or issued.level != "grid":
        raise NotFound(what=Words("common.grid"), key=grid_code)
    if succeed and main:
        for row in _held(session, valid_from, tables.WorkerGrid.grid_code == grid_code, tables.WorkerGrid.main):
            _end(session, row, valid_from)
    period = {"valid_from": valid_from, "valid_to": valid_to}
    row = tables.WorkerGrid(worker_code=worker_code, grid_code=grid_code, main=main, **period)
    with no_overlap(session, Words("things.appointment"), f"{worker_code} {grid_code}", valid_from, valid_to):
        session.add(row)
        session.flush()
    return row


def relieve(session: Session, worker_code: str, grid_code: str, on: date) -> tables.WorkerGrid:
    """End somebody's time in a grid before the day `on`; one not begun by then is taken back whole."""
    of = (tables.WorkerGrid.worker_code == worker_code, tables.WorkerGrid.grid_code == grid_code)
    found = _held(session, on, *of)
    if not found:
        raise NotFound(what=Words("things.appointment"), key=f"{worker_code} {grid_code}")
    return _end(session, found[-1], on)


def appointments(session: Session, day: date, area: Area = Area.everything) -> list[dict[str, Any]]:
    """Who answers for which grid on a day, by grid, the main worker first."""
    of = tables.WorkerGrid
    chosen = select(of, tables.Worker.name).join(tables.Worker, tables.Worker.code == of.worker_code)
    rows = session.execute(chosen.where(*in_force(of, day)).order_by(of.grid_code, of.main.desc(), of.worker_code))
    return [appointment_facts(row) | {"name": name} for row, name in rows if area.holds(row.grid_code)]


def appointment_facts(row: tables.WorkerGrid) -> dict[str, Any]:
    """An appointment as it is told; `valid_to` is the day after the last, None for no end."""
    facts = {"worker_code": row.worker_code, "grid_code": row.grid_code, "main": row.main}
    return facts | {"valid_from": row.valid_from, "valid_to": row.valid_to}


def _held(session: Session, on: date, *conditions: Any) -> list[tables.WorkerGrid]:
    """Appointments that have days on or after `on`, the earliest first."""
    of = tables.WorkerGrid
    lasting = of.valid_to.is_(None) | (of.valid_to > on)
    return list(session.scalars(select(of).where(*conditions, lasting).order_by(of.valid_from)))


def _end(session: Session, row: tables.WorkerGrid, on: date) -> tables.WorkerGrid:
    if row.valid_from >= on:
        session.delete(row)
    else:
        row.valid_to = on
    session.flush()
    return row

"""Plans that were asked for are computed as long as the application runs, one at a time, in a process of its own.

Two connections: one holds the order's lock, writes how far the computation is and hears whether it is still wanted,
from a thread of its own; on the other the plan is computed and stored. A plan that is no longer wanted ends the whole
process, since nothing else ends a solver at once; `beside` starts the next one.
"""

import logging
import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from threading import Event, Thread
from typing import Any

from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError, SQLAlchemyError
from sqlalchemy.orm import Session

from api.beside import alone, beside
from gridmgmt.services.orders.queue import (
    compute_order,
    fail_order,
    fault_of,
    finish_order,
    keep_order,
    take_order,
)
from gridmgmt.store.engine import make_engine, session_factory
from gridmgmt.store.tables import PlanOrder

PAUSE_S = 1.0  # between two looks for an order, and between two words about how far it is
Told = dict[str, Any]
log = logging.getLogger("gridmgmt.web")


def planning(url: str | None, pause_s: float = PAUSE_S) -> AbstractContextManager[None]:
    """Compute the plans that are asked for in a database until the block ends."""
    return beside(_plans, url, pause_s)


def _plans(url: str | None, pause_s: float) -> None:
    """One plan after the other as long as the application is there."""
    engine = make_engine(url, pool_size=2)
    while not alone(pause_s):
        try:
            while one_plan(engine, pause_s):
                pass
        except OperationalError:  # the order is open still: it is taken up when the database is back
            log.warning("a plan could not be computed for want of the database", exc_info=True)
    engine.dispose()


def one_plan(engine: Engine, pause_s: float = PAUSE_S) -> bool:
    """Take the next order up and see it to its end; False where none is waiting."""
    with engine.connect() as connection, Session(connection, expire_on_commit=False) as holding:
        connection.detach()  # closed at the end, not kept: the lock goes with it
        order = take_order(holding)
        holding.commit()
        if order is None:
            return False
        told: Told = {}
        try:
            _computed(engine, holding, order, told, pause_s)
        except OperationalError:
            raise
        except Exception as error:
            log.warning("order %s failed", order.id, exc_info=error)
            fail_order(holding, order, fault_of(error))
            holding.commit()
        return True


def _computed(engine: Engine, holding: Session, order: PlanOrder, told: Told, pause_s: float) -> None:
    def progress(done: int, of: int) -> None:
        told.update(done=done, of=of)

    def so_far(value: float, bound: float) -> None:
        told.update(value=float(value), bound=float(bound))

    with session_factory(engine)() as session:
        with _watched(holding, order, told, pause_s):
            plan = compute_order(session, order, progress, so_far)
        if finish_order(session, order, plan, told):
            session.commit()


@contextmanager
def _watched(holding: Session, order: PlanOrder, told: Told, pause_s: float) -> Iterator[None]:
    over = Event()
    thread = Thread(target=_watch, args=(holding, order, told, pause_s, over), daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _watch(holding: Session, order: PlanOrder, told: Told, pause_s: float, over: Event) -> None:
    while not over.wait(pause_s):
        if alone() or not _is_wanted(holding, order, dict(told)):
            os._exit(0)


def _is_wanted(holding: Session, order: PlanOrder, told: Told) -> bool:
    try:
        wanted = keep_order(holding, order, told)
        holding.commit()
    except SQLAlchemyError:  # and with the connection the lock is gone
        return False
    return wanted

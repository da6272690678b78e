"""What is done beside the requests, as long as the application runs: what arrived is counted, and what runs out of time
gets its card. In a process of its own, so that no request waits for the interpreter, and at the lowest priority, so
that none waits for the machine."""

import logging
import multiprocessing
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from multiprocessing.connection import Connection, wait
from signal import SIG_IGN, SIGINT, signal
from typing import TypeVar

from sqlalchemy.orm import Session, sessionmaker

from gridmgmt.services.field.ground import Grounds
from gridmgmt.services.field.incidents import remind
from gridmgmt.services.field.recompute import RULES
from gridmgmt.services.field.settling import AT_ONCE, settle, stale_patrols
from gridmgmt.store.engine import make_engine, session_factory

PAUSE_S = 20.0
REST = 2.0  # times as long as it worked: the database has its share of the work, at everybody's priority
GROUND_LASTS_S = 600.0  # streets and doors are loaded anew after this: somebody may have changed them
LOWEST = 19
SPAWN = multiprocessing.get_context("spawn")
T = TypeVar("T")
log = logging.getLogger("gridmgmt.web")


@contextmanager
def settling(url: str | None, pause_s: float = PAUSE_S) -> Iterator[None]:
    """Do the rounds of a database, `pause_s` apart, until the block ends; a process that dies is replaced."""
    over, end = SPAWN.Pipe(duplex=False)
    thread = threading.Thread(target=_supervise, args=(url, pause_s, over), name="settling", daemon=True)
    thread.start()
    try:
        yield
    finally:
        end.close()
        thread.join()
        over.close()


def _supervise(url: str | None, pause_s: float, over: Connection) -> None:
    """Not at once: an application that has just started has better to do."""
    while not over.poll(pause_s):
        process = SPAWN.Process(target=_run, args=(url, pause_s), name="settling", daemon=True)
        process.start()
        if over in wait([over, process.sentinel]):
            process.terminate()
            process.join()
            return
        log.warning("counting ended with status %s and is started again", process.exitcode)


def _run(url: str | None, pause_s: float) -> None:
    """Rounds as long as the application is there: its death, however sudden, is seen at once."""
    signal(SIGINT, SIG_IGN)  # Ctrl+C is for the application, which ends us
    os.setpriority(os.PRIO_PROCESS, 0, LOWEST)
    engine = make_engine(url, pool_size=1)
    sessions, grounds, loaded_s = session_factory(engine), Grounds(RULES.visits), time.monotonic()
    worked_s = 0.0
    while not _alone(max(pause_s, REST * worked_s)):
        start_s = time.monotonic()
        if start_s - loaded_s > GROUND_LASTS_S:
            grounds, loaded_s = Grounds(RULES.visits), start_s
        one_round(sessions, grounds)
        worked_s = time.monotonic() - start_s
    engine.dispose()


def _alone(within_s: float = 0.0) -> bool:
    """Whether the application has ended by then."""
    parent = multiprocessing.parent_process()
    return parent is not None and bool(wait([parent.sentinel], within_s))


def one_round(sessions: sessionmaker[Session], grounds: Grounds) -> None:
    """Cards for what is late, and each patrol counted that is stale now: none waits for one that never ends."""
    _tried(sessions, partial(remind, now=datetime.now(UTC)))
    stale = _tried(sessions, stale_patrols) or []
    for first in range(0, len(stale), AT_ONCE):
        if _alone():
            return
        _tried(sessions, partial(settle, patrol_ids=stale[first : first + AT_ONCE], grounds=grounds))


def _tried(sessions: sessionmaker[Session], work: Callable[[Session], T]) -> T | None:
    """What a piece of work gives, in a transaction of its own; what is wrong with it never keeps the others waiting."""
    try:
        with sessions.begin() as session:
            return work(session)
    except Exception:  # the database is away, or one patrol is odd: what waits is still marked the next time
        log.warning("something could not be counted; it is tried again", exc_info=True)
        return None

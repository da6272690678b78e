"""What is done beside the requests, as long as the application runs: what arrived is counted, and what runs out of time
gets its card. In a process of its own, so that no request waits for the interpreter (`beside`)."""

import logging
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from functools import partial
from typing import TypeVar

from sqlalchemy.orm import Session, sessionmaker

from api.beside import alone, beside
from gridmgmt.services.field.ground import Grounds
from gridmgmt.services.field.incidents import remind
from gridmgmt.services.field.recompute import RULES
from gridmgmt.services.field.settling import AT_ONCE, settle, stale_patrols
from gridmgmt.store.engine import make_engine, session_factory

PAUSE_S = 20.0
REST = 2.0  # times as long as it worked: the database has its share of the work, at everybody's priority
GROUND_LASTS_S = 600.0  # streets and doors are loaded anew after this: somebody may have changed them
T = TypeVar("T")
log = logging.getLogger("gridmgmt.web")


def settling(url: str | None, pause_s: float = PAUSE_S) -> AbstractContextManager[None]:
    """Do the rounds of a database, `pause_s` apart, until the block ends."""
    return beside(_rounds, url, pause_s)


def _rounds(url: str | None, pause_s: float) -> None:
    """Rounds as long as the application is there."""
    engine = make_engine(url, pool_size=1)
    sessions, grounds, loaded_s = session_factory(engine), Grounds(RULES.visits), time.monotonic()
    worked_s = 0.0
    while not alone(max(pause_s, REST * worked_s)):
        start_s = time.monotonic()
        if start_s - loaded_s > GROUND_LASTS_S:
            grounds, loaded_s = Grounds(RULES.visits), start_s
        one_round(sessions, grounds)
        worked_s = time.monotonic() - start_s
    engine.dispose()


def one_round(sessions: sessionmaker[Session], grounds: Grounds) -> None:
    """Cards for what is late, and each patrol counted that is stale now: none waits for one that never ends."""
    _tried(sessions, partial(remind, now=datetime.now(UTC)))
    stale = _tried(sessions, stale_patrols) or []
    for first in range(0, len(stale), AT_ONCE):
        if alone():
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

"""A thread that counts what arrived and reminds of what runs out of time, as long as the application runs."""

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session, sessionmaker

from gridmgmt.services.field.ground import Grounds
from gridmgmt.services.field.incidents import remind
from gridmgmt.services.field.recompute import RULES
from gridmgmt.services.field.settling import settle

PAUSE_S = 20.0
AT_ONCE = 25  # patrols; with a breath after each lot, so that requests never wait long for the interpreter
REMIND_S = 60.0  # cards (催办, 督办) come at most this late
GROUND_LASTS_S = 600.0  # streets and doors are loaded anew after this: somebody may have changed them
log = logging.getLogger("gridmgmt.web")


@contextmanager
def settling(sessions: sessionmaker[Session], pause_s: float = PAUSE_S) -> Iterator[None]:
    """Count stale patrols every `pause_s` until the block ends. A failure is logged and tried again."""
    stop = threading.Event()
    thread = threading.Thread(target=_run, args=(sessions, stop, pause_s), name="settling", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def _run(sessions: sessionmaker[Session], stop: threading.Event, pause_s: float) -> None:
    grounds, loaded_s = Grounds(RULES.visits), time.monotonic()
    reminded_s = -REMIND_S
    while not stop.wait(pause_s):
        if time.monotonic() - loaded_s > GROUND_LASTS_S:
            grounds, loaded_s = Grounds(RULES.visits), time.monotonic()
        try:
            while _settle_some(sessions, grounds) and not stop.wait(pause_s / 100):
                pass
            if time.monotonic() - reminded_s >= REMIND_S:
                _remind(sessions)
                reminded_s = time.monotonic()
        except SQLAlchemyError:  # the database is away: what waits is still marked when it is back
            log.warning("patrols could not be counted; they are tried again", exc_info=True)


def _settle_some(sessions: sessionmaker[Session], grounds: Grounds) -> int:
    with sessions.begin() as session:
        return settle(session, AT_ONCE, grounds=grounds)


def _remind(sessions: sessionmaker[Session]) -> None:
    with sessions.begin() as session:
        remind(session, datetime.now(UTC))

"""A thread that counts what arrived, as long as the application runs."""

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session, sessionmaker

from gridmgmt.services.field.settling import settle

PAUSE_S = 5.0
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
    while not stop.wait(pause_s):
        try:
            while not stop.is_set() and _settle_some(sessions):
                pass
        except SQLAlchemyError:  # the database is away: what waits is still marked when it is back
            log.warning("patrols could not be counted; they are tried again", exc_info=True)


def _settle_some(sessions: sessionmaker[Session]) -> int:
    with sessions.begin() as session:
        return settle(session)

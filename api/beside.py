"""What is done beside the requests, each in a process of its own (ADR 14): started, replaced where it dies, and ended
with the application; of the lowest priority, so that no request waits for the machine."""

import logging
import multiprocessing
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection, wait
from signal import SIG_IGN, SIGINT, signal

LOWEST = 19
SPAWN = multiprocessing.get_context("spawn")
Work = Callable[[str | None, float], None]  # given the database's address and how long to pause; it never ends
log = logging.getLogger("gridmgmt.web")


@contextmanager
def beside(work: Work, url: str | None, pause_s: float) -> Iterator[None]:
    """Have `work` done until the block ends; a process that dies is replaced, `pause_s` later."""
    over, end = SPAWN.Pipe(duplex=False)
    thread = threading.Thread(target=_supervise, args=(work, url, pause_s, over), daemon=True)
    thread.start()
    try:
        yield
    finally:
        end.close()
        thread.join()
        over.close()


def _supervise(work: Work, url: str | None, pause_s: float, over: Connection) -> None:
    """Not at once: an application that has just started has better to do."""
    while not over.poll(pause_s):
        process = SPAWN.Process(target=_lowest, args=(work, url, pause_s), daemon=True)
        process.start()
        if over in wait([over, process.sentinel]):
            process.terminate()
            process.join()
            return
        process.join()
        if process.exitcode:
            log.warning("%s ended with status %s and is started again", work.__module__, process.exitcode)


def _lowest(work: Work, url: str | None, pause_s: float) -> None:
    signal(SIGINT, SIG_IGN)  # Ctrl+C is for the application, which ends us
    os.setpriority(os.PRIO_PROCESS, 0, LOWEST)
    work(url, pause_s)


def alone(within_s: float = 0.0) -> bool:
    """Whether the application has ended by then: its death, however sudden, is seen at once."""
    parent = multiprocessing.parent_process()
    return parent is not None and bool(wait([parent.sentinel], within_s))

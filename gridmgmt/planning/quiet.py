"""`scipy.optimize.milp` without the lines that HiGHS prints whatever its log options say.

HiGHS 1.8–1.12 calls printf where it mends a rounded solution ("transformNewIntegerFeasibleSolution …"). Standard output
belongs to results (JSON), so while a programme is solved, descriptor 1 leads to standard error: nothing is lost, and
what other threads print meanwhile only changes its stream.
"""

import contextlib
import ctypes
import os
import sys
import threading
from collections.abc import Iterator
from typing import Any

from scipy import optimize


class _Detour:
    """Descriptor 1 led to descriptor 2 while at least one thread asks for it."""

    def __init__(self) -> None:
        self._lock, self._users, self._kept = threading.Lock(), 0, -1

    def enter(self) -> None:
        with self._lock:
            if self._users == 0:
                _flush()
                kept = os.dup(1)
                os.dup2(2, 1)
                self._kept = kept
            self._users += 1

    def leave(self) -> None:
        with self._lock:
            self._users -= 1
            if self._users == 0:
                _flush()
                os.dup2(self._kept, 1)
                os.close(self._kept)


_DETOUR = _Detour()  # the descriptors belong to the process, so there is one


@contextlib.contextmanager
def stdout_to_stderr() -> Iterator[None]:
    """While inside, what compiled libraries print on standard output goes to standard error; both must be open."""
    try:
        _DETOUR.enter()
    except OSError:  # a process without standard streams has nothing to keep clean
        yield
        return
    try:
        yield
    finally:
        _DETOUR.leave()


def milp(*arguments: Any, **options: Any) -> Any:
    """`scipy.optimize.milp`, silent on standard output.

    >>> milp([1.0, 2.0], bounds=optimize.Bounds(1, 3), integrality=[1, 1]).x.tolist()
    [1.0, 1.0]
    """
    with stdout_to_stderr():
        return optimize.milp(*arguments, **options)


def _flush() -> None:
    """What Python and the C library hold back goes where it was meant to go."""
    with contextlib.suppress(OSError, ValueError):
        sys.stdout.flush()
    with contextlib.suppress(OSError, AttributeError, TypeError):  # TypeError: no process-wide C library (Windows)
        ctypes.CDLL(None).fflush(None)

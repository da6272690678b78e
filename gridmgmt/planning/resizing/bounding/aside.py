"""The bound over all parts, looked for beside the search: each leaves a core idle that the other can use."""

from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from threading import Event, Lock
from types import TracebackType

import numpy as np

from gridmgmt.planning.budget import Budget
from gridmgmt.planning.partition.problem import Problem
from gridmgmt.planning.resizing.bounding.relaxing import relaxed_bound
from gridmgmt.planning.resizing.found import Found
from gridmgmt.planning.resizing.recombining import Seen

SMALLEST = 120  # units of a pool for which it begins beside the search; in a smaller one that may prove its plan itself
LARGEST = 3000  # units of a pool where more than counting can be told in time
WORTH_IT = 1.01  # times the bound: where more move, a better bound is looked for


class Bounding:
    """The bound of one pool, begun when first plans are there; what the search and it tell goes out as one.

    Attributes
    ----------
    budget : for the search
    """

    def __init__(self, problem: Problem, counted: int, seen: Seen, budget: Budget) -> None:
        self._problem, self._seen = problem, seen
        self._value, self._bound, self._lock, self._left = np.inf, counted, Lock(), Event()
        self._outer = budget
        self.budget = replace(budget, so_far=self._tell)
        self._threads = ThreadPoolExecutor(max_workers=1)
        self._future: Future[int] | None = None

    def __enter__(self) -> "Bounding":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._left.set()
        self._threads.shutdown()

    def begin(self, best: Found) -> None:
        """Set out from the parts seen so far, where it can be worth it."""
        if self._problem.size >= SMALLEST and self._worth_it(best):
            self._submit(best.moved if best.violation == 0 else self._problem.total)

    def bound(self, best: Found, known: int) -> int:
        """Households that move in every plan in the range, at least; `known` is proven of the best plan already."""
        if best.violation > 0 or best.moved <= known:
            return known
        if self._future is None and self._worth_it(best):
            self._seen.add([best.labels])
            self._submit(best.moved)
        return known if self._future is None else max(known, self._future.result())

    def _worth_it(self, best: Found) -> bool:
        promising = best.violation > 0 or best.moved > self._bound * WORTH_IT
        return promising and self._problem.size <= LARGEST

    def _submit(self, enough: int) -> None:
        """Columns are taken at once: while the bound is looked for the search goes on adding to what it has seen."""
        columns, known = self._seen.columns(), self._bound

        def stopped() -> bool:
            return self._left.is_set() or self._bound >= self._value or self._outer.cancelled()

        budget = replace(self._outer, cancelled=stopped, so_far=lambda _, bound: self._tell(np.inf, bound))
        self._future = self._threads.submit(relaxed_bound, self._problem, columns, known, enough, budget)

    def _tell(self, value: float, bound: float) -> None:
        with self._lock:
            self._value, self._bound = min(self._value, value), max(self._bound, int(bound))
            value, bound = self._value, self._bound
        if value < np.inf:
            self._outer.so_far(value, min(value, bound))

"""What is asked of all pools together, and how each stands: its division so far, what that misses, what is proven."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from gridmgmt.planning.budget import Budget
from gridmgmt.planning.partition.effort import Effort
from gridmgmt.planning.partition.pools import Pool
from gridmgmt.planning.partition.problem import Problem
from gridmgmt.planning.partition.solve import Division

Found = TypeVar("Found")
Progress = Callable[[int, int], None]
SPREAD = 7919  # between the seeds of two pools


@dataclass(frozen=True)
class Task:
    """What is asked of all pools together; `parts` is None where their number is free."""

    problem: Problem
    parts: int | None
    objectives: tuple[str, ...]
    effort: Effort
    seed: int
    budget: Budget
    progress: Progress | None


class Standing:
    """The pools of a task and their divisions so far; at first each is one part.

    Attributes
    ----------
    divided : the division of each pool
    steps : how many times a pool will have been done, as progress counts them
    """

    def __init__(self, task: Task, pools: Sequence[Pool], steps: int) -> None:
        self.task, self.pools, self.steps = task, pools, steps
        self.divided = [Division(pool.units, np.zeros_like(pool.units), 0, None) for pool in pools]
        self._done = 0
        self._missed, self._bounds = [0] * len(pools), [0] * len(pools)
        self._outside = self._proven = 0  # in the pools that are done

    def seed(self, number: int) -> int:
        """The seed of a pool."""
        return self.task.seed + SPREAD * number

    def unproven(self) -> list[int]:
        """Pools with weight outside the range that nothing proves to be."""
        pairs = zip(self._missed, self._bounds, strict=True)
        return [number for number, (missed, bound) in enumerate(pairs) if missed > bound]

    def each(
        self, step: Callable[[Problem, int], Found], numbers: Sequence[int], *, counted: bool = True
    ) -> Iterator[tuple[int, Found]]:
        """What a step finds for each of these pools, in their order, as soon as it is known.

        Two at a time: the compiled search lets go of the interpreter lock.
        """
        with ThreadPoolExecutor(max_workers=2) as threads:
            found = threads.map(lambda number: step(self._problem(number), number), numbers)
            for number, one in zip(numbers, found, strict=True):
                yield number, one
                self._done += counted
                if counted and self.task.progress is not None:
                    self.task.progress(self._done, self.steps)

    def divide(self, step: Callable[[Problem, int], Division], numbers: Sequence[int], *, counted: bool = True) -> None:
        """The same with steps that find divisions: they are taken."""
        for number, division in self.each(step, numbers, counted=counted):
            self.take(number, division)

    def take(self, number: int, division: Division) -> None:
        """The division of a pool, in place of that before; what is reached and proven by now is told."""
        problem = self.task.problem
        loads = np.bincount(division.labels, weights=problem.weights[division.units])
        missed = int(loads[(loads < problem.low) | (loads > problem.high)].sum())
        self._outside += missed - self._missed[number]
        self._proven += division.outside_bound - self._bounds[number]
        self.divided[number], self._missed[number], self._bounds[number] = division, missed, division.outside_bound
        self.task.budget.so_far(self._outside, min(self._proven, self._outside))

    def _problem(self, number: int) -> Problem:
        return self.task.problem.pool(self.pools[number].units)

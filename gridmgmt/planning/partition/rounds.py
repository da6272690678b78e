"""All pools, in rounds: each is searched; what that missed is brought in or proven; at last all are evened out.

So every pool has its plan before the proof of one takes all the time that is left.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np

from gridmgmt.planning.partition import certificate as why
from gridmgmt.planning.partition.balance import Offer, balanced, offer
from gridmgmt.planning.partition.fewparts.solve import divide_few, is_few
from gridmgmt.planning.partition.front import EVENEST, ROUNDEST, Front, only, search_front
from gridmgmt.planning.partition.pools import Pool, carve, pools_of_components
from gridmgmt.planning.partition.problem import IntArray, Problem, count_range
from gridmgmt.planning.partition.search import Budget, Effort
from gridmgmt.planning.partition.smallpool import decided
from gridmgmt.planning.partition.solve import Division, evened, settled, solve_pool

Found = TypeVar("Found")
Progress = Callable[[int, int], None]
SPREAD = 7919  # between the seeds of two pools
SHARES = 4  # of the pools that are searched on at a time
COUNTED_BY_PLAN = {"moved", "compactness"}  # objectives that the proofs for each pool know nothing of


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


def divide_pools(task: Task) -> list[Division]:
    """The divisions of all pools, and of what is carved off them."""
    if task.parts is not None:
        rounds = _Rounds(task, pools_of_components(task.problem, task.parts))
        rounds.search()
        return rounds.divided
    carving = carve(task.problem)
    alone = [Division(units, np.zeros_like(units), 0, why.OVERSIZE_UNIT) for units in carving.oversize]
    rounds = _Rounds(task, carving.pools)
    if task.problem.goals.round_enough > 0 and task.problem.areas.any():
        rounds.search_balanced(carving.oversize)
    else:
        rounds.search()
    rounds.settle()
    if task.effort.even:
        rounds.even_out()
    return alone + rounds.divided


class _Rounds:
    """The pools and their divisions so far. Two at a time: the compiled search lets go of the interpreter lock."""

    def __init__(self, task: Task, pools: list[Pool]) -> None:
        self.task, self.pools = task, pools
        self.divided = [Division(pool.units, np.zeros_like(pool.units), 0, None) for pool in pools]
        self._steps, self._done = len(pools) * (2 if task.effort.even and task.parts is None else 1), 0
        self._missed, self._bounds = [0] * len(pools), [0] * len(pools)
        self._outside = self._proven = 0  # in the pools that are done

    def search(self) -> None:
        """A division of every pool."""
        task, forced = self.task, self._are_forced()

        def search(problem: Problem, number: int) -> Division:
            pool, seed = self.pools[number], task.seed + SPREAD * number
            if is_few(problem, pool.parts):
                division = divide_few(problem, pool, task.objectives, seed, task.budget)
            else:
                division = solve_pool(problem, pool, task.effort, seed, task.budget)
            if task.parts is not None and len(self.pools) == 1 and COUNTED_BY_PLAN & set(task.objectives):
                division = decided(problem, division, task.parts, task.objectives)
            return division if forced else _unproven(division)

        self._round(search, range(len(self.pools)), counted=True)

    def search_balanced(self, oversize: Sequence[IntArray]) -> None:
        """A division of every pool, so that all parts, those of units alone too, are as round as asked on the mean.

        Where they are not, but nearly, the searches go on, in the pools with the least round parts first.
        """
        fronts: dict[int, Front] = {}
        for number, front in self._each(self._front, range(len(self.pools)), counted=True):
            fronts[number] = front
            self._choose(number, max(front.offers, key=lambda one: one.met), front)
        alone = self._alone(oversize)
        chosen, lack = self._balanced(fronts, alone)
        for numbers in self._least_round(fronts) if 0 < lack <= self.task.effort.in_reach else ():
            self._steps += len(numbers)
            fronts.update(self._each(lambda problem, n: self._front(problem, n, fronts[n]), numbers, counted=True))
            chosen, lack = self._balanced(fronts, alone)
            if lack <= 0:
                break
        for number, front in fronts.items():
            self._choose(number, chosen[number], front)

    def _front(self, problem: Problem, number: int, before: Front | None = None) -> Front:
        pool, task = self.pools[number], self.task
        if problem.size == 1 or (pool.reason == why.POCKET_BELOW_LOW and not (problem.locks >= 0).any()):
            return only(problem, np.zeros(problem.size, dtype=np.int64))
        return search_front(problem, task.effort, task.seed + SPREAD * number, task.budget, before)

    def _alone(self, oversize: Sequence[IntArray]) -> list[tuple[Offer, ...]]:
        """The parts nobody chooses, as one plan; none where there are none."""
        if not oversize:
            return []
        labels = np.repeat(np.arange(len(oversize)), [len(units) for units in oversize])
        return [(offer(self.task.problem.pool(np.concatenate(oversize)), labels),)]

    def _balanced(self, fronts: Mapping[int, Front], alone: Sequence[tuple[Offer, ...]]) -> tuple[list[Offer], float]:
        """One of the plans that each pool offers; what the mean of all parts lacks to be as round as asked."""
        goals = self.task.problem.goals
        offers = [*(fronts[number].offers for number in range(len(fronts))), *alone]
        chosen, lack = balanced(offers, goals.round_enough, (goals.roundness * EVENEST, goals.roundness * ROUNDEST))
        return chosen, lack / sum(one.parts for one in chosen)

    def _choose(self, number: int, one: Offer, front: Front) -> None:
        pool = self.pools[number]
        self._take(number, Division(pool.units, one.labels, pool.outside_bound, pool.reason, front.stopped))

    def _least_round(self, fronts: Mapping[int, Front]) -> Iterator[list[int]]:
        """Pools to be searched on, a share at a time, those with the least round parts first, turn after turn."""
        while open_ := [number for number, front in fronts.items() if front.can_go_on]:
            open_.sort(key=lambda number: max(one.roundness / one.parts for one in fronts[number].offers))
            yield from (some.tolist() for some in np.array_split(open_, min(SHARES, len(open_))))

    def settle(self) -> None:
        """Where weight is outside that nothing proves to be: better divisions, or proofs."""
        task = self.task

        def settle(problem: Problem, number: int) -> Division:
            return settled(problem, self.divided[number], task.effort, task.seed + SPREAD * number, task.budget)

        open_ = [n for n, (missed, bound) in enumerate(zip(self._missed, self._bounds, strict=True)) if missed > bound]
        self._round(settle, open_, counted=False)

    def even_out(self) -> None:
        """The divisions of least deviation and cuts, with what is proven of them."""
        task = self.task

        def even(problem: Problem, number: int) -> Division:
            return evened(problem, self.divided[number], task.seed + SPREAD * number, task.budget)

        self._round(even, range(len(self.pools)), counted=True)

    def _round(self, step: Callable[[Problem, int], Division], numbers: Sequence[int], *, counted: bool) -> None:
        for number, division in self._each(step, numbers, counted=counted):
            self._take(number, division)

    def _each(
        self, step: Callable[[Problem, int], Found], numbers: Iterable[int], *, counted: bool
    ) -> Iterator[tuple[int, Found]]:
        """What a step finds for each of these pools, in their order, as soon as it is known."""
        numbers = list(numbers)
        with ThreadPoolExecutor(max_workers=2) as threads:
            found = threads.map(lambda n: step(self.task.problem.pool(self.pools[n].units), n), numbers)
            for number, one in zip(numbers, found, strict=True):
                yield number, one
                self._done += counted
                if counted and self.task.progress is not None:
                    self.task.progress(self._done, self._steps)

    def _take(self, number: int, division: Division) -> None:
        problem = self.task.problem
        loads = np.bincount(division.labels, weights=problem.weights[division.units])
        missed = int(loads[(loads < problem.low) | (loads > problem.high)].sum())
        self._outside += missed - self._missed[number]
        self._proven += division.outside_bound - self._bounds[number]
        self.divided[number], self._missed[number], self._bounds[number] = division, missed, division.outside_bound
        self.task.budget.so_far(self._outside, min(self._proven, self._outside))

    def _are_forced(self) -> bool:
        """Whether what is proven with these numbers of parts holds for every sharing-out among the pools."""
        problem, parts = self.task.problem, self.task.parts
        if parts is None or len(self.pools) == 1 or not parts * problem.low <= problem.total <= parts * problem.high:
            return True
        return all(_is_forced(problem, pool) for pool in self.pools)


def _is_forced(problem: Problem, pool: Pool) -> bool:
    """Whether the range leaves the pool no other number of parts."""
    counts = count_range(float(problem.weights[pool.units].sum()), problem.low, problem.high)
    return list(counts) == [pool.parts]


def _unproven(division: Division) -> Division:
    """What is proven for one sharing-out of the parts among the pools does not hold for others."""
    shared = division.reason in (why.PACKING, why.NO_FEASIBLE_COUNT)
    return replace(division, bound=0.0, reason=None if shared else division.reason)

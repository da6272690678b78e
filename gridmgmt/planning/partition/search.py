"""Local search on one connected pool: grown seeds, annealing, a few attempts, the best kept."""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from gridmgmt.planning.partition.problem import IntArray, Problem, count_range

Cancelled = Callable[[], bool]


@dataclass(frozen=True)
class Effort:
    """Work limits of the search, per pool. They, not the clock, decide: equal seeds give equal plans."""

    passes: int  # proposals per unit and attempt
    attempts: int  # restarts at most while the range is not met
    restarts: int = 1  # restarts even where it is
    heat: tuple[float, float] = (3.0, 0.003)
    swaps: float = 0.4
    listing: int = 25  # possible parts per unit listed at most for an exact packing
    lumpiness: float = 2.5  # an exact packing is tried where a mean unit times this reaches the lower limit
    proof: float = 3.0  # work on the proof of a small pool, in deterministic seconds of CP-SAT

    def for_parts(self, units: int) -> "Effort":
        """The effort where the number of parts is given: few large parts need long, slow searches, and several."""
        return replace(self, passes=max(self.passes, 1_000_000 // units), attempts=4, restarts=4, heat=(2.0, 0.05))


FAST = Effort(passes=1500, attempts=2)
THOROUGH = Effort(passes=40_000, attempts=4, restarts=2, listing=200, lumpiness=8.0, proof=60.0)


@dataclass(frozen=True)
class Budget:
    """The last stop: a moment of the monotonic clock, and a question asked between attempts."""

    deadline: float = float("inf")
    cancelled: Cancelled = lambda: False

    def spent(self) -> bool:
        return time.monotonic() > self.deadline or self.cancelled()


def met_weight(problem: Problem, labels: IntArray) -> int:
    """Weight in parts within the range."""
    loads = np.bincount(labels, weights=problem.weights)
    return int(loads[(loads >= problem.low) & (loads <= problem.high)].sum())


def counts_to_try(problem: Problem) -> list[int]:
    """Numbers of parts, most promising first: those nearest to total / target, feasible ones before others."""
    ideal = problem.total / problem.target
    locked = len(np.unique(problem.locks[problem.locks >= 0]))
    most = int((problem.weights > 0).sum())
    feasible = [count for count in count_range(problem.total, problem.low, problem.high) if locked <= count <= most]
    if not feasible:
        around = (int(ideal), int(ideal) + 1)
        feasible = [count for count in around if max(1, locked) <= count <= most] or [max(1, locked)]
    return sorted(feasible, key=lambda count: (abs(count - ideal), count))[:3]


def search_pool(
    problem: Problem, parts: int | None, effort: Effort, seed: int, budget: Budget
) -> tuple[IntArray, bool]:
    """Labels (n,) of a connected pool with the most weight in range, then the least price; whether the clock cut in."""
    best, best_rank = np.zeros(problem.size, dtype=np.int64), (-1.0, 0.0)
    problem = compact_locks(problem)
    counts = [parts] if parts else counts_to_try(problem)
    effort = effort.for_parts(problem.size) if parts else effort
    spare = 0 if parts or (problem.locks >= 0).any() else 3 + counts[0] // 20
    for attempt in range(max(effort.attempts, effort.restarts)):
        if attempt and budget.spent():
            return best, True
        count = counts[max(0, attempt - effort.restarts + 1) % len(counts)]
        labels, price = anneal_once(problem, count, effort, seed + attempt, spare)
        met = met_weight(problem, labels)
        if (met, -price) > best_rank:
            best, best_rank = labels, (met, -price)
        if met == problem.total and attempt + 1 >= effort.restarts:
            break
    return best, False


def compact_locks(problem: Problem) -> Problem:
    """Locks and homes numbered from 0 without holes, as the search wants them."""
    locks = np.full_like(problem.locks, -1)
    locked = problem.locks >= 0
    locks[locked] = np.unique(problem.locks[locked], return_inverse=True)[1]
    return replace(problem, locks=locks)


def anneal_once(problem: Problem, count: int, effort: Effort, seed: int, spare: int = 0) -> tuple[IntArray, float]:
    """One grown start with `count` parts, annealed: labels and price. With `spare`, parts may close and open."""
    if count == 1 and (spare == 0 or problem.total <= problem.high):
        return np.zeros(problem.size, dtype=np.int64), 0.0
    from gridmgmt.planning.partition import kernels

    pointers, neighbours = problem.graph.indptr.astype(np.int64), problem.graph.indices.astype(np.int64)
    weights = problem.weights.astype(np.float64)
    start = kernels.grow(pointers, neighbours, problem.borders.data, weights, problem.locks, count, seed)
    return anneal_from(problem, start, effort, seed, spare)


def anneal_from(problem: Problem, start: IntArray, effort: Effort, seed: int, spare: int = 0) -> tuple[IntArray, float]:
    """The best labels met on the way from `start` (connected parts, numbered from 0), and their price."""
    from gridmgmt.planning.partition import kernels

    graph = problem.graph
    labels, price = kernels.anneal(
        (graph.indptr.astype(np.int64), graph.indices.astype(np.int64), graph.data, problem.borders.data),
        (problem.weights.astype(np.float64), problem.areas, problem.perimeters, problem.home),
        start,
        int(start.max()) + 1 + spare,
        problem.locks >= 0,
        (float(problem.low), float(problem.high), float(problem.target)),
        problem.goals.as_array(),
        np.geomspace(*effort.heat, effort.passes),
        effort.swaps,
        spare > 0,
        seed,
    )
    return np.unique(labels, return_inverse=True)[1], float(price)

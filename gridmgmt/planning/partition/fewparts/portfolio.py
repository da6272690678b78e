"""A portfolio of annealing walks for few large parts; two at a time, each from a start of its own."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gridmgmt.planning.partition.fewparts.start import first_parts
from gridmgmt.planning.partition.problem import FloatArray, IntArray, Problem
from gridmgmt.planning.partition.search import Budget, compact_locks

LEVELS, SLICES = 400, 20  # heats of a walk, and how often it looks at the clock
CUT_HEAT, DEVIATION_HEAT = (2.0, 0.15), (2.0, 0.002)
BALANCE = (30.0, 60.0, 30.0, 30.0, 15.0, 30.0)  # edges that a whole target's weight outside the range costs


@dataclass(frozen=True)
class Found:
    """What walks came to.

    Attributes
    ----------
    labels : (n,) the best, connected
    rank : weight outside the range, the first objective, the second (a deviation is the largest, in weight)
    stopped : whether the clock ended a walk
    ends : the labels within the range that each of the walks came to
    agreed : how many walks came to the best value of the first objective
    """

    labels: IntArray
    rank: tuple[float, float, float]
    stopped: bool
    ends: tuple[IntArray, ...]
    agreed: int = 1

    @property
    def in_range(self) -> bool:
        return self.rank[0] == 0

    def sets(self) -> NDArray[np.bool_]:
        """(sets, n) the parts of all ends."""
        parts = [labels == part for labels in self.ends for part in range(int(labels.max()) + 1)]
        return np.array(parts, dtype=np.bool_).reshape(-1, len(self.labels))


def search_few(problem: Problem, parts: int, numbers: range, seed: int, budget: Budget) -> Found:
    """The best of the walks so numbered. Equal seeds give equal labels unless the clock stops it."""
    problem = compact_locks(problem)
    with ThreadPoolExecutor(max_workers=2) as threads:
        walks = list(threads.map(lambda number: _walk(problem, parts, number, seed, budget), numbers))
    return merged(walks)


def merged(several: Sequence[Found]) -> Found:
    """The best of several searches, and all their ends."""
    best = min(several, key=lambda found: found.rank)
    ends = tuple(labels for found in several for labels in found.ends)
    agreed = sum(found.agreed for found in several if found.rank[:2] == best.rank[:2])
    return Found(best.labels, best.rank, any(found.stopped for found in several), ends, agreed)


def _walk(problem: Problem, parts: int, number: int, seed: int, budget: Budget) -> Found:
    from gridmgmt.planning.partition import streams
    from gridmgmt.planning.partition.fewparts import annealing

    pointers, neighbours = problem.graph.indptr.astype(np.int64), problem.graph.indices.astype(np.int64)
    weights = problem.weights.astype(np.float64)
    own = seed + 1_000_003 * number
    start = first_parts(problem, parts, own)
    best, rank = start.copy(), np.full(3, np.inf)
    state = annealing.start_walk(pointers, neighbours, weights, start, parts)
    graph = (pointers, neighbours, annealing.reverse_arcs(pointers, neighbours), problem.graph.data)
    stream = streams.new_stream(own)
    for heats in _slices(problem):
        if budget.spent():
            return _found(best, rank, True)
        annealing.walk(
            graph,
            weights,
            problem.locks >= 0,
            (float(problem.low), float(problem.high), float(problem.target)),
            _prices(problem, number),
            problem.first == "deviation",
            state,
            (best, rank),
            heats,
            proposals(problem.size) // LEVELS,
            stream,
        )
    return _found(best, rank, False)


def proposals(units: int) -> int:
    """The work of one walk: enough to cool slowly, some seconds at most."""
    return min(max(4_000 * units, min(200 * units**2, 2_000_000)), 20_000_000)


def _slices(problem: Problem) -> Iterator[FloatArray]:
    hot, cold = DEVIATION_HEAT if problem.first == "deviation" else CUT_HEAT
    yield from np.array_split(np.geomspace(hot, cold, LEVELS), SLICES)


def _prices(problem: Problem, number: int) -> FloatArray:
    """Cut, deviation, balance: of the objective in hand, with a mean edge as the unit; the other one breaks ties."""
    mean_cost = float(np.abs(problem.graph.data).mean()) if problem.graph.nnz else 1.0
    cut, deviation = (0.1, 50.0) if problem.first == "deviation" else (1.0, 0.0)
    return np.array([cut / (mean_cost or 1.0), deviation, BALANCE[number % len(BALANCE)]])


def _found(labels: IntArray, rank: FloatArray, stopped: bool) -> Found:
    outside, first, second = rank.tolist()
    return Found(labels, (outside, first, second), stopped, (labels,) if outside == 0 else ())

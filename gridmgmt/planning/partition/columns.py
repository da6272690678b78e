"""Every part that could be: all connected sets of units up to a weight, each listed once.

A unit without weight belongs to a set only where the set falls apart without it: of two sets that hold the same
households the smaller one leaves more room to the others, so nothing is lost by leaving the larger out. Take a unit
with weight whose removal leaves a *least* set M connected; drop from the rest the units without weight that it no
longer needs. What was dropped is a shortest path, that is one without chords, of units without weight from the rest to
that unit. So all least sets are found by adding a neighbour, or such a path and the unit at its end, again and again.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from gridmgmt.planning.partition.listing import list_sets
from gridmgmt.planning.partition.problem import IntArray, Problem

WIDEST = 40  # units in a set at most; a pool that allows more is not listed
ANY = -1  # links: units without weight are units like any other
STEPS_PER_SET = 200  # steps through units without weight, for each set that may be listed


@dataclass(frozen=True)
class Columns:
    """Sets of units: `members[starts[c]:starts[c + 1]]` are the units of column c, in ascending order."""

    starts: IntArray
    members: IntArray
    weights: IntArray

    def __len__(self) -> int:
        return len(self.weights)

    def __getitem__(self, column: int) -> IntArray:
        return self.members[self.starts[column] : self.starts[column + 1]]

    def take(self, which: NDArray[np.integer] | NDArray[np.bool_]) -> "Columns":
        """The columns chosen by a mask or by numbers."""
        chosen = np.flatnonzero(which) if which.dtype == np.bool_ else which
        sizes = np.diff(self.starts)[chosen]
        starts = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
        inside = np.arange(starts[-1]) - np.repeat(starts[:-1], sizes)
        return Columns(starts, self.members[np.repeat(self.starts[chosen], sizes) + inside], self.weights[chosen])

    def matrix(self, size: int) -> csr_array:
        """(columns, units) of 0 and 1."""
        return csr_array((np.ones(len(self.members)), self.members, self.starts), shape=(len(self), size))


def connected_sets(problem: Problem, limit: int, links: int = WIDEST) -> Columns | None:
    """Every least connected set with a weight up to `high`; None where there are more than `limit`.

    A set has at most `links` units without weight; with ANY it is every connected set, whatever these are good for.

    Sets stand in the order of their number of units with weight, so that equal problems give equal lists.
    """
    graph = problem.graph
    capacity = min(int(problem.high), int(problem.total))
    arrays = graph.indptr.astype(np.int64), graph.indices.astype(np.int64), problem.weights
    found = list_sets(arrays, capacity, links, limit, WIDEST, STEPS_PER_SET * limit)
    if found is None:
        return None
    sets, sizes, weights = found
    kept = weights >= 0
    sets, sizes, weights = sets[kept], sizes[kept], weights[kept]
    starts = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
    return Columns(starts, sets[np.arange(WIDEST) < sizes[:, None]].astype(np.int64), weights)


def possible_parts(problem: Problem, limit: int, links: int = WIDEST) -> Columns | None:
    """The connected sets within the range; None where there are more than `limit` sets up to `high`."""
    columns = connected_sets(problem, limit, links)
    return None if columns is None else columns.take(columns.weights >= problem.low)


def cannot_be_in_range(problem: Problem, unit: int, limit: int = 4000) -> bool:
    """Whether no connected set within the range holds `unit`: proven by listing all sets around it; False if unsure."""
    graph = problem.graph
    weights = problem.weights
    layer = {frozenset([unit]): int(weights[unit])}
    listed = 0
    while layer:
        listed += len(layer)
        if listed > limit or any(weight >= problem.low for weight in layer.values()):
            return False
        following: dict[frozenset[int], int] = {}
        for members, weight in layer.items():
            rim = {int(v) for u in members for v in graph.indices[graph.indptr[u] : graph.indptr[u + 1]]} - members
            for other in rim:
                if weight + weights[other] <= problem.high:
                    following[members | {other}] = weight + int(weights[other])
        layer = following
    return True

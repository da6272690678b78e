"""One walk of `annealing` on a problem: what it needs, and what it carries from one slice to the next."""

import numpy as np

from gridmgmt.planning.partition.problem import FloatArray, IntArray, Problem


class Walk:
    """A walk from a first division, continued as often as one likes.

    Attributes
    ----------
    best : (n,) the best labels met so far, by the measure of `annealing`; those of the start before the first slice
    """

    def __init__(
        self, problem: Problem, start: IntArray, parts: int, prices: FloatArray, seed: int, *, deviation_first: bool
    ) -> None:
        """`prices` are those of the cut, of deviation and of balance; `start` (n,) stays as it is."""
        from gridmgmt.planning.partition import streams
        from gridmgmt.planning.partition.fewparts import annealing

        pointers, neighbours, costs, _ = problem.graph_arrays
        weights = problem.weights.astype(np.float64)
        graph = (pointers, neighbours, annealing.reverse_arcs(pointers, neighbours), costs)
        state = annealing.start_walk(pointers, neighbours, weights, start.copy(), parts)
        self.best = start.copy()
        self._kernel, self._stream = annealing.walk, streams.new_stream(seed)
        self._given = (graph, weights, problem.locks >= 0, problem.limits, prices, deviation_first)
        self._carried = (state, (self.best, np.full(3, np.inf)))

    def go_on(self, heats: FloatArray, proposals: int) -> None:
        """Through `heats`, so many proposals at each."""
        self._kernel(*self._given, *self._carried, heats, proposals, self._stream)

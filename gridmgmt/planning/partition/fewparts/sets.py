"""The parts that could be: connected sets of units in range, listed or priced with the diagram."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from gridmgmt.planning.partition import measuring
from gridmgmt.planning.partition.fewparts.frontier import Diagram
from gridmgmt.planning.partition.problem import FloatArray, IntArray, Problem

Masks = NDArray[np.bool_]  # (sets, n): which units each set holds

TABLE = 100_000_000  # bytes of the table of bounds
MOST_BUCKETS = 1024
NO_WAY = 1e9  # the price of a weight out of range
MOST_STEPS = 20_000_000
GRID = 2.0**-12  # sums of its multiples are exact while they are small
DEAR = 256.0  # from this price of a weight on the table is kept in double precision
SLACK = 1e-6  # for the rounding of the prices themselves


@dataclass(frozen=True)
class Listing:
    """Sets and their prices; `whole` where there are no others as cheap."""

    masks: Masks
    prices: FloatArray
    whole: bool


class PossibleParts:
    """Every connected set of a pool whose weight is within the range; None of them is stored.

    The price of a set is half of what it cuts and, with `by_weight` (high + 1,), what that gives to its weight.
    Works in a table of bounds that is allocated once, so one instance serves one thread. Weights are told apart as
    finely as the bytes of the table allow.
    """

    def __init__(
        self, problem: Problem, diagram: Diagram, by_weight: FloatArray | None = None, table_bytes: int = TABLE
    ) -> None:
        self._problem, self._diagram, self._by_weight = problem, diagram, by_weight
        self._low, self._high = int(np.ceil(problem.low)), int(np.floor(problem.high))
        highest = 0.0 if by_weight is None else float(np.abs(by_weight[self._low :]).max())
        self._dearest = highest + float(np.abs(problem.graph.data).sum()) / 4  # no set has a price above it
        precision = np.float32 if highest < DEAR else np.float64
        entries = table_bytes // np.dtype(precision).itemsize
        buckets = max(1, min(MOST_BUCKETS, entries // diagram.nodes, self._high + 1))
        self._width = self._high // buckets + 1
        bucket = np.arange(buckets)
        fits = (bucket * self._width <= self._high) & ((bucket + 1) * self._width > self._low)
        self._at_end = np.where(fits, 0.0, NO_WAY)
        if by_weight is not None:
            self._at_end[fits] = [by_weight[here * self._width :][: self._width].min() for here in bucket[fits]]
        self._on_grid = all(map(_is_on_grid, (self._at_end, diagram.out_cost, diagram.in_cost)))
        self._least = np.empty((diagram.nodes, buckets), dtype=precision)
        self._duals: FloatArray | None = None  # those that the table is for

    def least_price(self, duals: FloatArray) -> float:
        """A lower bound of half the cut less the duals, over all sets."""
        from gridmgmt.planning.partition.fewparts import pricing

        if self._duals is None or not np.array_equal(self._duals, duals):
            pricing.completions(*self._fixed(), duals, self._at_end, self._width, self._least)
            self._duals = duals.copy()
        return float(self._least[0, 0]) - self._slack(duals)

    def _slack(self, duals: FloatArray) -> float:
        """What rounding may have made the table too high by: twice a layer, a share of what is still to come.

        Of the cheapest set that is its price, and what it gains at the duals: no more than the price is above `least`.
        Sums of multiples of GRID that are small enough are exact.
        """
        still_to_come = abs(2 * self._dearest - float(self._least[0, 0]) + 2 * float(np.maximum(-duals, 0.0).sum()))
        rounding = float(np.finfo(self._least.dtype).epsneg)  # relative error of a number, at most
        if self._on_grid and _is_on_grid(duals) and still_to_come < GRID / rounding:
            return 0.0
        return SLACK + 2 * rounding * self._problem.size * still_to_come

    def below(self, duals: FloatArray, price: float, most: int) -> Listing:
        """The sets whose price is at most `price`; not all of them where there are more than `most`.

        Some are dearer where the table does not tell all weights apart.
        """
        from gridmgmt.planning.partition.fewparts import pricing

        self.least_price(duals)
        masks, prices = np.empty((most, self._problem.size), dtype=np.bool_), np.empty(most)
        limits = (self._low, self._high, float(price), self._slack(duals), MOST_STEPS)
        room = (self._width, self._least, masks, prices)
        found, whole = pricing.sets_below(*self._fixed(), duals, self._at_end, limits, *room)
        masks, prices = masks[:found], prices[:found]
        if self._by_weight is not None and self._width > 1:
            weights = masks @ self._problem.weights
            prices += self._by_weight[weights] - self._at_end[weights // self._width]
        return Listing(masks, prices, whole)

    def prices(self, masks: Masks) -> FloatArray:
        """What each of some sets costs."""
        cut = half_cuts(self._problem.graph, masks)
        return cut if self._by_weight is None else cut + self._by_weight[masks @ self._problem.weights]

    def _fixed(self) -> tuple[IntArray, IntArray, tuple[IntArray, IntArray, FloatArray, FloatArray], Masks, IntArray]:
        diagram = self._diagram
        arcs = (diagram.out_to, diagram.in_to, diagram.out_cost, diagram.in_cost)
        return diagram.order, diagram.first, arcs, diagram.complete, self._problem.weights


def half_cuts(graph: csr_array, masks: Masks) -> FloatArray:
    """(sets,) half the cost of the edges around each set, see `measuring`."""
    return measuring.half_cuts(graph, csr_array(masks.astype(np.float64)))


def on_grid(prices: FloatArray) -> FloatArray:
    """The nearest multiples of GRID."""
    nearest: FloatArray = np.round(prices / GRID) * GRID
    return nearest


def _is_on_grid(prices: FloatArray) -> bool:
    return bool((prices == on_grid(prices)).all())

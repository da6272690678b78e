"""The parts worth most under each name at given prices, and what no part is worth more than.

A part under a name holds a unit the name has today. A unit of today that is worth more than all rows of three could
take for it joins wherever it lies beside the part: only the upper limit speaks against it, and to forget that limit by
the weight of these units loosens the bound and nothing else. So the pieces of today are roots the search starts from.
Where a set found so is above the limit, or a piece is, or the search ends early, each unit of today is a root by
itself; of a name that is settled better so, from then on.

Where prices are nearly right, sets worth next to nothing are without number. Of a name whose search comes to no end,
only parts worth a few households more than they cost are searched for: the bound is looser by these and no more.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from gridmgmt.planning.partition.problem import FloatArray, IntArray, Problem
from gridmgmt.planning.resizing.bounding.programme import NEW, NONE, SCALE, Column, Prices, Rows

PER_NAME, LONGEST = 10, 100  # columns offered for a name at a time, units of a column at most
LARGEST_TABLE = 1 << 20  # limit up to which sums of weights are tabled
TRIFLE = 8  # of a worth beyond its cost: more than rounded prices make of nothing
STEP = 1e-6  # households
STEPS = (64, 16, 4, 0)  # households: a part must be worth so much more than it costs to be searched for
FINER = 4  # a step finer than the one that settled a name last is tried with so many times fewer nodes

Met = tuple[IntArray, IntArray, FloatArray, IntArray]  # rows of each unit (starts, rows), prices, units of each row


@dataclass(frozen=True)
class Offer:
    """Columns worth more than they cost; what none is worth beyond that (1 / SCALE), and if one is worth so much."""

    columns: list[Column]
    beyond: int
    settled: bool = True


@dataclass(frozen=True)
class _Task:
    """What is searched under a name.

    Attributes
    ----------
    units : weights, worths and order (n,) of the units, worth most per household first
    roots : pieces of today that join anyway, and units
    open : (n,) units that may be held
    rows, counted : the rows of three that matter, and (rows,) whether the name is one of their elements
    cost : what a part must be worth more than
    """

    name: int
    units: tuple[IntArray, FloatArray, IntArray]
    roots: list[IntArray]
    open: NDArray[np.bool_]
    rows: Met
    counted: IntArray
    cost: float


@dataclass(frozen=True)
class _Found:
    """What no part is worth more than; what the best is worth; and the best (PER_NAME, LONGEST)."""

    ceiling: float
    best: float
    parts: IntArray


class Pricing:
    """The search for parts of one problem.

    Of each name it remembers which roots, and which of the STEPS, settled it last.
    """

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self._graph = problem.graph_arrays[:2]
        self._within_reach = [self._reach(name) for name in range(int(problem.home.max()) + 1)]
        self._whole = [True] * len(self._within_reach)
        self._step = [len(STEPS) - 1] * len(self._within_reach)
        self._low, self._high = max(1, int(np.ceil(problem.low))), int(problem.high)

    def offer(self, prices: Prices, priced: Rows, name: int, nodes: int) -> Offer:
        """Columns under a name, at the prices of units, names and rows of three."""
        problem, open_ = self.problem, self._within_reach[name]
        rows, counted = _met(priced, name, open_)
        worth = (prices.units - SCALE * problem.weights * (problem.home != name)).astype(np.float64)
        cost = float(prices.count + int(prices.names[name]))
        roots = self._roots(worth, rows, open_ & (problem.home == name) & (problem.weights > 0))
        task = _Task(name, (problem.weights, worth, self._order(worth)), roots, open_, rows, counted, cost + TRIFLE)
        return self._offered(task, self._fitting(worth, open_), cost, nodes)

    def _offered(self, task: "_Task", ceiling: float, cost: float, nodes: int) -> Offer:
        """Set out from the step that settled the name last; then one finer, or coarser ones until one settles it."""
        columns, best = list[Column](), task.cost
        last = step = self._step[task.name]
        while ceiling > best:
            least = cost + max(SCALE * STEPS[step], TRIFLE)
            found = self._searched(task, least, nodes // FINER if step > last else nodes)
            ceiling, best = min(ceiling, found.ceiling), max(best, found.best)
            columns += self._columns(task.name, found.parts)
            settled = ceiling <= max(best, least)
            if settled:
                self._step[task.name] = step
            step += 1 if settled else -1
            if step in (-1, len(STEPS)) or (step <= last if settled else step >= last):
                break
        return Offer(columns, max(0, int(np.ceil(ceiling - cost))), ceiling <= best)

    def _searched(self, task: "_Task", least: float, nodes: int) -> "_Found":
        """The parts worth more than `least`, of pieces that join anyway or of units by themselves."""
        parts, worths = np.full((PER_NAME, LONGEST), -1, dtype=np.int64), np.full(PER_NAME, task.cost)
        heaviest = max((int(self.problem.weights[root].sum()) for root in task.roots), default=0)
        order = task.units[2]
        alone = list(order[np.isin(order, np.concatenate(task.roots))][:, None]) if task.roots else []
        ceiling = np.inf
        for whole in (self._whole[task.name], not self._whole[task.name]):
            if ceiling > max(worths[0], least) and (heaviest <= self._high or not whole):
                starts, beyond = (task.roots, heaviest) if whole else (alone, 0)
                ceiling = min(ceiling, self._search(task, starts, beyond, least, nodes, parts, worths))
                self._whole[task.name] = whole == (ceiling <= max(worths[0], least))
        return _Found(ceiling, float(worths[0]), parts)

    def _order(self, worth: FloatArray) -> IntArray:
        """(n,) the units, worth most per household first; those without households at one end or the other."""
        from gridmgmt.planning.resizing.bounding.ceiling import NEVER

        weights = self.problem.weights
        ratio = np.divide(worth, weights, out=np.where(worth >= 0, NEVER, -NEVER), where=weights > 0)
        return np.argsort(-ratio, kind="stable")

    def _reach(self, name: int) -> NDArray[np.bool_]:
        """(n,) units that a part under a name may hold: not locked elsewhere, and a way to them fits into a part."""
        problem = self.problem
        own = np.flatnonzero((problem.home == name) & (problem.weights > 0))
        if not len(own):
            return np.zeros(problem.size, dtype=bool)
        edges = problem.graph.tocoo()
        # Something for each step, so that none weighs nothing: such steps are no edges to scipy.
        steps = csr_array((problem.weights[edges.col] + STEP, (edges.row, edges.col)), shape=edges.shape)
        way = dijkstra(steps, indices=own, min_only=True, limit=float(problem.high) + 0.5)
        reached: NDArray[np.bool_] = np.isfinite(way) & ((problem.locks < 0) | (problem.locks == name))
        return reached

    def new(self, prices: Prices) -> Offer:
        """A part that continues nothing, of the units that pay most for each household, contiguous or not."""
        weights = self.problem.weights
        held = np.flatnonzero((weights > 0) & (weights <= self._high) & (self.problem.locks < 0))
        loss = SCALE * weights[held] - prices.units[held]
        order = np.argsort(loss / weights[held], kind="stable")
        load = np.cumsum(weights[held[order]])
        count = int(np.searchsorted(load, self._low)) + 1
        if count > len(held):
            return Offer([], 0)
        before = int(load[count - 2]) if count > 1 else 0
        share = (self._low - before) / int(weights[held[order[count - 1]]])
        least = int(loss[order[: count - 1]].sum()) + int(np.floor(share * int(loss[order[count - 1]])))
        beyond = max(0, -prices.count - least)
        units = tuple(np.sort(held[order[:count]]).tolist())
        return Offer([(NEW, units)] if beyond else [], beyond)

    def _roots(self, worth: FloatArray, rows: Met, own: NDArray[np.bool_]) -> list[IntArray]:
        """The pieces of units that join wherever they can, then every other unit by itself."""
        starts, flat, price, _ = rows
        taken = np.bincount(np.repeat(np.arange(len(own)), np.diff(starts)), weights=price[flat], minlength=len(own))
        joins = own & (worth >= taken)
        return _pieces(self.problem.neighbours, joins) + list(np.flatnonzero(own & ~joins)[:, None])

    def _search(
        self,
        task: "_Task",
        roots: list[IntArray],
        beyond: int,
        least: float,
        nodes: int,
        parts: IntArray,
        worths: FloatArray,
    ) -> float:
        """What no part with a root is worth more than; `parts` and `worths` take the best."""
        from gridmgmt.planning.resizing.bounding.partsearch import best_parts

        starts = np.concatenate([[0], np.cumsum([len(root) for root in roots])]).astype(np.int64)
        flat = np.concatenate(roots) if roots else np.empty(0, dtype=np.int64)
        limits = np.array([self._low, self._high, self._high + beyond], dtype=np.int64)
        found = best_parts(
            self._graph, task.units, (starts, flat), task.open.copy(), limits, task.rows, task.counted,
            least, nodes, parts, worths,
        )  # fmt: skip
        return float(found)

    def _fitting(self, worth: FloatArray, open_: NDArray[np.bool_]) -> float:
        """What units that fit into a part are worth at most (knapsack)."""
        weights = self.problem.weights
        useful = np.flatnonzero(open_ & (worth > 0) & (weights <= self._high))
        if self._high > LARGEST_TABLE:
            return float(worth[useful].sum())
        best = np.zeros(self._high + 1)
        for unit in useful:
            weight = int(weights[unit])
            best[weight:] = np.maximum(best[weight:], best[: len(best) - weight] + worth[unit])
        return float(best[-1])

    def _columns(self, name: int, parts: IntArray) -> list[Column]:
        """The parts as columns, without the units without households that hold nothing together."""
        from gridmgmt.planning.resizing.bounding.trimming import lean

        lean(self._graph, self.problem.weights, parts)
        return [(name, tuple(np.sort(row[row >= 0]).tolist())) for row in parts if row[0] >= 0]


def _met(rows: Rows, name: int, open_: NDArray[np.bool_]) -> tuple[Met, IntArray]:
    """The rows of which a part under the name can hold two, with (rows,) 1 where the name is one of them."""
    within = rows.names[name] + (open_[rows.units] & (rows.units != NONE)).sum(axis=1)
    some = np.flatnonzero(within > 1)
    units = rows.units[some]
    row, place = np.nonzero(units != NONE)
    order = np.argsort(units[row, place], kind="stable")
    held = np.bincount(units[row, place], minlength=len(open_))
    starts = np.concatenate([[0], np.cumsum(held)]).astype(np.int64)
    return (starts, row[order].astype(np.int64), rows.prices[some], units), rows.names[name, some]


def _pieces(neighbours: list[list[int]], among: NDArray[np.bool_]) -> list[IntArray]:
    """The connected components of a few units."""
    left, pieces = set(np.flatnonzero(among).tolist()), list[IntArray]()
    while left:
        piece = [min(left)]
        left.discard(piece[0])
        for unit in piece:
            near = [other for other in neighbours[unit] if other in left]
            left.difference_update(near)
            piece += near
        pieces.append(np.array(sorted(piece), dtype=np.int64))
    return pieces

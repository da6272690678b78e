"""One pool to be divided: a connected graph with weights, and what a good division of it is."""

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from gridmgmt.messages import Words
from gridmgmt.planning.partition.inputs import checked_graph, column_of_units, require, whole_weights

IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]

USUAL_ROUNDNESS = 0.69  # of a part whose shape costs nothing: or few large parts would be cheaper
MISSED_PART, MISSING = 0.3, 5.0  # shares of the price `outside`: of a part, of a target's worth missing or too much


@dataclass(frozen=True)
class Goals:
    """Prices of the search, in the order in which they should bind: the first outweighs all others.

    Attributes
    ----------
    outside : per target's worth of weight in parts outside the range, and MISSED_PART of it for each of these; where
        the number of parts is given, MISSING times it per target's worth by which they miss the range
    deviation : ((weight − target) / target)², per part
    roundness : 1 − Polsby–Popper, per part
    cut : per unit of cut cost
    moved : per unit of weight that leaves its home
    unevenness : |weight − target| / target, per part
    part : per part. What parts cost on the mean, taken off, makes the least sum the least mean: without it a plan of
        few parts looks cheap only because they are few (Dinkelbach 1967)
    round_enough : mean Polsby–Popper at which evenness counts for more, and below which it counts for less, than
        `roundness` says (`balance`); 0: it always counts as `roundness` says
    """

    outside: float = 20.0
    deviation: float = 2.0
    roundness: float = 1.0
    cut: float = 0.0
    moved: float = 0.0
    unevenness: float = 0.0
    part: float = 0.0
    round_enough: float = 0.0

    def as_array(self) -> FloatArray:
        return np.array(
            [self.outside, self.deviation, self.roundness, self.cut, self.moved, self.unevenness, self.part]
        )


@dataclass(frozen=True)
class Problem:
    """A graph with n units, all arrays by unit.

    Attributes
    ----------
    graph : (n, n) symmetric; values are the cost of cutting an edge (negative where a cut is welcome)
    weights : (n,) households
    low, high, target : weight of a part
    borders : (n, n) same pattern as `graph`: shared border length, m; zeros where shape does not count
    areas : (n,) m²; zeros where shape does not count
    perimeters : (n,) m
    locks : (n,) the part a unit must lie in, −1 where it is free; the units of one lock hang together
    home : (n,) the part a unit lies in today, −1 for none
    goals, first : prices of the search, and the objective that the certificate is about
    """

    graph: csr_array
    weights: IntArray
    low: float
    high: float
    target: float
    borders: csr_array
    areas: FloatArray
    perimeters: FloatArray
    locks: IntArray
    home: IntArray
    goals: Goals = field(default_factory=Goals)
    first: str = "deviation"

    @property
    def size(self) -> int:
        return len(self.weights)

    @property
    def total(self) -> int:
        return int(self.weights.sum())

    @cached_property
    def graph_arrays(self) -> tuple[IntArray, IntArray, FloatArray, FloatArray]:
        """indptr, indices, cut costs and borders of the graph, as the compiled loops take them."""
        graph = self.graph
        return graph.indptr.astype(np.int64), graph.indices.astype(np.int64), graph.data, self.borders.data

    @cached_property
    def unit_arrays(self) -> tuple[FloatArray, FloatArray, FloatArray, IntArray, FloatArray]:
        """Weights, areas, perimeters, homes, and the sum of all |cut costs| around, as the compiled loops take them."""
        stakes: FloatArray = np.asarray(abs(self.graph).sum(axis=1), dtype=np.float64).ravel()
        return self.weights.astype(np.float64), self.areas, self.perimeters, self.home, stakes

    @cached_property
    def neighbours(self) -> list[list[int]]:
        """Of every unit those beside it."""
        starts, units = self.graph_arrays[:2]
        return [near.tolist() for near in np.split(units, starts[1:-1])]

    @property
    def limits(self) -> tuple[float, float, float]:
        """Lowest and highest weight of a part, and its target."""
        return float(self.low), float(self.high), float(self.target)

    def pool(self, units: IntArray) -> "Problem":
        """The same problem on some of the units, in the order given."""
        return Problem(
            graph=self.graph[units][:, units],
            weights=self.weights[units],
            low=self.low,
            high=self.high,
            target=self.target,
            borders=self.borders[units][:, units],
            areas=self.areas[units],
            perimeters=self.perimeters[units],
            locks=self.locks[units],
            home=self.home[units],
            goals=self.goals,
            first=self.first,
        )


def components(graph: csr_array, among: NDArray[np.bool_]) -> list[IntArray]:
    """The connected components of the units where `among` is True, each as sorted unit numbers."""
    units = np.flatnonzero(among)
    if not len(units):
        return []
    pattern = graph[units][:, units]
    pattern.data = np.ones_like(pattern.data)  # a cut may cost 0 or less and still join two units
    count, piece = connected_components(pattern, directed=False)
    order = np.argsort(piece, kind="stable")
    return [units[part] for part in np.split(order, np.cumsum(np.bincount(piece, minlength=count))[:-1])]


def count_range(total: float, low: float, high: float) -> range:
    """The numbers of parts k for which k·low ≤ total ≤ k·high: empty where no number fits.

    >>> list(count_range(1000, 120, 180)), list(count_range(200, 120, 180))
    ([6, 7, 8], [])
    """
    fewest = max(1, int(-(-total // high)))
    most = int(total // low) if low > 0 else fewest + int(total)
    return range(fewest, most + 1)


OBJECTIVES = ("deviation", "cut_edges", "compactness", "moved")


def make_problem(
    adjacency: csr_array,
    weights: ArrayLike,
    low: float,
    high: float,
    target: float | None,
    parts: int | None,
    objectives: tuple[str, ...],
    locks: ArrayLike | None,
    current: ArrayLike | None,
    borders: csr_array | None,
    areas: ArrayLike | None,
    perimeters: ArrayLike | None,
    goals: Goals | None,
) -> Problem:
    """Check and complete what `partition` was given. Raises InvalidInput."""
    whole = whole_weights(weights)
    count = len(whole)
    graph = checked_graph(adjacency, count)
    require(0 <= low <= high, Words("reasons.range_empty", low=low, high=high))
    require(parts is None or 1 <= parts <= count, Words("reasons.graph_parts", parts=parts, count=count))
    unknown = sorted(set(objectives) - set(OBJECTIVES))
    require(
        bool(objectives) and not unknown,
        Words("reasons.objective_unknown", unknown=unknown, objectives=list(OBJECTIVES)),
    )
    shaped = areas is not None and perimeters is not None
    if target is None:
        target = float(whole.sum()) / parts if parts else (low + high) / 2
    require(0 < target < np.inf, Words("reasons.graph_target"))
    held = column_of_units(locks, count, -1)
    require(parts is None or held.max(initial=-1) < parts, Words("reasons.graph_lock_number", parts=parts))
    return Problem(
        graph=graph,
        weights=whole.astype(np.int64),
        low=low,
        high=high,
        target=target,
        borders=_same_pattern(borders, graph),
        areas=column_of_units(areas, count, 0.0) if shaped else np.zeros(count),
        perimeters=column_of_units(perimeters, count, 0.0) if shaped else np.zeros(count),
        locks=_checked_locks(graph, held.astype(np.int64)),
        home=column_of_units(current, count, -1).astype(np.int64),
        goals=goals or _priced(objectives, graph, shaped, target),
        first=objectives[0],
    )


def _priced(objectives: tuple[str, ...], graph: csr_array, shaped: bool, target: float) -> Goals:
    """Prices for objectives in order: each later one weighs a fifth of the one before."""
    mean_cut = float(np.abs(graph.data).mean()) if graph.nnz else 1.0
    prices = {"deviation": 0.0, "roundness": 0.0, "cut": 0.0, "moved": 0.0}
    for rank, name in enumerate(objectives):
        share = 0.2**rank
        if name == "deviation":
            prices["deviation"] += 10.0 * share
        elif name == "moved":
            prices["moved"] += 20.0 * share / target
        elif name == "compactness" and shaped:
            prices["roundness"] += 4.0 * share
        else:
            prices["cut"] += share / (mean_cut or 1.0)
    return Goals(**prices)


def _same_pattern(borders: csr_array | None, graph: csr_array) -> csr_array:
    """`borders` with the entries of `graph`, in its order; zeros where there is no border."""
    if borders is None or graph.nnz == 0:
        return csr_array((np.zeros_like(graph.data), graph.indices, graph.indptr), shape=graph.shape)
    edges = graph.tocoo()
    lengths = np.asarray(csr_array(borders)[edges.row, edges.col], dtype=np.float64).ravel()
    return csr_array((lengths, graph.indices, graph.indptr), shape=graph.shape)


def _checked_locks(graph: csr_array, locks: IntArray) -> IntArray:
    for lock in np.unique(locks[locks >= 0]):
        pieces = components(graph, locks == lock)
        require(len(pieces) == 1, Words("reasons.graph_lock", part=lock))
    return locks

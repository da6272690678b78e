"""Exact answers where parts hold only a few units: list every part that could be, then pack them.

Every connected set of units within the range is listed, up to a limit. Choosing disjoint ones that hold the most
weight is a set packing; its optimum, and where the solver stops early its linear bound, is what no plan exceeds.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from gridmgmt.planning.partition.problem import IntArray, Problem, components

TIMED_OUT = 1  # the status by which scipy.optimize.milp says that the clock ended it
COLUMN_LIMIT = 250_000


@dataclass(frozen=True)
class Columns:
    """All parts that could be: `members[starts[c]:starts[c + 1]]` are the units of column c."""

    starts: IntArray
    members: IntArray
    weights: IntArray

    def __len__(self) -> int:
        return len(self.weights)

    def matrix(self, size: int) -> csr_array:
        """(columns, units) of 0 and 1."""
        return csr_array((np.ones(len(self.members)), self.members, self.starts), shape=(len(self), size))


def possible_parts(problem: Problem, limit: int = COLUMN_LIMIT) -> Columns | None:
    """Every connected set of units whose weight is within the range; None where there are more than `limit` to see.

    Units without weight join nothing here: the caller leaves them out.
    """
    seen: list[int] = []
    weights: list[int] = []
    for mask, weight in _connected_sets(problem, limit):
        if len(weights) > limit or mask < 0:
            return None
        if weight >= problem.low:
            seen.append(mask)
            weights.append(weight)
    members = [_bits(mask) for mask in seen]
    starts = np.cumsum([0, *map(len, members)]).astype(np.int64)
    flat = np.array([unit for units in members for unit in units], dtype=np.int64)
    return Columns(starts, flat, np.array(weights, dtype=np.int64))


def _connected_sets(problem: Problem, limit: int) -> Iterator[tuple[int, int]]:
    """Connected sets up to `high` as bit masks, each once, with their weight; (−1, 0) when there are too many."""
    graph = problem.graph
    around = [_mask(graph.indices[graph.indptr[unit] : graph.indptr[unit + 1]]) for unit in range(problem.size)]
    weights = problem.weights.tolist()
    layer = {1 << unit: (weights[unit], around[unit]) for unit in range(problem.size) if weights[unit] <= problem.high}
    total = 0
    while layer:
        total += len(layer)
        if total > 4 * limit:
            yield -1, 0
            return
        following: dict[int, tuple[int, int]] = {}
        for mask, (weight, rim) in layer.items():
            yield mask, weight
            for unit in _bits(rim & ~mask):
                larger = mask | 1 << unit
                if weight + weights[unit] <= problem.high and larger not in following:
                    following[larger] = weight + weights[unit], rim | around[unit]
        layer = following


def _mask(units: IntArray) -> int:
    mask = 0
    for unit in units.tolist():
        mask |= 1 << unit
    return mask


def _bits(mask: int) -> list[int]:
    units = []
    while mask:
        low = mask & -mask
        units.append(low.bit_length() - 1)
        mask ^= low
    return units


@dataclass(frozen=True)
class Packing:
    """The parts within the range that hold the most weight.

    Attributes
    ----------
    labels : (n,) part of every unit; what is left over forms parts of its own, each connected. None where nothing was
        found in time
    most : weight that no plan exceeds
    stopped : the clock ended the search or the proof
    """

    labels: IntArray | None
    most: int
    stopped: bool = False


def pack(problem: Problem, limit: int = COLUMN_LIMIT, time_limit_s: float = 30.0) -> Packing | None:
    """The best packing of a connected pool; None where too many parts are possible.

    Units without weight join the parts beside them afterwards. Where there are such units, a part may also hang
    together by them, so that the bound is then the linear one over all parts that could be if they were shared freely.
    """
    carriers = np.flatnonzero(problem.weights > 0)
    pockets = components(problem.graph, problem.weights == 0)
    touch = _touch(problem, carriers, pockets)
    plain = problem.pool(carriers)
    columns = possible_parts(plain, limit)
    if columns is None:
        return None
    chosen, most, stopped = _best(columns, len(carriers), time_limit_s)
    if chosen is None:
        return Packing(None, problem.total, stopped)
    if len(pockets):
        bridged = possible_parts(_bridged(plain, touch), limit)
        shared = None if bridged is None else _linear_bound(bridged, len(carriers), time_limit_s)
        most, stopped = problem.total if shared is None else shared, stopped or (bridged is not None and shared is None)
    parts = [columns.members[columns.starts[c] : columns.starts[c + 1]] for c in chosen]
    return Packing(_labels(problem, carriers, pockets, touch, parts), most, stopped)


def _touch(problem: Problem, carriers: IntArray, pockets: list[IntArray]) -> NDArray[np.int64]:
    """(carriers, pockets) 1 where a unit with weight touches a connected pocket of units without."""
    edges = problem.graph.tocoo()
    pocket_of = np.full(problem.size, -1)
    for number, units in enumerate(pockets):
        pocket_of[units] = number
    row = np.full(problem.size, -1)
    row[carriers] = np.arange(len(carriers))
    crossing = (row[edges.row] >= 0) & (pocket_of[edges.col] >= 0)
    touch = np.zeros((len(carriers), len(pockets)), dtype=np.int64)
    touch[row[edges.row[crossing]], pocket_of[edges.col[crossing]]] = 1
    return touch


def _bridged(problem: Problem, touch: NDArray[np.int64]) -> Problem:
    """The problem with an edge between any two units that touch one pocket."""
    bridges = csr_array(touch @ touch.T)
    pattern = problem.graph.copy()
    pattern.data = np.ones_like(pattern.data)
    joined = csr_array(pattern + bridges)
    joined.setdiag(0)
    joined.eliminate_zeros()
    return replace(problem, graph=joined)


def _best(columns: Columns, size: int, time_limit_s: float) -> tuple[IntArray | None, int, bool]:
    """Disjoint columns of most weight, the weight that no choice exceeds, and whether the clock ended the search."""
    from scipy.optimize import Bounds, LinearConstraint, milp

    if not len(columns):
        return np.empty(0, dtype=np.int64), 0, False
    answer = milp(
        -columns.weights.astype(np.float64),
        constraints=LinearConstraint(csr_array(columns.matrix(size).T), ub=1),
        integrality=np.ones(len(columns)),
        bounds=Bounds(0, 1),
        options={"time_limit": max(time_limit_s, 0.1), "mip_rel_gap": 2e-3},
    )
    bound = int(columns.weights.sum()) if answer.mip_dual_bound is None else _whole(-answer.mip_dual_bound)
    return (None if answer.x is None else np.flatnonzero(answer.x > 0.5)), bound, answer.status == TIMED_OUT


def _linear_bound(columns: Columns, size: int, time_limit_s: float) -> int | None:
    """Weight that no disjoint columns exceed, by the linear relaxation; None where that is not solved in time."""
    from scipy.optimize import linprog

    if not len(columns):
        return 0
    answer = linprog(
        -columns.weights.astype(np.float64),
        A_ub=csr_array(columns.matrix(size).T),
        b_ub=np.ones(size),
        bounds=(0, None),
        method="highs-ipm",
        options={"time_limit": max(time_limit_s, 0.1)},
    )
    return _whole(-answer.fun) if answer.status == 0 else None


def _whole(weight: float) -> int:
    """The whole weight below a bound that a solver computed in floating point."""
    return int(np.floor(weight * (1 + 1e-7) + 1e-4))


def _labels(
    problem: Problem,
    carriers: IntArray,
    pockets: list[IntArray],
    touch: NDArray[np.int64],
    parts: list[IntArray],
) -> IntArray:
    """Number the chosen parts, then what is left over by connected piece, then hang every pocket on a neighbour."""
    labels = np.full(problem.size, -1, dtype=np.int64)
    for part, members in enumerate(parts):
        labels[carriers[members]] = part
    for piece, units in enumerate(components(problem.graph, (labels < 0) & (problem.weights > 0))):
        labels[units] = len(parts) + piece
    for pocket, units in enumerate(pockets):
        labels[units] = labels[carriers[np.argmax(touch[:, pocket])]]
    return labels


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


def mean_weight(problem: Problem) -> float:
    """Mean weight of the units that have any."""
    return float(problem.weights[problem.weights > 0].mean()) if problem.weights.any() else 0.0

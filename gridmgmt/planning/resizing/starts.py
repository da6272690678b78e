"""First plans of `resize`: labels of whole parts from which the search sets out.

Labels below L (the number of today's communities in the pool) continue a community; the others are new parts.
"""

import numpy as np
from scipy.sparse.csgraph import breadth_first_order

from gridmgmt.planning.budget import UNLIMITED, Budget
from gridmgmt.planning.metrics import part_weights
from gridmgmt.planning.partition.growing import grow
from gridmgmt.planning.partition.problem import FloatArray, IntArray, Problem, components
from gridmgmt.planning.resizing.relabel import Bools, Guide, guide


def as_today(problem: Problem) -> IntArray:
    """Every community in its largest (or locked) piece; its other pieces are parts of their own."""
    labels, free = problem.home.copy(), communities(problem)
    for label in range(free):
        for piece in _pieces(problem, label)[1:]:
            labels[piece] = free
            free += 1
    return labels


def guided(
    problem: Problem, margin: int, seed: int, budget: Budget = UNLIMITED, worth: FloatArray | None = None
) -> IntArray:
    """The plan on labels alone (`relabel.guide`) carried out: labels close, or are split into parts of like weight.

    `margin` households are kept above the lower limit, since units are lumps; `worth` (communities,) is what each
    household that stays counts for.
    """
    plan = _guide(problem, margin, budget, worth)
    labels = np.full(problem.size, -1, dtype=np.int64)
    free = communities(problem)
    for label in range(free):
        piece = _pieces(problem, label)[0]
        held = problem.locks[piece] >= 0
        parts = min(int(plan.carved[label]) + int(plan.survives[label] or held.any()), len(piece) - int(held.sum()) + 1)
        if parts == 0:
            continue
        grown = _split(problem, piece, parts, held, seed)
        labels[piece] = np.where(grown == 0, label, grown - 1 + free)
        free += parts - 1
    return joined(problem, labels) if labels.max() >= 0 else as_today(problem)


def joined(problem: Problem, labels: IntArray) -> IntArray:
    """Units without a label (−1) join, ring by ring, the lightest neighbouring part; at least one unit has a label."""
    labels = labels.copy()
    loads = part_weights(labels[labels >= 0], problem.weights[labels >= 0])
    pointers, neighbours = problem.graph.indptr, problem.graph.indices
    while (lost := np.flatnonzero(labels < 0)).size:
        for unit in lost:
            around = labels[neighbours[pointers[unit] : pointers[unit + 1]]]
            around = around[around >= 0]
            if len(around):
                part = around[np.argmin(loads[around])]
                labels[unit] = part
                loads[part] += problem.weights[unit]
    return labels


def communities(problem: Problem) -> int:
    """How many of today's communities lie in the pool."""
    return int(problem.home.max()) + 1


def _pieces(problem: Problem, label: int) -> list[IntArray]:
    """The connected pieces of a community, first the one that is held or has most households."""
    held = problem.locks >= 0
    return sorted(
        components(problem.graph, problem.home == label),
        key=lambda piece: (bool(held[piece].any()), int(problem.weights[piece].sum()), len(piece)),
        reverse=True,
    )


def _guide(problem: Problem, margin: int, budget: Budget, worth: FloatArray | None) -> Guide:
    edges = problem.graph.tocoo()
    beside = np.zeros((communities(problem),) * 2, dtype=bool)
    beside[problem.home[edges.row], problem.home[edges.col]] = True
    low, high = int(problem.low), int(problem.high)
    return guide(problem.weights, problem.home, beside, low, high, margin, budget.left_s(), worth)


def _split(problem: Problem, units: IntArray, parts: int, held: Bools, seed: int) -> IntArray:
    """Labels of connected units split into parts of like weight: 0 is the one that is held, or the heaviest."""
    if parts == 1:
        return np.zeros(len(units), dtype=np.int64)
    pool = problem.pool(units)
    locks = np.where(_hull(pool, np.flatnonzero(held)), 0, -1)
    pointers, neighbours = pool.graph.indptr.astype(np.int64), pool.graph.indices.astype(np.int64)
    weights = pool.weights.astype(np.float64)
    grown = grow(pointers, neighbours, pool.borders.data, weights, locks, parts, seed)
    if held.any():
        return grown
    heaviest = int(np.argmax(part_weights(grown, pool.weights, parts)))
    return np.where(grown == heaviest, 0, np.where(grown == 0, heaviest, grown))


def _hull(pool: Problem, held: IntArray) -> Bools:
    """(n,) the held units and what joins them: the shortest ways between them, so that they hang together."""
    hull = np.zeros(pool.size, dtype=bool)
    if not len(held):
        return hull
    before = breadth_first_order(pool.graph, int(held[0]), directed=False)[1]
    for unit in held.tolist():
        while unit >= 0 and not hull[unit]:
            hull[unit] = True
            unit = int(before[unit])
    return hull

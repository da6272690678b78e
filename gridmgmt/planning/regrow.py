"""The search behind `resize`: a first plan that follows the guide, annealed; parts out of range close or split."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy.optimize import linear_sum_assignment

from gridmgmt.planning.metrics import part_weights
from gridmgmt.planning.partition.problem import Goals, IntArray, Problem, components
from gridmgmt.planning.partition.search import Budget
from gridmgmt.planning.relabel import Guide, guide

PASSES = 3000  # proposals per unit in one annealing
HEAT = (1.0, 0.002)
SWAPS = 0.35
REPAIRS = 8  # rounds in which parts that miss the range are closed or split
STARTS = 2
POLISHES = 4  # annealings that begin at the best plan, two in a row without gain at most


@dataclass(frozen=True)
class Found:
    """Labels (n,) of contiguous parts; households outside the range, and moved."""

    labels: IntArray
    violation: int
    moved: int

    @property
    def rank(self) -> tuple[int, int]:
        return self.violation, self.moved


def goals(target: float) -> Goals:
    """The range outweighs everything; a moved household costs more than any shape it could buy."""
    return Goals(outside=40.0, deviation=0.0, roundness=0.4, cut=0.0, moved=15.0 / target)


def search(problem: Problem, seed: int, budget: Budget, bound: int = 0) -> Found:
    """The best plan found for one connected pool; `problem.home` numbers today's labels from 0 without holes.

    A plan in range that moves as few as `bound` ends the search; today's plan does where it is whole and in range.
    """
    if _stands(problem):
        return Found(problem.home, 0, 0)
    best: Found | None = None
    for attempt in range(STARTS):
        labels = _first_plan(problem, seed + attempt)
        for round_ in range(REPAIRS):
            found = _measured(problem, _annealed(problem, labels, seed + 97 * attempt + round_))
            if best is None or found.rank < best.rank:
                best = found
            if found.violation == 0 or budget.spent():
                break
            labels = _repaired(problem, found.labels, seed + round_)
        assert best is not None
        if budget.spent() or best.rank <= (0, bound):
            break
    assert best is not None
    return _restored(problem, _polished(problem, best, seed, budget, bound))


def _stands(problem: Problem) -> bool:
    """Whether today's communities are in range and each in one piece."""
    whole = all(len(components(problem.graph, problem.home == label)) == 1 for label in np.unique(problem.home))
    return whole and violation(problem, problem.home) == 0


def _polished(problem: Problem, best: Found, seed: int, budget: Budget, bound: int) -> Found:
    """Annealed again from the best plan as long as that helps: a part may come to continue another community."""
    misses = 0
    for attempt in range(POLISHES):
        if misses == 2 or budget.spent() or best.rank <= (0, bound):
            break
        found = _measured(problem, _annealed(problem, best.labels, seed + 7001 + attempt))
        misses = 0 if found.rank < best.rank else misses + 1
        best = min(best, found, key=lambda plan: plan.rank)
    return best


def _restored(problem: Problem, found: Found) -> Found:
    """Units that were moved for nothing, back at home: where both parts stay whole and as near the range as they were.

    Annealing trades units without households for rounder shapes at no price; they are communities touched.
    """
    labels, moved = found.labels.copy(), found.moved
    continues, _ = matched(problem.home, labels, problem.weights)
    part_of_home = np.full(int(problem.home.max()) + 1, -1, dtype=np.int64)
    part_of_home[continues[continues >= 0]] = np.flatnonzero(continues >= 0)
    goal = part_of_home[problem.home]
    loads = part_weights(labels, problem.weights)
    waiting = True
    while waiting:
        waiting = False
        for unit in np.flatnonzero((goal >= 0) & (goal != labels)):
            if _may_return(problem, labels, loads, int(unit), int(goal[unit])):
                loads[labels[unit]] -= problem.weights[unit]
                loads[goal[unit]] += problem.weights[unit]
                moved -= int(problem.weights[unit])
                labels[unit] = goal[unit]
                waiting = True
    return Found(labels, violation(problem, labels), moved)


def _may_return(problem: Problem, labels: IntArray, loads: IntArray, unit: int, goal: int) -> bool:
    around = problem.graph.indices[problem.graph.indptr[unit] : problem.graph.indptr[unit + 1]]
    source, weight = labels[unit], problem.weights[unit]
    in_range = weight == 0 or (loads[goal] + weight <= problem.high and loads[source] - weight >= problem.low)
    return in_range and goal in labels[around] and _whole_without(problem, labels, unit)


def _whole_without(problem: Problem, labels: IntArray, unit: int) -> bool:
    rest = labels == labels[unit]
    rest[unit] = False
    return len(components(problem.graph, rest)) == 1


def violation(problem: Problem, labels: IntArray) -> int:
    """Households missing below the range or in excess of it."""
    loads = part_weights(labels, problem.weights)
    return int((np.maximum(problem.low - loads, 0) + np.maximum(loads - problem.high, 0)).sum())


def matched(home: IntArray, labels: IntArray, weights: IntArray) -> tuple[IntArray, int]:
    """For each part the home label it continues (−1: a new one), so that most weight stays; and the weight that moves.

    Each label is continued by one part at most (linear assignment, Kuhn 1955).

    >>> matched(np.array([0, 0, 0, 1]), np.array([0, 1, 1, 1]), np.array([5, 4, 4, 1]))
    (array([-1,  0]), 6)
    """
    common = np.zeros((int(labels.max()) + 1, int(home.max(initial=0)) + 1))
    known = home >= 0
    np.add.at(common, (labels[known], home[known]), weights[known])
    parts, names = linear_sum_assignment(common, maximize=True)
    kept = common[parts, names]
    continues = np.full(len(common), -1, dtype=np.int64)
    continues[parts[kept > 0]] = names[kept > 0]
    return continues, int(weights.sum() - kept.sum())


def _measured(problem: Problem, labels: IntArray) -> Found:
    return Found(labels, violation(problem, labels), matched(problem.home, labels, problem.weights)[1])


def _first_plan(problem: Problem, seed: int) -> IntArray:
    """Every label that survives, split where the guide says so; the rest joins its neighbours."""
    labels = np.full(problem.size, -1, dtype=np.int64)
    plan = _guided(problem)
    for label, units in enumerate(_main_pieces(problem)):
        pieces = int(plan.carved[label]) + int(plan.survives[label])
        if pieces:
            labels[units] = labels.max() + 1 + _grown(problem, units, min(pieces, len(units)), seed)
    if labels.max() < 0:
        labels[0] = 0
    return _joined(problem, labels)


def _guided(problem: Problem) -> Guide:
    edges = problem.graph.tocoo()
    count = int(problem.home.max()) + 1
    beside = np.zeros((count, count), dtype=bool)
    beside[problem.home[edges.row], problem.home[edges.col]] = True
    return guide(problem.weights, problem.home, beside, int(problem.low), int(problem.high))


def _main_pieces(problem: Problem) -> Iterator[IntArray]:
    """Of each label the connected piece with most households."""
    for label in range(int(problem.home.max()) + 1):
        pieces = components(problem.graph, problem.home == label)
        yield max(pieces, key=lambda piece: (int(problem.weights[piece].sum()), len(piece)))


def _grown(problem: Problem, units: IntArray, parts: int, seed: int) -> IntArray:
    """Labels of some connected units split into connected parts of about the same weight."""
    if parts == 1:
        return np.zeros(len(units), dtype=np.int64)
    from gridmgmt.planning.partition import kernels

    pool = problem.pool(units)
    pointers, neighbours = pool.graph.indptr.astype(np.int64), pool.graph.indices.astype(np.int64)
    free = np.full(len(units), -1, dtype=np.int64)
    grown: IntArray = kernels.grow(
        pointers, neighbours, pool.borders.data, pool.weights.astype(float), free, parts, seed
    )
    return grown


def _joined(problem: Problem, labels: IntArray) -> IntArray:
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


def _annealed(problem: Problem, start: IntArray, seed: int) -> IntArray:
    """Fewer moved households and fewer outside the range, every part whole at every step."""
    parts = int(start.max()) + 1
    if parts == 1:
        return start
    from gridmgmt.planning.partition import kernels

    continues, _ = matched(problem.home, start, problem.weights)
    home_part = np.full(int(problem.home.max()) + 1, -1, dtype=np.int64)
    home_part[continues[continues >= 0]] = np.flatnonzero(continues >= 0)
    labels: IntArray
    labels, _ = kernels.anneal(
        (
            problem.graph.indptr.astype(np.int64),
            problem.graph.indices.astype(np.int64),
            problem.graph.data,
            problem.borders.data,
        ),
        (problem.weights.astype(float), problem.areas, problem.perimeters, home_part[problem.home]),
        start,
        parts,
        np.zeros(problem.size, dtype=bool),
        (float(problem.low), float(problem.high), float(problem.target)),
        problem.goals.as_array(),
        np.geomspace(*HEAT, PASSES),
        SWAPS,
        False,
        seed,
    )
    return labels


def _repaired(problem: Problem, labels: IntArray, seed: int) -> IntArray:
    """Parts too heavy by a whole part are split in two, the lightest part that is too light joins its neighbours."""
    loads = part_weights(labels, problem.weights)
    labels = labels.copy()
    heavy = np.flatnonzero((loads > problem.high) & (loads >= 2 * problem.low))
    for part in heavy:
        units = np.flatnonzero(labels == part)
        if len(units) > 1:
            half = _grown(problem, units, 2, seed)
            labels[units[half == 1]] = labels.max() + 1
    light = np.flatnonzero(loads < problem.low)
    if not len(heavy) and len(light) and len(loads) > 1:
        labels[labels == light[np.argmin(loads[light])]] = -1
        labels = _joined(problem, labels)
    return np.unique(labels, return_inverse=True)[1].astype(np.int64)

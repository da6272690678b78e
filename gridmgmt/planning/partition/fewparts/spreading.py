"""A bound of the cut for graphs too wide for the exact one: how far apart every plan has to spread the units.

Let x be 1 for the edges that a plan cuts, else 0. Take a tree in the graph with a root and a set S of units. Between
the root and a unit of S in another part an edge of the tree is cut, and the root's part weighs `high` at most. So

    Σ min(weight of S below e, r) · x(e) ≥ r,  over the edges e of the tree, with r = weight(S) − high

(Ferreira et al. 1998; as a metric, Even, Naor, Rao & Schieber 1999; as x is whole, no factor need exceed r). The least
cost of a fractional x that meets such rows is a lower bound. Rows are added where x breaks them: the worst tree of a
root is that of its shortest ways, up to a length of 1. Any prices y ≥ 0 of the rows prove Σ y + Σ min(0, cost − priced
use), so that the solver need not be trusted.
"""

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array, vstack

from gridmgmt.planning.budget import Budget
from gridmgmt.planning.partition.problem import FloatArray, IntArray, Problem

MOST_UNITS = 1500  # all pairs of units are measured, again and again
ROUNDS = 60
SAMPLE, ROOTS = 240, 120  # roots looked at in a round, and rows added at most
MOST_ROWS = 1200  # of more, those stay that hold with equality
SMOOTH = 0.5  # rows are looked for between the last answer and the mean of those before (Wentges 1997)
BROKEN = 1e-3  # of a root's limit: what counts as a broken row
SHORTEST = 1e-6  # length of an edge that is not cut at all: of equally short ways, the one with the fewest edges
PATIENCE, LITTLE = 10, 0.02  # it ends where so many rounds raise the bound by less than this share


@dataclass(frozen=True)
class _Edges:
    """Costs (m,) of the edges, and the number of each, from 1, by its two units: sparse and as a table (n, n)."""

    costs: FloatArray
    numbers: csr_array
    table: IntArray


def spreading_bound(problem: Problem, seed: int, budget: Budget) -> float:
    """A lower bound of the cut of every plan within the range; 0 for large graphs. No cost may be negative.

    >>> from gridmgmt.planning.partition.problem import make_problem
    >>> whole = csr_array(np.ones((6, 6)) - np.eye(6))
    >>> problem = make_problem(whole, [1] * 6, 3, 3, None, 2, ("cut_edges",), *[None] * 6)
    >>> round(spreading_bound(problem, 0, Budget()), 3)
    9.0
    """
    if problem.size > MOST_UNITS or problem.graph.nnz == 0:
        return 0.0
    edges = _edges(problem)
    random = np.random.default_rng(seed)
    rows = csr_array((0, len(edges.costs)))
    mean = answer = np.zeros(len(edges.costs))
    best, history = 0.0, [0.0]
    for _ in range(ROUNDS):
        roots = random.permutation(problem.size)
        fresh = _broken(problem, edges, SMOOTH * mean + (1 - SMOOTH) * answer, roots[:SAMPLE])
        if not fresh.shape[0]:
            fresh = _broken(problem, edges, answer, roots)
        if not fresh.shape[0] or budget.spent():
            break
        rows = csr_array(vstack([rows[_tight(rows, answer)], fresh]))
        answer, bound = _least(edges.costs, rows)
        mean = (mean + answer) / 2
        best = max(best, bound)
        history.append(best)
        if len(history) > PATIENCE and best < history[-PATIENCE] * (1 + LITTLE):
            break
    return best


def _edges(problem: Problem) -> _Edges:
    graph = problem.graph
    tails = np.repeat(np.arange(problem.size), np.diff(graph.indptr))
    upper = np.flatnonzero(tails < graph.indices)
    pairs = csr_array((np.arange(1, len(upper) + 1), (tails[upper], graph.indices[upper])), shape=graph.shape)
    numbers = csr_array(pairs + pairs.T)
    return _Edges(graph.data[upper], numbers, numbers.toarray())


def _tight(rows: csr_array, answer: FloatArray) -> IntArray:
    """Numbers of the rows to keep."""
    if rows.shape[0] <= MOST_ROWS:
        return np.arange(rows.shape[0])
    return np.flatnonzero(rows @ answer < 1 + BROKEN)


def _least(costs: FloatArray, rows: csr_array) -> tuple[FloatArray, float]:
    """The cheapest x with rows · x ≥ 1, and what its prices prove, whatever the solver says."""
    from scipy.optimize import linprog

    answer = linprog(costs, A_ub=-rows, b_ub=-np.ones(rows.shape[0]), bounds=(0, 1), method="highs-ds")
    prices = np.maximum(0.0, -np.asarray(answer.ineqlin.marginals, dtype=np.float64))
    spare = costs - prices @ rows
    return np.asarray(answer.x, dtype=np.float64), float(prices.sum() + np.minimum(0.0, spare).sum())


def _broken(problem: Problem, edges: _Edges, lengths: FloatArray, roots: IntArray) -> csr_array:
    """(rows, m) the rows that the lengths break most, each divided by its right side; at most one of each root."""
    from scipy.sparse.csgraph import dijkstra

    numbers, weights = edges.numbers, problem.weights.astype(np.float64)
    measured = csr_array((lengths[numbers.data - 1] + SHORTEST, numbers.indices, numbers.indptr), shape=numbers.shape)
    far, before = dijkstra(measured, indices=roots, return_predecessors=True)
    near = np.maximum(0.0, 1.0 - far) @ weights
    worst = np.argsort(-near, kind="stable")[:ROOTS]
    worst = worst[near[worst] > problem.high * (1 + BROKEN)]
    far, before = far[worst], before[worst].astype(np.int64)
    within = far < 1.0
    right = within @ weights - problem.high
    below = _below(far, before, np.where(within, weights, 0.0))
    row, unit = np.nonzero(below * (before >= 0))
    used = np.minimum(below[row, unit], right[row]) / right[row]
    edge = edges.table[unit, before[row, unit]] - 1
    return csr_array((used, (row, edge)), shape=(len(worst), len(lengths)))


def _below(far: FloatArray, before: IntArray, weights: FloatArray) -> FloatArray:
    """(roots, n) the weight of each unit and of all whose shortest way from the root leads through it."""
    below = weights.copy()
    roots = np.arange(len(far))
    for units in np.argsort(-far, axis=1, kind="stable").T[:-1]:
        below[roots, before[roots, units]] += below[roots, units]
    return below

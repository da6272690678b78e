"""Proven optima where every possible part can be listed: choose `parts` of them that hold each unit once."""

import numpy as np
from scipy.optimize import Bounds, LinearConstraint
from scipy.sparse import csr_array, hstack, vstack

from gridmgmt.planning.partition.columns import ANY, Columns, possible_parts
from gridmgmt.planning.partition.exact import Exact
from gridmgmt.planning.partition.measuring import half_cuts, labels_of
from gridmgmt.planning.partition.problem import FloatArray, Problem
from gridmgmt.planning.quiet import milp


def cover_exactly(problem: Problem, parts: int, limit: int, time_limit_s: float) -> Exact | None:
    """The best exact cover by possible parts; None where there are too many, or no proof in time."""
    columns = possible_parts(problem, limit, ANY)
    if columns is None:
        return None
    if not len(columns):
        return Exact(None, 0.0, True)
    prices = _prices(problem, columns)
    worst = problem.first == "deviation"  # the largest price counts, else their sum
    rows, low, high = _rows(columns, problem.size, parts, prices if worst else None)
    count = len(columns)
    answer = milp(
        np.append(np.zeros(count), 1.0) if worst else np.append(prices, 0.0),
        constraints=LinearConstraint(rows, low, high),
        integrality=np.append(np.ones(count), 0),
        bounds=Bounds(0, np.append(np.ones(count), np.inf)),
        options={"time_limit": time_limit_s, "mip_rel_gap": 0.0},
    )
    if answer.status == 2:
        return Exact(None, 0.0, True)
    if answer.status != 0:
        return None
    chosen = np.flatnonzero(answer.x[:count] > 0.5)
    labels = labels_of(columns.matrix(problem.size), chosen)
    value = prices[chosen].max() if worst else prices[chosen].sum()
    return Exact(labels, float(value), True)


def _prices(problem: Problem, columns: Columns) -> FloatArray:
    """What each possible part adds: its relative deviation, or half of the cut cost around it."""
    if problem.first == "deviation":
        off: FloatArray = np.abs(columns.weights - problem.target) / problem.target
        return off
    return half_cuts(problem.graph, columns.matrix(problem.size))


def _rows(
    columns: Columns, size: int, parts: int, prices: FloatArray | None
) -> tuple[csr_array, FloatArray, FloatArray]:
    """Each unit once, `parts` columns, and per unit: the price of its column is at most the last variable."""
    member = csr_array(columns.matrix(size).T)
    blocks = [member, csr_array(np.ones((1, len(columns))))]
    low = [np.ones(size), np.array([float(parts)])]
    high = [np.ones(size), np.array([float(parts)])]
    last = [np.zeros((size + 1, 1))]
    if prices is not None:
        blocks.append(csr_array(member.multiply(prices)))
        low.append(np.full(size, -np.inf))
        high.append(np.zeros(size))
        last.append(np.full((size, 1), -1.0))
    rows = csr_array(hstack([vstack(blocks), csr_array(np.concatenate(last))]))
    return rows, np.concatenate(low), np.concatenate(high)

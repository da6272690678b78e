"""Second thoughts about a packing: among divisions with the same households in range, one nearer to the target and
rounder.

Region by region: a part and those around it are put together again from the listed sets, so that most households are in
range, then at the least price. Every region is solved to the optimum by a small integer programme; a region counts only
where the whole plan gains by it, units without households included.
"""

from collections import deque
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import Bounds, LinearConstraint
from scipy.sparse import csr_array

from gridmgmt.planning.budget import Budget
from gridmgmt.planning.partition.columns import Columns
from gridmgmt.planning.partition.completing import hung
from gridmgmt.planning.partition.measuring import membership, part_prices
from gridmgmt.planning.partition.problem import FloatArray, IntArray, Problem
from gridmgmt.planning.quiet import milp

REGION_UNITS = 16  # a region grows until it has that many
OUTSIDE = 100.0  # price of one household outside the range: more than the shapes of a region can differ by
MOST_COLUMNS = 600  # parts within the range that a region is put together from
NODES = 200  # of branch and bound, in a region


def reshape(problem: Problem, labels: IntArray, sets: Columns, budget: Budget) -> IntArray:
    """Labels with no more households outside the range, at a lower price; `sets` are what parts may be made of."""
    inside = sets.matrix(problem.size)
    costs = _costs(problem, inside)
    for units in _regions(problem, labels):
        if budget.spent():
            break
        labels = _solved(problem, labels, units, inside, costs)
    return np.unique(labels, return_inverse=True)[1]


def _costs(problem: Problem, inside: csr_array) -> FloatArray:
    """(sets,) the price of each as a part; households outside the range outweigh all else."""
    loads = inside @ problem.weights
    missed = (loads < problem.low) | (loads > problem.high)
    costs: FloatArray = OUTSIDE * loads * missed + part_prices(problem, inside)
    return costs


def _regions(problem: Problem, labels: IntArray) -> Iterator[IntArray]:
    """Units of one region around every part that no earlier region held in its middle, as the labels were."""
    graph = problem.graph
    done = np.zeros(int(labels.max()) + 1, dtype=np.int64)
    for start in range(problem.size):
        if done[labels[start]]:
            continue
        held = np.zeros(problem.size, dtype=bool)
        queue, count, seen = deque([int(labels[start])]), 0, {int(labels[start])}
        taken = []
        while queue and count < REGION_UNITS:
            part = queue.popleft()
            members = np.flatnonzero(labels == part)
            taken.append(part)
            held[members] = True
            count += len(members)
            for unit in members:
                for other in labels[graph.indices[graph.indptr[unit] : graph.indptr[unit + 1]]].tolist():
                    if other not in seen:
                        seen.add(other)
                        queue.append(other)
        done[taken[: max(1, len(taken) // 4)]] = 1
        yield np.flatnonzero(held)


def _solved(problem: Problem, labels: IntArray, units: IntArray, inside: csr_array, costs: FloatArray) -> IntArray:
    """The labels with a region put together anew, or as they were where that is no gain."""
    # Earlier regions may have drawn parts across the rim of this one: they are let in whole.
    held = np.isin(labels, labels[units]).astype(np.float64)
    units = np.flatnonzero(held)
    fitting = _cheapest(np.flatnonzero(inside @ held == np.diff(inside.indptr)), costs)
    chosen = _partitioned(problem, units, inside[fitting][:, units], costs[fitting])
    if chosen is None:
        return labels
    new = np.full(problem.size, -1, dtype=np.int64)
    outer = held == 0
    new[outer] = labels[outer]
    for number, column in enumerate(fitting[chosen].tolist()):
        new[inside.indices[inside.indptr[column] : inside.indptr[column + 1]]] = problem.size + number
    part = problem.pool(units)
    local = hung(part, np.unique(new[units], return_inverse=True)[1] - int((new[units] < 0).any()))
    before = np.unique(labels[units], return_inverse=True)[1]
    if (local < 0).any() or _total(part, before) - _total(part, local) < 1e-6:
        return labels
    result = labels.copy()
    names = np.concatenate([np.unique(labels[units]), int(labels.max()) + 1 + np.arange(len(units))])
    result[units] = names[local]
    return result


def _cheapest(columns: IntArray, costs: FloatArray) -> IntArray:
    """Of the columns those outside the range, and so many of the others: dear parts hardly ever stand in a plan."""
    order = columns[np.argsort(costs[columns], kind="stable")]
    return np.union1d(order[:MOST_COLUMNS], order[costs[order] >= OUTSIDE])


def _total(part: Problem, labels: IntArray) -> float:
    """What the parts of a region cost together."""
    return float(_costs(part, membership(labels)).sum())


def _partitioned(problem: Problem, units: IntArray, inside: csr_array, costs: FloatArray) -> NDArray[np.intp] | None:
    """The cheapest columns that hold every unit with weight once, and no other twice."""
    answer = milp(
        costs,
        constraints=LinearConstraint(csr_array(inside.T), lb=(problem.weights[units] > 0).astype(float), ub=1),
        integrality=np.ones(len(costs)),
        bounds=Bounds(0, 1),
        options={"node_limit": NODES, "mip_rel_gap": 0.0},
    )
    return None if answer.x is None else np.flatnonzero(answer.x > 0.5)

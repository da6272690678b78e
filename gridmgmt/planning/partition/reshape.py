"""Second thoughts about a packing: among divisions with the same households in range, one nearer to the target and
rounder.

Region by region: a part and those around it are put together again from the listed sets, so that most households are in
range, then at the least price. Every region is solved to the optimum by a small integer programme; a region counts only
where the whole plan gains by it, units without households included.
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from gridmgmt.planning.partition.columns import Columns
from gridmgmt.planning.partition.packing import hung
from gridmgmt.planning.partition.problem import FloatArray, IntArray, Problem
from gridmgmt.planning.partition.search import Budget

REGION_UNITS = 16  # a region grows until it has that many
SWEEPS = 1
OUTSIDE = 100.0  # price of one household outside the range: more than the shapes of a region can differ by
NODES = 200  # of branch and bound, in a region


@dataclass(frozen=True)
class Prices:
    """What a part costs: its deviation and its shape against the mean of today's plan, so that many parts are no gain.

    `deviation` per target's worth of households, `roundness` per 1 of Polsby–Popper.
    """

    deviation: float
    roundness: float
    usual_deviation: float
    usual_roundness: float


def reshape(problem: Problem, labels: IntArray, sets: Columns, budget: Budget) -> IntArray:
    """Labels with no more households outside the range, at a lower price; `sets` are what parts may be made of."""
    inside = sets.matrix(problem.size)
    shapes = measures(problem, inside)
    for _ in range(SWEEPS):
        loads, rounds = measures(problem, _membership(labels))
        goals = problem.goals
        usual = float(np.abs(loads - problem.target).mean()), float(rounds.mean())
        prices = Prices(goals.deviation, goals.roundness, *usual)
        costs = _costs(problem, prices, *shapes)
        before = labels
        for units in _regions(problem, labels):
            if budget.spent():
                return labels
            labels = _solved(problem, labels, units, inside, costs, prices)
        if (labels == before).all():
            break
    return np.unique(labels, return_inverse=True)[1]


def _membership(labels: IntArray) -> csr_array:
    """(parts, units) of 0 and 1."""
    count = len(labels)
    return csr_array((np.ones(count), (labels, np.arange(count))))


def measures(problem: Problem, inside: csr_array) -> tuple[FloatArray, FloatArray]:
    """Weight and Polsby–Popper of sets of units, given as (sets, units) of 0 and 1."""
    shared = np.asarray((inside @ problem.borders).multiply(inside).sum(axis=1), dtype=np.float64).ravel()
    rim = np.maximum(inside @ problem.perimeters - shared, 1e-9)
    rounds: FloatArray = 4 * np.pi * (inside @ problem.areas) / rim**2
    loads: FloatArray = inside @ problem.weights
    return loads, rounds


def _costs(problem: Problem, prices: Prices, loads: FloatArray, rounds: FloatArray) -> FloatArray:
    off = np.abs(loads - problem.target)
    missed = np.where((loads < problem.low) | (loads > problem.high), loads, 0.0)
    cost: FloatArray = (
        OUTSIDE * missed
        + prices.deviation * (off - prices.usual_deviation) / problem.target
        + prices.roundness * (prices.usual_roundness - rounds)
    )
    return cost


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


def _solved(
    problem: Problem, labels: IntArray, units: IntArray, inside: csr_array, costs: FloatArray, prices: Prices
) -> IntArray:
    """The labels with a region put together anew, or as they were where that is no gain."""
    held = np.zeros(problem.size)
    held[units] = 1
    # Earlier regions may have drawn parts across the rim of this one: they are let in whole.
    held = np.isin(labels, labels[units]).astype(np.float64)
    units = np.flatnonzero(held)
    fitting = np.flatnonzero(inside @ held == np.diff(inside.indptr))
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
    gained = _total(part, prices, before) - _total(part, prices, local)
    if (local < 0).any() or gained < 1e-6:
        return labels
    result = labels.copy()
    names = np.concatenate([np.unique(labels[units]), int(labels.max()) + 1 + np.arange(len(units))])
    result[units] = names[local]
    return result


def _total(part: Problem, prices: Prices, labels: IntArray) -> float:
    """What the parts of a region cost together."""
    return float(_costs(part, prices, *measures(part, _membership(labels))).sum())


def _partitioned(problem: Problem, units: IntArray, inside: csr_array, costs: FloatArray) -> NDArray[np.intp] | None:
    """The cheapest columns that hold every unit with weight once, and no other twice."""
    from scipy.optimize import Bounds, LinearConstraint

    from gridmgmt.planning.quiet import milp

    answer = milp(
        costs,
        constraints=LinearConstraint(csr_array(inside.T), lb=(problem.weights[units] > 0).astype(float), ub=1),
        integrality=np.ones(len(costs)),
        bounds=Bounds(0, 1),
        options={"node_limit": NODES, "mip_rel_gap": 0.0},
    )
    return None if answer.x is None else np.flatnonzero(answer.x > 0.5)

"""What parts weigh, how round they are, and what they cost by the prices of `Goals`, many parts at once."""

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from gridmgmt.planning.partition.problem import MISSED_PART, USUAL_ROUNDNESS, FloatArray, IntArray, Problem


def membership(labels: IntArray) -> csr_array:
    """(parts, units) of 0 and 1."""
    count = len(labels)
    return csr_array((np.ones(count), (labels, np.arange(count))))


def labels_of(inside: csr_array, chosen: NDArray[np.integer]) -> IntArray:
    """(n,) which of the chosen sets, of (sets, n) of 0 and 1, holds each unit; together they hold every unit once."""
    part, unit = inside[chosen].nonzero()
    labels = np.empty(inside.shape[1], dtype=np.int64)
    labels[unit] = part
    return labels


def measures(problem: Problem, inside: csr_array) -> tuple[FloatArray, FloatArray]:
    """Weight and Polsby–Popper of sets of units, given as (sets, units) of 0 and 1."""
    shared = np.asarray((inside @ problem.borders).multiply(inside).sum(axis=1), dtype=np.float64).ravel()
    rim = np.maximum(inside @ problem.perimeters - shared, 1e-9)
    rounds: FloatArray = 4 * np.pi * (inside @ problem.areas) / rim**2
    loads: FloatArray = inside @ problem.weights
    return loads, rounds


def part_prices(problem: Problem, inside: csr_array) -> FloatArray:
    """(sets,) what each set costs as a part; together the price of a plan, but for what is moved.

    >>> from gridmgmt.planning.partition.problem import Goals, make_problem
    >>> pair = csr_array(np.array([[0.0, 3.0], [3.0, 0.0]]))
    >>> goals = Goals(deviation=0.0, roundness=0.0, cut=1.0, unevenness=10.0)
    >>> problem = make_problem(pair, [8, 11], 8, 12, 10, None, ("deviation",), *[None] * 5, goals)
    >>> part_prices(problem, membership(np.array([0, 1]))).round(3).tolist()
    [3.5, 2.5]
    """
    rest, rounds = priced_apart(problem, inside)
    return rest + problem.goals.roundness * (USUAL_ROUNDNESS - rounds) if problem.areas.any() else rest


def priced_apart(problem: Problem, inside: csr_array) -> tuple[FloatArray, FloatArray]:
    """(sets,) what each set costs where shapes cost nothing, and its Polsby–Popper."""
    goals, (loads, rounds) = problem.goals, measures(problem, inside)
    off = (loads - problem.target) / problem.target
    missed = (loads < problem.low) | (loads > problem.high)
    rest: FloatArray = goals.part + goals.deviation * off**2 + goals.unevenness * np.abs(off)
    rest += goals.outside * missed * (MISSED_PART + loads / problem.target)
    if problem.graph.data.any():
        rest += goals.cut * half_cuts(problem.graph, inside)
    return rest, rounds


def met_weight(problem: Problem, labels: IntArray) -> int:
    """Weight in parts within the range."""
    loads = np.bincount(labels, weights=problem.weights)
    return int(loads[(loads >= problem.low) & (loads <= problem.high)].sum())


def half_cuts(graph: csr_array, inside: csr_array) -> FloatArray:
    """(sets,) half the cost of the edges around each set: over the parts of a plan they add up to its cut."""
    around: FloatArray = np.asarray(inside @ graph.sum(axis=1), dtype=np.float64).ravel()
    within: FloatArray = np.asarray((inside @ graph).multiply(inside).sum(axis=1), dtype=np.float64).ravel()
    half: FloatArray = (around - within) / 2
    return half

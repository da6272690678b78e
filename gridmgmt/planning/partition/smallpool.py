"""Proven optima of small pools by any objectives in their order: every part that could be, under every number.

Of `parts` parts each bears one of the numbers from 0 on. So a number is one more thing to be held once, like a unit: a
candidate is a connected set in the range with a number, and a plan a choice of `parts` candidates that holds every unit
and every number once. Where nothing asks for numbers they are left away.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from scipy.sparse import csr_array

from gridmgmt.planning.partition import certificate as why
from gridmgmt.planning.partition.bounds import objective_value
from gridmgmt.planning.partition.columns import ANY, possible_parts
from gridmgmt.planning.partition.fewparts.choosing import Goal, choose
from gridmgmt.planning.partition.fewparts.sets import Masks
from gridmgmt.planning.partition.measuring import half_cuts, measures
from gridmgmt.planning.partition.problem import FloatArray, IntArray, Problem
from gridmgmt.planning.partition.solve import Division

MOST_PARTS, MOST_SETS, MOST_CANDIDATES = 16, 300_000, 60_000
FINENESS = 10**10  # prices are compared to that fraction
TINY = 1e-6


def decided(problem: Problem, division: Division, parts: int, objectives: Sequence[str]) -> Division:
    """The best of all plans with so many parts; the division as it was where there are too many to look at.

    For a problem in one pool, whose parts are numbered from 0.
    """
    if not 1 < parts <= MOST_PARTS or (columns := possible_parts(problem, MOST_SETS, ANY)) is None:
        return division
    numbered = "moved" in objectives or bool((problem.locks >= 0).any())
    sets, numbers = columns.matrix(problem.size), parts if numbered else 1
    first = _prices(problem, sets, numbers, objectives[0])
    most = _known(problem, division.labels, parts, objectives[0])
    allowed = _keeps_locks(problem, sets, numbers) & (first <= most + TINY)
    if allowed.sum() > MOST_CANDIDATES:
        return division
    some = allowed.any(axis=0)
    number, row = np.nonzero(allowed[:, some])
    prices = [first[:, some], *(_prices(problem, sets[some], numbers, name) for name in objectives[1:])]
    goals = [
        Goal(np.floor(price[number, row] * FINENESS).astype(np.int64), name == "deviation")
        for name, price in zip(objectives, prices, strict=True)
    ]
    held = number[:, None] == np.arange(parts if numbered else 0)
    masks = np.hstack([sets[some].toarray()[row] > 0, held])
    choice = choose(masks, parts, goals)
    if not choice.final:
        return division
    if choice.labels is None:
        return replace(division, reason=division.reason or why.PACKING)
    labels = choice.labels[: problem.size]
    if numbered:
        labels = np.argsort(choice.labels[problem.size :])[labels]  # parts bear the numbers that were chosen for them
    value = objective_value(objectives[0], problem, labels, problem.home)
    return replace(division, labels=labels, bound=value)


def _known(problem: Problem, labels: IntArray, parts: int, name: str) -> float:
    """What no candidate of a plan as good as the known one exceeds; infinite: none is known, or gains count."""
    loads = np.bincount(labels, weights=problem.weights, minlength=parts)
    if len(loads) != parts or loads.min() < problem.low or loads.max() > problem.high:
        return np.inf
    if problem.graph.data.min(initial=0) < 0 and name in ("cut_edges", "compactness"):
        return np.inf
    value = objective_value(name, problem, labels, problem.home)
    return value * parts if name == "compactness" and problem.areas.any() else value


def _keeps_locks(problem: Problem, sets: csr_array, numbers: int) -> Masks:
    """(numbers, sets) whether a set under a number holds no unit that is locked to another."""
    locked_elsewhere = (problem.locks >= 0) & (problem.locks != np.arange(numbers)[:, None])
    keeps: Masks = (sets @ locked_elsewhere.T.astype(np.float64)).T == 0
    return keeps


def _prices(problem: Problem, sets: csr_array, numbers: int, name: str) -> FloatArray:
    """(numbers, sets) what each set adds to an objective under each number, or its own value where the largest counts.

    sets : (sets, units) of 0 and 1
    """
    if name == "moved":
        away = (problem.home >= 0) & (problem.home != np.arange(numbers)[:, None])
        leaving: FloatArray = (sets @ (away * problem.weights).T.astype(np.float64)).T
        return leaving
    if name == "deviation":
        price = np.abs(sets @ problem.weights - problem.target) / problem.target
    elif name == "compactness" and problem.areas.any():
        price = 1 - measures(problem, sets)[1]
    else:
        price = half_cuts(problem.graph, sets)
    return np.broadcast_to(price, (numbers, len(price)))

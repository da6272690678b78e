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
from gridmgmt.planning.partition.fewparts.sets import Masks, half_cuts
from gridmgmt.planning.partition.measuring import measures
from gridmgmt.planning.partition.problem import FloatArray, IntArray, Problem
from gridmgmt.planning.partition.solve import Division

MOST_PARTS, MOST_SETS, MOST_CANDIDATES = 16, 30_000, 60_000
FINENESS = 10**10  # prices are compared to that fraction


def decided(problem: Problem, division: Division, parts: int, objectives: Sequence[str]) -> Division:
    """The best of all plans with so many parts; the division as it was where there are too many to look at.

    For a problem in one pool, whose parts are numbered from 0.
    """
    listed = _candidates(problem, parts, "moved" in objectives)
    if listed is None:
        return division
    masks, numbers = listed
    prices = {name: _prices(problem, masks[:, : problem.size], numbers, name) for name in objectives}
    goals = [Goal(np.floor(prices[name] * FINENESS).astype(np.int64), name == "deviation") for name in objectives]
    choice = choose(masks, parts, goals)
    if not choice.final:
        return division
    if choice.labels is None:
        return replace(division, reason=division.reason or why.PACKING)
    labels = choice.labels[: problem.size]
    if masks.shape[1] > problem.size:
        labels = np.argsort(choice.labels[problem.size :])[labels]  # parts bear the numbers that were chosen for them
    value = objective_value(objectives[0], problem, labels, problem.home)
    return replace(division, labels=labels, bound=value)


def _candidates(problem: Problem, parts: int, numbered: bool) -> tuple[Masks, IntArray] | None:
    """What candidates hold, numbers behind the units (k, n + parts), and the number of each; None: too many."""
    numbered = numbered or bool((problem.locks >= 0).any())
    if not 1 < parts <= MOST_PARTS or (columns := possible_parts(problem, MOST_SETS, ANY)) is None:
        return None
    sets: Masks = columns.matrix(problem.size).toarray() > 0
    if not numbered:
        return sets, np.zeros(len(sets), dtype=np.int64)
    numbers = np.repeat(np.arange(parts), len(sets))
    if len(numbers) > MOST_CANDIDATES:
        return None
    masks = np.hstack([np.tile(sets, (parts, 1)), np.arange(parts) == numbers[:, None]])
    elsewhere = (problem.locks >= 0) & (problem.locks != numbers[:, None])
    fits = ~(masks[:, : problem.size] & elsewhere).any(axis=1)
    return masks[fits], numbers[fits]


def _prices(problem: Problem, masks: Masks, numbers: IntArray, name: str) -> FloatArray:
    """(k,) what each candidate adds to an objective, or its own value where the largest counts."""
    if name == "deviation":
        off: FloatArray = np.abs(masks @ problem.weights - problem.target) / problem.target
        return off
    if name == "moved":
        leaving = masks & (problem.home >= 0) & (problem.home != numbers[:, None])
        left: FloatArray = (leaving @ problem.weights).astype(np.float64)
        return left
    if name == "compactness" and problem.areas.any():
        return 1 - measures(problem, csr_array(masks.astype(np.float64)))[1]
    return half_cuts(problem.graph, masks)

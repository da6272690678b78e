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
    most = _known(problem, division.labels, parts, objectives[0])
    masks, numbers = _candidates(problem, columns.matrix(problem.size), parts if numbered else 0, objectives[0], most)
    if len(numbers) > MOST_CANDIDATES:
        return division
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


def _known(problem: Problem, labels: IntArray, parts: int, name: str) -> float:
    """What no candidate of a plan as good as the known one exceeds; infinite: none is known, or gains count."""
    loads = np.bincount(labels, weights=problem.weights, minlength=parts)
    if len(loads) != parts or loads.min() < problem.low or loads.max() > problem.high:
        return np.inf
    if problem.graph.data.min(initial=0) < 0 and name in ("cut_edges", "compactness"):
        return np.inf
    value = objective_value(name, problem, labels, problem.home)
    return value * parts if name == "compactness" and problem.areas.any() else value


def _candidates(problem: Problem, sets: csr_array, numbers: int, name: str, most: float) -> tuple[Masks, IntArray]:
    """What candidates hold, numbers behind the units, and the number of each; none that costs too much alone.

    name, most : the first objective, and what a plan may come to; `numbers` is 0 where nothing asks for them
    """
    inside: Masks = sets.toarray() > 0
    found, borne = [], []
    for number in range(max(1, numbers)):
        elsewhere = (problem.locks >= 0) & (problem.locks != number)
        fits = ~(inside & elsewhere).any(axis=1) if numbers else np.ones(len(inside), dtype=np.bool_)
        price = _prices(problem, inside, np.full(len(inside), number), name)
        kept = inside[fits & (price <= most + TINY)]
        found.append(np.hstack([kept, np.tile(np.arange(numbers) == number, (len(kept), 1))]))
        borne.append(np.full(len(kept), number))
    return np.concatenate(found), np.concatenate(borne)


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

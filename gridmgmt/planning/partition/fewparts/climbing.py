"""A plan of little cut, from scratch or from two plans: annealed on the coarsest picture first, on the pool last.

From two plans, pictures are made in which neither of their cuts is lost, so that the coarsest holds little but what the
two disagree on, and the walk puts together the better halves of both (Sanders & Schulz 2012).
"""

from collections.abc import Sequence

import numpy as np

from gridmgmt.planning.budget import Budget
from gridmgmt.planning.partition.fewparts.coarsening import Picture, pictures
from gridmgmt.planning.partition.fewparts.found import Plan, measured
from gridmgmt.planning.partition.fewparts.start import first_parts
from gridmgmt.planning.partition.fewparts.walking import Walk
from gridmgmt.planning.partition.problem import FloatArray, IntArray, Problem

COARSEST = 15  # units per part of the coarsest picture
LIGHT = 0.25  # of a part's target: pairs stay below it
HOT, COLD = 1.0, 0.15  # heats, in mean edges
LEVELS = 200  # heats of a walk
PASSES, COARSE_PASSES = 500, 2000  # proposals per unit of a picture, of the coarsest
MOST_PROPOSALS = 3_000_000  # of a walk: a second
BALANCE = (1.0, 1.0, 0.5, 0.25)  # edges that a mean unit's weight outside the range costs, plan by plan
MOST_STRICT = 10.0  # times as much where units are so many times heavier than the range is wide
CLOSER = 0.6  # passes from two plans, as a share of those from scratch


def climb(problem: Problem, parts: int, seed: int, parents: Sequence[Plan], budget: Budget) -> Plan:
    """A plan annealed up from the coarsest picture; of two `parents`, it sets out from the first. Locks are compact."""
    apart = np.zeros(problem.size, dtype=np.int64)
    for parent in parents:
        apart = apart * parts + parent.labels
    heaviest = LIGHT * problem.total / parts
    series = pictures(problem, COARSEST * parts, heaviest, apart, seed)
    labels = _start(series, parts, seed, parents)
    share = CLOSER if parents else 1.0
    balance = BALANCE[seed % len(BALANCE)] * _strictness(problem)
    for height in range(len(series) - 1, -1, -1):
        if not budget.spent():
            passes = COARSE_PASSES if height == len(series) - 1 else PASSES
            labels = _walk(series[height].problem, parts, labels, share * passes, balance, seed + height)
        labels = labels[series[height].joined]
    return measured(problem, labels, parts)


def _strictness(problem: Problem) -> float:
    width = max(problem.high - problem.low, 1.0)
    return min(max(1.0, problem.total / problem.size / width), MOST_STRICT)


def _start(series: Sequence[Picture], parts: int, seed: int, parents: Sequence[Plan]) -> IntArray:
    """Labels of the coarsest picture's units."""
    if not parents:
        return first_parts(series[-1].problem, parts, seed)
    labels = parents[0].labels
    for picture in series:
        coarse = np.empty(picture.problem.size, dtype=np.int64)
        coarse[picture.joined] = labels
        labels = coarse
    return labels


def _walk(problem: Problem, parts: int, start: IntArray, passes: float, balance: float, seed: int) -> IntArray:
    """The best labels met on one walk, the hotter the dearer the edges of this picture are."""
    per_target = balance * problem.target * problem.size / max(problem.total, 1)
    prices = np.array([1.0 / mean_cost(problem.graph.data), 0.0, per_target])
    walk = Walk(problem, start, parts, prices, seed, deviation_first=False)
    walk.go_on(np.geomspace(HOT, COLD, LEVELS), min(int(passes * problem.size), MOST_PROPOSALS) // LEVELS + 1)
    return walk.best


def mean_cost(costs: FloatArray) -> float:
    """Of an edge; 1 where nothing costs anything."""
    return (float(np.abs(costs).mean()) if len(costs) else 0.0) or 1.0

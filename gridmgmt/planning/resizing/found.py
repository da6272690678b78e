"""Plans of `resize`, and what counts about them."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from gridmgmt.planning.metrics import cut_cost, part_weights
from gridmgmt.planning.partition.problem import IntArray, Problem
from gridmgmt.planning.resizing.annealing import arrays
from gridmgmt.planning.resizing.starts import communities


@dataclass(frozen=True)
class Found:
    """Labels (n,) of contiguous parts; households outside the range, and moved; communities touched; border in m.

    Labels below the number of today's communities continue them.
    """

    labels: IntArray
    violation: int
    moved: int
    touched: int
    border_m: float

    @property
    def rank(self) -> tuple[int, int, int, float]:
        return self.violation, self.moved, self.touched, self.border_m


def measured(problem: Problem, labels: IntArray) -> Found:
    """The labels renamed so that most households keep theirs, and what counts about them."""
    compact = np.unique(labels, return_inverse=True)[1]
    continues, moved = matched(problem.home, compact, problem.weights, problem.locks >= 0)
    names = np.where(continues >= 0, continues, 0)
    names[continues < 0] = communities(problem) + np.arange(int((continues < 0).sum()))
    named = names[compact]
    border = cut_cost(problem.borders, named)
    away = named != problem.home
    touched = np.union1d(problem.home[away], named[away & (named < communities(problem))])
    return Found(named, violation(problem, compact), moved, len(touched), border)


def restored(problem: Problem, found: Found) -> Found:
    """Units that were moved for nothing, back at home, and no part without households: both are communities touched.

    Annealing trades units without households for shorter borders at no price.
    """
    from gridmgmt.planning.resizing import mending

    graph, (weights, home) = arrays(problem)
    labels, held = found.labels.copy(), problem.locks >= 0
    mending.absorb(graph, weights, labels, held)
    mending.restore(graph, (weights, home), labels, held, float(problem.low), float(problem.high))
    return measured(problem, labels)


def violation(problem: Problem, labels: IntArray) -> int:
    """Households missing below the range or in excess of it; labels from 0 without holes."""
    loads = part_weights(labels, problem.weights)
    return int((np.maximum(problem.low - loads, 0) + np.maximum(loads - problem.high, 0)).sum())


def matched(
    home: IntArray, labels: IntArray, weights: IntArray, held: NDArray[np.bool_] | None = None
) -> tuple[IntArray, int]:
    """For each part the home label it continues (−1: a new one), so that most weight stays; and the weight that moves.

    Each label is continued by one part at most (linear assignment, Kuhn 1955). A part with units that are `held` (n,)
    continues theirs.

    >>> matched(np.array([0, 0, 0, 1]), np.array([0, 1, 1, 1]), np.array([5, 4, 4, 1]))
    (array([-1,  0]), 6)
    """
    common = np.zeros((int(labels.max()) + 1, int(home.max(initial=0)) + 1))
    known = home >= 0
    np.add.at(common, (labels[known], home[known]), weights[known])
    prizes = common.copy()
    if held is not None:
        prizes[labels[held], home[held]] += 1 + int(weights.sum())
    parts, names = linear_sum_assignment(prizes, maximize=True)
    kept = common[parts, names]
    continues = np.full(len(common), -1, dtype=np.int64)
    stays = prizes[parts, names] > 0
    continues[parts[stays]] = names[stays]
    return continues, int(weights.sum() - kept.sum())

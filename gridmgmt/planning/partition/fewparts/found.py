"""What a search with few parts comes to: plans and their ranks."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gridmgmt.planning.metrics import cut_cost
from gridmgmt.planning.partition.problem import IntArray, Problem

Rank = tuple[float, float, float]


@dataclass(frozen=True)
class Plan:
    """Labels (n,) of connected parts; rank: weight outside the range, the first objective, the second.

    A deviation is the largest, in weight.
    """

    labels: IntArray
    rank: Rank


def measured(problem: Problem, labels: IntArray, parts: int) -> Plan:
    """The plan with its rank: by cut, then deviation, or the other way round where deviation is the first objective."""
    load = np.bincount(labels, weights=problem.weights, minlength=parts)
    outside = float(np.maximum(problem.low - load, load - problem.high).clip(min=0).sum())
    cut, off = cut_cost(problem.graph, labels), float(np.abs(load - problem.target).max())
    return Plan(labels, (outside, off, cut) if problem.first == "deviation" else (outside, cut, off))


@dataclass(frozen=True)
class Found:
    """What a search came to.

    Attributes
    ----------
    best : the best plan
    stopped : whether the clock ended it
    ends : the labels within the range that it came to
    agreed : how many independent searches came to the best value of the first objective
    """

    best: Plan
    stopped: bool
    ends: tuple[IntArray, ...]
    agreed: int = 1

    @property
    def labels(self) -> IntArray:
        return self.best.labels

    @property
    def rank(self) -> Rank:
        return self.best.rank

    @property
    def in_range(self) -> bool:
        return self.rank[0] == 0

    def sets(self) -> NDArray[np.bool_]:
        """(sets, n) the parts of all ends."""
        parts = [labels == part for labels in self.ends for part in range(int(labels.max()) + 1)]
        return np.array(parts, dtype=np.bool_).reshape(-1, len(self.labels))


def merged(several: Sequence[Found]) -> Found:
    """The best of several searches, and all their ends."""
    best = min((found.best for found in several), key=lambda plan: plan.rank)
    ends = tuple(labels for found in several for labels in found.ends)
    agreed = sum(found.agreed for found in several if found.rank[:2] == best.rank[:2])
    return Found(best, any(found.stopped for found in several), ends, agreed)

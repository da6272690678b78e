"""A few neighbouring parts annealed anew, the rest of the plan as it stands: again and again, all over the plan.

An annealing hot enough to find which communities should close forgets what was good elsewhere. In a region it may be as
hot as at first and takes a hundredth of a second; only what makes the plan no worse is kept (Pisinger & Ropke 2019).
"""

from collections import deque
from dataclasses import dataclass, replace

import numpy as np

from gridmgmt.planning.budget import Budget
from gridmgmt.planning.metrics import cut_cost
from gridmgmt.planning.partition.problem import IntArray, Problem
from gridmgmt.planning.resizing.annealing import EDGE_PRICE, Schedule, annealed
from gridmgmt.planning.resizing.found import Found, measured, violation
from gridmgmt.planning.resizing.starts import communities

PARTS = (4, 12)  # of a region, fewest and most
FEW = 16  # parts of a plan that is hardly more than a region
PASSES = 3000
PATIENCE, MOST = 60, 200  # regions in a row that bring nothing, regions in all
HOT = (Schedule(35, 1, True, 0.0), Schedule(25, 1, False, 0.3))  # by turns: parts may close, or may not
MISSING = 25.0  # households moved that one household outside the range is worth


@dataclass(frozen=True)
class Polished:
    """The plan, and the plans it was on the way, labels (n,) each."""

    found: Found
    passed: list[IntArray]


def polished(problem: Problem, found: Found, seed: int, budget: Budget) -> Polished:
    """The plan after regions all over it were annealed, until many in a row bring nothing.

    A plan of few parts, hardly more than one region, stays as it is.
    """
    if len(np.unique(found.labels)) <= FEW:
        return Polished(found, [])
    rng = np.random.default_rng(seed)
    labels, passed, waited = found.labels, list[IntArray](), 0
    for turn in range(MOST):
        if waited == PATIENCE or budget.spent():
            break
        units = _around(labels, problem.neighbours, rng)
        region = _Region.of(problem, labels, units)
        schedule = replace(HOT[turn % len(HOT)], work=PASSES * len(units))
        labels, gain = region.annealed(labels, schedule, int(rng.integers(2**62)), communities(problem))
        waited = 0 if gain > 0 else waited + 1
        if gain > 0:
            passed.append(labels)
    return Polished(measured(problem, labels), passed)


def _around(labels: IntArray, neighbours: list[list[int]], rng: np.random.Generator) -> IntArray:
    """The units of some parts round a unit, both drawn."""
    first, count = int(rng.integers(len(labels))), int(rng.integers(PARTS[0], PARTS[1] + 1))
    parts, seen, waiting = {int(labels[first])}, {first}, deque([first])
    while waiting and len(parts) < count:
        unit = waiting.popleft()
        for place in rng.permutation(len(neighbours[unit])):
            other = neighbours[unit][place]
            if other not in seen:
                seen.add(other)
                waiting.append(other)
                if len(parts) < count:
                    parts.add(int(labels[other]))
    return np.flatnonzero(np.isin(labels, sorted(parts)))


@dataclass(frozen=True)
class _Region:
    """Some units as a problem of their own; names (k,) that no part outside bears, which number their homes."""

    units: IntArray
    problem: Problem
    names: IntArray

    @classmethod
    def of(cls, problem: Problem, labels: IntArray, units: IntArray) -> "_Region":
        outside = np.ones(problem.size, dtype=np.bool_)
        outside[units] = False
        names = np.setdiff1d(problem.home[units], labels[outside])
        part = problem.pool(units)
        return cls(units, replace(part, home=_places(names, part.home)), names)

    def annealed(self, labels: IntArray, schedule: Schedule, seed: int, first_new: int) -> tuple[IntArray, float]:
        """The plan with the region annealed, where that is no worse, and by how much it is better."""
        old = labels[self.units]
        places, numbers = _places(self.names, old), np.unique(old, return_inverse=True)[1]
        before = np.where(places < 0, len(self.names) + numbers, places)
        after = annealed(self.problem, before, schedule, seed).labels
        gain = self._cost(before) - self._cost(after)
        if gain < 0:
            return labels, gain
        named, changed = after < len(self.names), labels.copy()
        changed[self.units[named]] = self.names[after[named]]
        changed[self.units[~named]] = labels.max() + 1 + after[~named]
        new = changed >= first_new
        changed[new] = first_new + np.unique(changed[new], return_inverse=True)[1]
        return changed, gain

    def _cost(self, labels: IntArray) -> float:
        """Households moved, those outside the range at their price, and a trifle for borders."""
        part, border = self.problem, cut_cost(self.problem.borders, labels)
        moved = int(part.weights[labels != part.home].sum())
        return moved + MISSING * violation(part, np.unique(labels, return_inverse=True)[1]) + EDGE_PRICE * border


def _places(names: IntArray, values: IntArray) -> IntArray:
    """Each value as its place among the names, which are sorted; −1: it is none of them."""
    places: IntArray = np.where(np.isin(values, names), np.searchsorted(names, values), -1).astype(np.int64)
    return places

"""Proven optima of small pools by any objectives in their order: every part that could be, under every number.

Of `parts` parts each bears one of the numbers from 0 on. So a number is one more thing to be held once, like a unit: a
candidate is a connected set in the range with a number, and a plan a choice of `parts` candidates that holds every unit
and every number once. Where nothing asks for numbers they are left away.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.sparse import csr_array

from gridmgmt.planning.budget import Budget
from gridmgmt.planning.partition import certificate as why
from gridmgmt.planning.partition.bounds import objective_value
from gridmgmt.planning.partition.columns import ANY, possible_parts
from gridmgmt.planning.partition.fewparts.choosing import MOST_STEPS, Choice, Goal, choose
from gridmgmt.planning.partition.fewparts.sets import Masks
from gridmgmt.planning.partition.measuring import half_cuts, measures
from gridmgmt.planning.partition.naming import named
from gridmgmt.planning.partition.pools import Pool
from gridmgmt.planning.partition.problem import FloatArray, IntArray, Problem
from gridmgmt.planning.partition.solve import Division

MOST_PARTS, MOST_SETS = 16, 300_000
AT_ONCE = 5_000, MOST_STEPS // 15  # candidates, and steps of the choice among them, that take less than a search
MOST = 60_000, MOST_STEPS  # the same where a plan is known
FINENESS = 10**10  # prices are compared to that fraction
TINY = 1e-6


def decided(
    problem: Problem, pool: Pool, objectives: Sequence[str], budget: Budget, search: Callable[[], Division]
) -> Division:
    """The best of all plans with so many parts; what the search finds where there are too many to look at.

    For a problem in one pool, whose parts are numbered from 0. Where the candidates are few nothing is searched; where
    they are many the plan that the search finds leaves most of them out.
    """
    parts = pool.parts or 1
    if pool.reason is not None or not 1 < parts <= MOST_PARTS or budget.spent():
        return search()
    columns = possible_parts(problem, MOST_SETS, ANY)
    if columns is None:
        return search()
    listed = _Listed(problem, parts, tuple(objectives), columns.matrix(problem.size))
    labels, final = listed.best(np.inf, *AT_ONCE)
    if final and labels is not None:
        return _proven(problem, objectives[0], Division(pool.units, labels, pool.outside_bound, None))
    division = search()
    if not final and not budget.spent():
        labels, final = listed.best(_known(problem, division.labels, parts, objectives[0]), *MOST)
    if not final:
        return division
    if labels is None:
        return replace(division, reason=why.PACKING)
    return _proven(problem, objectives[0], replace(division, labels=labels))


def _proven(problem: Problem, name: str, division: Division) -> Division:
    """The division with its value as the bound."""
    return replace(division, bound=objective_value(name, problem, division.labels, problem.home))


@dataclass(frozen=True)
class _Listed:
    """A pool with all its possible parts (sets, n)."""

    problem: Problem
    parts: int
    objectives: tuple[str, ...]
    sets: csr_array

    def best(self, most: float, candidates: int, steps: int) -> tuple[IntArray | None, bool]:
        """Labels of the best plan (None: there is none), and whether that is certain, as it is not of more candidates.

        `most` is what the parts of a plan add to the first objective at most, as far as is known.
        """
        problem, parts, sets = self.problem, self.parts, self.sets
        numbered = "moved" in self.objectives or bool((problem.locks >= 0).any())
        numbers = parts if numbered else 1
        first = _prices(problem, sets, numbers, self.objectives[0])
        allowed = _keeps_locks(problem, sets, numbers) & (first <= most + TINY)
        if allowed.sum() > candidates:
            return None, False
        some = allowed.any(axis=0)
        number, row = np.nonzero(allowed[:, some])
        prices = [first[:, some], *(_prices(problem, sets[some], numbers, name) for name in self.objectives[1:])]
        goals = [
            Goal(np.floor(price[number, row] * FINENESS).astype(np.int64), name == "deviation")
            for name, price in zip(self.objectives, prices, strict=True)
        ]
        held = number[:, None] == np.arange(parts if numbered else 0)
        choice = choose(np.hstack([sets[some].toarray()[row] > 0, held]), parts, goals, steps)
        return self._labels(choice, numbered), choice.final

    def _labels(self, choice: Choice, numbered: bool) -> IntArray | None:
        """Part of each unit; parts bear the numbers that were chosen for them."""
        if choice.labels is None or not numbered:
            return choice.labels
        size = self.problem.size
        return np.argsort(choice.labels[size:])[choice.labels[:size]]


def _known(problem: Problem, labels: IntArray, parts: int, name: str) -> float:
    """What no candidate of a plan as good as the known one exceeds; infinite: none is known, or gains count."""
    loads = np.bincount(labels, weights=problem.weights, minlength=parts)
    if len(loads) != parts or loads.min() < problem.low or loads.max() > problem.high:
        return np.inf
    if problem.graph.data.min(initial=0) < 0 and name in ("cut_edges", "compactness"):
        return np.inf
    value = objective_value(name, problem, named(problem, labels), problem.home)
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

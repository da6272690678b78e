"""Proofs for few parts: the best cut, or the best deviation, of all plans of a pool that is not too wide."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from gridmgmt.planning.budget import Budget
from gridmgmt.planning.metrics import cut_cost
from gridmgmt.planning.partition.fewparts.bounding import CutBound, bound_cut
from gridmgmt.planning.partition.fewparts.choosing import Choice, Goal, choose
from gridmgmt.planning.partition.fewparts.found import Found
from gridmgmt.planning.partition.fewparts.frontier import Diagram
from gridmgmt.planning.partition.fewparts.sets import Listing, Masks, PossibleParts, half_cuts
from gridmgmt.planning.partition.fewparts.spectral import spectral_bound
from gridmgmt.planning.partition.fewparts.spreading import spreading_bound
from gridmgmt.planning.partition.problem import FloatArray, IntArray, Problem

MOST_LISTED = 50_000  # parts from which a plan is chosen exactly
FINENESS = 1_000_000  # costs that are no whole numbers are compared to a millionth
TINY = 1e-6
NARROWINGS = 8  # how often the range of deviations is narrowed until its parts can be listed


@dataclass(frozen=True)
class Proof:
    """What is proven about a pool: a lower bound of the first objective, whether it is the last word.

    Final with labels: they are best. Final without: those of the search are, or no plan lies within the range where the
    search found none.
    """

    labels: IntArray | None
    bound: float
    final: bool
    stopped: bool = False


@dataclass(frozen=True)
class Task:
    """A pool, its diagram if it is narrow, how many parts, the objectives in order, the best so far, the last stop."""

    problem: Problem
    diagram: Diagram | None
    parts: int
    objectives: Sequence[str]
    found: Found
    seed: int
    budget: Budget

    def choose(self, listing: Listing) -> Choice:
        """The best plan of the listed parts by all objectives in their order; of equals, that of least deviation."""
        goals = [goal for name in self.objectives for goal in _goals(self.problem, listing.masks, name)]
        if "deviation" in self.objectives:
            off = np.abs(listing.masks @ self.problem.weights - self.problem.target)
            goals.append(Goal(np.rint(off * 1000).astype(np.int64), False))
        return choose(listing.masks, self.parts, goals)


def prove(task: Task) -> Proof:
    """A proof, as far as the limits allow; a bound alone where the pool is too wide for the diagram."""
    problem, diagram = task.problem, task.diagram
    if task.objectives[0] == "cut_edges" and problem.graph.data.min(initial=0) < 0:
        return Proof(None, 0.0, False)
    if task.budget.spent():
        return Proof(None, 0.0, False, True)
    if task.objectives[0] == "deviation":
        return Proof(None, 0.0, False) if diagram is None else prove_deviation(task, diagram)
    if diagram is None:
        return bound_wide(task)
    return prove_cut(task, diagram)


def bound_wide(task: Task) -> Proof:
    """The better of two bounds of the cut; the last word where the search has reached it."""
    problem, tick = task.problem, _tick(task.problem)
    bound = max(spectral_bound(problem, task.parts), spreading_bound(problem, task.seed, task.budget))
    reached = task.found.in_range and task.found.rank[1] <= _rounded(bound, tick) + TINY
    return Proof(None, _rounded(bound, tick), reached, task.budget.spent())


def prove_cut(task: Task, diagram: Diagram) -> Proof:
    """Bound the cut by column generation; then list the parts that a better plan could have, and choose."""
    problem = task.problem
    sets = PossibleParts(problem, diagram)
    tick = _tick(problem)
    most = float(problem.graph.data[problem.graph.data > 0].sum()) / 2
    goal = task.found.rank[1] - tick if task.found.in_range else most
    bound = bound_cut(problem, task.parts, sets, task.found.sets(), goal + TINY, task.seed, task.budget)
    if bound.value > goal + TINY:
        return _refined(task, sets, bound, goal + tick)
    if bound.stopped:
        return Proof(None, _rounded(bound.value, tick), False, True)
    return _climb(task, sets, bound, goal, tick)


def _refined(task: Task, sets: PossibleParts, bound: CutBound, least: float) -> Proof:
    """Of the plans of the least cut the best by the other objectives, where all can be listed."""
    if len(task.objectives) > 1 and task.found.in_range and not task.budget.spent():
        listing = sets.below(bound.duals, bound.least + least - bound.value + TINY, MOST_LISTED)
        choice = task.choose(listing) if listing.whole else None
        if choice is not None and choice.labels is not None and choice.final:
            return Proof(choice.labels, least, True)
    return Proof(None, least, True)


def _climb(task: Task, sets: PossibleParts, bound: CutBound, goal: float, tick: float) -> Proof:
    """From the bound upwards: all parts of plans with that cut or less are listed, until they make up a plan.

    A plan costs Σ λ + Σ of its parts' prices. One that costs c or less has no part dearer than the least price plus
    c − bound: what the others cannot make up for.
    """
    proven = _rounded(bound.value, tick)
    for ceiling in _steps(proven, goal, max(tick, 1e-3 * goal)):
        listing = sets.below(bound.duals, bound.least + ceiling - bound.value + TINY, MOST_LISTED)
        if not listing.whole or task.budget.spent():
            return Proof(None, proven, False, task.budget.spent())
        choice = task.choose(listing)
        if choice.labels is not None and choice.final:
            return Proof(choice.labels, cut_cost(task.problem.graph, choice.labels), True)
        if not choice.final:
            return Proof(choice.labels, proven, False, task.budget.spent())
        proven = ceiling + tick
    return Proof(None, proven, True)


def _steps(start: float, end: float, first: float) -> Iterator[float]:
    """start, then further and further on, and `end` last."""
    step, here = first, start
    while here < end - TINY:
        yield here
        here, step = here + step, 2 * step
    yield end


def prove_deviation(task: Task, diagram: Diagram) -> Proof:
    """List the parts nearer to the target than the best plan's farthest, and choose; nearer still if they are many."""
    problem, found = task.problem, task.found
    off = found.rank[1] if found.in_range else max(problem.high - problem.target, problem.target - problem.low)
    if found.in_range and len(task.objectives) == 1 and _differ_by_one(problem, found.labels):
        return Proof(None, off / problem.target, True)
    tried = None
    for narrowing in range(NARROWINGS):
        nearer = replace(
            problem, low=max(problem.low, problem.target - off), high=min(problem.high, problem.target + off)
        )
        weights = range(int(np.ceil(nearer.low)), int(np.floor(nearer.high)) + 1)
        if not weights:
            return Proof(None, off / problem.target, narrowing == 0)
        if weights != tried:
            listing = PossibleParts(nearer, diagram).below(np.zeros(problem.size), np.inf, MOST_LISTED)
            if task.budget.spent():
                return Proof(None, 0.0, False, True)
            if listing.whole:
                return _chosen(task, listing, off, narrowing == 0)
        tried, off = weights, off / 4
    return Proof(None, 0.0, False)


def _differ_by_one(problem: Problem, labels: IntArray) -> bool:
    """Whether the parts differ by one at most: no whole numbers with their sum are evener, whatever the target."""
    return bool(np.ptp(np.bincount(labels, weights=problem.weights)) <= 1)


def _chosen(task: Task, listing: Listing, off: float, all_better: bool) -> Proof:
    choice = task.choose(listing)
    if choice.labels is not None and choice.final:
        return Proof(choice.labels, _deviation(task.problem, choice.labels), True)
    if not choice.final:
        return Proof(choice.labels, 0.0, False, task.budget.spent())
    return Proof(None, off / task.problem.target, all_better)


def _goals(problem: Problem, masks: Masks, name: str) -> list[Goal]:
    """The prices of parts by one objective."""
    if name == "deviation":
        off = np.abs(masks @ problem.weights - problem.target)
        ranks = np.unique(off.round(6), return_inverse=True)[1].astype(np.int64)
        return [Goal(ranks, True)]
    if name == "moved" or (name == "compactness" and problem.areas.any()):
        return []  # not a sum over parts alone
    fine = 2 if _is_whole(problem.graph.data) else FINENESS
    return [Goal(np.rint(half_cuts(problem.graph, masks) * fine).astype(np.int64), False)]


def _tick(problem: Problem) -> float:
    """By how much a better cut is better at least."""
    return 1.0 if _is_whole(problem.graph.data) else TINY


def _is_whole(costs: FloatArray) -> bool:
    return bool((costs == np.rint(costs)).all())


def _rounded(bound: float, tick: float) -> float:
    return float(np.ceil(bound - TINY)) if tick == 1.0 else bound


def _deviation(problem: Problem, labels: IntArray) -> float:
    return float(np.abs(np.bincount(labels, weights=problem.weights) - problem.target).max() / problem.target)

"""The least total deviation of a pool, with its proof; and the roundest of the plans that have it.

Number of parts by number of parts: column generation bounds what any plan costs (`bounding`); the parts that a cheaper
plan could be made of are listed, and an integer programme chooses among them. Barriers and compounds that are cut count
by their price, as they do in the search.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from scipy.sparse import csr_array, vstack

from gridmgmt.planning.partition.fewparts.bounding import CutBound, bound_cut
from gridmgmt.planning.partition.fewparts.frontier import connected_sets
from gridmgmt.planning.partition.fewparts.sets import Masks, PossibleParts
from gridmgmt.planning.partition.problem import FloatArray, IntArray, Problem, count_range
from gridmgmt.planning.partition.reshape import measures
from gridmgmt.planning.partition.search import Budget

UNIT = 10.0  # households of deviation to a price of 1, what an edge costs where cuts are counted
MOST_UNITS, MOST_NODES = 120, 120_000  # of a pool, and of its diagram
MOST_LISTED = 60_000  # parts among which a plan is chosen
NODES = 300  # of branch and bound
TINY = 1e-6


@dataclass(frozen=True)
class Even:
    """The best labels, their price, and the price that no plan within the range goes below, in households."""

    labels: IntArray
    value: float
    bound: float


@dataclass(frozen=True)
class _Pricer:
    """The pool with its cuts at their price, and all its parts."""

    problem: Problem
    sets: PossibleParts
    seed: int
    budget: Budget

    def value(self, labels: IntArray) -> float:
        return float(self.sets.prices(_masks(labels)).sum())

    @property
    def whole(self) -> bool:
        """Whether all prices are whole households."""
        return self.problem.target == round(self.problem.target) and not self.problem.graph.data.any()

    def next_below(self, value: float, parts: int) -> float:
        """The most that a plan cheaper than `value` can cost: Σ |w − t| is odd or even as Σ (w − t) is."""
        if not self.whole:
            return value - TINY
        households = round(value * UNIT) - 1
        return (households - (households - self.problem.total - parts * round(self.problem.target)) % 2) / UNIT


def even_out(problem: Problem, labels: IntArray, seed: int, budget: Budget) -> Even | None:
    """The least price of deviation and cuts, from labels within the range; None for a pool too large."""
    goals = problem.goals
    if problem.size > MOST_UNITS or goals.unevenness <= 0:
        return None
    priced = replace(problem, graph=problem.graph * (goals.cut / goals.unevenness * problem.target / UNIT))
    diagram = connected_sets(priced.graph, budget)
    if diagram is None or diagram.nodes > MOST_NODES:
        return None
    off = np.abs(np.arange(int(problem.high) + 1) - problem.target) / UNIT
    pricer = _Pricer(priced, PossibleParts(priced, diagram, off), seed, budget)
    best, bounds = labels, []
    counts = count_range(problem.total, problem.low, problem.high)
    for parts in sorted(counts, key=lambda count: (abs(problem.total - count * problem.target), count)):
        best, bound = _with_parts(pricer, parts, best)
        bounds.append(bound)
    value = pricer.value(best)
    return Even(best, UNIT * value, UNIT * min(value, *bounds))


def _with_parts(pricer: _Pricer, parts: int, best: IntArray) -> tuple[IntArray, float]:
    """Better labels with so many parts, or those given; and a bound of all plans with so many."""
    problem, value = pricer.problem, pricer.value(best)
    least = abs(problem.total - parts * problem.target) / UNIT if pricer.whole else 0.0
    if least > value - TINY or pricer.budget.spent():
        return best, least
    goal = pricer.next_below(value, parts)
    masks = _masks(best)
    near = (pricer.sets.prices(masks) / masks.sum(axis=1))[best]
    bound = bound_cut(problem, parts, pricer.sets, masks, goal + TINY, pricer.seed, pricer.budget, near)
    if bound.value > goal + TINY:
        return (_roundest(pricer, parts, bound, best) if len(masks) == parts else best), value
    return _climbed(pricer, parts, bound, best, max(least, bound.value))


def _climbed(pricer: _Pricer, parts: int, bound: CutBound, best: IntArray, proven: float) -> tuple[IntArray, float]:
    """From the bound upwards: the parts of plans at that price or less are listed until they make up a plan."""
    for ceiling in _ceilings(proven, pricer.next_below(pricer.value(best), parts)):
        listing = pricer.sets.below(bound.duals, bound.least + ceiling - bound.value + TINY, MOST_LISTED)
        if not listing.whole or pricer.budget.spent():
            break
        prices = pricer.sets.prices(listing.masks)
        chosen, final = _cheapest(pricer, listing.masks, parts, prices, None)
        if chosen is not None and pricer.value(chosen) < pricer.value(best) - TINY:
            best = chosen
        if not final:
            break
        if chosen is not None and pricer.value(best) <= ceiling + TINY:
            return _roundest(pricer, parts, bound, best), pricer.value(best)
        proven = ceiling + TINY
        if pricer.value(best) <= proven + TINY:
            break
    else:
        return best, pricer.value(best)
    return best, min(proven, pricer.value(best))


def _roundest(pricer: _Pricer, parts: int, bound: CutBound, best: IntArray) -> IntArray:
    """Of the plans at the price of `best`, the one with the roundest parts, where these can be listed."""
    value = pricer.value(best)
    listing = pricer.sets.below(bound.duals, bound.least + value - bound.value + TINY, MOST_LISTED)
    if not listing.whole or not len(listing.masks) or not pricer.problem.areas.any():
        return best
    masks = np.vstack((_masks(best), listing.masks))
    rounds = measures(pricer.problem, csr_array(masks.astype(np.float64)))[1]
    chosen, _ = _cheapest(pricer, masks, parts, 1 - rounds, value)
    return best if chosen is None else chosen


def _cheapest(
    pricer: _Pricer, masks: Masks, parts: int, prices: FloatArray, most: float | None
) -> tuple[IntArray | None, bool]:
    """Labels of the cheapest cover by `parts` of the listed sets, costing `most` at most; whether that is final."""
    from scipy.optimize import Bounds, LinearConstraint, milp

    if not len(masks):
        return None, True
    count, size = masks.shape
    rows = [csr_array(masks.T.astype(np.float64)), csr_array(np.ones((1, count)))]
    low, high = [np.ones(size), np.array([parts])], [np.ones(size), np.array([parts])]
    if most is not None:
        rows.append(csr_array(pricer.sets.prices(masks)[None]))
        low.append(np.array([-np.inf]))
        high.append(np.array([most + TINY]))
    answer = milp(
        prices,
        constraints=LinearConstraint(csr_array(vstack(rows)), np.concatenate(low), np.concatenate(high)),
        integrality=np.ones(count),
        bounds=Bounds(0, 1),
        options={"node_limit": NODES, "time_limit": pricer.budget.left_s() + 0.1, "mip_rel_gap": 0.0},
    )
    if answer.x is None:
        return None, answer.status == 2
    return masks[answer.x > 0.5].argmax(axis=0).astype(np.int64), answer.status == 0


def _ceilings(start: float, end: float) -> Iterator[float]:
    """From the bound on, further and further, and the end last."""
    step, here = 1 / UNIT, start + 1 / UNIT
    while here < end - TINY:
        yield here
        here, step = here + step, 2 * step
    yield end


def _masks(labels: IntArray) -> Masks:
    """(parts, n) the units of each part."""
    masks: Masks = labels == np.arange(int(labels.max()) + 1)[:, None]
    return masks

"""The least total deviation of a pool, with its proof; and the roundest of the plans that have it.

Number of parts by number of parts: column generation bounds what any plan costs (`generating`), and where that leaves a
gap, neighbours are settled until it is closed (`branching`). Barriers and compounds that are cut count by their price,
as they do in the search. Where some weight cannot be in the range, more of it outside costs more than evenness gains.
"""

from dataclasses import dataclass, replace

import numpy as np
from scipy.sparse import csr_array, vstack

from gridmgmt.planning.budget import Budget
from gridmgmt.planning.partition.effort import FAST
from gridmgmt.planning.partition.evening.branching import Tree
from gridmgmt.planning.partition.evening.generating import Relaxed, relax
from gridmgmt.planning.partition.evening.settling import Pair, Settler
from gridmgmt.planning.partition.evening.supply import Supply
from gridmgmt.planning.partition.evening.trimming import trimmed
from gridmgmt.planning.partition.fewparts.frontier import connected_sets
from gridmgmt.planning.partition.fewparts.sets import Masks, PossibleParts, half_cuts
from gridmgmt.planning.partition.measuring import measures, met_weight
from gridmgmt.planning.partition.problem import FloatArray, IntArray, Problem, count_range
from gridmgmt.planning.partition.search import search_pool

UNIT = 8.0  # households of deviation to a price of 1, near what an edge costs where cuts are counted; exact in binary
MOST_UNITS, MOST_NODES = 120, 200_000  # of a pool, and of its diagram
TABLE = 160_000_000  # bytes: tells all weights apart in most pools
OUTSIDE = 50.0 / UNIT  # price of one more household outside the range
MOST_LISTED = 30_000  # parts among which the roundest plan is chosen
NODES = 300  # of branch and bound, there
SEARCHES, MORE_SEARCHES = range(3), range(3, 40)  # quick ones, for evenness alone: first, and where a gap is left
STEP = 0.5 / UNIT  # half a household: what is proven of prices that are no whole households
TINY = 1e-4


@dataclass(frozen=True)
class Even:
    """The best labels, their price, and the price that no plan with as much in the range goes below, in households."""

    labels: IntArray
    value: float
    bound: float


@dataclass(frozen=True)
class _Pool:
    """The pool with its cuts at their price, and all its parts.

    Attributes
    ----------
    problem : the pool;  wide : the same with the range that its parts may have, to leave `outside` out of the true one
    by_weight : price of a part of each weight: its deviation, and its weight where it is outside the range
    outside, proven : weight outside the range that is conceded, and that is outside in every plan
    """

    problem: Problem
    wide: Problem
    by_weight: FloatArray
    settler: Settler
    outside: int
    proven: int
    seed: int
    budget: Budget

    def sets_of(self, pairs: tuple[Pair, ...]) -> PossibleParts:
        return PossibleParts(self.wide, self.settler.settled(pairs), self.by_weight, TABLE)

    def value(self, labels: IntArray) -> float:
        """The price of labels; infinite where a part is heavier than any that is looked at."""
        masks = _masks(labels)
        if (masks @ self.problem.weights > self.wide.high).any():
            return float("inf")
        return float(self.prices(masks).sum())

    def prices(self, masks: Masks) -> FloatArray:
        prices: FloatArray = half_cuts(self.wide.graph, masks) + self.by_weight[masks @ self.problem.weights]
        return prices

    @property
    def whole(self) -> bool:
        """Whether all prices are whole households."""
        return self.problem.target == round(self.problem.target) and not self.problem.graph.data.any()

    def least(self, parts: int) -> float:
        """What counting proves of plans with so many parts."""
        off = abs(self.problem.total - parts * self.problem.target) / UNIT
        return off + OUTSIDE * self.proven if self.problem.graph.data.min(initial=0) >= 0 else -np.inf

    def at_least(self, bound: float, parts: int) -> float:
        """The least price of a plan that is not below the bound: Σ |w − t| is odd or even as Σ (w − t) is."""
        bound = max(bound, self.least(parts))
        if not self.whole:
            return bound + STEP
        households = int(np.ceil(bound * UNIT - TINY))
        return (households + (households - self.problem.total - parts * round(self.problem.target)) % 2) / UNIT


def even_out(problem: Problem, labels: IntArray, seed: int, budget: Budget, outside_bound: int = 0) -> Even | None:
    """The least price of deviation and cuts, with no more weight outside the range; None: too large, or empty.

    outside_bound : weight that is proven to be outside the range in every plan
    """
    pool = _pool(problem, labels, seed, budget, outside_bound)
    if pool is None:
        return None
    best, roots, bounds = _quickly_evened(pool, labels, -np.inf, SEARCHES), {}, []
    counts = count_range(problem.total, problem.low, problem.high) if not pool.outside else range(1, problem.size + 1)
    for parts in sorted(counts, key=lambda count: (abs(problem.total - count * problem.target), count)):
        if pool.least(parts) > pool.value(best) - TINY or budget.spent():
            bounds.append(pool.least(parts))
            continue
        best, bound, roots[parts] = _with_parts(pool, parts, best)
        bounds.append(bound)
    value = pool.value(best)
    best = _roundest(pool, roots.get(int(best.max()) + 1), best)
    conceded = OUTSIDE * pool.outside
    in_households = [round(UNIT * (price - conceded), 6) for price in (value, min(value, *bounds))]
    return Even(best, *in_households)


def _pool(problem: Problem, labels: IntArray, seed: int, budget: Budget, proven: int) -> _Pool | None:
    goals = problem.goals
    if problem.size > MOST_UNITS or problem.total == 0 or goals.unevenness <= 0:
        return None
    priced = replace(problem, graph=problem.graph * (goals.cut / goals.unevenness * problem.target / UNIT))
    diagram = connected_sets(priced.graph, budget)
    if diagram is None:
        return None
    outside = problem.total - met_weight(problem, labels)
    wide = replace(priced, low=0, high=max(int(problem.high), outside)) if outside else priced
    diagram = trimmed(diagram, problem.weights, int(wide.high))
    if diagram.nodes > MOST_NODES:
        return None
    weight = np.arange(int(wide.high) + 1)
    missed = (weight < problem.low) | (weight > problem.high)
    by_weight = np.abs(weight - problem.target) / UNIT + OUTSIDE * weight * missed
    return _Pool(priced, wide, by_weight, Settler(priced.graph, diagram), outside, proven, seed, budget)


def _quickly_evened(pool: _Pool, best: IntArray, enough: float, turns: range) -> IntArray:
    """The best of some quick searches that care for nothing but the price; they end where it is `enough`."""
    plain = replace(pool.problem.goals, roundness=0.0, deviation=0.0)
    alone = replace(pool.problem, goals=replace(plain, cut=plain.unevenness * UNIT / pool.problem.target))
    for turn in turns:
        if pool.value(best) < enough + TINY or pool.budget.spent():
            break
        labels, _ = search_pool(alone, None, FAST, pool.seed + turn, pool.budget)
        if pool.value(labels) < pool.value(best) - TINY:
            best = labels
    return best


def _with_parts(pool: _Pool, parts: int, best: IntArray) -> tuple[IntArray, float, Relaxed]:
    """Better labels with so many parts, or those given; a bound of all plans with so many; where that began."""
    random, value, masks = np.random.default_rng(pool.seed), pool.value(best), _masks(best)
    prices = pool.prices(masks)
    dear = 1.0 + 2.0 * value + pool.problem.weights / UNIT  # more than leaving a unit out can save
    supply = Supply(masks, prices, dear, parts)
    near: FloatArray = (prices / masks.sum(axis=1))[best]
    root = relax(pool.sets_of(()), supply, parts, (), value - TINY, near, random, pool.budget)

    def level(bound: float) -> float:
        return pool.at_least(bound, parts)

    best = _quickly_evened(pool, best, level(root.bound), MORE_SEARCHES)
    tree = Tree(pool.settler, pool.problem.weights, pool.sets_of, supply, parts, level, random, pool.budget)
    found = tree.search(root, pool.value(best))
    bound = found.bound if pool.whole else found.bound - STEP
    better = best if found.labels is None else min(best, found.labels, key=pool.value)
    return better, max(bound, pool.least(parts)), root


def _roundest(pool: _Pool, root: Relaxed | None, best: IntArray) -> IntArray:
    """Of the plans at the price of `best`, the one with the roundest parts, where these can be listed."""
    if root is None or not pool.problem.areas.any() or pool.budget.spent():
        return best
    value = pool.value(best)
    listing = pool.sets_of(()).below(root.duals, root.least + value - root.bound + TINY, MOST_LISTED)
    if not listing.whole or not len(listing.masks):
        return best
    masks = np.vstack((_masks(best), listing.masks))
    rounds = measures(pool.problem, csr_array(masks.astype(np.float64)))[1]
    chosen = _cheapest(pool, masks, int(best.max()) + 1, 1 - rounds, value)
    return best if chosen is None else chosen


def _cheapest(pool: _Pool, masks: Masks, parts: int, prices: FloatArray, most: float) -> IntArray | None:
    """Labels of the cheapest cover by `parts` of some sets, that cost `most` together at most by the pool's prices."""
    from scipy.optimize import Bounds, LinearConstraint

    from gridmgmt.planning.quiet import milp

    count, size = masks.shape
    rows = [csr_array(masks.T.astype(np.float64)), csr_array(np.ones((1, count))), csr_array(pool.prices(masks)[None])]
    once = np.append(np.ones(size), parts)
    answer = milp(
        prices,
        constraints=LinearConstraint(csr_array(vstack(rows)), np.append(once, -np.inf), np.append(once, most + TINY)),
        integrality=np.ones(count),
        bounds=Bounds(0, 1),
        options={"node_limit": NODES, "time_limit": pool.budget.left_s() + 0.1, "mip_rel_gap": 0.0},
    )
    return None if answer.x is None else masks[answer.x > 0.5].argmax(axis=0).astype(np.int64)


def _masks(labels: IntArray) -> Masks:
    """(parts, n) the units of each part."""
    masks: Masks = labels == np.arange(int(labels.max()) + 1)[:, None]
    return masks

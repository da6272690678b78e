"""The cheapest plan with a number of parts: where fractional plans are cheaper, neighbours are settled, one way each.

Two neighbours whose sets hold them together by a fraction lie together in some plans and apart in the others; once no
pair is left in doubt, the fractional plan is a plan. Branches that may hold the cheapest plans come first, of these
the deepest: so no branch is entered that could not hold the best plan, and the first plan found is the best.
"""

import heapq
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from gridmgmt.planning.budget import Budget
from gridmgmt.planning.partition.evening.generating import Relaxed, relax
from gridmgmt.planning.partition.evening.settling import Pair, Settler
from gridmgmt.planning.partition.evening.supply import Supply
from gridmgmt.planning.partition.fewparts.sets import Masks, PossibleParts
from gridmgmt.planning.partition.problem import FloatArray, IntArray

PROGRAMMES = 10_000  # linear programmes solved at most
TINY = 1e-4


@dataclass(frozen=True)
class Cheapest:
    """The best plan that is cheaper than was asked (None: none found), and the price no plan goes below."""

    labels: IntArray | None
    bound: float


@dataclass(frozen=True, order=True)
class _Branch:
    """Pairs settled; no plan with them is cheaper than `level`. In the order in which branches are entered."""

    level: float
    depth: int  # minus the number of pairs
    number: int  # minus the number of branches before
    pairs: tuple[Pair, ...] = field(compare=False)
    duals: FloatArray = field(compare=False)


@dataclass(frozen=True)
class Tree:
    """What the branches share.

    Attributes
    ----------
    settler, weights : the pool's diagram, and its weights (n,)
    sets_of : the possible parts that agree with some pairs
    at_least : the least price that a plan can have, if it is not below a bound
    """

    settler: Settler
    weights: IntArray
    sets_of: Callable[[tuple[Pair, ...]], PossibleParts]
    supply: Supply
    parts: int
    at_least: Callable[[float], float]
    random: np.random.Generator
    budget: Budget

    def search(self, root: Relaxed, value: float) -> Cheapest:
        """The cheapest plan, or the proof that none is cheaper than `value`; else how far the proof came."""
        open_ = [_Branch(self.at_least(root.bound), 0, 0, (), root.duals)]
        entered = 0
        while open_ and open_[0].level < value - TINY:
            if self.supply.programmes > PROGRAMMES or self.budget.spent():
                return Cheapest(None, open_[0].level)
            branch = heapq.heappop(open_)
            found = self._relaxed(branch)
            level = max(branch.level, self.at_least(found.bound))
            pair = self._in_doubt(found)
            if not found.final or (pair is None and level == branch.level and not found.is_plan(level)):
                return Cheapest(None, branch.level)
            if level > branch.level:
                heapq.heappush(open_, _Branch(level, branch.depth, branch.number, branch.pairs, found.duals))
            elif pair is None:
                return Cheapest(_labels(found), branch.level)
            else:
                for together in (False, True):
                    entered += 1
                    pairs = (*branch.pairs, Pair(*pair, together))
                    heapq.heappush(open_, _Branch(level, -len(pairs), -entered, pairs, found.duals))
        return Cheapest(None, value)

    def _relaxed(self, branch: _Branch) -> Relaxed:
        sets, enough = self.sets_of(branch.pairs), branch.level + TINY
        arguments = (self.supply, self.parts, branch.pairs, enough, branch.duals, self.random, self.budget)
        return relax(sets, *arguments, hasty=True)

    def _in_doubt(self, found: Relaxed) -> tuple[int, int] | None:
        """The neighbours to settle next: heavy ones, and most in doubt; None where the fractional plan is a plan."""
        used = found.shares > TINY
        masks = found.masks[used].astype(np.float64)
        one, other = self.settler.edges.T
        together = found.shares[used] @ (masks[:, one] * masks[:, other])
        doubt = np.minimum(together, 1 - together)
        if not len(doubt) or doubt.max() < TINY:
            return None
        lighter = np.minimum(self.weights[one], self.weights[other]) + self.weights.mean()
        best = np.argmax(doubt * lighter)
        return int(one[best]), int(other[best])


def _labels(plan: Relaxed) -> IntArray:
    """The part of every unit in a fractional plan that is a plan."""
    masks: Masks = plan.masks[plan.shares > 0.5]
    labels: IntArray = masks.argmax(axis=0).astype(np.int64)
    return labels

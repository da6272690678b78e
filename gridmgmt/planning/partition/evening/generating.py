"""Column generation: the least price of a fractional plan, and a bound that holds for every plan.

Minimise Σ price of the chosen sets, where each unit lies in exactly one and `parts` are chosen. For any duals λ of the
units, Σ λ + parts · min over all sets (price − Σ λ of the set) is a lower bound, whatever the linear programme made of
its rounding; the minimum is found exactly by the diagram. Sets are priced at duals between the last ones and those of
the best bound so far (Wentges 1997), which saves most rounds.
"""

from dataclasses import dataclass

import numpy as np

from gridmgmt.planning.budget import Budget
from gridmgmt.planning.partition.evening.settling import Pair
from gridmgmt.planning.partition.evening.supply import Supply
from gridmgmt.planning.partition.fewparts.sets import Masks, PossibleParts, on_grid
from gridmgmt.planning.partition.problem import FloatArray

ROUNDS = 150
LISTED, CHEAPEST, ADDED = 4000, 20, 100  # sets listed in a round; of them the cheapest, and others, that are kept
SMOOTHED = 0.6  # share of the best duals in those that sets are priced at
NEAR = 0.3  # sets are listed so far from the least price, as a share of the way to where none helps
NARROWEST = 2e-3  # the least that this is: wider, and those that help are lost among others
TINY = 1e-4
CLOSE = 1e-3  # a bound this near to the value is as good, for each part


@dataclass(frozen=True)
class Relaxed:
    """What is known of the plans with so many parts that agree with some pairs.

    Attributes
    ----------
    bound : no plan costs less;  least : of a set at `duals`, so that bound = Σ duals + parts · least
    duals : (n,) that prove it
    value : price of the last fractional plan;  masks, shares : its sets, and how much of each
    whole_cover : whether these sets cover all units
    final : False where the budget or the rounds ended before the bound was as high as it gets
    """

    bound: float
    least: float
    duals: FloatArray
    value: float
    masks: Masks
    shares: FloatArray
    whole_cover: bool
    final: bool

    def is_plan(self, most: float) -> bool:
        """Whether the fractional plan, if all its shares are whole, is a plan that costs `most` at most."""
        return self.whole_cover and self.value <= most + 2 * TINY


def relax(
    sets: PossibleParts,
    supply: Supply,
    parts: int,
    pairs: tuple[Pair, ...],
    enough: float,
    centre: FloatArray,
    random: np.random.Generator,
    budget: Budget,
    *,
    hasty: bool = False,
) -> Relaxed:
    """Raise the bound until it exceeds `enough`, or no more set helps. `sets` are those that agree with the pairs.

    hasty : end, without a bound, at the first fractional plan that costs `enough` at most
    """
    bound, floor, best, share = -np.inf, 0.0, centre, SMOOTHED
    for turn in range(ROUNDS):
        plan, final = supply.cheapest(pairs), True
        value, duals = plan.value, plan.duals
        if hasty and value <= enough and plan.left_out < TINY:
            break
        fresh = np.empty((0, len(duals)), dtype=np.bool_)
        while not len(fresh):
            at = on_grid(share * best + (1 - share) * duals)
            least = sets.least_price(at)
            if at.sum() + parts * least > bound:
                bound, floor, best = float(at.sum()) + parts * least, least, at
            if bound > enough or value - bound < CLOSE * parts:
                break
            needed = (value - float(at.sum())) / parts
            fresh, costs = _helpful(sets, at, least, NEAR * (needed - least), duals, plan.goal, random)
            if share == 0.0:
                if not len(fresh):  # the least price was that of no set: the table does not tell all weights apart
                    fresh, costs = _helpful(sets, at, least, needed - least, duals, plan.goal, random)
                break
            share = share if len(fresh) else share / 2 if share > 0.1 else 0.0
        final = not budget.spent() and turn + 1 < ROUNDS
        if not len(fresh) or not final:
            break
        supply.add(fresh, costs, duals)
    return Relaxed(bound, floor, best, value, plan.masks, plan.shares, plan.left_out < TINY, final)


def _helpful(
    sets: PossibleParts,
    at: FloatArray,
    least: float,
    reach: float,
    duals: FloatArray,
    goal: float,
    random: np.random.Generator,
) -> tuple[Masks, FloatArray]:
    """Some sets near the least price at the duals `at` that would lower the price of the fractional plan, and theirs.

    reach : by how much their prices may exceed the least
    """
    listing = sets.below(at, least + max(NARROWEST, reach), LISTED)
    prices = listing.prices + listing.masks @ at
    gain = listing.masks @ duals + goal - prices
    helpful = np.flatnonzero(gain > TINY)
    if len(helpful) > ADDED:
        most = helpful[np.argsort(-gain[helpful], kind="stable")[:CHEAPEST]]
        helpful = np.union1d(most, random.permutation(helpful)[: ADDED - CHEAPEST])
    return listing.masks[helpful], prices[helpful]

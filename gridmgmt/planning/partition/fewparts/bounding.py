"""The bound of the least cut: a linear programme over all parts that could be, solved by column generation.

Minimise Σ half cut of the chosen sets, where every unit lies in exactly one and `parts` are chosen (Garfinkel &
Nemhauser 1970; Mehrotra, Johnson & Nemhauser 1998). For any duals λ of the units

    Σ λ + parts · min over all sets (half cut − Σ λ of the set)

is a lower bound of the cut of every plan, and the minimum is found exactly by the diagram. The duals are kept near the
best known by a price on leaving a box around them (du Merle et al. 1999).
"""

from dataclasses import dataclass, replace

import numpy as np
from scipy.sparse import csc_array, eye_array, hstack, vstack

from gridmgmt.planning.budget import Budget
from gridmgmt.planning.partition.fewparts.sets import Listing, Masks, PossibleParts
from gridmgmt.planning.partition.problem import FloatArray, Problem

ROUNDS = 300
LISTED, ADDED = 20_000, 300  # sets listed, and added, in a round
MOST_KEPT = 6000  # sets in the linear programme; of more, half: those nearest to use
TINY = 1e-6
DEAR = 100.0  # times the dearest set


@dataclass(frozen=True)
class CutBound:
    """A proven lower bound of the cut, the duals that prove it, the least price of a set, and whether time ran out."""

    value: float
    duals: FloatArray
    least: float
    stopped: bool


@dataclass(frozen=True)
class _Box:
    """Duals may leave center ± half for a price: at most `room` of a unit may be left over or lie in two sets."""

    center: FloatArray
    half: float
    room: float


def bound_cut(
    problem: Problem,
    parts: int,
    sets: PossibleParts,
    known: Masks,
    enough: float,
    seed: int,
    budget: Budget,
    near: FloatArray | None = None,
) -> CutBound:
    """Raise the bound until it exceeds `enough`, or no more set helps. `known` are sets, `near` duals to begin with."""
    random = np.random.default_rng(seed)
    masks = np.unique(known, axis=0)
    box = _Box(np.zeros(problem.size), np.inf, 0.0) if near is None else _Box(near, 0.5, 0.3)
    best = CutBound(-np.inf, box.center, 0.0, False)
    for turn in range(ROUNDS):
        if budget.spent():
            return replace(best, stopped=True)
        duals, goal, used = _prices(sets.prices(masks), parts, masks, box)
        priced = _cheapest(sets, duals, goal)
        least = float(priced.prices.min(initial=goal)) if priced.whole else sets.least_price(duals)
        value = float(duals.sum()) + parts * least
        if value > best.value:
            best = CutBound(value, duals, least, False)
        if best.value > enough:
            return best
        fresh = random.permutation(len(priced.masks))[:ADDED]
        if len(masks) > MOST_KEPT:
            masks = masks[np.argsort(sets.prices(masks) - masks @ duals, kind="stable")[: MOST_KEPT // 2]]
        if len(fresh):
            masks = np.unique(np.concatenate([masks, priced.masks[fresh]]), axis=0)
        elif used < TINY and turn:
            return best
        room = 0.3 if turn == 0 else box.room if len(fresh) else box.room / 3
        box = _Box(best.duals, 0.5 * 0.97**turn + 0.02, room if room > 0.01 else 0.0)
    return best


def _prices(prices: FloatArray, parts: int, masks: Masks, box: _Box) -> tuple[FloatArray, float, float]:
    """Duals of the units, the price below which a set would help, and how much of the box's room is used."""
    from scipy.optimize import linprog

    count, size = masks.shape
    dear = DEAR * (1.0 + float(prices.max(initial=0.0)))  # a unit left out, or a part too few
    one, none = csc_array(eye_array(size)), csc_array((size, 1))
    units = hstack([csc_array(masks.T.astype(np.float64)), one, -one, one, none])
    number = np.concatenate([np.ones(count), np.zeros(3 * size), [1.0]])
    half = min(box.half, dear)
    costs = [prices, box.center + half, half - box.center, np.full(size + 1, dear)]
    upper = np.concatenate([np.full(count, np.inf), np.full(2 * size, box.room), np.full(size + 1, np.inf)])
    answer = linprog(
        np.concatenate(costs),
        A_eq=vstack([units, csc_array(number[None])]),
        b_eq=np.append(np.ones(size), parts),
        bounds=np.column_stack([np.zeros_like(upper), upper]),
        method="highs",
    )
    duals: FloatArray = np.asarray(answer.eqlin.marginals[:size], dtype=np.float64)
    return duals, float(answer.eqlin.marginals[size]), float(answer.x[count:].sum())


def _cheapest(sets: PossibleParts, duals: FloatArray, goal: float) -> Listing:
    """Some of the sets cheaper than `goal`, the cheapest first tried; none and `whole` where there is none."""
    least = sets.least_price(duals)
    near = min(goal - TINY, least + max(0.05, 0.3 * (goal - least)))
    listing = sets.below(duals, near, LISTED)
    return listing if len(listing.masks) else sets.below(duals, goal - TINY, LISTED)

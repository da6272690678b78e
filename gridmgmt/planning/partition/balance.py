"""As round as asked on the mean, then as even as can be: which of several plans each pool takes.

Roundness and evenness pull apart, and how far differs from town to town: at one price the grids of one are rounder
than anybody asked for, those of the next not round enough. So the price is found instead (a Lagrange multiplier,
Everett 1963): every pool offers plans made at several prices, and the lowest price is taken at which the plans that
the pools then choose are as round as asked on the mean of all parts.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from gridmgmt.planning.partition.measuring import membership, met_weight, priced_apart
from gridmgmt.planning.partition.problem import USUAL_ROUNDNESS, IntArray, Problem

PRICES = 65  # tried between the lowest and the highest


@dataclass(frozen=True)
class Offer:
    """A plan of a pool, and what the choice between it and others rests on.

    Attributes
    ----------
    labels : part of each unit
    met : weight in parts within the range
    rest : its price, where shapes cost nothing
    roundness : Polsby–Popper of its parts, added up
    parts : how many
    """

    labels: IntArray
    met: int
    rest: float
    roundness: float
    parts: int

    def price(self, of_roundness: float) -> float:
        return self.rest + of_roundness * (USUAL_ROUNDNESS * self.parts - self.roundness)


def offer(problem: Problem, labels: IntArray) -> Offer:
    """What a plan (n,) of a pool is worth; its parts numbered from 0 without holes."""
    whole = np.unique(labels, return_inverse=True)[1].astype(np.int64)
    rest, rounds = priced_apart(problem, membership(whole))
    return Offer(whole, met_weight(problem, whole), float(rest.sum()), float(rounds.sum()), len(rest))


def balanced(
    offers: Sequence[Sequence[Offer]], wanted: float, prices: tuple[float, float]
) -> tuple[list[Offer], float]:
    """One plan for each pool, and how much rounder its parts would have to be, added up, for the mean that is `wanted`.

    offers : of each pool, one or more; those with less weight in the range than others are never taken
    wanted : the mean Polsby–Popper of all parts
    prices : of roundness, the lowest and the highest

    >>> even, round_ = Offer(np.zeros(2), 9, 1.0, 1.2, 2), Offer(np.zeros(2), 9, 1.1, 1.4, 2)
    >>> chosen, lack = balanced([[even, round_], [round_]], 0.6, (0.1, 9.0))
    >>> [one.rest for one in chosen], lack <= 0
    ([1.0, 1.1], True)
    >>> balanced([[even, round_], [round_]], 0.66, (0.1, 9.0))[0][0].rest
    1.1
    """
    best = [_most_met(some) for some in offers]
    most = max(map(len, best))
    # Room that a pool does not need holds its first offer again, which stands before it and so is taken first.
    table = [[(one.rest, one.roundness, one.parts) for one in some + some[:1] * (most - len(some))] for some in best]
    rest, roundness, parts = np.moveaxis(np.array(table, dtype=np.float64), 2, 0)
    usual, short = USUAL_ROUNDNESS * parts - roundness, wanted * parts - roundness
    pools = np.arange(len(best))
    for price in np.geomspace(*prices, PRICES):
        chosen = np.argmin(rest + price * usual, axis=1)
        if short[pools, chosen].sum() <= 0:
            break
    taken = [some[number] for some, number in zip(best, chosen.tolist(), strict=True)]
    return taken, float(short[pools, chosen].sum())


def _most_met(offers: Sequence[Offer]) -> list[Offer]:
    most = max(one.met for one in offers)
    return [one for one in offers if one.met == most]

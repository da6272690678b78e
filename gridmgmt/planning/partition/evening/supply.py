"""Sets found so far, and the best fractional plan that can be made of those that agree with some pairs."""

from dataclasses import dataclass

import numpy as np

from gridmgmt.planning.partition.evening import simplex
from gridmgmt.planning.partition.evening.settling import Pair, agreeing
from gridmgmt.planning.partition.fewparts.sets import Masks
from gridmgmt.planning.partition.problem import FloatArray, IntArray

MOST_KEPT = 3000  # sets in the linear programme; of more, half: those nearest to use
STEPS, AFRESH = 200, 20  # steps between two inversions of the basis, and how often that is done
OFF = 1e-6  # of the right-hand sides, at random


@dataclass(frozen=True)
class Fractional:
    """A fractional plan: its price, duals of the units and of the number of parts, and sets with their shares.

    left_out : share of units, and of parts, that no set makes up for
    """

    value: float
    duals: FloatArray
    goal: float
    masks: Masks
    shares: FloatArray
    left_out: float


class Supply:
    """Sets (masks: (sets, n)) with their prices, to choose `parts` from. `dear` (n,): the price of a unit left out.

    The first n + 1 columns of the programme are units left out and parts too few; it starts from these, and goes on
    from the basis before.
    """

    def __init__(self, masks: Masks, prices: FloatArray, dear: FloatArray, parts: int) -> None:
        self._rows = masks.shape[1] + 1
        self.masks, self.prices = masks, prices
        self._starts, self._members = np.arange(self._rows + 1), np.arange(self._rows)
        self._lay_out(masks)
        self.programmes = 0  # solved so far
        self._dear = np.append(dear, dear.max())
        self._basis: IntArray = np.arange(self._rows)
        off = np.random.default_rng(0).random(self._rows)
        self._exact = np.append(np.ones(self._rows - 1), float(parts))
        self._right = self._exact + OFF * off

    def add(self, masks: Masks, prices: FloatArray, duals: FloatArray) -> None:
        """Take in sets that are not there yet; where there are too many, those that cost most at the duals go."""
        self._lay_out(masks)
        self.masks, self.prices = np.concatenate([self.masks, masks]), np.concatenate([self.prices, prices])
        if len(self.masks) > MOST_KEPT:
            self._thin_out(duals)

    def _lay_out(self, masks: Masks) -> None:
        """Columns of more sets: where the rows of each begin, and these rows."""
        whole = np.column_stack([masks, np.ones(len(masks), dtype=np.bool_)])
        self._starts = np.append(self._starts, self._starts[-1] + np.cumsum(whole.sum(axis=1)))
        self._members = np.append(self._members, np.nonzero(whole)[1])

    def _thin_out(self, duals: FloatArray) -> None:
        left = self._rows  # columns that stand for what is left out
        dearness = self.prices - self.masks @ duals
        dearness[self._basis[self._basis >= left] - left] = -np.inf
        kept = np.sort(np.argsort(dearness, kind="stable")[: MOST_KEPT // 2])
        after = np.append(np.arange(left), np.full(len(dearness), -1))
        after[left + kept] = left + np.arange(len(kept))
        self._basis = after[self._basis]
        self.masks, self.prices = self.masks[kept], self.prices[kept]
        self._starts, self._members = np.arange(left + 1), np.arange(left)
        self._lay_out(self.masks)

    def cheapest(self, pairs: tuple[Pair, ...]) -> Fractional:
        """The best fractional plan of the sets that agree with the pairs."""
        self.programmes += 1
        size = self._rows - 1
        agree = agreeing(self.masks, pairs)
        forbidden = (1 + size) * self._dear[-1]  # the price of a set that disagrees, while it is still in the basis
        usable = np.append(np.ones(self._rows, dtype=np.bool_), agree)
        prices = np.concatenate([self._dear, np.where(agree, self.prices, forbidden)])
        columns = (self._starts, self._members, prices, usable)
        for _ in range(AFRESH):
            inverse = self._inverse()
            if simplex.improve(*columns, self._basis, inverse, self._right, STEPS):
                break
        duals: FloatArray = prices[self._basis] @ inverse
        shares = np.zeros(len(prices))
        shares[self._basis] = inverse @ self._exact
        left_out = float(shares[: self._rows].sum() + shares[self._rows :][~agree].sum())
        value, sets = float(shares @ prices), np.flatnonzero(agree & (shares[self._rows :] > 0))
        return Fractional(
            value, duals[:size], float(duals[size]), self.masks[sets], shares[self._rows + sets], left_out
        )

    def _inverse(self) -> FloatArray:
        """(m, m) the inverse of the columns in the basis; where rounding has spoilt that, all is left out again."""
        matrix = np.zeros((self._rows, self._rows))
        for place, column in enumerate(self._basis.tolist()):
            matrix[self._members[self._starts[column] : self._starts[column + 1]], place] = 1.0
        try:
            inverse: FloatArray = np.linalg.inv(matrix)
        except np.linalg.LinAlgError:
            self._basis = np.arange(self._rows)
            inverse = np.eye(self._rows)
        return inverse

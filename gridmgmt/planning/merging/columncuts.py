"""Cutting: subset-row cuts raise the bound of a relaxation, and columns that no better cover holds are struck out."""

from collections.abc import Callable

import numpy as np

from gridmgmt.planning.budget import Budget
from gridmgmt.planning.merging.columngen import ZERO, Floats, Ints, Relaxation, Relaxed, relax
from gridmgmt.planning.merging.columnkernels import triples

RISE = 1e-6  # least rise of the bound, as a share of it, for which cutting goes on
PATIENCE = 3  # rounds without such a rise
CUTS = 100  # in one round
VIOLATED = 0.02  # least violation of a cut that is added

Search = Callable[[Relaxation, Relaxed, Ints, Budget], Ints]  # a better cover, or the same


class Cutting:
    """The columns that a better cover may hold, the best cover known, and the bound proven.

    Attributes
    ----------
    kept : numbers of the columns that are left
    relaxation : over these, with the cuts of the last round
    best : the best cover known, numbers like those of `kept`
    bound : no cover of all columns costs less
    """

    def __init__(self, relaxation: Relaxation, best: Ints, kept: Ints, found: Relaxed) -> None:
        self.kept, self.best, self.bound = np.union1d(kept, best), best, found.bound
        self.relaxation = relaxation.subset(self.kept)
        self._active = np.searchsorted(self.kept, np.intersect1d(found.active, self.kept))
        self._found, self._prices = found, found.prices
        self._idle, self._fresh = 0, True

    @property
    def value(self) -> int:
        return value_of(self.relaxation, self.place)

    @property
    def place(self) -> Ints:
        """Where the best cover stands among the columns that are left."""
        return np.searchsorted(self.kept, self.best)

    @property
    def stuck(self) -> bool:
        """Whether the cuts of the last rounds raised nothing, or there are no more."""
        return self._idle > PATIENCE or not self._fresh

    def relax(self, budget: Budget) -> None:
        """Relaxed with the cuts there are."""
        self._found = relax(self.relaxation, self._active, budget, self._prices)
        self._idle = self._idle + 1 if self._found.bound <= self.bound + RISE * abs(self.bound) else 0
        self.bound = max(self.bound, self._found.bound)

    def bettered(self, search: Search, budget: Budget) -> bool:
        """Whether a search found a better cover; cutting then goes on."""
        before = self.value
        self.best = self.kept[search(self.relaxation, self._found, self.place, budget)]
        if self.value < before:
            self._idle = 0
        return self.value < before

    def strike_out(self, step: int) -> None:
        """Columns that no cover cheaper by a step holds are struck out, cuts without a price left out, others added."""
        found = self._found
        stay = found.reduced <= self.value - step - self.bound + ZERO
        stay[self.place] = True
        cuts, self._prices, self._fresh = _cuts(self.relaxation, found)
        left = np.flatnonzero(stay)
        self._active = np.searchsorted(left, np.sort(found.active[stay[found.active]]))
        self.kept, self.relaxation = self.kept[left], self.relaxation.subset(left)
        self.relaxation.cuts = cuts


def value_of(relaxation: Relaxation, rows: Ints) -> int:
    """What a cover costs."""
    return round(float(relaxation.cost[rows].sum()))


def _cuts(relaxation: Relaxation, found: Relaxed) -> tuple[Ints, Floats, bool]:
    """The cuts that have a price and those the relaxed plan breaks most; prices to begin with; whether any are new."""
    used = found.share > ZERO
    broken = triples(relaxation.members[found.active[used]], found.share[used], relaxation.size, VIOLATED)
    order = np.argsort(-broken[:, 3], kind="stable")[:CUTS]
    held = relaxation.size + len(relaxation.extra)
    dear = found.prices[held:] < -ZERO
    cuts = np.concatenate([relaxation.cuts[dear], broken[order, :3].astype(np.int64)])
    prices = np.concatenate([found.prices[:held], found.prices[held:][dear], np.zeros(len(order))])
    return cuts, prices, len(order) > 0

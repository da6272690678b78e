"""Plans made of the parts of several plans.

Searches pass through plans that are good in different corners: of all parts seen, those are chosen that hold every unit
once, bear no name twice and keep most households.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array, hstack, vstack

from gridmgmt.planning.budget import Budget
from gridmgmt.planning.partition.problem import IntArray, Problem
from gridmgmt.planning.partition.recombining import distinct, distinct_parts
from gridmgmt.planning.resizing.bounding.programme import Column
from gridmgmt.planning.resizing.candidates import Candidates, named
from gridmgmt.planning.resizing.choosing import TINY, better, in_fractions

MOST = 8000  # candidates among which is chosen
LARGEST = 1 << 25  # fields of the table of candidates; of more only the latest are kept
DEAR = 16.0  # price of leaving a household out


class Seen:
    """The parts in the range that the search of one problem has seen, as rows of units and, behind them, names.

    Each stands under every name it bore, and under that which keeps most.
    """

    def __init__(self, problem: Problem) -> None:
        self._problem, self._names = problem, int(problem.home.max()) + 1
        self._rows = csr_array((0, problem.size + self._names))

    def __len__(self) -> int:
        return int(self._rows.shape[0])

    def add(self, plans: Sequence[IntArray]) -> None:
        """Add the parts of some plans, labels (n,) each; those below the communities continue them."""
        if plans:
            borne = self._borne(plans)
            rows = distinct(vstack([self._rows, borne, self._could_be(borne)], format="csr"))
            self._rows = csr_array(rows[-max(1, LARGEST // rows.shape[1]) :])

    def columns(self) -> list[Column]:
        """The parts that continue a community of which they hold households."""
        some = self._candidates()
        continuing = np.flatnonzero((some.names < self._names) & (some.kept > 0)).tolist()
        return [(int(some.names[one]), tuple(np.flatnonzero(some.masks[one]).tolist())) for one in continuing]

    def recombined(self, known: tuple[IntArray, int] | None, budget: Budget) -> IntArray | None:
        """Labels (n,) of a plan in the range that moves fewer than is known, if one was found.

        known : labels (n,) of the best plan in the range, if there is one, and the households that it moves
        Labels below the communities continue them.
        """
        some, enough = self._candidates(), 0 if known is None else self._problem.total - known[1]
        if not len(some) or budget.spent():
            return None
        best = in_fractions(self._problem, some, DEAR)
        standing = np.zeros(len(self), dtype=np.bool_) if known is None else self._standing(known[0])
        slack = np.where(standing, 0.0, best.slack(some))
        near = np.argsort(slack, kind="stable")[:MOST]
        near = near[slack[near] <= best.kept - enough + TINY]
        chosen = better(self._problem, some.take(near), standing[near], enough, budget)
        return None if chosen is None else chosen.labels()

    def _standing(self, plan: IntArray) -> NDArray[np.bool_]:
        """(rows,) which of them are parts of a plan, under the names they bear there."""
        borne = self._borne([plan])
        common = (self._rows @ borne.T).tocoo()
        sizes = np.diff(self._rows.indptr)[common.row], np.diff(borne.indptr)[common.col]
        stands = np.zeros(len(self), dtype=np.bool_)
        stands[common.row[(common.data == sizes[0]) & (common.data == sizes[1])]] = True
        return stands

    def _borne(self, plans: Sequence[IntArray]) -> csr_array:
        """The parts in the range of some plans, under the names they bear there."""
        names = np.tile(np.arange(self._names), (len(plans), 1))
        rows = distinct_parts(np.hstack([np.array(plans), names]))
        loads = rows[:, : self._problem.size] @ self._problem.weights
        return csr_array(rows[np.flatnonzero((max(self._problem.low, 1) <= loads) & (loads <= self._problem.high))])

    def _could_be(self, rows: csr_array) -> csr_array:
        """The same parts under the name that keeps most."""
        units = rows[:, : self._problem.size]
        sets, names, kept = named(self._problem, units)
        order = np.lexsort((-kept, sets))
        chosen = order[np.unique(sets[order], return_index=True)[1]]
        bearing = np.flatnonzero(names[chosen] < self._names)
        places = (np.ones(len(bearing)), (bearing, names[chosen][bearing]))
        return hstack([units[sets[chosen]], csr_array(places, shape=(len(chosen), self._names))], format="csr")

    def _candidates(self) -> Candidates:
        units, (part, name) = self._rows[:, : self._problem.size], self._rows[:, self._problem.size :].nonzero()
        masks, names = units.toarray() > 0, np.full(len(self), self._names, dtype=np.int64)
        names[part] = name
        return Candidates.of(self._problem, masks, names)

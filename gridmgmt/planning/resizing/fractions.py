"""What no choice of candidates keeps more than: column generation, proven by whatever prices it ends with.

For any prices of the units, a plan keeps at most what all units pay and, for every name, what the best candidate keeps
beyond that. Prices come from a linear programme on few candidates; those that keep more than their units and their name
pay for come in, until there is none.
"""

from dataclasses import dataclass

import numpy as np

from gridmgmt.planning.budget import Budget
from gridmgmt.planning.partition.problem import FloatArray, Problem
from gridmgmt.planning.resizing.candidates import Candidates, Listed
from gridmgmt.planning.resizing.choosing import in_fractions

ROUNDS = 150
DEAR, DEARER, DEAREST = 1.0, 16.0, 5000.0  # price of leaving a household out; times that while a share of any is
CLOSE = 0.5  # households between the fractional plan and the bound that are not worth another round


@dataclass(frozen=True)
class Relaxation:
    """A proven bound.

    Attributes
    ----------
    most : households that no plan keeps more than; below 0: there is no plan in the range
    prices : (n,) of the units, with which it is proven
    beyond : (names,) what no candidate of a name keeps beyond these, 0 at least
    """

    most: float
    prices: FloatArray
    beyond: FloatArray


def relax(problem: Problem, listed: Listed, first: Candidates, budget: Budget) -> Relaxation:
    """The bound over all candidates; weaker, but proven, where the budget is spent. `first` are some to begin with."""
    names, parts = int(problem.home.max()) + 2, problem.total // max(int(problem.low), 1)
    often = np.append(np.ones(names - 1), parts)  # how often a name can be borne
    best, known, dear = None, first, DEAR
    for _ in range(ROUNDS):
        chosen = in_fractions(problem, known, dear)
        beyond, found = listed.offers(chosen.prices, chosen.paid)
        beyond = np.maximum(beyond, 0.0)
        most = float(chosen.prices.sum() + often @ beyond)
        if best is None or most < best.most:
            best = Relaxation(most, chosen.prices, beyond)
        if budget.spent():
            break
        if len(found) and most - chosen.kept > CLOSE:
            known = known.followed_by(found)
        elif chosen.left_out and dear < DEAREST:
            dear *= DEARER
        else:
            break
    assert best is not None
    return best

"""What no choice of candidates keeps more than: column generation, proven by whatever prices it ends with.

For any prices of the units, a plan keeps at most what all units pay and, for every name, what the best candidate keeps
beyond that. Prices come from a linear programme on few candidates; those that keep more than their units and their name
pay for come in, until there is none.
"""

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array, hstack

from gridmgmt.planning.partition.fewparts.sets import on_grid
from gridmgmt.planning.partition.problem import FloatArray, Problem
from gridmgmt.planning.partition.search import Budget
from gridmgmt.planning.resizing.candidates import Candidates, Listed

ROUNDS = 150
DEAR, DEARER, DEAREST = 1.0, 16.0, 5000.0  # price of leaving a household out; times that while a share of any is
TINY = 1e-6
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
        value, prices, paid, left_out = _programme(problem, known, dear)
        beyond, found = listed.offers(prices, paid)
        beyond = np.maximum(beyond, 0.0)
        most = float(prices.sum() + often @ beyond)
        if best is None or most < best.most:
            best = Relaxation(most, prices, beyond)
        if budget.spent():
            break
        if len(found) and most - value > CLOSE:
            known = known.followed_by(found)
        elif left_out and dear < DEAREST:
            dear *= DEARER
        else:
            break
    assert best is not None
    return best


def _programme(problem: Problem, known: Candidates, dear: float) -> tuple[float, FloatArray, FloatArray, bool]:
    """What the best fractional choice keeps, prices of units and names, and whether it leaves units out."""
    from scipy.optimize import linprog

    size, names = problem.size, int(problem.home.max()) + 1
    units, bearers = rows(known, names)
    answer = linprog(
        np.concatenate([-known.kept, dear * np.maximum(problem.weights, 1)]),
        A_eq=hstack([units, csr_array((np.ones(size), (np.arange(size), np.arange(size))))]),
        b_eq=np.ones(size),
        A_ub=hstack([bearers, csr_array((names, size))]),
        b_ub=np.ones(names),
        bounds=(0, None),
        method="highs",
    )
    paid = np.append(np.maximum(-answer.ineqlin.marginals, 0.0), 0.0)
    return -answer.fun, on_grid(-answer.eqlin.marginals), paid, bool((answer.x[len(known) :] > TINY).any())


def rows(some: Candidates, names: int) -> tuple[csr_array, csr_array]:
    """(n, k) the units that candidates hold, (names, k) the name that each bears, if any."""
    bearing = np.flatnonzero(some.names < names)
    places = (np.ones(len(bearing)), (some.names[bearing], bearing))
    return csr_array(some.masks.T.astype(np.float64)), csr_array(places, shape=(names, len(some)))

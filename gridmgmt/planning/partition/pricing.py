"""What no choice of disjoint columns exceeds: the linear relaxation with subset rows, proven in whole numbers.

Column generation over a list that is complete: a linear programme on few columns gives a price to every unit; a column
worth more than its units comes in, until there is none. Fractional answers are cut off by subset rows (Jepsen,
Petersen, Spoorendonk & Pisinger 2008): of the columns that hold two or three of three units, at most one can be chosen.
At the end the prices are rounded up to whole numbers, and every column is checked against them: the bound that follows
owes nothing to the floating point of the solver.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linprog
from scipy.sparse import coo_array, csr_array, hstack

from gridmgmt.planning.budget import Budget
from gridmgmt.planning.partition.columns import Columns
from gridmgmt.planning.partition.problem import FloatArray, IntArray

SCALE = 1 << 20  # prices are counted in fractions of a household this fine
FIRST, PER_PRICING, PER_CUTTING = 2000, 2000, 200  # columns to begin with, let in at a time; cuts added at a time
PRICINGS, CUTTINGS = 60, 12
LEAST_GAIN = 1.02  # a cut is worth its row where it is violated by more than this


@dataclass(frozen=True)
class Relaxation:
    """A proven bound.

    Attributes
    ----------
    bound : weight that no disjoint columns exceed
    slack : (columns,) what a choice loses against `ceiling` at least when it holds that column; in 1 / SCALE
    ceiling : the bound in 1 / SCALE
    chosen : (columns,) share of every column in the last fractional answer
    cuts : (columns, cuts) 0 or 1: rows of which at most one column can be chosen
    """

    bound: int
    slack: IntArray
    ceiling: int
    chosen: FloatArray
    cuts: csr_array

    def may_beat(self, weight: int) -> NDArray[np.bool_]:
        """(columns,) whether a choice with more than that weight can hold the column."""
        may: NDArray[np.bool_] = self.slack <= self.ceiling - SCALE * (weight + 1)
        return may


def relax(columns: Columns, size: int, budget: Budget, enough: int = 0) -> Relaxation:
    """The bound over all columns; weaker, but proven, where the budget is spent before the last column is priced.

    A bound of `enough` is not improved upon.
    """
    units = columns.matrix(size)
    cuts = csr_array((len(columns), 0))
    active = _first(columns)
    best = _proven(columns, units, cuts, np.ceil(_fair_prices(columns, size)), np.zeros(len(columns)))
    for _ in range(CUTTINGS):
        if budget.spent() or best.bound <= enough:
            break
        chosen, prices = _generate(columns, csr_array(hstack([units, cuts])), active, budget)
        found = _proven(columns, units, cuts, prices, chosen)
        best = found if found.bound <= best.bound else best
        violated = _violated(units, chosen)
        if not violated.shape[1]:
            break
        cuts = csr_array(hstack([cuts, violated]))
    return best


def _first(columns: Columns) -> NDArray[np.bool_]:
    """Columns to begin with: those of one unit, and those with most weight for their number of units."""
    sizes = np.diff(columns.starts)
    active: NDArray[np.bool_] = sizes == 1
    active[np.argsort(-columns.weights / sizes, kind="stable")[:FIRST]] = True
    return active


def _fair_prices(columns: Columns, size: int) -> FloatArray:
    """Prices that pay for every column: to each unit the dearest share of a column it lies in."""
    sizes = np.diff(columns.starts)
    prices = np.zeros(size)
    np.maximum.at(prices, columns.members, np.repeat(columns.weights / sizes, sizes))
    return prices


def _generate(
    columns: Columns, rows: csr_array, active: NDArray[np.bool_], budget: Budget
) -> tuple[FloatArray, FloatArray]:
    """Shares of the columns and prices of the rows at the optimum; columns let in are added to `active`."""
    chosen = np.zeros(len(columns))
    prices = np.zeros(rows.shape[1])
    for _ in range(PRICINGS):
        numbers = np.flatnonzero(active)
        answer = linprog(
            -columns.weights[numbers].astype(np.float64),
            A_ub=csr_array(rows[numbers].T),
            b_ub=np.ones(rows.shape[1]),
            bounds=(0, None),
            method="highs-ds",
        )
        prices = np.maximum(-answer.ineqlin.marginals, 0.0)
        chosen = np.zeros(len(columns))
        chosen[numbers] = answer.x
        gain = columns.weights - rows @ prices
        worth = np.flatnonzero((gain > 1e-6) & ~active)
        if not len(worth) or budget.spent():
            break
        active[worth[np.argsort(-gain[worth], kind="stable")[:PER_PRICING]]] = True
    return chosen, prices


def _proven(columns: Columns, units: csr_array, cuts: csr_array, prices: FloatArray, chosen: FloatArray) -> Relaxation:
    """The bound by whole prices: what they sum to, and what they fall short of a column, if anything."""
    whole = np.ceil(prices * SCALE).astype(np.int64)
    rows = csr_array(hstack([units, cuts])).astype(np.int64)
    slack = rows @ whole - SCALE * columns.weights
    ceiling = int(whole.sum() - slack[slack < 0].sum())
    return Relaxation(ceiling // SCALE, np.maximum(slack, 0), ceiling, chosen, cuts)


def _violated(units: csr_array, chosen: FloatArray) -> csr_array:
    """(columns, new cuts) the triples of units whose columns have shares above 1 together, the worst first."""
    split = np.flatnonzero((chosen > 1e-6) & (chosen < 1 - 1e-6))
    triples = _triples(units[split], chosen[split])
    counts = [np.bincount(units[:, list(triple)].tocoo().row, minlength=units.shape[0]) for triple in triples]
    numbers, places = np.nonzero(np.array(counts).reshape(len(triples), units.shape[0]) >= 2)
    return csr_array(coo_array((np.ones(len(places)), (places, numbers)), shape=(units.shape[0], len(triples))))


def _triples(split: csr_array, shares: FloatArray) -> list[tuple[int, int, int]]:
    """Triples of units of which some fractional columns hold two and have shares above 1 together."""
    together = csr_array(split.T @ csr_array(split.multiply(shares[:, None])))
    together.setdiag(0)
    together.eliminate_zeros()
    pairs = {
        unit: dict(
            zip(
                together.indices[together.indptr[unit] : together.indptr[unit + 1]].tolist(),
                together.data[together.indptr[unit] : together.indptr[unit + 1]].tolist(),
                strict=True,
            )
        )
        for unit in np.flatnonzero(np.diff(together.indptr)).tolist()
    }
    held = {unit: set(split[:, [unit]].tocoo().row.tolist()) for unit in pairs}
    found: dict[tuple[int, int, int], float] = {}
    for unit, near in pairs.items():
        for one in near:
            for other in near:
                if one < other and near[one] + near[other] + pairs[one].get(other, 0.0) > LEAST_GAIN:
                    least, middle, most = sorted((unit, one, other))
                    found[least, middle, most] = _share_of_two(held, shares, least, middle, most)
    worst = sorted((-share, triple) for triple, share in found.items() if share > LEAST_GAIN)
    return [triple for _, triple in worst[:PER_CUTTING]]


def _share_of_two(held: dict[int, set[int]], shares: FloatArray, one: int, two: int, three: int) -> float:
    """Shares of the columns that hold at least two of three units."""
    least_two = (held[one] & held[two]) | (held[one] & held[three]) | (held[two] & held[three])
    return float(shares[sorted(least_two)].sum())

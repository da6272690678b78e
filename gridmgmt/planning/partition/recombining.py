"""The best plan that can be made of the parts of several plans.

Searches of one pool pass through plans that are good in different corners. Of all the parts seen, those are chosen that
hold every unit once at the least price (`tiling`).
"""

import numpy as np
from scipy.sparse import csr_array

from gridmgmt.planning.partition.measuring import part_prices
from gridmgmt.planning.partition.problem import IntArray, Problem
from gridmgmt.planning.partition.tiling import cheapest_tiling

SEED = 20_240_117  # of the numbers that stand for the units of a part


def recombined(problem: Problem, plans: IntArray, known: float) -> tuple[IntArray, float] | None:
    """The labels made of parts of the plans (p, n), and their price; None where none is found below the price `known`.

    For pools with a free number of parts and nothing to move.
    """
    inside = distinct_parts(plans)
    prices = part_prices(problem, inside)
    chosen = cheapest_tiling(inside, prices, known)
    if chosen is None:
        return None
    part, unit = inside[chosen].nonzero()
    labels = np.empty(problem.size, dtype=np.int64)
    labels[unit] = part
    return labels, float(prices[chosen].sum())


def distinct_parts(plans: IntArray) -> csr_array:
    """(sets, n) of 0 and 1: the parts of all plans (p, n), each once, told apart by sums of random numbers.

    >>> distinct_parts(np.array([[0, 0, 1], [1, 1, 0], [0, 1, 1]])).toarray().astype(int).tolist()
    [[1, 1, 0], [0, 0, 1], [1, 0, 0], [0, 1, 1]]
    """
    count, size = plans.shape
    parts = int(plans.max()) + 1
    rows = (plans + parts * np.arange(count)[:, None]).ravel()
    shape = (count * parts, size)
    inside = csr_array((np.ones(count * size), (rows, np.tile(np.arange(size), count))), shape=shape)
    codes = np.random.default_rng(SEED).integers(1, 2**52 // size, size).astype(np.float64)
    sums, first = np.unique(inside @ codes, return_index=True)
    return csr_array(inside[np.sort(first[sums > 0])])

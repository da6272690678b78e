"""Plans made of the parts of several plans.

Searches of one pool pass through plans that are good in different corners. Of all the parts seen, those are chosen that
hold every unit once at the least price (`tiling`).
"""

import numpy as np
from scipy.sparse import csr_array

from gridmgmt.planning.partition.problem import IntArray

SEED = 20_240_117  # of the numbers that stand for the units of a part


def distinct_parts(plans: IntArray) -> csr_array:
    """(sets, n) of 0 and 1: the parts of all plans (p, n), each once.

    >>> distinct_parts(np.array([[0, 0, 1], [1, 1, 0], [0, 1, 1]])).toarray().astype(int).tolist()
    [[1, 1, 0], [0, 0, 1], [1, 0, 0], [0, 1, 1]]
    """
    count, size = plans.shape
    parts = int(plans.max()) + 1
    rows = (plans + parts * np.arange(count)[:, None]).ravel()
    shape = (count * parts, size)
    return distinct(csr_array((np.ones(count * size), (rows, np.tile(np.arange(size), count))), shape=shape))


def distinct(sets: csr_array) -> csr_array:
    """Each of the sets (sets, n) once, empty ones left out; they are told apart by sums of random numbers."""
    size = sets.shape[1]
    codes = np.random.default_rng(SEED).integers(1, 2**52 // size, size).astype(np.float64)
    sums, first = np.unique(sets @ codes, return_index=True)
    return csr_array(sets[np.sort(first[sums > 0])])

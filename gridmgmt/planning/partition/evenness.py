"""How even grids can be at all: a proven lower bound of their total deviation from the target, by counting."""

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components


def least_total_deviation(borders: csr_array, households: NDArray[np.int64], target: float) -> float:
    """Households by which the parts of any contiguous division miss the target at least, all together.

    borders : (n, n), an entry where two units may share a part; households : (n,) of each unit.

    In a connected pool the units above the target exceed it by H in sum, whatever joins them. Of the R households in
    the other units, a join those; the k parts left then miss the target by |R − a − k · target| at least. What a adds
    to the first sum it can at most take from the second, so no division does better than H + |R − k · target| for the
    best k.

    >>> line = csr_array(np.diag(np.ones(3), 1) + np.diag(np.ones(3), -1))
    >>> least_total_deviation(line, np.array([170, 100, 100, 80]), 150)
    40.0
    """
    _, pool = connected_components(borders, directed=False)
    above = np.maximum(households - target, 0.0)
    rest = np.bincount(pool, weights=np.where(households > target, 0, households))
    return float(above.sum() + np.abs(rest - target * np.round(rest / target)).sum())

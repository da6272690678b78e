"""Which number each part bears: that of its lock, else the one under which most of its weight stays."""

import numpy as np
from scipy.optimize import linear_sum_assignment

from gridmgmt.planning.partition.problem import IntArray, Problem


def named(problem: Problem, labels: IntArray) -> IntArray:
    """Labels (n,) from 0 with the same parts, so that a locked part bears the number of its lock, then most stays.

    A linear assignment (Kuhn 1955) of numbers to parts; numbers that no part bears are left alone.

    >>> from scipy.sparse import csr_array
    >>> from gridmgmt.planning.partition.problem import make_problem
    >>> pair = csr_array(np.array([[0, 1, 0], [1, 0, 1], [0, 1, 0]]))
    >>> lying = [None, [0, 0, 1], *[None] * 4]  # today; no locks, no shapes, no prices
    >>> named(make_problem(pair, [5, 4, 3], 3, 9, 6, 2, ("moved",), *lying), np.array([1, 0, 0])).tolist()
    [0, 1, 1]
    """
    if (problem.home < 0).all() and (problem.locks < 0).all():
        return labels
    count = int(labels.max(initial=-1)) + 1
    kept = np.zeros((count, count))
    for names, worth in ((problem.home, problem.weights), (problem.locks, problem.total + 1)):
        known = (names >= 0) & (names < count)
        np.add.at(kept, (labels[known], names[known]), np.broadcast_to(worth, known.shape)[known])
    kept += np.eye(count) * 1e-6  # of equals the part keeps its number
    return np.asarray(linear_sum_assignment(kept, maximize=True)[1], dtype=np.int64)[labels]

"""Ground without households that dedicated grids cut off: it joins a grid beside it, instead of being an empty one."""

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

Ints = NDArray[np.int64]


def joined_pockets(labels: Ints, households: Ints, joinable: NDArray[np.bool_], borders: csr_array) -> Ints:
    """Labels with every part of `joinable` atoms that holds nobody given to the part beside it with the most border.

    labels, households, joinable : (a,); borders (a, a), m, between atoms that may share a part. A pocket that borders
    nothing stays. Labels are not renumbered.

    >>> line = csr_array(np.diag([5.0, 2.0], 1) + np.diag([5.0, 2.0], -1))
    >>> joined_pockets(np.array([0, 1, 2]), np.array([9, 0, 9]), np.array([True] * 3), line).tolist()
    [0, 0, 2]
    """
    labels = labels.copy()
    loads = np.bincount(labels, weights=households)
    edges = borders.tocoo()
    for pocket in np.unique(labels[joinable & (loads[labels] == 0)]):
        leaving = (labels[edges.row] == pocket) & (labels[edges.col] != pocket)
        if leaving.any():
            shared = np.bincount(labels[edges.col[leaving]], weights=edges.data[leaving])
            labels[labels == pocket] = int(np.argmax(shared))
    return labels

"""Into how many pieces parts fall, by who is whose neighbour."""

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import connected_components


def pieces_per_part(adjacency: csr_array, labels: NDArray[np.integer]) -> NDArray[np.int64]:
    """(parts,) number of connected pieces of each part: 1 for a contiguous part, 0 for an empty one.

    >>> line = csr_array(np.array([[0, 1, 0], [1, 0, 1], [0, 1, 0]]))
    >>> pieces_per_part(line, np.array([0, 1, 0])).tolist()
    [2, 1]
    """
    edges = coo_array(adjacency)
    inside = labels[edges.row] == labels[edges.col]
    pair = (edges.row[inside], edges.col[inside])
    graph = coo_array((np.ones(inside.sum(), dtype=np.int8), pair), shape=edges.shape)
    count, piece = connected_components(graph, directed=False)
    part_of_piece = np.zeros(count, dtype=np.int64)
    part_of_piece[piece] = labels
    return np.bincount(part_of_piece, minlength=int(labels.max(initial=-1)) + 1)

"""Connected pieces of a pool, each in an order that keeps what a search has open narrow."""

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse import csgraph

from gridmgmt.planning.merging.groups import Pool, bits


def components(pool: Pool) -> list[NDArray[np.intp]]:
    """Connected pieces of the pool, each in an order that keeps the frontier of the dynamic programme narrow."""
    size = len(pool)
    edges = [(u, v) for u in range(size) for v in bits(pool.neighbours[u])]
    rows, columns = np.asarray(edges, dtype=np.intp).reshape(-1, 2).T
    graph = sparse.csr_array((np.ones(len(edges), dtype=np.int8), (rows, columns)), shape=(size, size))
    order = csgraph.reverse_cuthill_mckee(graph, symmetric_mode=True)
    count, piece = csgraph.connected_components(graph, directed=False)
    return [order[piece[order] == number] for number in range(count)]

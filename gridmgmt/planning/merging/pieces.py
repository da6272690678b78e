"""Connected pieces of a pool, each in an order that keeps what a search has open narrow."""

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse import csgraph

from gridmgmt.planning.merging.groups import Pool, bits, mask_of


def components(pool: Pool) -> list[NDArray[np.intp]]:
    """Connected pieces of the pool, each in an order that keeps the frontier of the dynamic programme narrow."""
    size = len(pool)
    edges = [(u, v) for u in range(size) for v in bits(pool.neighbours[u])]
    rows, columns = np.asarray(edges, dtype=np.intp).reshape(-1, 2).T
    graph = sparse.csr_array((np.ones(len(edges), dtype=np.int8), (rows, columns)), shape=(size, size))
    order = csgraph.reverse_cuthill_mckee(graph, symmetric_mode=True)
    count, piece = csgraph.connected_components(graph, directed=False)
    return [order[piece[order] == number] for number in range(count)]


def untorn_pieces(pool: Pool) -> list[NDArray[np.intp]] | None:
    """The `components` of a pool; None where a lock holds communities of two of them, between which there is no way."""
    pieces = components(pool)
    masks = [mask_of(piece) for piece in pieces]
    torn = any(sum(1 for mask in masks if mask & lock) > 1 for lock in pool.lock_masks)
    return None if torn else pieces

"""A pool as a graph: its connected pieces, each in an order that keeps a search narrow, and its lists of neighbours."""

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


def neighbour_lists(pool: Pool) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Where the neighbours of each community begin and end (n + 1,), and the neighbours, for compiled loops."""
    rows = [bits(mask) for mask in pool.neighbours]
    pointers = np.cumsum([0, *map(len, rows)]).astype(np.int64)
    return pointers, np.asarray([other for row in rows for other in row], dtype=np.int64)

"""Boards of squares, numbered row by row: the graphs whose best plans are known by hand."""

import numpy as np
from scipy.sparse import coo_array, csr_array


def board_edges(rows: int, columns: int) -> list[tuple[int, int]]:
    """The squares that share a side, each pair once."""
    number = np.arange(rows * columns).reshape(rows, columns)
    across = zip(number[:, :-1].ravel().tolist(), number[:, 1:].ravel().tolist(), strict=True)
    down = zip(number[:-1].ravel().tolist(), number[1:].ravel().tolist(), strict=True)
    return [*across, *down]


def board(rows: int, columns: int) -> csr_array:
    """The graph of squares that share a side, each side of cost 1."""
    pairs = np.array(board_edges(rows, columns), dtype=np.int64).reshape(-1, 2)
    ends = np.concatenate([pairs, pairs[:, ::-1]]).T
    return coo_array((np.ones(2 * len(pairs)), tuple(ends)), shape=(rows * columns, rows * columns)).tocsr()

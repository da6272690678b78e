"""Square cells in rows from the south-west, and lists of what belongs to each: what the compiled lookups share."""
# mypy: disable-error-code="no-untyped-def, no-untyped-call, untyped-decorator"

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

SLACK_M = 0.001  # what lies so near to a cell is listed in it, so that rounding never decides


def cell_frame(
    xy: NDArray[np.float64], cell_m: float, most_cells: int, margin_m: float = 0.0
) -> tuple[float, float, float, int, int]:
    """West, south, cell size, columns, rows of cells around (n, 2) points and a margin; a wide region has coarser ones.

    >>> cell_frame(np.array([[0.0, 0.0], [90.0, 10.0]]), 20.0, 1000)
    (0.0, 0.0, 20.0, 5, 1)
    """
    if not len(xy):
        return 0.0, 0.0, cell_m, 1, 1
    west, south = xy.min(axis=0) - margin_m
    width, height = xy.max(axis=0) + margin_m - (west, south)
    size = max(cell_m, float(np.sqrt(width * height / most_cells)))
    return float(west), float(south), size, int(width // size) + 1, int(height // size) + 1


@njit(cache=True, nogil=True)
def cell_of(value, origin, cell_m, count):
    """The column (or row) that holds a value; what lies outside belongs to the outermost one."""
    return min(max(math.floor((value - origin) / cell_m), 0), count - 1)


@njit(cache=True, nogil=True)
def grown(values):
    """The same values with room for as many again."""
    wider = np.empty(2 * len(values), values.dtype)
    for i in range(len(values)):
        wider[i] = values[i]
    return wider


@njit(cache=True, nogil=True)
def by_cell(cell, member, cells):
    """`first` (cells + 1,), `members`: those of cell k are members[first[k]:first[k + 1]], in the order they came."""
    first = np.zeros(cells + 1, np.int32)  # plain loops: numpy's sums and slices take seconds to compile
    for one in cell:
        first[one + 1] += 1
    for one in range(cells):
        first[one + 1] += first[one]
    end, members = first.copy(), np.empty(len(member), np.int32)
    for i in range(len(cell)):
        members[end[cell[i]]] = member[i]
        end[cell[i]] += 1
    return first, members


@njit(cache=True, nogil=True)
def list_chains(first_edge, ax, ay, bx, by, frame):
    """`first` (cells + 1,), `members`: the chains of edges that may pass through each cell, in ascending order.

    The edges of chain `k` are first_edge[k]:first_edge[k + 1], from (ax, ay) to (bx, by).
    """
    west, south, cell_m, columns, rows = frame
    found, cell, member = 0, np.empty(len(ax) + 16, np.int32), np.empty(len(ax) + 16, np.int32)
    seen = np.full(columns * rows, -1, np.int32)
    for chain in range(len(first_edge) - 1):
        for edge in range(first_edge[chain], first_edge[chain + 1]):
            dx, dy = bx[edge] - ax[edge], by[edge] - ay[edge]
            parts = max(1, math.ceil(math.hypot(dx, dy) / cell_m))
            for part in range(parts):
                px, qx = ax[edge] + dx * part / parts, ax[edge] + dx * (part + 1) / parts
                py, qy = ay[edge] + dy * part / parts, ay[edge] + dy * (part + 1) / parts
                low = cell_of(min(py, qy) - SLACK_M, south, cell_m, rows)
                high = cell_of(max(py, qy) + SLACK_M, south, cell_m, rows)
                left = cell_of(min(px, qx) - SLACK_M, west, cell_m, columns)
                right = cell_of(max(px, qx) + SLACK_M, west, cell_m, columns)
                for row in range(low, high + 1):
                    for place in range(row * columns + left, row * columns + right + 1):
                        if seen[place] == chain:
                            continue
                        seen[place] = chain
                        if found == len(cell):
                            cell, member = grown(cell), grown(member)
                        cell[found], member[found] = place, chain
                        found += 1
    return by_cell(cell[:found], member[:found], columns * rows)

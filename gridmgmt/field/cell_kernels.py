"""What the compiled lookups share: square cells in rows from the south-west, and lists of what belongs to each cell."""
# mypy: disable-error-code="no-untyped-def, no-untyped-call, untyped-decorator"

import math

import numpy as np
from numba import njit


@njit(cache=True, nogil=True)
def cell_of(value, origin, cell_m, count):
    """The column (or row) that holds a value; what lies outside belongs to the outermost one."""
    return min(max(math.floor((value - origin) / cell_m), 0), count - 1)


@njit(cache=True, nogil=True)
def grown(values):
    """The same values with room for as many again."""
    return np.concatenate((values, np.empty_like(values)))


@njit(cache=True, nogil=True)
def by_cell(cell, member, cells):
    """`first` (cells + 1,), `members`: those of cell k are members[first[k]:first[k + 1]], in the order they came."""
    first = np.zeros(cells + 1, np.int64)
    for one in cell:
        first[one + 1] += 1
    first = np.cumsum(first)
    members = np.empty(len(member), np.int32)
    for i in range(len(cell)):
        members[first[cell[i]]] = member[i]
        first[cell[i]] += 1
    first[1:] = first[:-1].copy()
    first[0] = 0
    return first.astype(np.int32), members

"""The compiled loop that lists connected sets (see `columns`)."""
# mypy: disable-error-code="no-untyped-def, no-untyped-call, untyped-decorator, assignment"
# ruff: noqa: C901 - closures are what numba does worst

import numpy as np
from numba import njit


@njit(cache=True, nogil=True)
def list_sets(indptr, indices, weights, high, links, limit, widest, steps):
    """Rows of members in ascending order, their numbers and weights (−1: not a least set); limit + 1 rows: too many.

    A set holds at most `links` units without weight; −1: they are units like any other.
    """
    count = len(weights)
    room = 1024
    sets = np.empty((room, widest), np.int32)
    sizes = np.empty(room, np.int32)
    loads = np.empty(room, np.int64)
    table = np.full(4096, -1, np.int64)
    listed = 0
    inside = np.full(count, -1, np.int64)
    near = np.full(count, -1, np.int64)
    touched = np.zeros(count, np.int64)  # how many units of the path a unit borders
    path = np.empty(count + 1, np.int64)
    edge = np.empty(count + 1, np.int64)
    row = np.empty(widest + 1, np.int32)
    for unit in range(count):
        if weights[unit] <= high and (weights[unit] > 0 or links < 0):
            if listed == room:
                room, sets, sizes, loads = _grown(room, sets, sizes, loads)
            sets[listed, 0] = unit
            sizes[listed] = 1
            loads[listed] = weights[unit]
            table[_slot(table, sets, sizes, sets[listed], 1)] = listed
            listed += 1
            if 2 * listed > len(table):
                table = _rehashed(table, sets, sizes, listed)
    here = 0
    while here < listed:
        if listed > limit:
            return sets[: limit + 1], sizes[: limit + 1], loads[: limit + 1]
        size, load = sizes[here], loads[here]
        if links > 0 and not _is_least(indptr, indices, weights, sets[here], size):
            loads[here] = -1
            here += 1
            continue
        for position in range(size):
            inside[sets[here, position]] = here
        for position in range(size):
            unit = sets[here, position]
            for e in range(indptr[unit], indptr[unit + 1]):
                near[indices[e]] = here
        left = links
        for position in range(size):
            left -= weights[sets[here, position]] == 0
        # Depth 0 is the set itself, walked member by member; deeper levels are a path of units without weight.
        for position in range(size):
            depth = 0
            path[0] = sets[here, position]
            edge[0] = indptr[path[0]]
            while depth >= 0:
                if edge[depth] == indptr[path[depth] + 1]:
                    if depth > 0:
                        for e in range(indptr[path[depth]], indptr[path[depth] + 1]):
                            touched[indices[e]] -= 1
                    depth -= 1
                    continue
                unit = indices[edge[depth]]
                edge[depth] += 1
                if inside[unit] == here or (depth > 0 and (near[unit] == here or touched[unit] != 1)):
                    continue
                if links >= 0 and weights[unit] == 0:
                    if depth >= left:
                        continue
                    steps -= 1
                    if steps < 0 or size + depth + 2 > widest:
                        return np.empty((limit + 1, widest), np.int32), np.empty(limit + 1, np.int32), loads[:0]
                    depth += 1
                    path[depth] = unit
                    edge[depth] = indptr[unit]
                    for e in range(indptr[unit], indptr[unit + 1]):
                        touched[indices[e]] += 1
                elif load + weights[unit] <= high:
                    if size + depth + 1 > widest:
                        return np.empty((limit + 1, widest), np.int32), np.empty(limit + 1, np.int32), loads[:0]
                    _merged(sets[here], size, path, depth, unit, row)
                    slot = _slot(table, sets, sizes, row, size + depth + 1)
                    if table[slot] < 0:
                        if listed == room:
                            room, sets, sizes, loads = _grown(room, sets, sizes, loads)
                        sets[listed] = row[:widest]
                        sizes[listed] = size + depth + 1
                        loads[listed] = load + weights[unit]
                        table[slot] = listed
                        listed += 1
                        if 2 * listed > len(table):
                            table = _rehashed(table, sets, sizes, listed)
        here += 1
    return sets[:listed], sizes[:listed], loads[:listed]


@njit(cache=True, nogil=True)
def _grown(room, sets, sizes, loads):
    """The same rows with twice the room."""
    more = np.empty((2 * room, sets.shape[1]), np.int32)
    more[:room] = sets
    more_sizes = np.empty(2 * room, np.int32)
    more_sizes[:room] = sizes
    more_loads = np.empty(2 * room, np.int64)
    more_loads[:room] = loads
    return 2 * room, more, more_sizes, more_loads


@njit(cache=True, nogil=True)
def _merged(members, size, path, depth, unit, row):
    """Write the members, the path (from depth 1) and one more unit into `row`, in ascending order."""
    row[:size] = members[:size]
    filled = size
    for level in range(1, depth + 2):
        new = path[level] if level <= depth else unit
        place = filled
        while place > 0 and row[place - 1] > new:
            row[place] = row[place - 1]
            place -= 1
        row[place] = new
        filled += 1


@njit(cache=True, nogil=True)
def _slot(table, sets, sizes, row, size):
    """Where a set stands in the table of open addressing, or the free place for it."""
    code = np.uint64(1469598103934665603)
    for position in range(size):
        code = (code ^ np.uint64(row[position])) * np.uint64(1099511628211)
        code ^= code >> np.uint64(29)
    slot = np.int64(code % np.uint64(len(table)))
    while table[slot] >= 0:
        other = table[slot]
        if sizes[other] == size:
            same = True
            for position in range(size):
                if sets[other, position] != row[position]:
                    same = False
                    break
            if same:
                break
        slot = slot + 1 if slot + 1 < len(table) else 0
    return slot


@njit(cache=True, nogil=True)
def _rehashed(table, sets, sizes, listed):
    larger = np.full(4 * len(table), -1, np.int64)
    for number in range(listed):
        larger[_slot(larger, sets, sizes, sets[number], sizes[number])] = number
    return larger


@njit(cache=True, nogil=True)
def _is_least(indptr, indices, weights, members, size):
    """Whether the set falls apart without any one of its units without weight."""
    for position in range(size):
        if weights[members[position]] == 0 and _connected_without(indptr, indices, members, size, position):
            return False
    return True


@njit(cache=True, nogil=True)
def _connected_without(indptr, indices, members, size, left_out):
    """Whether the members but one hang together."""
    reached = np.zeros(size, np.bool_)
    queue = np.empty(size, np.int64)
    start = 1 if left_out == 0 else 0
    reached[start] = True
    queue[0] = start
    head, tail = 0, 1
    while head < tail:
        unit = members[queue[head]]
        head += 1
        for other in range(size):
            if reached[other] or other == left_out:
                continue
            for edge in range(indptr[unit], indptr[unit + 1]):
                if indices[edge] == members[other]:
                    reached[other] = True
                    queue[tail] = other
                    tail += 1
                    break
    return tail == size - 1

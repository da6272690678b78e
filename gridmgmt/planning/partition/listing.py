"""The compiled loop that lists connected sets (see `columns`)."""
# mypy: disable-error-code="no-untyped-def, no-untyped-call, untyped-decorator, assignment"
# ruff: noqa: C901 - closures are what numba does worst

import numpy as np
from numpy.typing import NDArray

from gridmgmt.planning.partition.compiled import compiled, compiled_inside
from gridmgmt.planning.partition.problem import IntArray

ROOM = 1024  # rows to begin with
SLOTS = 4  # of the table, for each row


def list_sets(
    graph: tuple[IntArray, IntArray, IntArray], high: int, links: int, limit: int, widest: int, steps: int
) -> tuple[NDArray[np.int32], IntArray, IntArray] | None:
    """Rows of members in ascending order, their numbers and weights (−1: not a least set); None: more than `limit`.

    graph : indptr, indices, weights. A set holds at most `links` units without weight; −1: they are units like any
    other. None, too, where a set has more than `widest` members or more than `steps` units without weight were tried.
    """
    weights = graph[2]
    count = len(weights)
    units = np.flatnonzero((weights <= high) & ((weights > 0) | (links < 0)))
    here, listed, room = 0, len(units), max(ROOM, 2 * len(units))
    sets, sizes, loads = np.zeros((room, widest), np.int32), np.ones(room, np.int64), np.zeros(room, np.int64)
    sets[:listed, 0], loads[:listed] = units, weights[units]
    marks, path, row = np.full((3, count), -1), np.empty((2, count + 1), np.int64), np.empty(widest + 1, np.int32)
    limits = (high, links, limit, widest)
    while here < listed <= limit:
        table = np.full(SLOTS * room, -1)
        _enter(table, sets, sizes, listed)
        here, listed, steps = _list_on(graph, limits, sets, sizes, loads, table, here, listed, steps, marks, path, row)
        if here < 0:
            return None
        if here < listed:
            room *= 2
            sets, sizes, loads = (np.concatenate([rows, np.zeros_like(rows)]) for rows in (sets, sizes, loads))
    return (sets[:listed], sizes[:listed], loads[:listed]) if listed <= limit else None


@compiled
def _list_on(graph, limits, sets, sizes, loads, table, here, listed, steps, marks, path, row):
    """Extend the sets from row `here` on, until all are, or the room is full: the row to go on from (−1: give up).

    Also how many are listed, and the steps left. `marks` (3, n), `path` (2, n + 1) and `row` are room to work in.
    """
    indptr, indices, weights = graph
    high, links, limit, widest = limits
    inside, near, touched = marks[0], marks[1], marks[2]  # touched: how many units of the path a unit borders
    way, edge = path[0], path[1]
    for unit in range(len(weights)):
        touched[unit] = 0
    while here < listed <= limit:
        size, load, left = sizes[here], loads[here], links
        if links > 0 and not _is_least(indptr, indices, weights, sets[here], size, marks[2], edge):
            loads[here] = -1
            here += 1
            continue
        for position in range(size):
            unit = sets[here, position]
            inside[unit] = here
            left -= weights[unit] == 0
            for e in range(indptr[unit], indptr[unit + 1]):
                near[indices[e]] = here
        # Depth 0 is the set itself, walked member by member; deeper levels are a path of units without weight.
        for position in range(size):
            depth = np.int64(0)
            way[0] = sets[here, position]
            edge[0] = indptr[way[0]]
            while depth >= 0:
                if edge[depth] == indptr[way[depth] + 1]:
                    if depth > 0:
                        for e in range(indptr[way[depth]], indptr[way[depth] + 1]):
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
                        return -1, listed, steps
                    depth += 1
                    way[depth] = unit
                    edge[depth] = indptr[unit]
                    for e in range(indptr[unit], indptr[unit + 1]):
                        touched[indices[e]] += 1
                elif load + weights[unit] <= high:
                    if size + depth + 1 > widest:
                        return -1, listed, steps
                    _merged(sets[here], size, way, depth, unit, row)
                    slot = _slot(table, sets, sizes, row, size + depth + 1)
                    if table[slot] < 0:
                        if listed == len(sets):
                            return here, listed, steps
                        for place in range(size + depth + 1):
                            sets[listed, place] = row[place]
                        sizes[listed] = size + depth + 1
                        loads[listed] = load + weights[unit]
                        table[slot] = listed
                        listed += 1
        here += 1
    return here, listed, steps


@compiled_inside
def _merged(members, size, way, depth, unit, row):
    """Write the members, the path (from depth 1) and one more unit into `row`, in ascending order."""
    for place in range(size):
        row[place] = members[place]
    filled = size
    for level in range(1, depth + 2):
        new = way[level] if level <= depth else unit
        place = filled
        while place > 0 and row[place - 1] > new:
            row[place] = row[place - 1]
            place -= 1
        row[place] = new
        filled += 1


@compiled_inside
def _slot(table, sets, sizes, row, size):
    """Where a set stands in the table of open addressing, or the free place for it."""
    code = np.uint64(1469598103934665603)
    for position in range(size):
        code = (code ^ np.uint64(row[position])) * np.uint64(1099511628211)
        code ^= code >> np.uint64(29)
    slot = np.int64(code % np.uint64(len(table)))
    while table[slot] >= 0:
        other = table[slot]
        same = sizes[other] == size
        for position in range(size if same else 0):
            same = same and sets[other, position] == row[position]
        if same:
            break
        slot = slot + 1 if slot + 1 < len(table) else 0
    return slot


@compiled
def _enter(table, sets, sizes, listed):
    """Put the sets into a table that is empty (−1)."""
    for number in range(listed):
        table[_slot(table, sets, sizes, sets[number], sizes[number])] = number


@compiled_inside
def _is_least(indptr, indices, weights, members, size, reached, queue):
    """Whether the set falls apart without any one of its units without weight. `reached` (n,) is and stays 0."""
    for left_out in range(size):
        if weights[members[left_out]] > 0:
            continue
        for position in range(size):
            reached[members[position]] = 1 if position != left_out else 0
        queue[0] = members[1 if left_out == 0 else 0]
        reached[queue[0]] = 0
        head, tail = 0, 1
        while head < tail:
            unit = queue[head]
            head += 1
            for edge in range(indptr[unit], indptr[unit + 1]):
                if reached[indices[edge]] == 1:
                    reached[indices[edge]] = 0
                    queue[tail] = indices[edge]
                    tail += 1
        for position in range(size):
            reached[members[position]] = 0
        if tail == size - 1:
            return False
    return True

"""The compiled loops that lay points to areas: a lookup of square cells, and the exact test near borders only."""
# mypy: disable-error-code="no-untyped-def, no-untyped-call, untyped-decorator"

import math

import numpy as np
from numba import njit

NOWHERE = -1


@njit(cache=True, nogil=True)
def _cell(value, origin, cell_m, count):
    return min(max(math.floor((value - origin) / cell_m), 0), count - 1)


@njit(cache=True, nogil=True)
def list_borders(first_edge, ax, ay, bx, by, frame):
    """`first` (cells + 1,), `members`: the areas whose border may pass through each cell, in ascending order.

    The edges of area `k` are first_edge[k]:first_edge[k + 1].
    """
    west, south, cell_m, columns, rows = frame
    first = np.zeros(columns * rows + 1, np.int64)
    members = np.empty(0, np.int32)
    for turn in range(2):  # count, then write
        seen = np.full(columns * rows, -1, np.int32)
        for area in range(len(first_edge) - 1):
            for edge in range(first_edge[area], first_edge[area + 1]):
                dx, dy = bx[edge] - ax[edge], by[edge] - ay[edge]
                parts = max(1, math.ceil(math.hypot(dx, dy) / cell_m))
                for part in range(parts):
                    px, qx = ax[edge] + dx * part / parts, ax[edge] + dx * (part + 1) / parts
                    py, qy = ay[edge] + dy * part / parts, ay[edge] + dy * (part + 1) / parts
                    for row in range(
                        _cell(min(py, qy) - 0.001, south, cell_m, rows),
                        _cell(max(py, qy) + 0.001, south, cell_m, rows) + 1,
                    ):
                        left = _cell(min(px, qx) - 0.001, west, cell_m, columns)
                        right = _cell(max(px, qx) + 0.001, west, cell_m, columns)
                        for place in range(row * columns + left, row * columns + right + 1):
                            if seen[place] == area:
                                continue
                            seen[place] = area
                            if turn == 0:
                                first[place + 1] += 1
                            else:
                                members[first[place]] = area
                                first[place] += 1
        if turn == 0:
            first = np.cumsum(first)
            members = np.empty(first[-1], np.int32)
    first[1:] = first[:-1].copy()
    first[0] = 0
    return first, members


@njit(cache=True, nogil=True)
def fill_inside(first_edge, ax, ay, bx, by, frame, first, members):
    """(cells,) the lowest area that holds a cell whole, else -1: cells without its border whose middle is inside."""
    west, south, cell_m, columns, rows = frame
    whole = np.full(columns * rows, NOWHERE, np.int32)
    crossings = np.empty(64)
    for area in range(len(first_edge) - 1):
        edges = slice(first_edge[area], first_edge[area + 1])
        if first_edge[area] == first_edge[area + 1]:
            continue
        top, bottom = max(ay[edges].max(), by[edges].max()), min(ay[edges].min(), by[edges].min())
        for row in range(_cell(bottom, south, cell_m, rows), _cell(top, south, cell_m, rows) + 1):
            y = south + (row + 0.5) * cell_m
            found = 0
            for edge in range(first_edge[area], first_edge[area + 1]):
                if (ay[edge] > y) != (by[edge] > y):
                    if found == len(crossings):
                        crossings = np.concatenate((crossings, np.empty_like(crossings)))
                    crossings[found] = ax[edge] + (y - ay[edge]) / (by[edge] - ay[edge]) * (bx[edge] - ax[edge])
                    found += 1
            crossings[:found].sort()
            for pair in range(0, found - 1, 2):
                left = math.ceil((crossings[pair] - west) / cell_m - 0.5)
                right = math.floor((crossings[pair + 1] - west) / cell_m - 0.5)
                for column in range(max(left, 0), min(right, columns - 1) + 1):
                    place = row * columns + column
                    if whole[place] == NOWHERE and not _listed(first, members, place, area):
                        whole[place] = area
    return whole


@njit(cache=True, nogil=True)
def _listed(first, members, place, area):
    return (members[first[place] : first[place + 1]] == area).any()


@njit(cache=True, nogil=True)
def holds(x, y, edge, last, ax, ay, bx, by):
    """Whether the area of the edges edge:last holds a point, its border included (even-odd rule)."""
    inside = False
    while edge < last:
        if (ay[edge] > y) != (by[edge] > y):
            turn = (bx[edge] - ax[edge]) * (y - ay[edge]) - (by[edge] - ay[edge]) * (x - ax[edge])
            if turn == 0.0:
                return True
            if (turn > 0.0) == (by[edge] > ay[edge]):
                inside = not inside
        elif ay[edge] == y or by[edge] == y:  # level with an end: on the edge or not, but no crossing
            turn = (bx[edge] - ax[edge]) * (y - ay[edge]) - (by[edge] - ay[edge]) * (x - ax[edge])
            between = min(ax[edge], bx[edge]) <= x <= max(ax[edge], bx[edge])
            if turn == 0.0 and between and min(ay[edge], by[edge]) <= y <= max(ay[edge], by[edge]):
                return True
        edge += 1
    return inside


@njit(cache=True, nogil=True)
def locate(x, y, first_edge, ax, ay, bx, by, frame, answer, first, members, whole):
    """(n,) the lowest area that holds each point, -1 where none does.

    `answer` (cells,) is the area that holds a cell whole, -1 for none, -2 - k for the k-th cell with a border in it;
    of those, `first` (k + 1,) and `members` list the areas whose border it is, `whole` (k,) the one that holds it.
    """
    west, south, cell_m, columns, rows = frame
    found = np.full(len(x), NOWHERE, np.int32)
    per_cell = 1.0 / cell_m
    for i in range(len(x)):
        column, row = math.floor((x[i] - west) * per_cell), math.floor((y[i] - south) * per_cell)
        if column < 0 or row < 0 or column >= columns or row >= rows:
            continue
        known = answer[row * columns + column]
        if known >= NOWHERE:
            found[i] = known
            continue
        cell = -2 - known
        found[i] = whole[cell]
        for entry in range(first[cell], first[cell + 1]):
            area = members[entry]
            if found[i] != NOWHERE and found[i] < area:
                break
            if holds(x[i], y[i], first_edge[area], first_edge[area + 1], ax, ay, bx, by):
                found[i] = area
                break
    return found

"""The compiled loops that lay points to areas: a lookup of square cells, and the exact test near borders only."""
# mypy: disable-error-code="no-untyped-def, no-untyped-call, untyped-decorator"

import math

import numpy as np
from numba import njit

NOWHERE = -1
SLACK_M = 0.001  # what lies so near to a cell is listed in it, so that rounding never decides


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
                        _cell(min(py, qy) - SLACK_M, south, cell_m, rows),
                        _cell(max(py, qy) + SLACK_M, south, cell_m, rows) + 1,
                    ):
                        left = _cell(min(px, qx) - SLACK_M, west, cell_m, columns)
                        right = _cell(max(px, qx) + SLACK_M, west, cell_m, columns)
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
def list_bands(first_edge, ax, ay, bx, by, frame):
    """The edges of each area by row of cells: only those can decide on a point in that row.

    `low` (areas,) the first row of an area, `band` (areas + 1,) its number among all bands, `first` (bands + 1,) where
    the edges of a band begin in `edges` (k, 4).
    """
    _, south, cell_m, _, rows = frame
    areas = len(first_edge) - 1
    low, band = np.zeros(areas, np.int32), np.zeros(areas + 1, np.int32)
    for area in range(areas):
        some = slice(first_edge[area], first_edge[area + 1])
        count = 0
        if first_edge[area] < first_edge[area + 1]:
            low[area] = _cell(min(ay[some].min(), by[some].min()) - SLACK_M, south, cell_m, rows)
            count = _cell(max(ay[some].max(), by[some].max()) + SLACK_M, south, cell_m, rows) - low[area] + 1
        band[area + 1] = band[area] + count
    first = np.zeros(band[-1] + 1, np.int64)
    edges = np.empty((0, 4))
    for turn in range(2):  # count, then write
        for area in range(areas):
            for edge in range(first_edge[area], first_edge[area + 1]):
                bottom = _cell(min(ay[edge], by[edge]) - SLACK_M, south, cell_m, rows)
                top = _cell(max(ay[edge], by[edge]) + SLACK_M, south, cell_m, rows)
                for row in range(bottom, top + 1):
                    place = band[area] + row - low[area]
                    if turn == 0:
                        first[place + 1] += 1
                    else:
                        edges[first[place]] = (ax[edge], ay[edge], bx[edge], by[edge])
                        first[place] += 1
        if turn == 0:
            first = np.cumsum(first)
            edges = np.empty((first[-1], 4))
    first[1:] = first[:-1].copy()
    first[0] = 0
    return low, band, first.astype(np.int32), edges


@njit(cache=True, nogil=True)
def holds(x, y, edges, start, end):
    """Whether the area of the edges start:end holds a point, its border included (even-odd rule)."""
    inside = False
    for edge in range(start, end):
        ax, ay, bx, by = edges[edge, 0], edges[edge, 1], edges[edge, 2], edges[edge, 3]
        if (ay > y) != (by > y):
            turn = (bx - ax) * (y - ay) - (by - ay) * (x - ax)
            if turn == 0.0:
                return True
            if (turn > 0.0) == (by > ay):
                inside = not inside
        elif ay == y or by == y:  # level with an end: on the edge or not, but no crossing
            turn = (bx - ax) * (y - ay) - (by - ay) * (x - ax)
            if turn == 0.0 and min(ax, bx) <= x <= max(ax, bx) and min(ay, by) <= y <= max(ay, by):
                return True
    return inside


@njit(cache=True, nogil=True)
def locate(x, y, frame, bands, answer, first, members, whole):
    """(n,) the lowest area that holds each point, -1 where none does.

    `answer` (cells,) is the area that holds a cell whole, -1 for none, -2 - k for the k-th cell with a border in it;
    of those, `first` (k + 1,) and `members` list the areas whose border it is, `whole` (k,) the one that holds it.
    """
    west, south, cell_m, columns, rows = frame
    low, band, first_of_band, edges = bands
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
            here = band[area] + row - low[area]
            if holds(x[i], y[i], edges, first_of_band[here], first_of_band[here + 1]):
                found[i] = area
                break
    return found

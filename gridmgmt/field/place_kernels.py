"""The compiled loops that lay points to areas: a lookup of square cells, and the exact test near borders only.

Even there few edges are asked: a ray from the point to the side of the cell on which the area has less of its border.
"""
# mypy: disable-error-code="no-untyped-def, no-untyped-call, untyped-decorator"

import math

import numpy as np
from numba import njit

from gridmgmt.geo.cell_kernels import SLACK_M, by_cell, cell_of, grown

NOWHERE = -1


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
        for row in range(cell_of(bottom, south, cell_m, rows), cell_of(top, south, cell_m, rows) + 1):
            y = south + (row + 0.5) * cell_m
            found = 0
            for edge in range(first_edge[area], first_edge[area + 1]):
                if (ay[edge] > y) != (by[edge] > y):
                    if found == len(crossings):
                        crossings = grown(crossings)
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

    `low` (areas,) the first row of an area, `band` (areas + 1,) its number among all bands; the edges of band k are
    members[first[k]:first[k + 1]].
    """
    _, south, cell_m, _, rows = frame
    areas = len(first_edge) - 1
    low, band = np.zeros(areas, np.int32), np.zeros(areas + 1, np.int32)
    found, owner, member = 0, np.empty(2 * len(ax) + 16, np.int32), np.empty(2 * len(ax) + 16, np.int32)
    for area in range(areas):
        some = slice(first_edge[area], first_edge[area + 1])
        count = 0
        if first_edge[area] < first_edge[area + 1]:
            low[area] = cell_of(min(ay[some].min(), by[some].min()) - SLACK_M, south, cell_m, rows)
            count = cell_of(max(ay[some].max(), by[some].max()) + SLACK_M, south, cell_m, rows) - low[area] + 1
        band[area + 1] = band[area] + count
        for edge in range(first_edge[area], first_edge[area + 1]):
            bottom = cell_of(min(ay[edge], by[edge]) - SLACK_M, south, cell_m, rows)
            top = cell_of(max(ay[edge], by[edge]) + SLACK_M, south, cell_m, rows)
            for row in range(bottom, top + 1):
                if found == len(owner):
                    owner, member = grown(owner), grown(member)
                owner[found], member[found] = band[area] + row - low[area], edge
                found += 1
    first, members = by_cell(owner[:found], member[:found], band[-1])
    return low, band, first, members


@njit(cache=True, nogil=True)
def list_tests(frame, edges, bands, first, members, whole):
    """What decides on a point in each cell: `answer` (cells,), `tests`, and the coordinates of edges (k, 4).

    `answer` is the area that holds the cell whole, -1 for none; -2 - k where borders pass through the cell: tests[k]
    is the area that holds all of it (or NOWHERE), tests[k + 1] how many areas are to be tested, and each of them has
    four numbers then: area, start and end of the edges its ray may cross, and whether that ray goes east.
    """
    ax, ay, bx, by = edges
    columns = frame[3]
    answer = whole.copy()
    tests, used = np.empty(16, np.int32), 0
    lines, written = np.empty((16, 4)), 0
    for cell in np.flatnonzero(np.diff(first)):
        row, count = cell // columns, first[cell + 1] - first[cell]
        while used + 2 + 4 * count > len(tests):
            tests = grown(tests)
        answer[cell] = -2 - used
        tests[used], tests[used + 1] = whole[cell], count
        used += 2
        for entry in range(first[cell], first[cell + 1]):
            area = members[entry]
            band = bands[1][area] + row - bands[0][area]
            some = bands[3][bands[2][band] : bands[2][band + 1]]
            while written + len(some) > len(lines):
                lines = grown(lines)
            left, right = _sides(frame, cell)
            to_the_west = np.minimum(ax[some], bx[some]) <= right
            to_the_east = np.maximum(ax[some], bx[some]) >= left
            eastward = to_the_east.sum() < to_the_west.sum()
            start = written
            for edge in some[to_the_east if eastward else to_the_west]:
                lines[written] = (ax[edge], ay[edge], bx[edge], by[edge])
                written += 1
            tests[used], tests[used + 1], tests[used + 2], tests[used + 3] = area, start, written, int(eastward)
            used += 4
        used = _one_or_the_other(frame, cell, -2 - answer[cell], used, tests, lines)
    return answer, tests[:used].copy(), lines[:written].copy()


@njit(cache=True, nogil=True)
def _sides(frame, cell):
    """West and east of a cell, a hair outside."""
    left = frame[0] + (cell % frame[3]) * frame[2]
    return left - SLACK_M, left + frame[2] + SLACK_M


@njit(cache=True, nogil=True)
def _one_or_the_other(frame, cell, at, used, tests, lines):
    """Where two areas share the border that divides a cell, the first is tested and the other has what is left."""
    if tests[at] != NOWHERE or tests[at + 1] != 2:
        return used
    left, right = _sides(frame, cell)
    bottom = frame[1] + (cell // frame[3]) * frame[2] - SLACK_M
    box = (left, bottom, right, bottom + frame[2] + 2 * SLACK_M)
    mine, other = tests[at + 2 : at + 6], tests[at + 6 : at + 10]
    if not (_among(box, lines, mine, other) and _among(box, lines, other, mine)):
        return used
    x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    if holds(x, y, lines, mine[1], mine[2], mine[3]) == holds(x, y, lines, other[1], other[2], other[3]):
        return used
    tests[at], tests[at + 1] = other[0], 1
    return used - 4


@njit(cache=True, nogil=True)
def _among(box, lines, some, others):
    """Whether every edge of `some` that may come into the box is one of `others` too."""
    for edge in range(some[1], some[2]):
        ax, ay, bx, by = lines[edge, 0], lines[edge, 1], lines[edge, 2], lines[edge, 3]
        if max(ax, bx) < box[0] or max(ay, by) < box[1] or min(ax, bx) > box[2] or min(ay, by) > box[3]:
            continue
        known = False
        for other in range(others[1], others[2]):
            cx, cy, dx, dy = lines[other, 0], lines[other, 1], lines[other, 2], lines[other, 3]
            known |= (ax == cx and ay == cy and bx == dx and by == dy) or (
                ax == dx and ay == dy and bx == cx and by == cy
            )
        if not known:
            return False
    return True


@njit(cache=True, nogil=True)
def holds(x, y, lines, start, end, eastward):
    """Whether an area holds a point, its border included (even-odd rule), by its edges start:end on one side."""
    inside = False
    for edge in range(start, end):
        ax, ay, bx, by = lines[edge, 0], lines[edge, 1], lines[edge, 2], lines[edge, 3]
        if (ay > y) != (by > y):
            turn = (bx - ax) * (y - ay) - (by - ay) * (x - ax)
            if turn == 0.0:
                return True
            if ((turn > 0.0) == (by > ay)) == (eastward != 0):
                inside = not inside
        elif ay == y or by == y:  # level with an end: on the edge or not, but no crossing
            turn = (bx - ax) * (y - ay) - (by - ay) * (x - ax)
            if turn == 0.0 and min(ax, bx) <= x <= max(ax, bx) and min(ay, by) <= y <= max(ay, by):
                return True
    return inside


@njit(cache=True, nogil=True)
def locate(x, y, frame, answer, tests, lines):
    """(n,) the lowest area that holds each point, -1 where none does; the lookup is that of `list_tests`."""
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
        at = -2 - known
        found[i] = tests[at]
        for test in range(at + 2, at + 2 + 4 * tests[at + 1], 4):
            area = tests[test]
            if found[i] != NOWHERE and found[i] < area:
                break
            if holds(x[i], y[i], lines, tests[test + 1], tests[test + 2], tests[test + 3]):
                found[i] = area
                break
    return found

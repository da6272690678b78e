"""The compiled loops that lay points to areas: a lookup of square cells, and the exact test near borders only.

Even there few edges are asked: a ray from the point to the side of the cell on which the area has less of its border.
Plain loops throughout: numpy's reductions, masks and sorts take seconds each to compile.
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
        if first_edge[area] == first_edge[area + 1]:
            continue
        bottom, top = _reach(ay, by, first_edge[area], first_edge[area + 1])
        for row in range(cell_of(bottom, south, cell_m, rows), cell_of(top, south, cell_m, rows) + 1):
            y = south + (row + 0.5) * cell_m
            found = np.int64(0)
            for edge in range(first_edge[area], first_edge[area + 1]):
                if (ay[edge] > y) != (by[edge] > y):
                    if found == len(crossings):
                        crossings = grown(crossings)
                    x = ax[edge] + (y - ay[edge]) / (by[edge] - ay[edge]) * (bx[edge] - ax[edge])
                    _put_in_order(crossings, found, x)
                    found += 1
            for pair in range(0, found - 1, 2):
                left = math.ceil((crossings[pair] - west) / cell_m - 0.5)
                right = math.floor((crossings[pair + 1] - west) / cell_m - 0.5)
                for column in range(max(left, 0), min(right, columns - 1) + 1):
                    place = row * columns + column
                    if whole[place] == NOWHERE and not _listed(first, members, place, area):
                        whole[place] = area
    return whole


@njit(cache=True, nogil=True)
def _reach(ay, by, start, end):
    """The least and the greatest y of the edges start:end."""
    low, high = min(ay[start], by[start]), max(ay[start], by[start])
    for edge in range(start + 1, end):
        low, high = min(low, ay[edge], by[edge]), max(high, ay[edge], by[edge])
    return low, high


@njit(cache=True, nogil=True)
def _put_in_order(values, count, value):
    """Insert `value` into the first `count` values, which ascend."""
    while count and values[count - 1] > value:
        values[count] = values[count - 1]
        count -= 1
    values[count] = value


@njit(cache=True, nogil=True)
def _listed(first, members, place, area):
    found = False
    for entry in range(first[place], first[place + 1]):
        found |= members[entry] == area
    return found


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
        count = 0
        if first_edge[area] < first_edge[area + 1]:
            bottom_m, top_m = _reach(ay, by, first_edge[area], first_edge[area + 1])
            low[area] = cell_of(bottom_m - SLACK_M, south, cell_m, rows)
            count = cell_of(top_m + SLACK_M, south, cell_m, rows) - low[area] + 1
        band[area + 1] = band[area] + count
        for edge in range(first_edge[area], first_edge[area + 1]):
            bottom = cell_of(min(ay[edge], by[edge]) - SLACK_M, south, cell_m, rows)
            top = cell_of(max(ay[edge], by[edge]) + SLACK_M, south, cell_m, rows)
            for row in range(bottom, top + 1):
                if found == len(owner):
                    owner, member = grown(owner), grown(member)
                owner[found], member[found] = band[area] + row - low[area], edge
                found += 1
    first, members = by_cell(owner[:found], member[:found], np.int64(band[areas]))
    return low, band, first, members


@njit(cache=True, nogil=True)
def list_tests(frame, edges, bands, first, members, whole):
    """What decides on a point in each cell: `answer` (cells,), `tests`, and the coordinates of edges, four each.

    `answer` is the area that holds the cell whole, -1 for none; -2 - k where borders pass through the cell: tests[k]
    is the area that holds all of it (or NOWHERE), tests[k + 1] how many areas are to be tested, and each of them has
    four numbers then: area, start and end of the edges its ray may cross, and whether that ray goes east.
    """
    columns = frame[3]
    answer = whole.copy()
    tests, used = np.empty(16, np.int32), 0
    lines, written = np.empty(64), np.int64(0)  # a literal 0 would have what it is given to compiled twice
    for cell in range(len(first) - 1):
        row, count = cell // columns, first[cell + 1] - first[cell]
        if count == 0:
            continue
        while used + 2 + 4 * count > len(tests):
            tests = grown(tests)
        answer[cell] = -2 - used
        tests[used], tests[used + 1] = whole[cell], count
        used += 2
        for entry in range(first[cell], first[cell + 1]):
            area = members[entry]
            band = bands[1][area] + row - bands[0][area]
            begin, end = bands[2][band], bands[2][band + 1]
            while 4 * (written + end - begin) > len(lines):
                lines = grown(lines)
            eastward = _fewer_east(frame, cell, edges, bands[3], begin, end)
            start = written
            written = _write_side(frame, cell, edges, bands[3], begin, end, eastward, lines, written)
            tests[used], tests[used + 1], tests[used + 2], tests[used + 3] = area, start, written, int(eastward)
            used += 4
        used = _one_or_the_other(frame, cell, -2 - answer[cell], used, tests, lines)
    return answer, tests[:used].copy(), lines[: 4 * written].copy()


@njit(cache=True, nogil=True)
def _fewer_east(frame, cell, edges, members, begin, end):
    """Whether fewer of the edges members[begin:end] reach to the east of the cell than to its west."""
    ax, _, bx, _ = edges
    left, right = _sides(frame, cell)
    surplus = 0
    for entry in range(begin, end):
        edge = members[entry]
        surplus += int(max(ax[edge], bx[edge]) >= left) - int(min(ax[edge], bx[edge]) <= right)
    return surplus < 0


@njit(cache=True, nogil=True)
def _write_side(frame, cell, edges, members, begin, end, eastward, lines, written):
    """Write those of the edges members[begin:end] that reach to one side of the cell; how many are written then."""
    ax, ay, bx, by = edges
    left, right = _sides(frame, cell)
    for entry in range(begin, end):
        edge = members[entry]
        if max(ax[edge], bx[edge]) >= left if eastward else min(ax[edge], bx[edge]) <= right:
            at = 4 * written
            lines[at], lines[at + 1], lines[at + 2], lines[at + 3] = ax[edge], ay[edge], bx[edge], by[edge]
            written += 1
    return written


@njit(cache=True, nogil=True)
def _ends(lines, edge):
    """From where to where an edge goes."""
    return lines[4 * edge], lines[4 * edge + 1], lines[4 * edge + 2], lines[4 * edge + 3]


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
    mine, other = at + 2, at + 6
    if not (_among(box, lines, tests, mine, other) and _among(box, lines, tests, other, mine)):
        return used
    x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    if _holds_by(x, y, lines, tests, mine) == _holds_by(x, y, lines, tests, other):
        return used
    tests[at], tests[at + 1] = tests[other], 1
    return used - 4


@njit(cache=True, nogil=True)
def _among(box, lines, tests, some, others):
    """Whether every edge of the test at `some` that may come into the box is one of the test at `others` too."""
    for edge in range(tests[some + 1], tests[some + 2]):
        ax, ay, bx, by = _ends(lines, edge)
        if max(ax, bx) < box[0] or max(ay, by) < box[1] or min(ax, bx) > box[2] or min(ay, by) > box[3]:
            continue
        known = False
        for other in range(tests[others + 1], tests[others + 2]):
            cx, cy, dx, dy = _ends(lines, other)
            known |= (ax == cx and ay == cy and bx == dx and by == dy) or (
                ax == dx and ay == dy and bx == cx and by == cy
            )
        if not known:
            return False
    return True


@njit(cache=True, nogil=True)
def _holds_by(x, y, lines, tests, test):
    return holds(x, y, lines, tests[test + 1], tests[test + 2], tests[test + 3])


@njit(cache=True, nogil=True)
def holds(x, y, lines, start, end, eastward):
    """Whether an area holds a point, its border included (even-odd rule), by its edges start:end on one side."""
    inside = False
    for edge in range(start, end):
        ax, ay, bx, by = _ends(lines, edge)
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
            if _holds_by(x[i], y[i], lines, tests, test):
                found[i] = area
                break
    return found

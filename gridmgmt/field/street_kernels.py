"""The compiled loops of street coverage: which stretches of straight pieces lie within a radius of points or walks.

A disc and a capsule (what lies within the radius of a straight step) are convex, so each leaves one interval on a
straight piece, worked out in closed form: nothing is sampled. Every piece keeps the union of its intervals, which
does not depend on their order; a piece that is covered whole is not looked at again. `first` and `members` list, for
every square cell, the pieces that come within the radius of it.
"""
# mypy: disable-error-code="no-untyped-def, no-untyped-call, untyped-decorator"
# ruff: noqa: C901 - a function call per point is what numba does worst

import math

import numpy as np
from numba import njit

from gridmgmt.geo.cell_kernels import by_cell, cell_of, grown

ROOM = 6  # intervals a piece holds apart before they spill; a piece of a street block rarely needs three
FULL = -1


@njit(cache=True, nogil=True)
def list_pieces(ax, ay, bx, by, west, south, cell_m, columns, rows, reach_m):
    """`first` (cells + 1,), `members`: the pieces that may lie within `reach_m` of each cell, row by row."""
    around = reach_m + cell_m * math.sqrt(0.5)
    found, cell, member = 0, np.empty(len(ax) + 16, np.int32), np.empty(len(ax) + 16, np.int32)
    for piece in range(len(ax)):
        low_x, high_x = min(ax[piece], bx[piece]) - reach_m, max(ax[piece], bx[piece]) + reach_m
        low_y, high_y = min(ay[piece], by[piece]) - reach_m, max(ay[piece], by[piece]) + reach_m
        for row in range(cell_of(low_y, south, cell_m, rows), cell_of(high_y, south, cell_m, rows) + 1):
            y = south + (row + 0.5) * cell_m
            for column in range(cell_of(low_x, west, cell_m, columns), cell_of(high_x, west, cell_m, columns) + 1):
                x = west + (column + 0.5) * cell_m
                if _apart(x, y, ax[piece], ay[piece], bx[piece], by[piece]) > around:
                    continue
                if found == len(cell):
                    cell, member = grown(cell), grown(member)
                cell[found], member[found] = row * columns + column, piece
                found += 1
    return by_cell(cell[:found], member[:found], columns * rows)


@njit(cache=True, nogil=True)
def _apart(x, y, ax, ay, bx, by):
    """Distance of a point from a straight piece."""
    dx, dy = bx - ax, by - ay
    square = dx * dx + dy * dy
    share = 0.0 if square == 0.0 else min(max(((x - ax) * dx + (y - ay) * dy) / square, 0.0), 1.0)
    return math.hypot(x - ax - share * dx, y - ay - share * dy)


@njit(cache=True, nogil=True)
def unite(low, high, count, piece, start, end, length):
    """Add [start, end] to the union that a piece keeps; False where it has no room left."""
    k = 0
    while k < count[piece]:
        if start <= high[piece, k] and end >= low[piece, k]:
            if start >= low[piece, k] and end <= high[piece, k]:
                return True
            start, end = min(start, low[piece, k]), max(end, high[piece, k])
            count[piece] -= 1
            low[piece, k], high[piece, k] = low[piece, count[piece]], high[piece, count[piece]]
            k = 0
        else:
            k += 1
    if start <= 0.0 and end >= length:
        low[piece, 0], high[piece, 0] = 0.0, length
        count[piece] = FULL
        return True
    if count[piece] == ROOM:
        return False
    low[piece, count[piece]], high[piece, count[piece]] = start, end
    count[piece] += 1
    return True


@njit(cache=True, nogil=True)
def near_points(x, y, pieces, first, members, frame, radius_m):
    """Unions (low, high, count per piece) and what spilled (piece, start, end; flat) of the discs around points."""
    ax, ay, ux, uy, length = pieces
    west, south, cell_m, columns, rows = frame
    low, high = np.zeros((len(ax), ROOM)), np.zeros((len(ax), ROOM))
    count = np.zeros(len(ax), np.int8)
    done = np.zeros(columns * rows, np.bool_)  # cells all of whose pieces are covered whole: most points, before long
    spilled, spill = 0, np.empty(48)
    square = radius_m * radius_m
    per_cell = 1.0 / cell_m
    for i in range(len(x)):
        column, row = math.floor((x[i] - west) * per_cell), math.floor((y[i] - south) * per_cell)
        if column < 0 or row < 0 or column >= columns or row >= rows:
            continue
        place = row * columns + column
        if done[place]:
            continue
        done[place] = True
        for entry in range(first[place], first[place + 1]):
            piece = members[entry]
            if count[piece] == FULL:
                continue
            done[place] = False
            dx, dy = x[i] - ax[piece], y[i] - ay[piece]
            aside = dx * uy[piece] - dy * ux[piece]
            half = square - aside * aside
            if half <= 0.0:
                continue
            along, half = dx * ux[piece] + dy * uy[piece], math.sqrt(half)
            start, end = max(along - half, 0.0), min(along + half, length[piece])
            if end > start and not unite(low, high, count, piece, start, end, length[piece]):
                if spilled == len(spill):
                    spill = grown(spill)
                spill[spilled], spill[spilled + 1], spill[spilled + 2] = piece, start, end
                spilled += 3
    return low, high, count, spill[:spilled]


@njit(cache=True, nogil=True)
def near_walks(x, y, walk, pieces, first, members, frame, radius_m):
    """Intervals (vertex, piece, start, end) around walks, not united: of the straight steps between vertices of one
    walk, which start at `vertex`, and of vertices that stand alone."""
    ax, ay, ux, uy, length = pieces
    west, south, cell_m, columns, rows = frame
    found, room = 0, 16 * len(x) + 16
    vertex, near = np.empty(room, np.int64), np.empty(room, np.int64)
    low, high = np.empty(room), np.empty(room)
    for i in range(len(x)):
        last = i
        if i + 1 < len(x) and walk[i + 1] == walk[i]:
            last = i + 1
        step_m = math.hypot(x[last] - x[i], y[last] - y[i])
        if not math.isfinite(step_m):  # outside of what the projection can tell
            continue
        parts = max(1, math.ceil(step_m / cell_m))
        for part in range(parts):  # a long step is looked up by parts, so that few cells are
            px, py = x[i] + (x[last] - x[i]) * part / parts, y[i] + (y[last] - y[i]) * part / parts
            qx, qy = x[i] + (x[last] - x[i]) * (part + 1) / parts, y[i] + (y[last] - y[i]) * (part + 1) / parts
            if max(px, qx) < west or min(px, qx) > west + columns * cell_m:
                continue
            if max(py, qy) < south or min(py, qy) > south + rows * cell_m:
                continue
            for row in range(cell_of(min(py, qy), south, cell_m, rows), cell_of(max(py, qy), south, cell_m, rows) + 1):
                left, right = cell_of(min(px, qx), west, cell_m, columns), cell_of(max(px, qx), west, cell_m, columns)
                for place in range(row * columns + left, row * columns + right + 1):
                    for entry in range(first[place], first[place + 1]):
                        piece = members[entry]
                        sp = (px - ax[piece]) * ux[piece] + (py - ay[piece]) * uy[piece]
                        sq = (qx - ax[piece]) * ux[piece] + (qy - ay[piece]) * uy[piece]
                        ap = (px - ax[piece]) * uy[piece] - (py - ay[piece]) * ux[piece]
                        aq = (qx - ax[piece]) * uy[piece] - (qy - ay[piece]) * ux[piece]
                        start, end = capsule_on_axis(sp, ap, sq, aq, radius_m)
                        start, end = max(start, 0.0), min(end, length[piece])
                        if end <= start:
                            continue
                        if found == len(low):
                            vertex, near, low, high = grown(vertex), grown(near), grown(low), grown(high)
                        vertex[found], near[found], low[found], high[found] = i, piece, start, end
                        found += 1
    return vertex[:found], near[:found], low[:found], high[:found]


@njit(cache=True, nogil=True)
def capsule_on_axis(sp, ap, sq, aq, radius_m):
    """The interval of the axis within `radius_m` of the step from (sp, ap) to (sq, aq), (along, aside) in m.

    Each end's disc leaves an interval, and so does the box between them; their union is one, since a capsule is
    convex. Empty: (1, 0).
    """
    start, end = 1.0, 0.0
    for along, aside in ((sp, ap), (sq, aq)):
        half = radius_m * radius_m - aside * aside
        if half > 0.0:
            half = math.sqrt(half)
            start, end = (
                (along - half, along + half) if end < start else (min(start, along - half), max(end, along + half))
            )
    ds, da = sq - sp, aq - ap
    step = math.hypot(ds, da)
    if step == 0.0:
        return start, end
    cs, ca = ds / step, da / step
    # a point t of the axis lies at ((t - sp) cs - ap ca) along the step and ((t - sp) ca + ap cs) beside it
    low, high = -math.inf, math.inf
    for slope, least, most in ((cs, ap * ca, step + ap * ca), (ca, -radius_m - ap * cs, radius_m - ap * cs)):
        if abs(slope) < 1e-12:
            if least > 0.0 or most < 0.0:
                return start, end
            continue
        one, other = least / slope, most / slope
        low, high = max(low, min(one, other)), min(high, max(one, other))
    if low < high and high < math.inf and low > -math.inf:
        low, high = low + sp, high + sp
        start, end = (low, high) if end < start else (min(start, low), max(end, high))
    return start, end


@njit(cache=True, nogil=True)
def merged(owner, start, end):
    """Intervals sorted by owner and start as disjoint ones (owner, start, end)."""
    kept = 0
    into, low, high = np.empty_like(owner), np.empty_like(start), np.empty_like(end)
    for i in range(len(owner)):
        if kept > 0 and into[kept - 1] == owner[i] and start[i] <= high[kept - 1]:
            high[kept - 1] = max(high[kept - 1], end[i])
        else:
            into[kept], low[kept], high[kept] = owner[i], start[i], end[i]
            kept += 1
    return into[:kept], low[:kept], high[:kept]


@njit(cache=True, nogil=True)
def common(owner_a, start_a, end_a, owner_b, start_b, end_b):
    """(a,) length of each interval of `a` inside the disjoint intervals of `b`; b is sorted by owner and start."""
    shared = np.zeros(len(owner_a), end_a.dtype)
    for i in range(len(owner_a)):
        low, high = 0, len(owner_b)
        while low < high:  # the first of b that ends after a starts
            middle = (low + high) // 2
            if owner_b[middle] < owner_a[i] or (owner_b[middle] == owner_a[i] and end_b[middle] <= start_a[i]):
                low = middle + 1
            else:
                high = middle
        while low < len(owner_b) and owner_b[low] == owner_a[i] and start_b[low] < end_a[i]:
            shared[i] += min(end_a[i], end_b[low]) - max(start_a[i], start_b[low])
            low += 1
    return shared

"""The compiled search for the nearest point of a street network that a place sees, over no barrier."""
# mypy: disable-error-code="no-untyped-def, no-untyped-call, untyped-decorator"

import math

import numpy as np
from numba import njit

from gridmgmt.geo.cell_kernels import cell_of

TOUCH_M = 0.5  # a connector may reach a street that runs along a barrier, so its last half metre is not looked at
PIECE_M = 10.0  # behind a barrier, how far apart the points of a street are that a place may be joined to
NOWHERE = -1


@njit(cache=True, nogil=True)
def nearest_seen(x, y, segments, walls, reach_m):
    """(n,) the segment each place is joined to (−1: none within reach), x and y of where, and metres to there.

    `segments` and `walls` are (frame, first, members, ax, ay, bx, by), edges with their lists by cell. Cells are looked
    at ring by ring around the place, until no nearer point can lie farther out. Of equally near segments the first.
    """
    chosen, metres = np.full(len(x), NOWHERE, np.int64), np.full(len(x), np.inf)
    at_x, at_y = x.copy(), y.copy()
    asked = np.full(len(segments[3]), NOWHERE, np.int64)
    for i in range(len(x)):
        if math.isfinite(x[i]) and math.isfinite(y[i]):
            found = _joined(x[i], y[i], i, asked, segments, walls, reach_m)
            metres[i], at_x[i], at_y[i], chosen[i] = found
    return chosen, at_x, at_y, metres


@njit(cache=True, nogil=True)
def _joined(x, y, number, asked, segments, walls, reach_m):
    """Metres, x, y and segment of one place; `asked` (segments,): for which place each was tried last."""
    frame, first, members = segments[:3]
    column, row = math.floor((x - frame[0]) / frame[2]), math.floor((y - frame[1]) / frame[2])
    ring = max(0, -column, column - frame[3] + 1, -row, row - frame[4] + 1)  # outside, the first that meets the frame
    outmost = max(column, row, frame[3] - 1 - column, frame[4] - 1 - row)
    best = (np.inf, x, y, np.int64(NOWHERE))
    while ring <= outmost and (ring - 1) * frame[2] < min(best[0], reach_m):
        for here in range(max(row - ring, 0), min(row + ring, frame[4] - 1) + 1):
            step = 1 if abs(here - row) == ring else 2 * ring  # of the rows between, only both ends
            start = column - ring if column >= ring else (0 if step == 1 else column + ring)
            for there in range(start, min(column + ring, frame[3] - 1) + 1, step):
                place = here * frame[3] + there
                if _to_cell(x, y, place, frame) > min(best[0], reach_m):
                    continue
                for entry in range(first[place], first[place + 1]):
                    segment = np.int64(members[entry])
                    if asked[segment] != number:
                        asked[segment] = number
                        best = _nearer(x, y, segment, segments, walls, reach_m, best)
        ring += 1
    return best


@njit(cache=True, nogil=True)
def _to_cell(x, y, place, frame):
    """How far a cell is from a place."""
    west, south = frame[0] + place % frame[3] * frame[2], frame[1] + place // frame[3] * frame[2]
    aside, along = max(west - x, x - west - frame[2], 0.0), max(south - y, y - south - frame[2], 0.0)
    return math.hypot(aside, along)


@njit(cache=True, nogil=True)
def _nearer(x, y, segment, segments, walls, reach_m, best):
    """The best (metres, x, y, segment) after one segment more; where a wall hides its nearest point, by its pieces."""
    ax, ay, bx, by = segments[3][segment], segments[4][segment], segments[5][segment], segments[6][segment]
    at_x, at_y, metres = _foot(x, y, ax, ay, bx, by)
    if metres > reach_m or metres > best[0] or (metres == best[0] and segment > best[3]):
        return best
    if not _hidden(x, y, at_x, at_y, metres, walls):
        return metres, at_x, at_y, segment
    pieces = math.ceil(math.hypot(bx - ax, by - ay) / PIECE_M)
    for piece in range(pieces):
        here, there = piece / pieces, (piece + 1) / pieces
        cx, cy = ax + here * (bx - ax), ay + here * (by - ay)
        at_x, at_y, metres = _foot(x, y, cx, cy, ax + there * (bx - ax), ay + there * (by - ay))
        if metres <= reach_m and metres < best[0] and not _hidden(x, y, at_x, at_y, metres, walls):
            best = (metres, at_x, at_y, segment)
    return best


@njit(cache=True, nogil=True)
def _foot(x, y, ax, ay, bx, by):
    """The nearest point of a straight line to a place, and how far it is."""
    dx, dy = bx - ax, by - ay
    square = dx * dx + dy * dy
    share = 0.0 if square == 0.0 else ((x - ax) * dx + (y - ay) * dy) / square
    at_x, at_y = bx, by  # at an end, just there
    if share < 1.0:
        at_x, at_y = ax + max(share, 0.0) * dx, ay + max(share, 0.0) * dy
    return at_x, at_y, math.hypot(x - at_x, y - at_y)


@njit(cache=True, nogil=True)
def _hidden(x, y, to_x, to_y, metres, walls):
    """Whether the way to a point crosses a wall before its last half metre; looked up by parts, from the place on."""
    frame, first, members, ax, ay, bx, by = walls
    if len(ax) == 0 or metres <= TOUCH_M:
        return False
    kept = (metres - TOUCH_M) / metres
    dx, dy = kept * (to_x - x), kept * (to_y - y)
    parts = max(1, math.ceil(metres / frame[2]))
    for part in range(parts):
        px, py = x + dx * part / parts, y + dy * part / parts
        qx, qy = x + dx * (part + 1) / parts, y + dy * (part + 1) / parts
        left, right = (
            cell_of(min(px, qx), frame[0], frame[2], frame[3]),
            cell_of(max(px, qx), frame[0], frame[2], frame[3]),
        )
        for row in range(
            cell_of(min(py, qy), frame[1], frame[2], frame[4]), cell_of(max(py, qy), frame[1], frame[2], frame[4]) + 1
        ):
            for place in range(row * frame[3] + left, row * frame[3] + right + 1):
                for entry in range(first[place], first[place + 1]):
                    wall = members[entry]
                    if _cross(x, y, x + dx, y + dy, ax[wall], ay[wall], bx[wall], by[wall]):
                        return True
    return False


@njit(cache=True, nogil=True)
def _cross(px, py, qx, qy, ax, ay, bx, by):
    """Whether two straight lines share a point, ends included."""
    if max(px, qx) < min(ax, bx) or max(ax, bx) < min(px, qx) or max(py, qy) < min(ay, by) or max(ay, by) < min(py, qy):
        return False
    return not (_one_side(px, py, qx, qy, ax, ay, bx, by) or _one_side(ax, ay, bx, by, px, py, qx, qy))


@njit(cache=True, nogil=True)
def _one_side(px, py, qx, qy, ax, ay, bx, by):
    """Whether a and b lie strictly on one side of the line through p and q."""
    a = (qx - px) * (ay - py) - (qy - py) * (ax - px)
    b = (qx - px) * (by - py) - (qy - py) * (bx - px)
    return (a > 0.0 and b > 0.0) or (a < 0.0 and b < 0.0)

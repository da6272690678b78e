"""A short way past some places: exact for few, by insertion and local search for many.

The way is open: it begins at one of the places (or is reached from `start_m`) and ends at another.
"""

from collections.abc import Callable
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from gridmgmt.errors import InvalidInput
from gridmgmt.messages import Words

Floats = NDArray[np.float64]

EXACT_STOPS = 12  # 2^12 × 12 states: a quarter of a second
LONGEST_MOVED = 3  # places that Or-opt carries elsewhere together
SHORTER_M = 1e-9


def shortest_walk(between_m: Floats, start_m: Floats | None = None, exact_stops: int = EXACT_STOPS) -> list[int]:
    """Order of (n,) places in which a walk past all of them is short: the shortest there is, up to `exact_stops`.

    Parameters
    ----------
    between_m : (n, n) metres between places, symmetric, finite
    start_m : (n,) metres to each from where the walk begins; without it, it may begin at any

    More places: nearest insertion, then 2-opt and Or-opt until neither shortens the way.

    >>> line = np.array([0.0, 30.0, 10.0, 20.0])
    >>> shortest_walk(np.abs(line[:, None] - line), start_m=line)
    [0, 2, 3, 1]
    """
    between = np.asarray(between_m, dtype=float)
    if between.ndim != 2 or between.shape[0] != between.shape[1] or not np.isfinite(between).all():
        raise InvalidInput(detail=Words("reasons.walk_distances", shape=str(between.shape)))
    start = np.zeros(len(between)) if start_m is None else np.asarray(start_m, dtype=float)
    if len(between) <= 2:
        return [int(place) for place in np.argsort(start, kind="stable")]
    if len(between) <= exact_stops:
        return _exact(between, start)
    return _improved(between, start, _inserted(between, start))


def walk_length_m(between_m: Floats, order: list[int], start_m: Floats | None = None) -> float:
    """Length of a walk past places in an order.

    >>> walk_length_m(np.array([[0.0, 5.0], [5.0, 0.0]]), [1, 0])
    5.0
    """
    first = 0.0 if start_m is None or not order else float(start_m[order[0]])
    return first + float(sum(between_m[here, there] for here, there in pairwise(order)))


def _exact(between: Floats, start: Floats) -> list[int]:
    """Held and Karp (1962): the shortest way past every set of places, by the place it ends at."""
    count = len(between)
    best = np.full((1 << count, count), np.inf)
    before = np.full((1 << count, count), -1, dtype=np.int64)
    best[1 << np.arange(count), np.arange(count)] = start
    for past in range(1, 1 << count):
        ends = [place for place in range(count) if past >> place & 1]
        for there in range(count):
            if past >> there & 1:
                continue
            ways = best[past, ends] + between[ends, there]
            shortest = int(np.argmin(ways))
            whole = past | 1 << there
            if ways[shortest] < best[whole, there]:
                best[whole, there], before[whole, there] = ways[shortest], ends[shortest]
    past = (1 << count) - 1
    place = int(np.argmin(best[past]))
    order = []
    while place >= 0:
        order.append(place)
        past, place = past ^ 1 << place, int(before[past, place])
    return order[::-1]


def _inserted(between: Floats, start: Floats) -> list[int]:
    """Nearest insertion: the place nearest to the walk so far goes where it lengthens the walk least."""
    order = [int(np.argmin(start))]
    left = [place for place in range(len(between)) if place != order[0]]
    while left:
        nearest = min(left, key=lambda place: (between[place, order].min(), place))
        costs = [_inserting_m(between, start, order, nearest, at) for at in range(len(order) + 1)]
        order.insert(int(np.argmin(costs)), nearest)
        left.remove(nearest)
    return order


def _inserting_m(between: Floats, start: Floats, order: list[int], place: int, at: int) -> float:
    if at == 0:
        return float(start[place] + between[place, order[0]] - start[order[0]])
    if at == len(order):
        return float(between[order[-1], place])
    here, there = order[at - 1], order[at]
    return float(between[here, place] + between[place, there] - between[here, there])


def _improved(between: Floats, start: Floats, order: list[int]) -> list[int]:
    """The first move that shortens the walk, again and again."""
    length = walk_length_m(between, order, start)
    moves: tuple[Callable[[list[int]], list[list[int]]], ...] = (_reversals, _carryings)
    while True:
        candidates = [candidate for move in moves for candidate in move(order)]
        lengths = [walk_length_m(between, candidate, start) for candidate in candidates]
        best = int(np.argmin(lengths))
        if lengths[best] >= length - SHORTER_M:
            return order
        order, length = candidates[best], lengths[best]


def _reversals(order: list[int]) -> list[list[int]]:
    """2-opt: every stretch walked the other way round."""
    count = len(order)
    return [
        order[:first] + order[first:last][::-1] + order[last:]
        for first in range(count - 1)
        for last in range(first + 2, count + 1)
    ]


def _carryings(order: list[int]) -> list[list[int]]:
    """Or-opt: every short stretch carried elsewhere."""
    found = []
    for size in range(1, LONGEST_MOVED + 1):
        for first in range(len(order) - size + 1):
            moved, rest = order[first : first + size], order[:first] + order[first + size :]
            found += [rest[:at] + moved + rest[at:] for at in range(len(rest) + 1) if at != first]
    return found

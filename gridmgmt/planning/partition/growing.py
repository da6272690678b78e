"""A first division, grown: seeds far apart, then the lightest part takes the neighbour it fits best."""
# mypy: disable-error-code="no-untyped-def, no-untyped-call, untyped-decorator, assignment"

import numpy as np
from numba import njit

from gridmgmt.planning.partition.streams import below, new_stream


@njit(cache=True, nogil=True)
def grow(indptr, indices, borders, weights, locks, parts, seed):
    """Labels (n,) of `parts` connected parts of a connected graph: seeds far apart, the lightest part grows first.

    `locks` (n,) holds the part of units that are decided, else −1; the units of one lock hang together.
    """
    labels = _spread_seeds(indptr, indices, locks, parts, new_stream(seed))
    load = np.zeros(parts, np.float64)
    following = np.full(len(weights), -1, np.int64)  # the members of a part that may still have free neighbours
    first = np.full(parts, -1, np.int64)
    free = 0
    for unit in range(len(weights)):
        part = labels[unit]
        if part >= 0:
            load[part] += weights[unit]
            following[unit] = first[part]
            first[part] = unit
        else:
            free += 1
    for _ in range(free):
        unit = -1
        while unit < 0:
            part = np.argmin(load)
            unit = _best_neighbour(indptr, indices, borders, labels, part, first, following)
            if unit < 0:
                load[part] = np.inf
        labels[unit] = part
        load[part] += weights[unit]
        following[unit] = first[part]
        first[part] = unit
    return labels


@njit(cache=True, nogil=True)
def _spread_seeds(indptr, indices, locks, parts, stream):
    """Labels with one unit set per part not locked, as many hops as possible from the earlier ones."""
    count = len(locks)
    labels = locks.copy()
    queue = np.empty(count, np.int64)
    hops = np.full(count, count, np.int64)
    locked_units = np.flatnonzero(locks >= 0)
    locked = len(locked_units)
    queue[:locked] = locked_units
    taken = np.zeros(parts, np.bool_)
    taken[locks[locked_units]] = True
    start = below(stream, count)
    for part in range(-1, parts):
        if part >= 0 and taken[part]:
            continue
        head, tail = 0, 1
        if part < 0 and locked > 0:
            tail = locked
            hops[queue[:locked]] = 0
        else:
            if part >= 0:
                labels[start] = part
            queue[0] = start
            hops[start] = 0
        while head < tail:
            here = queue[head]
            head += 1
            for edge in range(indptr[here], indptr[here + 1]):
                if hops[indices[edge]] > hops[here] + 1:
                    hops[indices[edge]] = hops[here] + 1
                    queue[tail] = indices[edge]
                    tail += 1
        start = np.argmax(hops)
        if part < 0 and locked == 0:
            hops[:] = count
    return labels


@njit(cache=True, nogil=True)
def _best_neighbour(indptr, indices, borders, labels, part, first, following):
    """The free neighbour of `part` with most of its border along it (−1: none). Forgets members that are hemmed in."""
    best, best_share = -1, -1.0
    before, here = -1, first[part]
    while here >= 0:
        free = False
        for edge in range(indptr[here], indptr[here + 1]):
            unit = indices[edge]
            if labels[unit] >= 0:
                continue
            free = True
            along, whole = 0.0, 1e-9
            for other in range(indptr[unit], indptr[unit + 1]):
                whole += borders[other] + 1e-9
                if labels[indices[other]] == part:
                    along += borders[other] + 1e-9
            if along / whole > best_share:
                best, best_share = unit, along / whole
        if free:
            before = here
        elif before >= 0:
            following[before] = following[here]
        else:
            first[part] = following[here]
        here = following[here]
    return best

"""A first division, grown: seeds far apart, then the lightest part takes the neighbour it fits best.

The compiled loops are handed all the room they need: numpy's ways to make arrays take longer to compile than the loops.
"""
# mypy: disable-error-code="no-untyped-def, no-untyped-call, untyped-decorator, assignment"

import numpy as np

from gridmgmt.planning.partition.compiled import compiled, compiled_inside
from gridmgmt.planning.partition.problem import FloatArray, IntArray
from gridmgmt.planning.partition.streams import below, new_stream


def grow(
    indptr: IntArray,
    indices: IntArray,
    borders: FloatArray,
    weights: FloatArray,
    locks: IntArray,
    parts: int,
    seed: int,
) -> IntArray:
    """Labels (n,) of `parts` connected parts of a connected graph: seeds far apart, the lightest part grows first.

    `locks` (n,) holds the part of units that are decided, else −1; the units of one lock hang together.
    """
    count, labels = len(weights), locks.copy()
    with np.errstate(over="ignore"):  # the stream wraps around, as it does compiled
        begin = below(new_stream(seed), count)
    taken, room = np.zeros(parts, dtype=bool), np.empty((2, count), dtype=np.int64)
    _spread_seeds(indptr, indices, labels, taken, begin, *room)
    load = np.bincount(labels + 1, weights=weights, minlength=parts + 1)[1:]
    room[:] = -1
    _take_rest(indptr, indices, borders, weights, labels, load, np.full(parts, -1), room[0])
    return labels


@compiled
def _spread_seeds(indptr, indices, labels, taken, begin, hops, queue):
    """Label one unit for every part that has none (`taken`): each as many hops as possible from those before it.

    Without any, the first is the farthest from `begin`.
    """
    count, tail = len(labels), 0
    for unit in range(count):
        hops[unit] = count
        if labels[unit] >= 0:
            hops[unit], queue[tail], taken[labels[unit]] = 0, unit, True
            tail += 1
    if tail == 0:
        hops[begin], queue[0] = 0, begin
        farthest = _flood(indptr, indices, hops, queue, 1)
        for unit in range(count):
            hops[unit] = count
    else:
        farthest = _flood(indptr, indices, hops, queue, tail)
    for part in range(len(taken)):
        if not taken[part]:
            labels[farthest], hops[farthest], queue[0] = part, 0, farthest
            farthest = _flood(indptr, indices, hops, queue, 1)


@compiled_inside
def _flood(indptr, indices, hops, queue, tail):
    """Lower the `hops` (n,) of all units by the first `tail` of the queue; the unit with most."""
    head = 0
    while head < tail:
        here = queue[head]
        head += 1
        for edge in range(indptr[here], indptr[here + 1]):
            if hops[indices[edge]] > hops[here] + 1:
                hops[indices[edge]] = hops[here] + 1
                queue[tail] = indices[edge]
                tail += 1
    farthest = 0
    for unit in range(len(hops)):
        if hops[unit] > hops[farthest]:
            farthest = unit
    return farthest


@compiled
def _take_rest(indptr, indices, borders, weights, labels, load, first, following):
    """Give every free unit a part. `first`, `following` chain the members of a part that may have free neighbours."""
    free = 0
    for unit in range(len(weights)):
        part = labels[unit]
        if part >= 0:
            following[unit] = first[part]
            first[part] = unit
        else:
            free += 1
    while free > 0:
        part = np.int64(0)  # typed, or _best_neighbour is compiled for the literal 0 too
        for other in range(len(load)):
            if load[other] < load[part]:
                part = other
        unit = _best_neighbour(indptr, indices, borders, labels, part, first, following)
        if unit < 0:
            load[part] = np.inf
            continue
        labels[unit] = part
        load[part] += weights[unit]
        following[unit] = first[part]
        first[part] = unit
        free -= 1


@compiled_inside
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

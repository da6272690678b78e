"""Compiled afterthoughts of `resize`: what was moved for nothing goes home, parts without households join a neighbour.

Compiled once per machine (numba cache).
"""
# mypy: disable-error-code="no-untyped-def, no-untyped-call, untyped-decorator, assignment"

import numpy as np
from numba import njit

from gridmgmt.planning.resizing.kernel import whole


@njit(cache=True, nogil=True)
def restore(graph, units, labels, fixed, low, high):
    """Send home, in place, what was moved for nothing: where both parts stay whole and no farther from the range.

    A unit without households always may go; any other where its part keeps `low` and its home stays within `high`.
    """
    indptr, indices, _ = graph
    weights, home = units
    count = len(labels)
    load = np.zeros(max(labels.max(), home.max()) + 1)
    for unit in range(count):
        load[labels[unit]] += weights[unit]
    room = (np.empty(count + 1, np.int64), np.zeros(count, np.int64), np.empty(count, np.int64))
    mark, waiting = 1, True
    while waiting:
        waiting = False
        for unit in range(count):
            source, goal, weight = labels[unit], home[unit], weights[unit]
            if source == goal or fixed[unit]:
                continue
            if weight > 0 and (load[goal] + weight > high or load[source] - weight < low):
                continue
            beside, kin = False, False
            for edge in range(indptr[unit], indptr[unit + 1]):
                beside = beside or labels[indices[edge]] == goal
                kin = kin or labels[indices[edge]] == source
            if not beside:
                continue
            labels[unit] = goal
            mark += 4
            if (kin or weight == 0) and whole(graph, labels, unit, source, -1, goal, room, mark):
                load[source] -= weight
                load[goal] += weight
                waiting = True
            else:
                labels[unit] = source


@njit(cache=True, nogil=True)
def absorb(graph, weights, labels, fixed):
    """Parts without households and without a unit that is `fixed` join the neighbour they share most border with."""
    indptr, indices, borders = graph
    parts = labels.max() + 1
    load, held = np.zeros(parts), np.zeros(parts, np.bool_)
    for unit in range(len(labels)):
        load[labels[unit]] += weights[unit]
        held[labels[unit]] |= fixed[unit]
    for part in range(parts):
        if load[part] > 0 or held[part]:
            continue
        along = np.zeros(parts)
        for unit in range(len(labels)):
            if labels[unit] == part:
                for edge in range(indptr[unit], indptr[unit + 1]):
                    along[labels[indices[edge]]] += borders[edge] + 1e-9
        along[part] = 0.0
        if along.max() > 0:
            goal = along.argmax()
            for unit in range(len(labels)):
                if labels[unit] == part:
                    labels[unit] = goal

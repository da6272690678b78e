"""The compiled loop of `resize`: annealing in which communities of today close, and new ones open, by themselves.

A part is a label: label l < `spare` continues today's community l, the others are new. The energy is

    households away from home + λ · Σ lack(load) + ε · border length,

where `lack` is what a part of that load misses to be in range. Where parts may close, a part below the range lacks the
lesser of what it needs and what it has (a hat with its top at low / 2): a small community is free to grow or to
dissolve, whichever moves fewer. Every part stays connected at every step. Compiled once per machine (numba cache).
"""
# mypy: disable-error-code="no-untyped-def, no-untyped-call, untyped-decorator, assignment"
# ruff: noqa: C901 - a function call per proposal and a closure are what numba does worst

import numpy as np
from numba import njit

from gridmgmt.planning.partition.kernels import _ends, _joined
from gridmgmt.planning.partition.streams import below, uniform


@njit(cache=True, nogil=True)
def lack(load, low, high, closing):
    """Households that a part misses, or has in excess, to be in range (or closed)."""
    if load > high:
        return load - high
    if load >= low or load == 0:
        return 0.0
    return min(load, low - load) if closing else low - load


@njit(cache=True, nogil=True)
def _rim(graph, labels, unit, to):
    """By how much the border between parts grows, m, where `unit` moves to part `to`."""
    indptr, indices, borders = graph
    growth = 0.0
    for edge in range(indptr[unit], indptr[unit + 1]):
        if labels[indices[edge]] == labels[unit]:
            growth += borders[edge]
        elif labels[indices[edge]] == to:
            growth -= borders[edge]
    return growth


@njit(cache=True, nogil=True)
def _goal(graph, labels, home, members, spare, opening, stream, unit):
    """The part a unit may move to: a neighbour's, now and then its own closed community or a new one; −1: none."""
    indptr, indices, _ = graph
    degree = indptr[unit + 1] - indptr[unit]
    if degree == 0:
        return -1
    if uniform(stream) < opening:
        to = home[unit] if uniform(stream) < 0.5 else spare + below(stream, len(members) - spare)
        return to if members[to] == 0 else -1
    to = labels[indices[indptr[unit] + below(stream, degree)]]
    return to if to != labels[unit] else -1


@njit(cache=True, nogil=True)
def _partner(graph, labels, fixed, unit, to, stream):
    """A unit of part `to` near `unit` that may come back in exchange; −1: none."""
    indptr, indices, _ = graph
    near = indices[indptr[unit] + below(stream, indptr[unit + 1] - indptr[unit])]
    back = indices[indptr[near] + below(stream, indptr[near + 1] - indptr[near])]
    return back if labels[back] == to and not fixed[back] else -1


@njit(cache=True, nogil=True)
def _put(labels, unit, part, back, back_part):
    labels[unit] = part
    if back >= 0:
        labels[back] = back_part


@njit(cache=True, nogil=True)
def _whole(graph, labels, unit, source, back, to, room, mark):
    """Whether both parts hang together after `unit` left `source` (and `back` left `to`)."""
    indptr, indices, _ = graph
    ends, seen, queue = room
    found = _ends(indptr, indices, labels, unit, source, ends, back)
    if not _joined(indptr, indices, labels, source, ends, found, seen, mark, queue):
        return False
    if back < 0:
        return True
    found = _ends(indptr, indices, labels, back, to, ends, unit)
    return _joined(indptr, indices, labels, to, ends, found, seen, mark + 2, queue)


@njit(cache=True, nogil=True)
def measure(graph, units, labels, parts, limits, closing):
    """Load and members of the parts; households away from home, missing or in excess; border in m."""
    indptr, indices, borders = graph
    weights, home = units
    load, members = np.zeros(parts), np.zeros(parts, np.int64)
    moved, lacking, border = 0.0, 0.0, 0.0
    for unit in range(len(labels)):
        load[labels[unit]] += weights[unit]
        members[labels[unit]] += 1
        moved += weights[unit] * (labels[unit] != home[unit])
        for edge in range(indptr[unit], indptr[unit + 1]):
            border += borders[edge] * (labels[indices[edge]] != labels[unit]) / 2
    for part in range(parts):
        lacking += lack(load[part], limits[0], limits[1], closing)
    return load, members, moved, lacking, border


@njit(cache=True, nogil=True)
def reshape_on(
    graph, units, labels, best, best_energy, fixed, limits, heats, penalties, worst, shares, edge_price, closing, stream
):
    """Go on from `labels`, in place, over some heats: a proposal per unit in each. Returns the least energy met.

    The labels of that energy, at the penalty `worst`, are kept in `best`.
    graph : indptr, indices, borders (m);  units : weights, home (the label that continues its community)
    labels : (n,) every part connected;  fixed : (n,) units that stay
    limits : low, high, number of labels, first label that is new;  heats, penalties : T (households), λ of each pass
    shares : of proposals that open a part, that exchange two units;  edge_price : ε, households per m
    """
    weights, home = units
    low, high, parts, spare = limits
    opening, swaps = shares
    count = len(labels)
    load, members, moved, lacking, border = measure(graph, units, labels, parts, limits, closing)
    room = (np.empty(count + 1, np.int64), np.zeros(count, np.int64), np.empty(count, np.int64))
    mark = 1
    for passing in range(len(heats)):
        heat, penalty = heats[passing], penalties[passing]
        for _ in range(count):
            unit = below(stream, count)
            if fixed[unit]:
                continue
            to = _goal(graph, labels, home, members, spare, opening, stream, unit)
            source = labels[unit]
            if to < 0 or (members[source] == 1 and (members[to] == 0 or not closing)):
                continue
            weight, back = weights[unit], -1
            change = weight * (1.0 * (home[unit] == source) - 1.0 * (home[unit] == to))
            rim = _rim(graph, labels, unit, to)
            if members[to] > 0 and uniform(stream) < swaps:
                back = _partner(graph, labels, fixed, unit, to, stream)
                if back < 0:
                    continue
                change += weights[back] * (1.0 * (home[back] == to) - 1.0 * (home[back] == source))
                weight -= weights[back]
                labels[unit] = to
                rim += _rim(graph, labels, back, source)
                labels[unit] = source
            lacks = lack(load[source] - weight, low, high, closing) - lack(load[source], low, high, closing)
            lacks += lack(load[to] + weight, low, high, closing) - lack(load[to], low, high, closing)
            rise = change + penalty * lacks + edge_price * rim
            if rise > 0 and uniform(stream) >= np.exp(-rise / heat):
                continue
            _put(labels, unit, to, back, source)
            mark += 4
            if not _whole(graph, labels, unit, source, back, to, room, mark):
                _put(labels, unit, source, back, to)
                continue
            load[source] -= weight
            load[to] += weight
            if back < 0:
                members[source] -= 1
                members[to] += 1
            moved += change
            lacking += lacks
            border += rim
        energy = moved + worst * lacking + edge_price * border
        if energy < best_energy - 1e-9:
            best_energy = energy
            for unit in range(count):  # a slice takes three seconds to compile
                best[unit] = labels[unit]
    return best_energy


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
            if (kin or weight == 0) and _whole(graph, labels, unit, source, -1, goal, room, mark):
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

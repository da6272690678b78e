"""The compiled loop of `resize`: annealing in which communities of today close, and new ones open, by themselves.

A part is a label: label l < `spare` continues today's community l, the others are new. The energy is

    households away from home + λ · Σ lack(load) + ε · border length,

where `lack` is what a part of that load misses to be in range. Where parts may close, a part below the range lacks the
lesser of what it needs and what it has (a hat with its top at low / 2): a small community is free to grow or to
dissolve, whichever moves fewer. Now and then a part that holds units of another community takes that one's name: it
may have swallowed a community larger than its own. Every part stays connected at every step. Compiled once per machine
(numba cache).
"""
# mypy: disable-error-code="no-untyped-def, no-untyped-call, untyped-decorator, assignment"
# ruff: noqa: C901 - a function call per proposal and a closure are what numba does worst

import numpy as np
from numba import njit

from gridmgmt.planning.partition.connectivity import ends_in, hang_together
from gridmgmt.planning.partition.streams import below, two_below, uniform


@njit(cache=True, nogil=True)
def lack(load, low, high, closing):
    """Households that a part misses, or has in excess, to be in range (or closed)."""
    under = min(load, low - load) if closing else (low - load) * (load > 0)
    return max(0.0, under, load - high)


@njit(cache=True, nogil=True)
def _rim(graph, labels, unit, to):
    """By how much the border between parts grows, m, where `unit` moves to part `to`."""
    indptr, indices, borders = graph
    source, growth = labels[unit], 0.0
    for edge in range(indptr[unit], indptr[unit + 1]):
        part = labels[indices[edge]]
        growth += borders[edge] * ((part == source) * 1.0 - (part == to) * 1.0)
    return growth


@njit(cache=True, nogil=True)
def _opened(home, members, spare, stream, unit):
    """A part without units that a unit may open: its own closed community or a new one; −1: none."""
    to = home[unit] if uniform(stream) < 0.5 else spare + below(stream, len(members) - spare)
    return to if to >= 0 and members[to] == 0 else -1


@njit(cache=True, nogil=True)
def _beside(graph, labels, unit, second):
    """The part of a neighbour; −1: the unit's own. `second` : a whole number in [0, 2³²) that draws the neighbour."""
    indptr, indices, _ = graph
    degree = indptr[unit + 1] - indptr[unit]
    if degree == 0:
        return -1
    to = labels[indices[indptr[unit] + (second * degree >> 32)]]
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
def whole(graph, labels, unit, source, back, to, room, mark):
    """Whether both parts hang together after `unit` left `source` (and `back` left `to`)."""
    indptr, indices, _ = graph
    ends, seen, queue = room
    found = ends_in(indptr, indices, labels, unit, source, ends, back)
    if not hang_together(indptr, indices, labels, source, ends, found, seen, mark, queue):
        return False
    if back < 0:
        return True
    found = ends_in(indptr, indices, labels, back, to, ends, unit)
    return hang_together(indptr, indices, labels, to, ends, found, seen, mark + 2, queue)


@njit(cache=True, nogil=True)
def _held(units, today, labels, community, part):
    """Households of a community of today in a part; a new label stands for no community."""
    starts, rows = today
    households = 0.0
    if community < len(starts) - 1:
        for place in range(starts[community], starts[community + 1]):
            if labels[rows[place]] == part:
                households += units[0][rows[place]]
    return households


@njit(cache=True, nogil=True)
def _renaming(units, today, labels, source, goal):
    """Households more that move where the parts `source` and `goal` (maybe empty) exchange their names."""
    kept = _held(units, today, labels, source, source) + _held(units, today, labels, goal, goal)
    return kept - _held(units, today, labels, goal, source) - _held(units, today, labels, source, goal)


@njit(cache=True, nogil=True)
def _rename(labels, members, load, source, goal):
    """Exchange the names of two parts, in place."""
    for unit in range(len(labels)):
        if labels[unit] == source:
            labels[unit] = goal
        elif labels[unit] == goal:
            labels[unit] = source
    members[source], members[goal] = members[goal], members[source]
    load[source], load[goal] = load[goal], load[source]


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
    graph, units, today, labels, best, best_energy, fixed, limits, heats, penalties, worst, shares, edge_price, closing,
    stream,
):  # fmt: skip
    """Go on from `labels`, in place, over some heats: a proposal per unit in each. Returns the least energy met.

    The labels of that energy, at the penalty `worst`, are kept in `best`.
    graph : indptr, indices, borders (m);  units : weights, home (the label that continues its community; −1: none may)
    today : where the units of each community start in `rows`, one more than communities; `rows` (n,)
    labels : (n,) every part connected;  fixed : (n,) units that stay
    limits : low, high, number of labels, first label that is new;  heats, penalties : T (households), λ of each pass
    shares : of proposals that open a part, exchange two units, exchange names;  edge_price : ε, households per m
    """
    weights, home = units
    indptr, _, borders = graph
    low, high, parts, spare = limits
    opening, swaps, renames = shares
    count = len(labels)
    bound = np.zeros(parts, np.bool_)  # names that units which stay keep where they are
    for unit in range(count):
        bound[labels[unit]] |= fixed[unit]
    load, members, moved, lacking, border = measure(graph, units, labels, parts, limits, closing)
    room = (np.empty(count + 1, np.int64), np.zeros(count, np.int64), np.empty(count, np.int64))
    mark, around = 1, np.zeros(count)
    for unit in range(count):
        around[unit] = borders[indptr[unit] : indptr[unit + 1]].sum()
    for passing in range(len(heats)):
        heat, penalty = heats[passing], penalties[passing]
        for _ in range(count):
            unit, second = two_below(stream, count)
            if fixed[unit]:
                continue
            source = labels[unit]
            kind = uniform(stream)
            if kind < renames:
                to = home[unit]
                if to < 0 or to == source or bound[to] or bound[source]:
                    continue
                change = _renaming(units, today, labels, source, to)
                if change <= 0 or uniform(stream) < np.exp(-change / heat):
                    _rename(labels, members, load, source, to)
                    moved += change
                continue
            if kind < renames + opening:
                to = _opened(home, members, spare, stream, unit)
            else:
                to = _beside(graph, labels, unit, second)
            if to < 0 or (members[source] == 1 and (members[to] == 0 or not closing)):
                continue
            weight, back = weights[unit], -1
            change = weight * (1.0 * (home[unit] == source) - 1.0 * (home[unit] == to))
            shorter = around[unit]  # m of border that are saved, at most
            if swaps > 0 and members[to] > 0 and uniform(stream) < swaps:
                back = _partner(graph, labels, fixed, unit, to, stream)
                if back < 0:
                    continue
                change += weights[back] * (1.0 * (home[back] == to) - 1.0 * (home[back] == source))
                weight -= weights[back]
                shorter += around[back]
            lacks = lack(load[source] - weight, low, high, closing) - lack(load[source], low, high, closing)
            lacks += lack(load[to] + weight, low, high, closing) - lack(load[to], low, high, closing)
            most = -heat * np.log(uniform(stream))  # that the energy may rise
            rise = change + penalty * lacks
            if rise - edge_price * shorter > most:
                continue
            rim = _rim(graph, labels, unit, to)
            if back >= 0:
                labels[unit] = to
                rim += _rim(graph, labels, back, source)
                labels[unit] = source
            if rise + edge_price * rim > most:
                continue
            _put(labels, unit, to, back, source)
            mark += 4
            if not whole(graph, labels, unit, source, back, to, room, mark):
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

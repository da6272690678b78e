"""The compiled loop of the search with few parts: single units cross the cut, in and out of the range.

A proposal picks a cut arc (u, v) and moves u to the part of v, where the part that u leaves still hangs together. The
walk is simulated annealing (Kirkpatrick, Gelatt & Vecchi 1983) on

    cut price · cut + deviation price · Σ |load − target| / target + balance price · Σ outside / target

with a balance price at which a unit of usual weight costs about an edge: the walk crosses plans out of range all the
time, which tight ranges need, and the best plan is kept by another measure: least weight outside, then the first
objective, then the second. The state can be continued in slices, between two looks at the clock.
"""
# mypy: disable-error-code="no-untyped-def, no-untyped-call, untyped-decorator, assignment"

import numpy as np

from gridmgmt.planning.partition.compiled import compiled, compiled_inside
from gridmgmt.planning.partition.problem import FloatArray, IntArray
from gridmgmt.planning.partition.streams import below, uniform


def reverse_arcs(indptr: IntArray, indices: IntArray) -> IntArray:
    """(arcs,) the number of each arc's opposite."""
    tail = np.repeat(np.arange(len(indptr) - 1), np.diff(indptr))
    back = np.empty(len(indices), np.int64)
    back[np.lexsort((indices, tail))] = np.lexsort((tail, indices))
    return back


@compiled_inside
def _toggle(arc, cut_arcs, places, count):
    """Put an arc on the list of cut arcs, or take it off; returns how many there are."""
    if places[arc] < 0:
        cut_arcs[count] = arc
        places[arc] = count
        return count + 1
    last = cut_arcs[count - 1]
    cut_arcs[places[arc]] = last
    places[last] = places[arc]
    places[arc] = -1
    return count - 1


@compiled_inside
def _stays_whole(indptr, indices, labels, unit, seen, mark, queue):
    """Whether the part of `unit` hangs together without it: a search from one neighbour that must find the others."""
    part = labels[unit]
    missing = 0
    for arc in range(indptr[unit], indptr[unit + 1]):
        there = indices[arc]
        if labels[there] == part:
            seen[there] = mark
            missing += 1
            queue[0] = there
    if missing == 0:
        return False  # the last unit of its part stays
    seen[queue[0]] = mark + 1
    missing -= 1
    head, tail = 0, 1
    while missing > 0 and head < tail:
        here = queue[head]
        head += 1
        for arc in range(indptr[here], indptr[here + 1]):
            there = indices[arc]
            if labels[there] != part or there == unit or seen[there] == mark + 1:
                continue
            if seen[there] == mark:
                missing -= 1
            seen[there] = mark + 1
            queue[tail] = there
            tail += 1
    return missing == 0


def start_walk(
    indptr: IntArray, indices: IntArray, weights: FloatArray, labels: IntArray, parts: int
) -> tuple[IntArray, FloatArray, IntArray, IntArray, IntArray, IntArray]:
    """What a walk carries along: labels, loads, cut arcs, their places, [how many, mark], room to search in."""
    load: FloatArray = np.bincount(labels, weights=weights, minlength=parts).astype(np.float64)
    crossing = np.flatnonzero(np.repeat(labels, np.diff(indptr)) != labels[indices])
    cut_arcs, places = np.empty(len(indices), np.int64), np.full(len(indices), -1)
    cut_arcs[: len(crossing)], places[crossing] = crossing, np.arange(len(crossing))
    return labels, load, cut_arcs, places, np.array([len(crossing), 1]), np.zeros((2, len(labels)), np.int64)


@compiled_inside
def _outside(load, low, high):
    return max(low - load, load - high, 0.0)


@compiled_inside
def _keep(best, labels, outside, cut, load, target, deviation_first):
    """Copy the labels where they are better than the best: outside, then the objectives in order."""
    best_labels, rank = best
    off = 0.0
    for part in range(len(load)):
        off = max(off, abs(load[part] - target))
    first, second = (off, cut) if deviation_first else (cut, off)
    if outside < rank[0] - 0.5 or first < rank[1] - 1e-9 or (first <= rank[1] + 1e-9 and second < rank[2] - 1e-9):
        rank[0], rank[1], rank[2] = outside, first, second
        for unit in range(len(labels)):
            best_labels[unit] = labels[unit]


@compiled_inside
def _gain(indptr, indices, costs, labels, unit, to):
    """By how much the cut grows when `unit` moves to part `to`."""
    gain = 0.0
    for arc in range(indptr[unit], indptr[unit + 1]):
        part = labels[indices[arc]]
        if part == labels[unit]:
            gain += costs[arc]
        elif part == to:
            gain -= costs[arc]
    return gain


@compiled_inside
def _cut(indptr, indices, costs, labels):
    cut = 0.0
    for unit in range(len(labels)):
        for arc in range(indptr[unit], indptr[unit + 1]):
            if labels[indices[arc]] != labels[unit]:
                cut += costs[arc] / 2
    return cut


@compiled
def walk(graph, weights, fixed, limits, prices, deviation_first, state, best, heats, proposals, stream):
    """Walk on through `heats`, `proposals` at each; `state`, `best` and `stream` change in place.

    graph : indptr, indices, reverse arcs, cut costs;  limits : low, high, target;  prices : cut, deviation, balance
    best : labels, [weight outside, first objective, second objective]
    """
    indptr, indices, back, costs = graph
    low, high, target = limits
    labels, load, cut_arcs, places, counters, room = state
    count, mark = counters
    seen, queue = room[0], room[1]
    cut, outside = _cut(indptr, indices, costs, labels), 0.0
    for part in range(len(load)):
        outside += _outside(load[part], low, high)
    for heat in heats:
        for _ in range(proposals if count else 0):
            arc = cut_arcs[below(stream, count)]
            unit, to = indices[back[arc]], labels[indices[arc]]
            if fixed[unit]:
                continue
            source, weight = labels[unit], weights[unit]
            before, beyond = load[source], load[to]
            gain = _gain(indptr, indices, costs, labels, unit, to)
            more = _outside(before - weight, low, high) + _outside(beyond + weight, low, high)
            more -= _outside(before, low, high) + _outside(beyond, low, high)
            off = abs(before - weight - target) + abs(beyond + weight - target)
            off -= abs(before - target) + abs(beyond - target)
            change = prices[0] * gain + (prices[1] * off + prices[2] * more) / target
            if change > 0 and uniform(stream) >= np.exp(-change / heat):
                continue
            whole = _stays_whole(indptr, indices, labels, unit, seen, mark, queue)
            mark += 2
            if not whole:
                continue
            labels[unit] = to
            load[source], load[to] = before - weight, beyond + weight
            cut += gain
            outside += more
            for other in range(indptr[unit], indptr[unit + 1]):
                if (labels[indices[other]] != to) != (places[other] >= 0):
                    count = _toggle(other, cut_arcs, places, count)
                    count = _toggle(back[other], cut_arcs, places, count)
            if outside <= best[1][0] + 0.5:
                _keep(best, labels, outside, cut, load, target, deviation_first)
    counters[0], counters[1] = count, mark

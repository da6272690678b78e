"""The compiled loops of the search: grow a first division, then anneal it.

Both keep every part connected at every step. `anneal` moves one unit over a border or swaps two units across it, and
checks connectivity in the part that loses a unit by a search that stops as soon as the unit's neighbours are found
again. Compiled once per machine (numba cache); imported only when a plan is computed.
"""
# mypy: disable-error-code="no-untyped-def, no-untyped-call, untyped-decorator, assignment"
# ruff: noqa: C901 - a function call per proposal and a closure are what numba does worst

import numpy as np
from numba import njit

USUAL_ROUNDNESS = 0.67


@njit(cache=True, nogil=True)
def _stream(seed):
    """A random stream of its own (SplitMix64, Steele et al. 2014): no hidden state, the same on every machine."""
    return np.array([seed], np.uint64)


@njit(cache=True, nogil=True)
def _uniform(stream):
    """The next number in [0, 1)."""
    stream[0] += np.uint64(0x9E3779B97F4A7C15)
    bits = stream[0]
    bits = (bits ^ (bits >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    bits = (bits ^ (bits >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.float64((bits ^ (bits >> np.uint64(31))) >> np.uint64(11)) * (1.0 / 9007199254740992.0)


@njit(cache=True, nogil=True)
def _below(stream, count):
    """The next whole number in [0, count)."""
    return np.int64(_uniform(stream) * count)


@njit(cache=True, nogil=True)
def grow(indptr, indices, borders, weights, locks, parts, seed):
    """Labels (n,) of `parts` connected parts of a connected graph: seeds far apart, the lightest part grows first.

    `locks` (n,) holds the part of units that are decided, else −1; the units of one lock hang together.
    """
    labels = _spread_seeds(indptr, indices, locks, parts, _stream(seed))
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
    start = _below(stream, count)
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


@njit(cache=True, nogil=True)
def _price(members, weight, area, perimeter, low, high, target, prices, flexible):
    """Price of one part; `prices` in the order of problem.Goals. An empty part is free.

    A usual roundness is worth nothing, or else few large parts would be cheaper than many.
    """
    if members == 0:
        return 0.0
    outside = max(low - weight, weight - high, 0.0)
    off = (weight - target) / target
    price = prices[1] * off * off
    if outside > 0:
        # With a free number of parts what counts is how many live outside; else how far a part is from its range.
        price += prices[0] * (0.3 + weight / target if flexible else 0.3 + 5.0 * outside / target)
    if prices[2] > 0 and perimeter > 0:
        price += prices[2] * (USUAL_ROUNDNESS - 4 * np.pi * area / (perimeter * perimeter))
    return price


@njit(cache=True, nogil=True)
def _joined(indptr, indices, labels, part, ends, found_ends, seen, mark, queue):
    """Whether the first `found_ends` units of `ends`, all in `part`, hang together inside it."""
    if found_ends <= 1:
        return True
    for end in range(found_ends):
        seen[ends[end]] = mark
    seen[ends[0]] = mark + 1
    queue[0] = ends[0]
    head, tail, missing = 0, 1, found_ends - 1
    while head < tail:
        here = queue[head]
        head += 1
        for edge in range(indptr[here], indptr[here + 1]):
            there = indices[edge]
            if labels[there] != part or seen[there] == mark + 1:
                continue
            if seen[there] == mark:
                missing -= 1
                if missing == 0:
                    return True
            seen[there] = mark + 1
            queue[tail] = there
            tail += 1
    return False


@njit(cache=True, nogil=True)
def _shift(unit, to, graph, units, labels, state, prices):
    """Move `unit` to part `to`; returns by how much the prices of cuts and of moved weight grow."""
    indptr, indices, cuts, borders = graph
    weights, areas, perimeters, home = units
    load, area, rim, members = state
    source = labels[unit]
    along_source, along_to, cut = 0.0, 0.0, 0.0
    for edge in range(indptr[unit], indptr[unit + 1]):
        label = labels[indices[edge]]
        if label == source:
            along_source += borders[edge]
            cut += cuts[edge]
        elif label == to:
            along_to += borders[edge]
            cut -= cuts[edge]
    load[source] -= weights[unit]
    load[to] += weights[unit]
    area[source] -= areas[unit]
    area[to] += areas[unit]
    rim[source] += 2 * along_source - perimeters[unit]
    rim[to] += perimeters[unit] - 2 * along_to
    members[source] -= 1
    members[to] += 1
    labels[unit] = to
    moved = (home[unit] == source) - (home[unit] == to)
    return prices[3] * cut + prices[4] * moved * weights[unit]


@njit(cache=True, nogil=True)
def _ends(indptr, indices, labels, unit, part, ends, extra):
    """Neighbours of `unit` in `part`, and `extra` (−1: none): written to `ends`; returns how many."""
    found = 0
    for edge in range(indptr[unit], indptr[unit + 1]):
        if labels[indices[edge]] == part and indices[edge] != extra:
            ends[found] = indices[edge]
            found += 1
    if extra >= 0:
        ends[found] = extra
        found += 1
    return found


@njit(cache=True, nogil=True)
def _measure(graph, units, labels, state, prices):
    """Fill `state` from the labels; returns the prices of cuts and of moved weight."""
    indptr, indices, cuts, borders = graph
    weights, areas, perimeters, home = units
    load, area, rim, members = state
    value = 0.0
    for unit in range(len(weights)):
        part = labels[unit]
        load[part] += weights[unit]
        area[part] += areas[unit]
        rim[part] += perimeters[unit]
        members[part] += 1
        if home[unit] >= 0 and home[unit] != part:
            value += prices[4] * weights[unit]
        for edge in range(indptr[unit], indptr[unit + 1]):
            if labels[indices[edge]] == part:
                rim[part] -= borders[edge]
            else:
                value += prices[3] * cuts[edge] / 2
    return value


@njit(cache=True, nogil=True)
def _propose(graph, labels, fixed, members, swaps, flexible, stream):
    """A unit at a border, the part beyond, the unit that comes back in exchange (−1: none). Unit −1: no proposal."""
    indptr, indices = graph[0], graph[1]
    unit = _below(stream, len(labels))
    degree = indptr[unit + 1] - indptr[unit]
    if degree == 0 or fixed[unit]:
        return -1, -1, -1
    there = indices[indptr[unit] + _below(stream, degree)]
    source, to = labels[unit], labels[there]
    if source == to:
        spare = _below(stream, len(members)) if flexible else to
        return (unit, spare, -1) if members[spare] == 0 else (-1, -1, -1)
    if _uniform(stream) >= swaps:
        return (unit, to, -1) if flexible or members[source] > 1 else (-1, -1, -1)
    back = there
    if _uniform(stream) < 0.7:
        back = indices[indptr[there] + _below(stream, indptr[there + 1] - indptr[there])]
    return (unit, to, back) if labels[back] == to and not fixed[back] else (-1, -1, -1)


@njit(cache=True, nogil=True)
def anneal(graph, units, start, parts, fixed, limits, prices, heats, swaps, flexible, seed):
    """Best labels found and their price. One pass over `heats`, as many proposals each as there are units.

    graph : indptr, indices, cut costs, borders;  units : weights, areas, perimeters, home label (−1: none)
    `fixed` (n,) units keep their label; `limits` low, high, target; `swaps` the share of proposals that exchange two.
    `flexible`: parts may close and open, up to `parts`.
    """
    stream = _stream(seed)
    indptr, indices = graph[0], graph[1]
    low, high, target = limits
    count = len(start)
    labels, best = start.copy(), start.copy()
    load, area, rim = np.zeros(parts), np.zeros(parts), np.zeros(parts)
    members = np.zeros(parts, np.int64)
    state = (load, area, rim, members)
    value = _measure(graph, units, labels, state, prices)
    price = np.empty(parts)
    for part in range(parts):
        price[part] = _price(members[part], load[part], area[part], rim[part], low, high, target, prices, flexible)
        value += price[part]
    best_value = value
    seen = np.zeros(count, np.int64)
    queue, ends = np.empty(count, np.int64), np.empty(count + 1, np.int64)
    mark = 1
    for heat in heats:
        for _ in range(count):
            unit, to, back = _propose(graph, labels, fixed, members, swaps, flexible, stream)
            if unit < 0:
                continue
            source = labels[unit]
            change = 0.0
            moving, goal = unit, to
            for _half in range(1 if back < 0 else 2):
                change += _shift(moving, goal, graph, units, labels, state, prices)
                moving, goal = back, source
            price_source = _price(
                members[source], load[source], area[source], rim[source], low, high, target, prices, flexible
            )
            price_to = _price(members[to], load[to], area[to], rim[to], low, high, target, prices, flexible)
            change += price_source + price_to - price[source] - price[to]
            accepted = change <= 0 or _uniform(stream) < np.exp(-change / heat)
            if accepted:
                found = _ends(indptr, indices, labels, unit, source, ends, back)
                accepted = _joined(indptr, indices, labels, source, ends, found, seen, mark, queue)
                mark += 2
            if accepted and back >= 0:
                found = _ends(indptr, indices, labels, back, to, ends, unit)
                accepted = _joined(indptr, indices, labels, to, ends, found, seen, mark, queue)
                mark += 2
            if accepted:
                price[source], price[to] = price_source, price_to
                value += change
                continue
            moving, goal = unit, source
            for _half in range(1 if back < 0 else 2):
                _shift(moving, goal, graph, units, labels, state, prices)
                moving, goal = back, to
        if value < best_value - 1e-9:
            best_value = value
            best[:] = labels
    return best, best_value

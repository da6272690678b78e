"""The compiled loop of the search: simulated annealing that keeps every part connected at every step.

A proposal moves one unit over a border or swaps two units across it. What it would cost is computed from the loads,
areas and perimeters of the two parts and the borders of the units alone; only a proposal that is accepted is checked
for connectivity, by a search in the part that loses a unit which stops as soon as the unit's neighbours are found
again, and carried out. Compiled once per machine (numba cache); imported only when a plan is computed.
"""
# mypy: disable-error-code="no-untyped-def, no-untyped-call, untyped-decorator, assignment"
# ruff: noqa: C901 - a function call per proposal and a closure are what numba does worst

import numpy as np
from numba import njit

from gridmgmt.planning.partition.growing import grow
from gridmgmt.planning.partition.streams import below, uniform

__all__ = ["anneal_on", "grow", "measure"]

USUAL_ROUNDNESS = 0.69


@njit(cache=True, nogil=True, error_model="numpy")
def _price(members, weight, area, perimeter, low, high, target, outside, deviation, roundness, unevenness, flexible):
    """Price of one part by the prices of problem.Goals. An empty part is free.

    A usual roundness is worth nothing, or else few large parts would be cheaper than many.
    """
    if members == 0:
        return 0.0
    missing = max(low - weight, weight - high, 0.0)
    off = (weight - target) / target
    price = deviation * off * off + unevenness * abs(off)
    if missing > 0:
        # With a free number of parts what counts is how many live outside; else how far a part is from its range.
        price += outside * (0.3 + weight / target if flexible else 0.3 + 5.0 * missing / target)
    if roundness > 0 and perimeter > 0:
        price += roundness * (USUAL_ROUNDNESS - 4 * np.pi * area / (perimeter * perimeter))
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


@njit(cache=True, nogil=True, error_model="numpy")
def measure(graph, units, labels, state, limits, prices, flexible):
    """Fill the state of the parts (load, area, rim, price, members); the price of the whole division."""
    indptr, indices, cuts, borders = graph
    weights, areas, perimeters, home = units
    load, area, rim, price, members = state
    low, high, target = limits
    for part in range(len(members)):
        load[part], area[part], rim[part], members[part] = 0.0, 0.0, 0.0, 0
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
    for part in range(len(members)):
        price[part] = _price(
            members[part], load[part], area[part], rim[part],
            low, high, target, prices[0], prices[1], prices[2], prices[5], flexible,
        )  # fmt: skip
        value += price[part]
    return value


@njit(cache=True, nogil=True, error_model="numpy")
def anneal_on(
    graph, units, labels, best, best_value, state, room, fixed, limits, prices, heats, swaps, flexible, stream
):
    """Go on from `labels`, in place, over some `heats`: as many proposals each as there are units.

    Keeps in `best` what was least in price at the end of a heat and returns that price.
    graph : indptr, indices, cut costs, borders;  units : weights, areas, perimeters, home label (−1: none)
    `state`: as `measure` fills it, for as many parts as there may be; `room`: three (n + 1,) to work in.
    `fixed` (n,) units keep their label; `limits` low, high, target; `swaps` the share of proposals that exchange two.
    `flexible`: parts may close and open, up to `parts`.
    """
    indptr, indices, cuts, borders = graph
    weights, areas, perimeters, home = units
    low, high, target = limits
    outside, deviation, roundness, cut_price, move_price, unevenness = prices
    load, area, rim, price, members = state
    seen, queue, ends = room
    count, parts = len(labels), len(members)
    value = measure(graph, units, labels, state, limits, prices, flexible)
    nobody, mark = np.int64(-1), np.int64(1)  # typed, or each literal is compiled for itself
    for unit in range(count):
        seen[unit] = 0
    for heat in heats:
        for _ in range(count):
            unit = below(stream, count)
            first, last = indptr[unit], indptr[unit + 1]
            if first == last or fixed[unit]:
                continue
            there = indices[first + below(stream, last - first)]
            source, to, back = labels[unit], labels[there], nobody
            if source == to:
                if not flexible:
                    continue
                to = below(stream, parts)
                if members[to] > 0:
                    continue
            elif uniform(stream) < swaps:
                back = there
                if uniform(stream) < 0.7:
                    back = indices[indptr[there] + below(stream, indptr[there + 1] - indptr[there])]
                if labels[back] != to or fixed[back]:
                    continue
            elif not flexible and members[source] == 1:
                continue
            along_source, along_to, cut = 0.0, 0.0, 0.0
            for edge in range(first, last):
                label = labels[indices[edge]]
                if label == source:
                    along_source += borders[edge]
                    cut += cuts[edge]
                elif label == to:
                    along_to += borders[edge]
                    cut -= cuts[edge]
            rim_source = rim[source] + 2 * along_source - perimeters[unit]
            rim_to = rim[to] + perimeters[unit] - 2 * along_to
            load_source, load_to = load[source] - weights[unit], load[to] + weights[unit]
            area_source, area_to = area[source] - areas[unit], area[to] + areas[unit]
            members_source, members_to = members[source] - 1, members[to] + 1
            moved = weights[unit] * ((home[unit] == source) - (home[unit] == to))
            if back >= 0:
                along_source, along_to = 0.0, 0.0
                for edge in range(indptr[back], indptr[back + 1]):
                    label = labels[indices[edge]]
                    if indices[edge] == unit or label == to:
                        along_to += borders[edge]
                        cut += cuts[edge]
                    elif label == source:
                        along_source += borders[edge]
                        cut -= cuts[edge]
                rim_source += perimeters[back] - 2 * along_source
                rim_to += 2 * along_to - perimeters[back]
                load_source, load_to = load_source + weights[back], load_to - weights[back]
                area_source, area_to = area_source + areas[back], area_to - areas[back]
                members_source, members_to = members[source], members[to]
                moved += weights[back] * ((home[back] == to) - (home[back] == source))
            price_source = _price(
                members_source, load_source, area_source, rim_source,
                low, high, target, outside, deviation, roundness, unevenness, flexible,
            )  # fmt: skip
            price_to = _price(
                members_to, load_to, area_to, rim_to,
                low, high, target, outside, deviation, roundness, unevenness, flexible,
            )  # fmt: skip
            change = price_source + price_to - price[source] - price[to] + cut_price * cut + move_price * moved
            if change > 0 and uniform(stream) >= np.exp(-change / heat):
                continue
            labels[unit] = to
            if back >= 0:
                labels[back] = source
            found = _ends(indptr, indices, labels, unit, source, ends, back)
            accepted = _joined(indptr, indices, labels, source, ends, found, seen, mark, queue)
            mark += 2
            if accepted and back >= 0:
                found = _ends(indptr, indices, labels, back, to, ends, unit)
                accepted = _joined(indptr, indices, labels, to, ends, found, seen, mark, queue)
                mark += 2
            if not accepted:
                labels[unit] = source
                if back >= 0:
                    labels[back] = to
                continue
            load[source], load[to] = load_source, load_to
            area[source], area[to] = area_source, area_to
            rim[source], rim[to] = rim_source, rim_to
            members[source], members[to] = members_source, members_to
            price[source], price[to] = price_source, price_to
            value += change
        if value < best_value - 1e-9:
            best_value = value
            for unit in range(count):
                best[unit] = labels[unit]
    return best_value

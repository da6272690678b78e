"""The compiled loop of the search: simulated annealing that keeps every part connected at every step.

A proposal moves one unit over a border or swaps two units across it. What it would cost is computed from the loads,
areas and perimeters of the two parts and the borders of the units alone; only a proposal that is accepted is checked
for connectivity and carried out. Compiled once per machine (numba cache).
"""
# mypy: disable-error-code="no-untyped-def, no-untyped-call, untyped-decorator, assignment"
# ruff: noqa: C901 - a function call per proposal and a closure are what numba does worst

import numpy as np

from gridmgmt.planning.partition.compiled import compiled, compiled_inside
from gridmgmt.planning.partition.connectivity import ends_in, hang_together
from gridmgmt.planning.partition.problem import MISSED_PART, MISSING, USUAL_ROUNDNESS
from gridmgmt.planning.partition.streams import below, two_below, uniform

NEVER = 12.0  # heats: e⁻¹², a proposal in 160,000


@compiled_inside
def _load_price(members, load, limits, prices, flexible):
    """What the load of a part costs by the prices of problem.Goals. An empty part is free."""
    low, high, target = limits
    off = (load - target) / target
    missing = max(low - load, load - high)
    price = prices[6] + prices[1] * off * off + prices[5] * abs(off)
    if missing > 0:
        # With a free number of parts what counts is how many live outside; else how far a part is from its range.
        price += prices[0] * (MISSED_PART + (load if flexible else MISSING * missing) / target)
    return price if members > 0 else 0.0


@compiled_inside
def _shape_price(members, area, rim, roundness):
    """What the shape of a part costs: nothing where it is as round as usual, or few large parts would be cheaper."""
    if members == 0 or rim <= 0:
        return 0.0
    return roundness * (USUAL_ROUNDNESS - 4 * np.pi * area / (rim * rim))


@compiled_inside
def _measure(graph, units, labels, state, limits, prices, flexible):
    """Fill the state of the parts (load, area, rim, price of load, of shape, members); the price of the division."""
    indptr, indices, cuts, borders = graph
    weights, areas, perimeters, home, _ = units
    load, area, rim, load_price, shape_price, members = state
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
        load_price[part] = _load_price(members[part], load[part], limits, prices, flexible)
        shape_price[part] = _shape_price(members[part], area[part], rim[part], prices[2])
        value += load_price[part] + shape_price[part]
    return value


@compiled
def anneal_on(
    graph,
    units,
    labels,
    best,
    best_value,
    state,
    room,
    fixed,
    limits,
    prices,
    heats,
    swaps,
    flexible,
    stream,
    trace,
    each,
):
    """Go on from `labels`, in place, over some `heats`: as many proposals each as there are units.

    Keeps in `best` what was least in price at the end of a heat and returns that price. `best_value` is that of `best`
    so far; infinite at first, when `best` and `labels` are the same.
    graph : indptr, indices, cut costs, borders
    units : weights, areas, perimeters, home label (−1: none), stakes: all that the cuts around a unit can change
    `state`: as `_measure` fills it, for as many parts as there may be; `room`: three (n + 1,) to work in.
    `fixed` (n,) units keep their label; `limits` low, high, target; `swaps` the share of proposals that exchange two.
    `flexible`: parts may close and open, up to `parts`. `trace` (t, n) takes the labels at the end of the last heats,
    one in `each`.

    The loads alone reject most proposals: a proposal that costs NEVER times the heat is never accepted.
    """
    indptr, indices, cuts, borders = graph
    weights, areas, perimeters, home, stakes = units
    roundness, cut_price, move_price = prices[2], prices[3], prices[4]
    load, area, rim, load_price, shape_price, members = state
    seen, queue, ends = room
    count, parts = len(labels), len(members)
    value = _measure(graph, units, labels, state, limits, prices, flexible)
    best_value = min(best_value, value)
    nobody, mark = np.int64(-1), np.int64(1)  # typed, or each literal is compiled for itself
    roundest = roundness * (USUAL_ROUNDNESS - 1)
    for unit in range(count):
        seen[unit] = 0
    for number in range(len(heats)):
        heat = heats[number]
        for _ in range(count):
            unit, edge_draw = two_below(stream, count)
            first, last = indptr[unit], indptr[unit + 1]
            if first == last or fixed[unit]:
                continue
            there = indices[first + (edge_draw * (last - first) >> 32)]
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
            weight, lone, stake = weights[unit], 1, cut_price * stakes[unit]
            change = move_price * weight * ((home[unit] == source) - (home[unit] == to))
            if back >= 0:
                change += move_price * weights[back] * ((home[back] == to) - (home[back] == source))
                weight, lone, stake = weight - weights[back], 0, stake + cut_price * stakes[back]
            load_source, load_to = load[source] - weight, load[to] + weight
            members_source, members_to = members[source] - lone, members[to] + lone
            price_source = _load_price(members_source, load_source, limits, prices, flexible)
            price_to = _load_price(members_to, load_to, limits, prices, flexible)
            change += price_source + price_to - load_price[source] - load_price[to]
            change -= shape_price[source] + shape_price[to]
            if change + 2 * roundest - stake > NEVER * heat:
                continue
            along_source, along_to, cut = 0.0, 0.0, 0.0
            for edge in range(first, last):
                label = labels[indices[edge]]
                along_source += borders[edge] * (label == source)
                along_to += borders[edge] * (label == to)
                cut += cuts[edge] * ((label == source) - (label == to))
            rim_source = rim[source] + 2 * along_source - perimeters[unit]
            rim_to = rim[to] + perimeters[unit] - 2 * along_to
            area_source, area_to = area[source] - areas[unit], area[to] + areas[unit]
            if back >= 0:
                along_source, along_to = 0.0, 0.0
                for edge in range(indptr[back], indptr[back + 1]):
                    label = to if indices[edge] == unit else labels[indices[edge]]
                    along_source += borders[edge] * (label == source)
                    along_to += borders[edge] * (label == to)
                    cut += cuts[edge] * ((label == to) - (label == source))
                rim_source += perimeters[back] - 2 * along_source
                rim_to += 2 * along_to - perimeters[back]
                area_source, area_to = area_source + areas[back], area_to - areas[back]
            round_source = _shape_price(members_source, area_source, rim_source, roundness)
            round_to = _shape_price(members_to, area_to, rim_to, roundness)
            change += round_source + round_to + cut_price * cut
            if change > 0:
                worse, chance = change / heat, uniform(stream)
                # e⁻ˣ ≤ 1 / (1 + x + x²/2): most proposals are refused without the exponential
                if chance * (1.0 + worse + 0.5 * worse * worse) > 1.0 or chance >= np.exp(-worse):
                    continue
            labels[unit] = to
            if back >= 0:
                labels[back] = source
            found = ends_in(indptr, indices, labels, unit, source, ends, back)
            accepted = hang_together(indptr, indices, labels, source, ends, found, seen, mark, queue)
            mark += 2
            if accepted and back >= 0:
                found = ends_in(indptr, indices, labels, back, to, ends, unit)
                accepted = hang_together(indptr, indices, labels, to, ends, found, seen, mark, queue)
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
            load_price[source], load_price[to] = price_source, price_to
            shape_price[source], shape_price[to] = round_source, round_to
            value += change
        if value < best_value - 1e-9:
            best_value = value
            for unit in range(count):
                best[unit] = labels[unit]
        to_go = len(heats) - 1 - number
        if to_go % each == 0 and to_go // each < len(trace):
            for unit in range(count):
                trace[to_go // each, unit] = labels[unit]
    return best_value

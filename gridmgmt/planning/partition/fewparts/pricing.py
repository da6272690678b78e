"""The compiled loops over the diagram: a lower bound from every node, then all sets below a price, weights exact.

The price of a set is half the cost of its cut edges less the duals of its units. `completions` finds for every node and
every bucket of weight the least price of a way to the end, where the range of a part is met up to the width of the
buckets; `sets_below` walks from the top, with weights exact, along all ways that this bound leaves open.
"""
# mypy: disable-error-code="no-untyped-def, no-untyped-call, untyped-decorator, assignment"

import numpy as np

from gridmgmt.planning.partition.compiled import compiled, compiled_inside
from gridmgmt.planning.partition.fewparts.sets import NO_WAY


@compiled
def completions(order, first, arcs, complete, weights, duals, at_end, width, least):
    """Fill `least` (nodes, buckets) with a lower bound of the price still to come, from every bucket of weight.

    `at_end` (buckets,) is what a set of that weight adds to its price, NO_WAY where it is out of range.
    """
    out_to, in_to, out_cost, in_cost = arcs
    buckets = least.shape[1]
    layers = len(order)
    price = np.empty(2, least.dtype)  # of leaving the unit out, and of taking it in
    for end in range(len(complete)):
        for bucket in range(buckets):
            least[first[layers] + end, bucket] = at_end[bucket] if complete[end] else NO_WAY
    for layer in range(layers - 1, -1, -1):
        unit = order[layer]
        whole, rest = weights[unit] // width, weights[unit] % width
        for node in range(first[layer], first[layer + 1]):
            out, within = out_to[node], in_to[node]
            here = least[node]
            if out < 0:
                here[:] = NO_WAY
            else:
                price[0] = out_cost[node]
                _moved(least[out], price[0], here)
            if within >= 0:
                price[1] = in_cost[node] - duals[unit]
                _lowered(least[within, whole:], price[1], here)
                if rest > 0:
                    _lowered(least[within, whole + 1 :], price[1], here)


@compiled_inside
def _moved(after, price, here):
    """`here` becomes what comes after a step at that price."""
    for bucket in range(len(after)):
        here[bucket] = after[bucket] + price


@compiled_inside
def _lowered(after, price, here):
    """`here` is lowered to what comes after a step at that price, where that is less."""
    for bucket in range(len(after)):
        along = after[bucket] + price
        here[bucket] = along if along < here[bucket] else here[bucket]


@compiled
def sets_below(order, first, arcs, complete, weights, duals, at_end, limits, width, least, sets, prices):
    """Write the connected sets in range whose price is at most `limits[2]`; returns how many, and whether all.

    limits : low, high, highest price, what `least` may be too high by, most steps
    sets (most, n) bool and prices (most,) take the answer
    """
    out_to, in_to, out_cost, in_cost = arcs
    low, high, ceiling, slack, most_steps = limits
    layers = len(order)
    node, stage = np.zeros(layers + 1, np.int64), np.zeros(layers + 1, np.int64)
    weight, price = np.zeros(layers + 1, np.int64), np.zeros(layers + 1)
    members = np.zeros(layers, np.bool_)
    found, steps, layer = 0, 0, 0
    while layer >= 0:
        steps += 1
        if steps > most_steps or found == len(prices):
            return found, False
        if layer == layers:
            price[layer] += at_end[weight[layer] // width]
            if complete[node[layer] - first[layers]] and low <= weight[layer] <= high and price[layer] <= ceiling:
                for unit in range(layers):
                    sets[found, unit] = members[unit]
                prices[found] = price[layer]
                found += 1
            layer -= 1
            continue
        here, unit = node[layer], order[layer]
        stage[layer] += 1
        if stage[layer] == 1:
            there, load = in_to[here], weight[layer] + weights[unit]
            cost = price[layer] + in_cost[here] - duals[unit]
        elif stage[layer] == 2:
            there, load, cost = out_to[here], weight[layer], price[layer] + out_cost[here]
        else:
            layer -= 1
            continue
        members[unit] = stage[layer] == 1
        if there >= 0 and load <= high and cost + least[there, load // width] <= ceiling + slack:
            layer += 1
            node[layer], weight[layer], price[layer], stage[layer] = there, load, cost, 0
    return found, True

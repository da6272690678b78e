"""What a set of units can be worth at most, of those the search for parts has not decided yet, compiled.

With a multiplier c of the weight (Lagrange), a set S is worth at most Σ max(0, pᵤ − c wᵤ) + c · limit, over the units
it can reach. A unit on the way to another that is worth less than c per household lacks c wᵤ − pᵤ, so that of the units
beyond a lack of t, either none is held or the set loses t. Units whose way alone costs too much are left out, again and
again. Worths are whole numbers in floats, exact below 2⁵³; bounds are rounded up by MARGIN.
"""
# mypy: disable-error-code="no-untyped-def, no-untyped-call, untyped-decorator, assignment"

import numpy as np
from numba import njit

NEVER = 1e15
MARGIN = 0.01  # of a worth: more than the rounding of a sum of multiples
TURNS = 4  # of leaving out units


@njit(cache=True, nogil=True)
def ceiling_of(graph, units, limits, rows, state, levels, level, least, room):
    """What no set from here on is worth more than; units that no set worth more than `least` holds are left out."""
    weights, worth, _ = units
    choice, load, value = levels
    gain, lack, way, due, queue, queued, before_ = room
    for turn in range(TURNS):
        mine = choice[level, : load[level, 0]]
        most, need = limits[2] - load[level, 1], limits[0] - load[level, 1]
        if turn == 0:
            for unit in mine:
                lack[unit] = weights[unit]
            _ways(graph, state, mine, lack, way, queue, queued, before_)
            kept = 0
            for unit in mine:
                if way[unit] <= most:
                    choice[level, kept], kept = unit, kept + 1
                else:
                    state[1][unit] = False
            load[level, 0] = kept
            mine = choice[level, :kept]
        per_weight = _multiplier(weights, worth, mine, most, need)
        if per_weight == NEVER:
            return -NEVER
        base = value[level, 0] + per_weight * (most if per_weight >= 0 else need) + MARGIN
        for unit in mine:
            due[unit] = 0.0
        base += _charge(units, rows, state, per_weight, due)
        for unit in mine:
            worth_now = worth[unit] - due[unit]
            gain[unit] = max(worth_now - per_weight * weights[unit], 0.0)
            lack[unit] = max(per_weight * weights[unit] - worth_now, 0.0)
        _ways(graph, state, mine, lack, way, queue, queued, before_)
        total, kept, before = 0.0, 0, len(mine)
        for unit in mine:
            total += gain[unit] if way[unit] < NEVER else 0.0
        for unit in mine:
            if base + total - way[unit] >= least + 1.0:
                choice[level, kept], kept = unit, kept + 1
            else:
                state[1][unit] = False
        load[level, 0] = kept
        mine = choice[level, :kept]
        far = 0.0
        if need > 0 and kept > 0:
            far = _too_near(weights, worth, mine, way, most, need, least - value[level, 0] - MARGIN)
        best = np.floor(base + _reached(mine, weights, need, gain, way, queue, far))
        load[level, 2] = _towards(weights, queue, kept, gain, way, before_, need, far)
        if best <= least or kept == before:
            break
    return max(best, least)


@njit(cache=True, nogil=True)
def _multiplier(weights, worth, choice, most, need):
    """What the last household is worth in a set filled in fractions (Dantzig 1957); NEVER: the units are too few."""
    load = 0
    for unit in choice:
        limit = most if worth[unit] >= 0 else need
        if load >= limit:
            break
        load += weights[unit]
        if load >= limit and weights[unit] > 0:
            return worth[unit] / weights[unit]
    return NEVER if load < need else 0.0


@njit(cache=True, nogil=True)
def _charge(units, rows, state, per_weight, due):
    """Add to `due` what the rows take at least from each unit; what was taken too much if the set holds none of a row.

    A row of which the set holds one takes its price from the next, whichever that is: shared among those that may come.
    Of one the set holds none of, three units pay the price and two do: half of it for each but one is never more.
    """
    weights, worth, _ = units
    back = 0.0
    for row in range(len(rows[2])):
        held, price = state[2][row], rows[2][row]
        if held > 1:
            continue
        for _ in range(3):
            free, likely, smallest = 0, 0, NEVER
            for place in range(rows[3].shape[1]):
                unit = rows[3][row, place]
                if unit >= 0 and state[1][unit]:
                    free += 1
                    over = worth[unit] - due[unit] - per_weight * weights[unit]
                    if over > 0:
                        likely += 1
                        smallest = min(smallest, over)
            if free == 0 or (held == 0 and likely < 2):
                break
            others = likely + held - 1
            share = price / free if likely == 0 else min(price / others, smallest)
            for place in range(rows[3].shape[1]):
                unit = rows[3][row, place]
                if unit >= 0 and state[1][unit] and (likely == 0 or worth[unit] - due[unit] - per_weight * weights[unit] > 0):
                    due[unit] += share
            if likely == 0:
                break
            price -= others * share
            if held == 0:
                back += share
    return back


@njit(cache=True, nogil=True)
def _ways(graph, state, choice, lack, way, queue, queued, before):
    """What is lacking on the best way from the set to each unit, ends included, into `way` (label correcting)."""
    inside, free = state[0], state[1]
    first, waiting, size = 0, 0, len(queue)
    for unit in choice:
        way[unit] = NEVER
        for edge in range(graph[0][unit], graph[0][unit + 1]):
            if inside[graph[1][edge]]:
                way[unit], queued[unit], before[unit] = lack[unit], True, -1
                queue[waiting], waiting = unit, waiting + 1
                break
    while waiting > 0:
        unit = queue[first]
        first, waiting, queued[unit] = (first + 1) % size, waiting - 1, False
        for edge in range(graph[0][unit], graph[0][unit + 1]):
            other = graph[1][edge]
            if free[other] and way[unit] + lack[other] < way[other]:
                way[other], before[other] = way[unit] + lack[other], unit
                if not queued[other]:
                    queued[other] = True
                    queue[(first + waiting) % size], waiting = other, waiting + 1


@njit(cache=True, nogil=True)
def _reached(choice, weights, need, gain, way, order, far):
    """The most that a set gains: all up to some way, less that way; `order` (at least as long) is room to sort in."""
    count = len(choice)
    for place in range(count):
        order[place] = choice[place]
    _sort(order, count, way)
    best, total, weight = 0.0 if need <= 0 else -NEVER, 0.0, 0
    for place in range(count):
        total += gain[order[place]]
        weight += weights[order[place]]
        if weight >= need and way[order[place]] >= far:
            best = max(best, total - way[order[place]])
    return best


@njit(cache=True, nogil=True)
def _sort(units, count, key):
    """Sort the first `count` units by their key (Shell 1959; numpy's sorts take seconds to compile)."""
    gap = count // 2
    while gap > 0:
        for place in range(gap, count):
            unit, at = units[place], place
            while at >= gap and key[units[at - gap]] > key[unit]:
                units[at] = units[at - gap]
                at -= gap
            units[at] = unit
        gap = 1 if gap == 2 else gap * 5 // 11


@njit(cache=True, nogil=True)
def _towards(weights, order, count, gain, way, before, need, far):
    """The first unit on the way to where households enough are in reach; -1 where there are enough."""
    weight, unit, most = 0, -1, 0.0
    if need <= 0:
        for place in range(count):
            if gain[order[place]] - way[order[place]] > most:
                unit = order[place]
                most = gain[unit] - way[unit]
        count = 0
    for place in range(count):
        weight += weights[order[place]]
        if weight >= need and way[order[place]] >= far:
            unit = order[place]
            break
    while unit >= 0 and before[unit] >= 0:
        unit = before[unit]
    return unit


@njit(cache=True, nogil=True)
def _too_near(weights, worth, choice, way, most, need, least):
    """No set that is to be worth more than `least` and holds only units within what is returned."""
    low, high = 0.0, 0.0
    for unit in choice:
        if way[unit] < NEVER:
            high = max(high, way[unit])
    high += 1.0
    if _filled(weights, worth, choice, way, most, need, high) <= least:
        return NEVER
    for _ in range(8):
        middle = (low + high) / 2
        if _filled(weights, worth, choice, way, most, need, middle) <= least:
            low = middle
        else:
            high = middle
    return low


@njit(cache=True, nogil=True)
def _filled(weights, worth, choice, way, most, need, radius):
    """What units within a radius add at most, filled in fractions."""
    load, total = 0, 0.0
    for unit in choice:
        if way[unit] > radius:
            continue
        limit = most if worth[unit] >= 0 else need
        if load >= limit:
            return total
        share = 1.0 if load + weights[unit] <= limit else (limit - load) / weights[unit]
        total += share * worth[unit]
        load += weights[unit]
    return total if load >= need else -NEVER

"""What a set of units can be worth at most, of those the search for parts has not decided yet, compiled.

With a multiplier c of the weight (Lagrange), a set S is worth at most Σ max(0, pᵤ − c wᵤ) + c · limit, over the units
it can reach. A unit on the way to another that is worth less than c per household lacks c wᵤ − pᵤ, so that of the units
beyond a lack of t, either none is held or the set loses t. Units whose way alone costs or weighs too much are left out,
again and again.

A set that is too light needs households from somewhere: those within some lack may be too few, or too dear even filled
in fractions; then it goes beyond, and loses as much. Worths are whole numbers in floats, exact below 2⁵³, so that what
is above them is rounded down; MARGIN is more than sums of multiples are wrong.
"""
# mypy: disable-error-code="no-untyped-def, no-untyped-call, untyped-decorator, assignment"

import numpy as np
from numba import njit

NEVER = 1e15
MARGIN = 0.01  # of a worth: more than the rounding of a sum of multiples
TURNS = 4  # of leaving out units
FEW = 100  # units among which none is left out for the weight of the way
HALVINGS = 8  # of how far a set must go


@njit(cache=True, nogil=True)
def ceiling_of(graph, units, limits, rows, state, levels, level, least, room):
    """What no set from here on is worth more than, `least` at least; units that no set worth more holds are left out.

    Where to go on is noted in `levels`, behind how many units may join and the weight of the set.
    """
    weights, worth, _ = units
    choice, load, value = levels
    gain, lack, way, due = room[:4]
    most, need = limits[2] - load[level, 1], limits[0] - load[level, 1]
    _leave_out_heavy(graph, weights, state, choice, load, level, most, room)
    for _ in range(TURNS):
        mine = choice[level, : load[level, 0]]
        per_weight = _multiplier(weights, worth, mine, most, need)
        if per_weight == NEVER:
            return least
        base = value[level, 0] + per_weight * (most if per_weight >= 0 else need) + MARGIN
        for unit in mine:
            due[unit] = 0.0
        base += _charge(units, rows, state, per_weight, due)
        for unit in mine:
            over = _over(units, unit, per_weight, due)
            gain[unit], lack[unit] = max(over, 0.0), max(-over, 0.0)
        _ways(graph, state, mine, lack, room)
        total = 0.0
        for unit in mine:
            total += gain[unit] if way[unit] < NEVER else 0.0
        kept = _keep_within(state, choice, load, level, way, base + total - least - 1.0)
        spare = least - value[level, 0] - MARGIN, least - base
        far, gained = _gained(weights, worth, choice[level, :kept], most, need, spare, room)
        best = np.floor(base + gained)
        if best <= least or kept == len(mine):
            break
    load[level, 2] = _towards(weights, need, far, gain, kept, room)
    return max(best, least)


@njit(cache=True, nogil=True)
def _leave_out_heavy(graph, weights, state, choice, load, level, most, room):
    """Leave units out to which every way weighs more than may join, where that can be many."""
    mine, lack, way = choice[level, : load[level, 0]], room[1], room[2]
    if len(mine) <= FEW:
        return
    for unit in mine:
        lack[unit] = weights[unit]
    _ways(graph, state, mine, lack, room)
    _keep_within(state, choice, load, level, way, most)


@njit(cache=True, nogil=True)
def _keep_within(state, choice, load, level, way, most):
    """Leave units out to which the way is longer; how many stay."""
    kept = 0
    for unit in choice[level, : load[level, 0]]:
        if way[unit] <= most:
            choice[level, kept], kept = unit, kept + 1
        else:
            state[1][unit] = False
    load[level, 0] = kept
    return kept


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

    A row of which the set holds one takes its price from the next, whichever that is: shared among those that gain, and
    what these have no room for among all. Of one the set holds none of, the second and the third pay: with a share for
    each and one share back, two shares are never more than the price where three gain, nor one where two do. A unit is
    charged no more than it gains, the rest of the price goes on to the others.
    """
    back, elements = 0.0, rows[3].shape[1]
    for row in range(len(rows[2])):
        held, price = state[2][row], rows[2][row]
        if held > 1:
            continue
        for _ in range(elements):
            free, likely, smallest = _gaining(units, rows[3], row, state[1], per_weight, due)
            if free == 0 or (held == 0 and likely < 2):
                break
            payers = likely + held - 1 if likely > 0 else free
            share = min(price / payers, smallest)
            for place in range(elements):
                unit = rows[3][row, place]
                if unit >= 0 and state[1][unit] and (likely == 0 or _over(units, unit, per_weight, due) > 0):
                    due[unit] += share
            price -= payers * share
            back += share if held == 0 else 0.0
    return back


@njit(cache=True, nogil=True)
def _gaining(units, elements, row, free, per_weight, due):
    """How many units of a row may come, how many of them gain, and what at least."""
    count, likely, smallest = 0, 0, NEVER
    for place in range(elements.shape[1]):
        unit = elements[row, place]
        if unit >= 0 and free[unit]:
            count += 1
            over = _over(units, unit, per_weight, due)
            if over > 0:
                likely, smallest = likely + 1, min(smallest, over)
    return count, likely, smallest


@njit(cache=True, nogil=True)
def _over(units, unit, per_weight, due):
    """What a unit gains."""
    return units[1][unit] - due[unit] - per_weight * units[0][unit]


@njit(cache=True, nogil=True)
def _ways(graph, state, choice, lack, room):
    """What is lacking on the best way from the set to each unit, with the unit before (label correcting)."""
    way, queue, queued, before = room[2], room[4], room[5], room[6]
    inside, free = state[0], state[1]
    first, waiting, size = 0, 0, len(queue)
    for unit in choice:
        way[unit] = NEVER
        for edge in range(graph[0][unit], graph[0][unit + 1]):
            if inside[graph[1][edge]]:
                way[unit], before[unit], queued[unit] = lack[unit], -1, True
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
def _too_near(weights, worth, choice, way, most, need, least):
    """So far the set must go at least to be worth more than `least`: what is nearer has not what it needs."""
    low, high = 0.0, 1.0
    for unit in choice:
        if way[unit] < NEVER:
            high = max(high, way[unit] + 1.0)
    if _filled(weights, worth, choice, way, most, need, high) <= least:
        return NEVER
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        if _filled(weights, worth, choice, way, most, need, middle) <= least:
            low = middle
        else:
            high = middle
    return low


@njit(cache=True, nogil=True)
def _filled(weights, worth, choice, way, most, need, radius):
    """What units within a radius add at most, filled in fractions; less than ever where they are too few."""
    load, total = 0, 0.0
    for unit in choice:
        if way[unit] > radius:
            continue
        limit = most if worth[unit] >= 0 else need
        if load >= limit:
            return total
        total += worth[unit] * (1.0 if load + weights[unit] <= limit else (limit - load) / weights[unit])
        load += weights[unit]
    return total if load >= need else -NEVER


@njit(cache=True, nogil=True)
def _gained(weights, worth, choice, most, need, spare, room):
    """How far the set must go, and what it gains at most; to be worth it, it adds more than spare[0], gains spare[1].

    The queue gets the units in the order of their ways.
    """
    gain, way, order, count = room[0], room[2], room[4], len(choice)
    for place in range(count):
        order[place] = choice[place]
    _sort(order, count, way)
    far, gained = 0.0, _reached(order[:count], weights, need, 0.0, gain, way)
    if need > 0 and gained > spare[1]:
        far = _too_near(weights, worth, choice, way, most, need, spare[0])
        gained = _reached(order[:count], weights, need, far, gain, way)
    return far, gained


@njit(cache=True, nogil=True)
def _reached(order, weights, need, far, gain, way):
    """The most that a set gains: all up to some way, less that way, with units in the order of their ways.

    Up to there households are enough, and it is as far as the set must go.
    """
    best, total, weight = 0.0 if need <= 0 else -NEVER, 0.0, 0
    for unit in order:
        total, weight = total + gain[unit], weight + weights[unit]
        if weight >= need and way[unit] >= far:
            best = max(best, total - way[unit])
    return best


@njit(cache=True, nogil=True)
def _towards(weights, need, far, gain, count, room):
    """The unit to take next, −1 where nothing speaks for one.

    It lies on the way to the one that gains most or, where the set needs households, gains most beside it, or to where
    households enough are in reach.
    """
    way, order, before = room[2], room[4], room[6]
    aim, most, weight = -1, 0.0, 0
    for unit in order[:count]:
        if gain[unit] - way[unit] > most and (need <= 0 or before[unit] < 0):
            aim, most = unit, gain[unit] - way[unit]
    if aim < 0 < need:
        for unit in order[:count]:
            weight += weights[unit]
            if weight >= need and way[unit] >= far:
                aim = unit
                break
    while aim >= 0 and before[aim] >= 0:
        aim = before[aim]
    return aim


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

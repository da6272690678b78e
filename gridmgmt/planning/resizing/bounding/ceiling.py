"""What a set of units can be worth at most, of those the search for parts has not decided yet, compiled.

With a multiplier c of the weight (Lagrange), a set S is worth at most Σ max(0, pᵤ − c wᵤ) + c · limit, over the units
it can reach. A unit on the way to another that is worth less than c per household lacks c wᵤ − pᵤ, so that of the units
beyond a lack of t, either none is held or the set loses t. Units whose way alone costs too much are left out, again and
again. Worths are whole numbers in floats, exact below 2⁵³; bounds are rounded up by MARGIN.
"""
# mypy: disable-error-code="no-untyped-def, no-untyped-call, untyped-decorator, assignment"

from numba import njit

NEVER = 1e15
MARGIN = 1.0  # of a worth: more than the rounding of a sum of multiples
TURNS = 4  # of leaving out units


@njit(cache=True, nogil=True)
def ceiling_of(graph, units, limits, rows, state, levels, level, least, room):
    """What no set from here on is worth more than; units that no set worth more than `least` holds are left out."""
    weights, worth, _ = units
    choice, load, value = levels
    gain, lack, way, due, queue, queued = room
    for _ in range(TURNS):
        mine = choice[level, : load[level, 0]]
        most, need = limits[2] - load[level, 1], limits[0] - load[level, 1]
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
        _ways(graph, state, mine, lack, way, queue, queued)
        total, kept = 0.0, 0
        for unit in mine:
            total += gain[unit] if way[unit] < NEVER else 0.0
        for unit in mine:
            if base + total - way[unit] > least:
                choice[level, kept], kept = unit, kept + 1
            else:
                state[1][unit] = False
        load[level, 0] = kept
        best = base + _reached(choice[level, :kept], gain, way, queue)
        if best <= least or kept == len(mine):
            break
    return best


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
        free, likely = 0, 0
        for place in range(rows[3].shape[1]):
            unit = rows[3][row, place]
            if unit >= 0 and state[1][unit]:
                free += 1
                likely += worth[unit] > per_weight * weights[unit]
        if held == 1 and free > 0:
            share = price / free
        elif held == 0 and likely > 1:
            share = price / 2
            back += share
        else:
            continue
        for place in range(rows[3].shape[1]):
            unit = rows[3][row, place]
            if unit >= 0 and state[1][unit]:
                due[unit] += share
    return back


@njit(cache=True, nogil=True)
def _ways(graph, state, choice, lack, way, queue, queued):
    """What is lacking on the best way from the set to each unit, ends included, into `way` (label correcting)."""
    inside, free = state[0], state[1]
    first, waiting, size = 0, 0, len(queue)
    for unit in choice:
        way[unit] = NEVER
        for edge in range(graph[0][unit], graph[0][unit + 1]):
            if inside[graph[1][edge]]:
                way[unit], queued[unit] = lack[unit], True
                queue[waiting], waiting = unit, waiting + 1
                break
    while waiting > 0:
        unit = queue[first]
        first, waiting, queued[unit] = (first + 1) % size, waiting - 1, False
        for edge in range(graph[0][unit], graph[0][unit + 1]):
            other = graph[1][edge]
            if free[other] and way[unit] + lack[other] < way[other]:
                way[other] = way[unit] + lack[other]
                if not queued[other]:
                    queued[other] = True
                    queue[(first + waiting) % size], waiting = other, waiting + 1


@njit(cache=True, nogil=True)
def _reached(choice, gain, way, order):
    """The most that a set gains: all up to some way, less that way; `order` (at least as long) is room to sort in."""
    count = len(choice)
    for place in range(count):
        order[place] = choice[place]
    _sort(order, count, way)
    best, total = 0.0, 0.0
    for place in range(count):
        total += gain[order[place]]
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

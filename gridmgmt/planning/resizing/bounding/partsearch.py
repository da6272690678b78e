"""The compiled search for the part worth most at given prices that holds certain units, the root.

Branch and bound over connected sets: a unit beside the set is taken, then shut out; `ceiling` says what is still to be
had, and which unit leads there, else it is the one worth most. Rows of three (see `programme`) take their price from a
set that holds two of their elements.

Levels of the search, one for each unit taken beyond the root, are a triple: the units that may still join there, worth
most per household first; how many they are, the weight of the set, and the unit to go on with; its worth, and what it
can be worth.
"""
# mypy: disable-error-code="no-untyped-def, no-untyped-call, untyped-decorator, assignment"

import numpy as np
from numba import njit

from gridmgmt.planning.resizing.bounding.ceiling import NEVER, ceiling_of

LEVELS = 64  # units taken beyond the root at most; deeper sets are allowed for, not looked at


@njit(cache=True, nogil=True)
def best_parts(graph, units, roots, open_, limits, rows, counted, least, nodes, parts, worths):
    """Fill `parts` (most, longest) with the sets worth more than `worths` (most,), the best first, −1 behind each.

    Where it is not `least` that a set is worth, it is not looked for, and kept only where met by the way.

    graph : indptr and indices;  units : weights, worths, and their order, worth most per household first (n,)
    open_ (n,) : what may be used; roots are shut in it
    roots : indptr and units of connected sets, one of which a set holds; of several the first is looked at
    limits : low and high of the parts that are kept; sets may weigh `limits[2]`, which only loosens the bound
    rows : of each unit indptr and rows; of each row its price and its units (−1: none);  counted (rows,) held already
    Returns what no set is worth more than, `least` and `worths[0]` at least; NEVER where a set above the limit is
    worth a place.
    """
    ceiling, left = max(worths[-1], least), nodes
    for root in range(len(roots[0]) - 1):
        members = roots[1][roots[0][root] : roots[0][root + 1]]
        found, left = _from_root(graph, units, members, open_, limits, rows, counted, least, left, parts, worths)
        ceiling = max(ceiling, found)
        if found == NEVER:
            break
        for unit in members:
            open_[unit] = False
    return max(ceiling, worths[0])


@njit(cache=True, nogil=True)
def _from_root(graph, units, root, open_, limits, rows, counted, known, left, parts, worths):
    """What no set with the root is worth more than, unless it is kept; and the nodes left."""
    count = len(units[0])
    state = (np.zeros(count, np.bool_), np.zeros(count, np.bool_), counted.copy())
    gain, queue, before = np.zeros((4, count)), np.empty(count + 1, np.int64), np.empty(count, np.int64)
    room = (gain[0], gain[1], gain[2], gain[3], queue, np.zeros(count, np.bool_), before)
    levels = (np.empty((LEVELS, count), np.int64), np.zeros((LEVELS, 3), np.int64), np.zeros((LEVELS, 2)))
    level = np.int64(0)  # a literal 0 would have every loop below compiled for it as well
    taken, loose, entered = np.empty(LEVELS, np.int64), known, True
    if not _lay_root(units, root, open_, limits, rows, state, levels):
        return -NEVER, left
    choice, load, value = levels[0], levels[1], levels[2]
    while level >= 0:
        left -= 1
        if entered and load[level, 1] >= limits[0] and value[level, 0] > worths[-1]:
            if load[level, 1] > limits[1]:
                return NEVER, left
            if not _keep(parts, worths, root, taken, level, value[level, 0]):
                loose = max(loose, value[level, 0])
        least = max(worths[-1], loose)
        value[level, 1] = ceiling_of(graph, units, limits, rows, state, levels, level, least, room)
        unit, more = -1, value[level, 1] > least
        if more and (left <= 0 or level + 1 == LEVELS):
            loose = max(loose, _highest(value, level))
            if left <= 0:
                return loose, 0
        elif more:
            unit = _onward(graph, state[0], choice[level, : load[level, 0]], load[level, 2])
        entered = unit >= 0
        if entered:
            taken[level] = unit
            _take(units, limits, rows, state, levels, level, unit)
            level += 1
        else:
            level = _leave(rows, state, levels, level, taken)
    return loose, left


@njit(cache=True, nogil=True)
def _highest(value, level):
    """The most that a set of any level so far can be worth."""
    most = value[level, 1]
    for above in range(level):
        most = max(most, value[above, 1])
    return most


@njit(cache=True, nogil=True)
def _lay_root(units, root, open_, limits, rows, state, levels):
    """The root as level 0, and the units that may join it, in their order; False if it is too heavy."""
    weights, worth, order = units
    inside, free, held = state
    choice, load, value = levels
    for unit in root:
        if not open_[unit]:
            return False
        inside[unit] = True
        load[0, 1] += weights[unit]
        value[0, 0] += worth[unit] - _count(rows, held, unit, 1)
    if load[0, 1] > limits[2]:
        return False
    for unit in order:
        if open_[unit] and not inside[unit] and weights[unit] <= limits[2] - load[0, 1]:
            choice[0, load[0, 0]] = unit
            load[0, 0] += 1
            free[unit] = True
    return True


@njit(cache=True, nogil=True)
def _take(units, limits, rows, state, levels, level, unit):
    """The next level has the unit; this level goes on without it."""
    weights, worth, _ = units
    inside, free, held = state
    choice, load, value = levels
    room = limits[2] - load[level, 1] - weights[unit]
    stay, join = 0, 0
    for place in range(load[level, 0]):
        other = choice[level, place]
        if other == unit:
            continue
        choice[level, stay], stay = other, stay + 1
        if weights[other] <= room:
            choice[level + 1, join], join = other, join + 1
        else:
            free[other] = False
    # A unit that costs nothing may be taken wherever it lies beside the set: nothing is lost.
    free_of_charge = weights[unit] == 0 and worth[unit] >= 0 and rows[0][unit] == rows[0][unit + 1]
    load[level, 0] = 0 if free_of_charge else stay
    inside[unit], free[unit] = True, False
    load[level + 1, 0], load[level + 1, 1] = join, load[level, 1] + weights[unit]
    value[level + 1, 0] = value[level, 0] + worth[unit] - _count(rows, held, unit, 1)


@njit(cache=True, nogil=True)
def _leave(rows, state, levels, level, taken):
    """Back to the level before, without the unit that was taken there."""
    inside, free, held = state
    choice, load, _ = levels
    for place in range(load[level, 0]):
        free[choice[level, place]] = False
    level -= 1
    if level >= 0:
        inside[taken[level]] = False
        _count(rows, held, taken[level], -1)
        for place in range(load[level, 0]):
            free[choice[level, place]] = True
    return level


@njit(cache=True, nogil=True)
def _count(rows, held, unit, step):
    """The price of the rows of which the set holds two from now on."""
    paid = 0.0
    for place in range(rows[0][unit], rows[0][unit + 1]):
        row = rows[1][place]
        held[row] += step
        if step > 0 and held[row] == 2:
            paid += rows[2][row]
    return paid


@njit(cache=True, nogil=True)
def _onward(graph, inside, choice, noted):
    """The unit noted, else the first that lies beside the set, −1 where none does."""
    if noted >= 0:
        return noted
    for unit in choice:
        for edge in range(graph[0][unit], graph[0][unit + 1]):
            if inside[graph[1][edge]]:
                return unit
    return -1


@njit(cache=True, nogil=True)
def _keep(parts, worths, root, taken, level, total):
    """Insert a set where it belongs; the last one falls out. False where it is too long."""
    count = len(root) + level
    if count > parts.shape[1]:
        return False
    place = len(worths) - 1
    while place > 0 and worths[place - 1] < total:
        worths[place] = worths[place - 1]
        for entry in range(parts.shape[1]):
            parts[place, entry] = parts[place - 1, entry]
        place -= 1
    worths[place] = total
    for entry in range(parts.shape[1]):
        beyond = entry - len(root)
        parts[place, entry] = root[entry] if beyond < 0 else taken[beyond] if beyond < level else -1
    return True

"""The cheapest choice of sets that holds every unit once: a set partitioning of some hundred to some thousand sets.

Every unit is given a price (a dual of the relaxation) such that no set costs less than its units; what a choice costs
is then their sum, and the slack of each set it holds. A search in depth takes the open unit that fewest sets can hold,
and turns back where the slack is all that is left to win. The prices come from a subgradient ascent (Held & Karp 1971),
made exact unit by unit: hardly ever are more than a few hundred nodes needed.
"""
# mypy: disable-error-code="no-untyped-def, no-untyped-call, untyped-decorator, assignment"

import numpy as np
from scipy.sparse import csr_array

from gridmgmt.planning.partition.compiled import compiled, compiled_inside
from gridmgmt.planning.partition.problem import FloatArray, IntArray

ROUNDS, REPAIRED = 60, 10  # of the ascent; between two exact prices
LOOKS = 300_000  # at a set, in each search: a few milliseconds
SHARES = (0.25, 0.5, 1.0)  # of what is left to win: close to the bound there is little to look through
LEAST_GAIN = 1e-9


def cheapest_tiling(inside: csr_array, prices: FloatArray, known: float) -> IntArray | None:
    """Numbers of the sets that hold every unit once, at the least price; None where no choice is found below `known`.

    inside : (sets, units) of 0 and 1; prices : (sets,).

    >>> sets = csr_array(np.array([[1, 1, 0], [0, 0, 1], [1, 0, 0], [0, 1, 1]]))
    >>> cheapest_tiling(sets, np.array([3.0, 1.0, 1.0, 2.0]), 4.0).tolist()
    [2, 3]
    """
    count, size = inside.shape
    rows, holders = _arrays(inside), _arrays(csr_array(inside.T.tocsr()))
    duals = np.empty((4, size))
    bound = _ascend(rows, holders, prices, duals, np.empty(count), known, ROUNDS)
    slack = prices - inside @ duals[1]
    for share in SHARES if bound < known - LEAST_GAIN else ():
        limit = share * (known - bound) - LEAST_GAIN
        near = np.flatnonzero(slack < limit)
        near = near[np.argsort(slack[near], kind="stable")]
        rows, holders = _arrays(inside[near]), _arrays(csr_array(inside[near].T.tocsr()))  # the least slack first
        room = np.zeros((5, size + 2), dtype=np.int64)
        depth = _search(rows, holders, slack[near], np.empty(size + 2), room, limit, LOOKS)
        if depth:
            return near[room[4, :depth]]
    return None


def _arrays(matrix: csr_array) -> tuple[IntArray, IntArray]:
    return matrix.indptr.astype(np.int64), matrix.indices.astype(np.int64)


@compiled
def _ascend(rows, holders, prices, duals, slack, known, rounds):
    """Prices of the units into `duals[1]`, such that no set has a negative slack; the bound that they prove."""
    starts, (first, of) = rows[0], holders
    dual, best, trial, excess = duals
    for unit in range(len(dual)):
        dual[unit] = np.inf
        for place in range(first[unit], first[unit + 1]):
            dual[unit] = min(dual[unit], prices[of[place]] / (starts[of[place] + 1] - starts[of[place]]))
    bound = -np.inf
    for turn in range(rounds):
        value, norm = _relaxed(rows, prices, dual, slack, excess), 0.0
        for unit in range(len(dual)):
            norm += excess[unit] * excess[unit]
        if turn % REPAIRED == 0 or norm == 0:
            bound = _exact(holders, dual, trial, slack, best, bound)
            if bound >= known - LEAST_GAIN or norm == 0:
                break
        length = (known - value) / norm * (1.0 if turn < rounds // 2 else 0.5)
        for unit in range(len(dual)):
            dual[unit] += length * excess[unit]
    return bound


@compiled_inside
def _relaxed(rows, prices, dual, slack, excess):
    """What the prices of the units prove; fills the slack of the sets, and by how much the units' rows are not met."""
    starts, members = rows
    value = 0.0
    for unit in range(len(dual)):
        value += dual[unit]
        excess[unit] = 1.0
    for one in range(len(prices)):
        slack[one] = prices[one]
        for place in range(starts[one], starts[one + 1]):
            slack[one] -= dual[members[place]]
        if slack[one] < 0:
            value += slack[one]
            for place in range(starts[one], starts[one + 1]):
                excess[members[place]] -= 1.0
    return value


@compiled_inside
def _exact(holders, dual, trial, slack, best, bound):
    """The prices of `dual` lowered, then raised, unit by unit, until none can rise; kept in `best` if they prove more.

    `slack` belongs to `dual`, and is used up. Two rounds: the first may raise a price that a later fall makes room for.
    """
    first, of = holders
    found = 0.0
    for unit in range(len(dual)):
        trial[unit] = dual[unit]
    for _ in range(2):
        found = 0.0
        for unit in range(len(dual)):
            least = np.inf
            for place in range(first[unit], first[unit + 1]):
                least = min(least, slack[of[place]])
            trial[unit] += least
            found += trial[unit]
            for place in range(first[unit], first[unit + 1]):
                slack[of[place]] -= least
    if found <= bound:
        return bound
    for unit in range(len(dual)):
        best[unit] = trial[unit]
    return found


@compiled
def _search(rows, holders, slack, cost, room, limit, looks):
    """How many sets the best choice holds (0: none is below `limit`); their numbers stand in `room[4]`.

    `cost` (units + 2,) and `room` (5, units + 2), zeros, are room to work in: covered units, sets chosen by depth, the
    unit and the place among its holders by depth, the best choice.
    """
    first, of = holders
    covered, path, unit_at, place_at, best = room
    depth, found, cost[0] = 0, 0, 0.0
    down = True
    while depth >= 0 and looks > 0:
        if down:
            unit, seen = _tightest(rows, holders, slack, covered, limit - cost[depth])
            looks -= seen
            if unit < 0:
                limit, found = cost[depth], depth
                for level in range(depth):
                    best[level] = path[level]
            unit_at[depth] = unit
            place_at[depth] = first[unit] if unit >= 0 else 0
        down = False
        unit = unit_at[depth]
        while unit >= 0 and place_at[depth] < first[unit + 1]:
            one = of[place_at[depth]]
            place_at[depth] += 1
            if cost[depth] + slack[one] >= limit:
                break
            if _mark(rows, covered, one, 0) == 0:
                _mark(rows, covered, one, 1)
                path[depth], cost[depth + 1] = one, cost[depth] + slack[one]
                down = True
                break
        depth += 1 if down else -1
        if not down and depth >= 0:
            _mark(rows, covered, path[depth], -1)
    return found


@compiled_inside
def _mark(rows, covered, one, change):
    """Add `change` to all units of a set; how many of them are covered."""
    starts, members = rows
    held = 0
    for place in range(starts[one], starts[one + 1]):
        covered[members[place]] += change
        held += covered[members[place]]
    return held


@compiled_inside
def _tightest(rows, holders, slack, covered, left):
    """The open unit with the fewest sets that fit and have less slack than `left` (−1: none is open), and the looks."""
    first, of = holders
    tightest, fewest, looks = -1, len(slack) + 1, 0
    for unit in range(len(first) - 1):
        if covered[unit] > 0:
            continue
        fitting = 0
        for place in range(first[unit], first[unit + 1]):
            looks += 1
            if slack[of[place]] >= left or fitting >= fewest:
                break
            fitting += _mark(rows, covered, of[place], 0) == 0
        if fitting < fewest:
            tightest, fewest = unit, fitting
            if fitting == 0:
                break
    return tightest, looks

"""The compiled simplex method for choosing sets: every row is covered once, at least price.

Programmes of column generation are solved again and again with few new columns, from the basis before. With a hundred
rows the inverse of the basis is small and dense, so it is kept as it is and updated at every step (Dantzig &
Orchard-Hays 1954). Choosing sets is degenerate: right-hand sides are off by a millionth at random, so that every step
goes on (Charnes 1952). Nothing that is proven rests on these figures: duals are checked against all sets afterwards.
"""
# mypy: disable-error-code="no-untyped-def, no-untyped-call, untyped-decorator, assignment"

import numpy as np

from gridmgmt.planning.partition.compiled import compiled, compiled_inside

ZERO = 1e-7
LEAST_GAIN = 1e-7
SHORT = 50  # columns that are looked at from step to step; the others when none of these gains


@compiled_inside
def _gain(column, starts, rows, prices, duals):
    gain = prices[column]
    for place in range(starts[column], starts[column + 1]):
        gain -= duals[rows[place]]
    return gain


@compiled_inside
def _best(some, count, starts, rows, prices, duals):
    """The one of `some` columns that gains most at the duals; −1 where none gains."""
    best, most = -1, -LEAST_GAIN
    for place in range(count):
        gain = _gain(some[place], starts, rows, prices, duals)
        if gain < most:
            best, most = some[place], gain
    return best


@compiled_inside
def _shortlist(some, usable, gains, starts, rows, prices, duals):
    """Put columns that gain at least half of what any gains on the list; returns how many."""
    most = 0.0
    for column in range(len(usable)):
        gains[column] = _gain(column, starts, rows, prices, duals) if usable[column] else 0.0
        most = min(most, gains[column])
    count = 0
    for column in range(len(usable)):
        if gains[column] < min(most / 2, -LEAST_GAIN) and count < len(some):
            some[count] = column
            count += 1
    return count


@compiled_inside
def _leaving(levels, direction):
    """The place in the basis that is emptied first; of equal ones, that with the largest pivot."""
    place, least = -1, np.inf
    for row in range(len(levels)):
        if direction[row] > ZERO:
            ratio = max(levels[row], 0.0) / direction[row]
            if ratio < least - 1e-12 or (ratio < least + 1e-12 and direction[row] > direction[place]):
                place, least = row, ratio
    return place


@compiled_inside
def _duals(prices, basis, inverse, duals):
    duals[:] = 0.0
    for place in range(len(basis)):
        if prices[basis[place]] != 0.0:
            for row in range(len(basis)):
                duals[row] += prices[basis[place]] * inverse[place, row]


@compiled_inside
def _enter(entering, leaving, basis, inverse, levels, direction):
    """One column for another; `direction` is what the entering one takes from each in the basis."""
    size, pivot = len(basis), direction[leaving]
    for column in range(size):
        inverse[leaving, column] /= pivot
    levels[leaving] /= pivot
    for row in range(size):
        if row != leaving and direction[row] != 0.0:
            factor = direction[row]
            levels[row] -= factor * levels[leaving]
            for column in range(size):
                inverse[row, column] -= factor * inverse[leaving, column]
    basis[leaving] = entering


@compiled_inside
def _direction(entering, starts, rows, inverse, direction):
    for row in range(len(direction)):
        direction[row] = 0.0
        for place in range(starts[entering], starts[entering + 1]):
            direction[row] += inverse[row, rows[place]]


@compiled
def improve(starts, rows, prices, usable, basis, inverse, right, most_steps):
    """Step on from a basis; returns whether it is the best. `basis` and `inverse` change in place.

    starts, rows : rows of each column, one after the other;  prices, usable : (columns,)
    basis : (m,) columns;  inverse : (m, m);  right : (m,) right-hand sides
    """
    levels = inverse @ right
    duals, direction = np.empty(len(basis)), np.empty(len(basis))
    some, gains, listed = np.empty(SHORT, np.int64), np.empty(len(usable)), 0
    for _ in range(most_steps):
        _duals(prices, basis, inverse, duals)
        entering = _best(some, listed, starts, rows, prices, duals)
        if entering < 0:
            listed = _shortlist(some, usable, gains, starts, rows, prices, duals)
            entering = _best(some, listed, starts, rows, prices, duals)
        if entering < 0:
            return True
        _direction(entering, starts, rows, inverse, direction)
        leaving = _leaving(levels, direction)
        if leaving < 0:
            return True  # cannot be: no column has a price below nothing
        _enter(entering, leaving, basis, inverse, levels, direction)
    return False

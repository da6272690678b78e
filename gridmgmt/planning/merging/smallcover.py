"""The cheapest cover of up to 62 communities by listed groups, by search: the lowest left open is covered next.

A branch ends where its price and the least even shares min_G∋u c_G/|G| of what is open reach the best cover known.
"""

# mypy: disable-error-code="no-untyped-def, no-untyped-call, untyped-decorator"

import numpy as np
from numba import njit
from numpy.typing import NDArray

MOST_COMMUNITIES = 62  # bits of a mask


def cheapest_cover(
    masks: NDArray[np.int64], cost: NDArray[np.float64], size: int, below: float, steps: int
) -> NDArray[np.int64]:
    """Rows of groups that cover 0…size−1 once each for less than `below`, the cheapest met in so many steps.

    Empty where there are none. Costs are not negative.

    >>> cheapest_cover(np.array([0b11, 0b01, 0b10]), np.array([5.0, 2.0, 2.0]), 2, 9.0, 100).tolist()
    [1, 2]
    """
    lowest = _lowest(masks)
    order = np.lexsort((cost, lowest))
    first = np.searchsorted(lowest[order], np.arange(size + 1))
    share = _shares(masks, cost, size)
    if not np.isfinite(share).all():
        return np.zeros(0, dtype=np.int64)
    rows: NDArray[np.int64] = order[_searched(masks[order], cost[order], first, share, below, steps)]
    return rows


def _lowest(masks: NDArray[np.int64]) -> NDArray[np.int64]:
    lone = masks & -masks
    lowest: NDArray[np.int64] = np.rint(np.log2(lone.astype(np.float64))).astype(np.int64)
    return lowest


def _shares(masks: NDArray[np.int64], cost: NDArray[np.float64], size: int) -> NDArray[np.float64]:
    """(size,) the least share of a community in a group that holds it, groups shared evenly."""
    even = cost / np.bitwise_count(masks)
    held = (even[(masks >> node & 1) == 1] for node in range(size))
    return np.array([some.min(initial=np.inf) for some in held])


@njit(cache=True, nogil=True)
def _searched(masks, cost, first, share, best, steps):
    """Positions of the cheapest cover below `best`; groups stand by their lowest community, then by cost."""
    size = len(share)
    everyone = (np.int64(1) << size) - 1
    place, lowest = np.zeros(size + 1, dtype=np.int64), np.zeros(size + 1, dtype=np.int64)
    covered, paid = np.zeros(size + 1, dtype=np.int64), np.zeros(size + 1)
    kept = np.zeros(0, dtype=np.int64)
    chosen = np.zeros(size + 1, dtype=np.int64)
    depth = 0
    while depth >= 0 and steps > 0:
        steps -= 1
        row = place[depth]
        if row >= first[lowest[depth] + 1] or paid[depth] + cost[row] >= best:
            depth -= 1  # no group is left that could begin here
            continue
        place[depth] += 1
        if masks[row] & covered[depth]:
            continue
        chosen[depth] = row
        together, price = covered[depth] | masks[row], paid[depth] + cost[row]
        if together == everyone:
            best, kept = price, chosen[: depth + 1].copy()
        elif price + _open_shares(share, together) < best:
            depth += 1
            covered[depth], paid[depth] = together, price
            lowest[depth] = _first_open(together)
            place[depth] = first[lowest[depth]]
    return kept


@njit(cache=True)
def _open_shares(share, covered):
    total = 0.0
    for node in range(len(share)):
        if not covered >> node & 1:
            total += share[node]
    return total


@njit(cache=True)
def _first_open(covered):
    node = 0
    while covered >> node & 1:
        node += 1
    return node

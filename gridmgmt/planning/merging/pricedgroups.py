"""What connected groups cost: one by one, the plain way to write it, and many at once."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from gridmgmt.planning.merging.groups import Group, Pool, bits, connected_masks, is_allowed

MAX_GROUPS = 40_000  # sets looked at before the list is given up: a second


def groups_within(pool: Pool, slack: int, limit: int = MAX_GROUPS) -> list[Group] | None:
    """All groups of the pool whose slack is at most `slack`, locks kept; None where that means too many sets."""
    found = []
    for count, (mask, load) in enumerate(connected_masks(pool.neighbours, pool.loads, pool.high + slack)):
        if count >= limit:
            return None
        if is_allowed(pool, mask, load, slack):
            found.append(mask)
    return priced(pool, found)


def priced(pool: Pool, masks: Sequence[int]) -> list[Group]:
    """The groups of some masks with their best sites: as `price` has them, at once."""
    if not masks:
        return []
    inside = _membership(masks, len(pool))
    households = inside @ pool.weights
    travel = np.zeros((len(masks), len(pool)))
    for community, metres in enumerate(pool.travel):  # in this order, so that no last digit differs from `price`
        travel[inside[:, community]] += metres
    prices = pool.site_prices
    scores = prices.per_metre * travel + prices.per_household * households[:, None] + prices.fixed
    site = np.where(inside, scores, np.inf).argmin(axis=1)
    violation = np.maximum(np.maximum(pool.low - households, households - pool.high), 0)
    if pool.lone_exempt:
        violation[(inside.sum(axis=1) == 1) & (households > pool.high)] = 0
    columns = (
        households,
        violation,
        site,
        pool.site_rank[site],
        np.rint(travel[np.arange(len(masks)), site]).astype(np.int64),
        pool.upgrade[site],
        households - _of_commonest_kind(pool, inside),
        pool.staff_gap(inside @ pool.staff, households),
    )
    return [Group(*row) for row in zip(masks, *(column.tolist() for column in columns), strict=True)]


def _membership(masks: Sequence[int], size: int) -> NDArray[np.bool_]:
    """(masks, communities) whether a group holds a community."""
    width = -(-size // 8)
    packed = np.frombuffer(b"".join(mask.to_bytes(width, "little") for mask in masks), dtype=np.uint8)
    ones = np.unpackbits(packed.reshape(len(masks), width), axis=1, count=size, bitorder="little")
    return ones.astype(bool)


def _of_commonest_kind(pool: Pool, inside: NDArray[np.bool_]) -> NDArray[np.int64]:
    """(groups,) households of the type that most of a group's households are of."""
    kinds = [inside @ np.where(pool.kinds == kind, pool.weights, 0) for kind in np.unique(pool.kinds)]
    most: NDArray[np.int64] = np.max(kinds, axis=0)
    return most


def price(pool: Pool, mask: int) -> Group:
    """The group with its best site; by default that which misses fewest norms, then the least household-metres."""
    members = bits(mask)
    totals = pool.travel[np.ix_(members, members)].sum(axis=0)
    prices, households = pool.site_prices, int(pool.weights[members].sum())
    scores = prices.per_metre * totals + prices.per_household[members] * households + prices.fixed[members]
    best = int(np.argmin(scores))
    return group_at(pool, mask, members[best], float(totals[best]))


def group_at(pool: Pool, mask: int, site: int, travel: float) -> Group:
    """The group of a mask with the site that is given."""
    members = bits(mask)
    households = pool.weights[members].sum(keepdims=True)
    kinds = np.unique(pool.kinds[members], return_inverse=True)[1]
    commonest = int(np.bincount(kinds, weights=pool.weights[members]).max())
    total = int(households[0])
    return Group(
        mask,
        total,
        0 if pool.lone_exempt and len(members) == 1 and total > pool.high else pool.violation(total),
        site,
        int(pool.site_rank[site]),
        round(travel),
        int(pool.upgrade[site]),
        total - commonest,
        int(pool.staff_gap(pool.staff[members].sum(keepdims=True), households)[0]),
    )

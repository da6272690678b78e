"""Every connected group of a large pool, listed and priced as arrays: millions of them, compiled.

The groups of a hundred communities of 1,100 households number some millions. A Python object for each would take
gigabytes and minutes; six columns take seconds, and pricing all of them against a set of dual prices takes a tenth of
one. So column generation here never guesses: each round looks at every column there is.
"""

# mypy: disable-error-code="no-untyped-def, no-untyped-call, untyped-decorator"
# ruff: noqa: C901 - the enumeration is one loop, as numba wants it

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numba import njit
from numpy.typing import NDArray

from gridmgmt.planning.merging.columnkernels import sites_of, sum_over
from gridmgmt.planning.merging.groups import Group, Pool, bits, group_at, mask_of

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

MAX_LISTED = 12_000_000  # groups: about a gigabyte
NOBODY = np.uint16(65535)


@dataclass(frozen=True)
class Listing:
    """Groups as arrays, one row each, with the attributes of `Group` that goals are made of, reckoned when asked for.

    `members` (groups, most) are positions in the pool, filled up with NOBODY.
    """

    pool: Pool
    members: NDArray[np.uint16]
    site: NDArray[np.uint16]
    travel: Floats

    def __len__(self) -> int:
        return len(self.members)

    @cached_property
    def households(self) -> Ints:
        return self._summed(self.pool.weights)

    @property
    def violation(self) -> Ints:
        missing = np.maximum(self.pool.low - self.households, self.households - self.pool.high)
        if self.pool.lone_exempt and self.members.shape[1] > 1:
            missing[(self.members[:, 1] == NOBODY) & (self.households > self.pool.high)] = 0
        elif self.pool.lone_exempt:
            missing[self.households > self.pool.high] = 0
        found: Ints = np.maximum(missing, 0)
        return found

    @property
    def site_rank(self) -> Ints:
        return np.asarray(self.pool.site_rank, dtype=np.int64)[self.site]

    @property
    def upgrade(self) -> Ints:
        return np.asarray(self.pool.upgrade, dtype=np.int64)[self.site]

    @property
    def mixed(self) -> Ints:
        commonest = np.zeros(len(self), dtype=np.int64)
        for kind in np.unique(self.pool.kinds):
            np.maximum(commonest, self._summed(np.where(self.pool.kinds == kind, self.pool.weights, 0)), out=commonest)
        mixed: Ints = self.households - commonest
        return mixed

    @property
    def staff_gap(self) -> Ints:
        return self.pool.staff_gap(self._summed(self.pool.staff), self.households)

    def _summed(self, values: Ints) -> Ints:
        total: Ints = sum_over(self.members, np.asarray(values, dtype=np.int64))
        return total

    def mask(self, row: int) -> int:
        """The bit mask of one group."""
        return mask_of([int(member) for member in self.members[row] if member != NOBODY])

    def rows_of(self, masks: Iterable[int]) -> Ints:
        """Where the groups of some masks stand, by a sum of random keys; in the order of the rows."""
        keys = np.random.default_rng(0).integers(-(2**62), 2**62, len(self.pool))
        wanted = {mask: int(keys[bits(mask)].sum()) for mask in masks}
        likely = np.flatnonzero(np.isin(sum_over(self.members, keys), list(wanted.values())))
        return np.asarray([row for row in likely.tolist() if self.mask(row) in wanted], dtype=np.int64)

    def group(self, row: int) -> Group:
        """One group as an object."""
        return group_at(self.pool, self.mask(row), int(self.site[row]), float(self.travel[row]))


def listing(pool: Pool, slack: int, limit: int = MAX_LISTED, least_load: int = 0) -> Listing | None:
    """All groups of the pool with at most that slack, locks kept; None where there are more than `limit`.

    `least_load`: no group with less (see `Pool.loads`), where that is known of a plan.

    The same groups, sites and figures as `groups_within`, which is the plain way to write it.

    >>> from gridmgmt.planning.merging.groups import Pool
    >>> far = np.array([[0, 9, 9], [5, 0, 5], [7, 7, 0]])
    >>> row = Pool((0b010, 0b101, 0b010), np.array([4, 3, 2]), far, np.zeros(3), np.full(3, -1), 5, 7)
    >>> [listing(row, 0).group(number).members for number in range(2)]
    [[0, 1], [1, 2]]
    """
    pointers, near = _neighbours(pool)
    loads, locks = np.asarray(pool.loads, dtype=np.int64), np.asarray(pool.locks, dtype=np.int64)
    sizes = np.bincount(locks[locks >= 0]) if (locks >= 0).any() else np.zeros(1, dtype=np.int64)
    graph = (pointers, near, loads, locks, sizes.astype(np.int64))
    bounds = (max(pool.low - slack, least_load), pool.high + slack)
    count, most = _enumerate(*graph, *bounds, limit, *_nothing())
    if count > limit:
        return None
    members = np.full((count, most), NOBODY, dtype=np.uint16)
    site, travel = np.empty(count, dtype=np.uint16), np.empty(count)
    prices = pool.site_prices
    scores = (np.asarray(pool.travel, dtype=float), prices.per_metre, prices.per_household, prices.fixed)
    weights = np.asarray(pool.weights, dtype=np.int64)
    _enumerate(*graph, *bounds, limit, members, site, travel, weights, *scores)
    return Listing(pool, members, site, np.rint(travel))


def listed_from(pool: Pool, groups: Sequence[Group]) -> Listing:
    """A listing of just these groups, each once."""
    several = list({group.mask: group for group in groups}.values())
    most = max(len(group.members) for group in several)
    members = np.full((len(several), most), NOBODY, dtype=np.uint16)
    for row, group in enumerate(several):
        members[row, : len(group.members)] = group.members
    site = np.asarray([group.site for group in several], dtype=np.uint16)
    return Listing(pool, members, site, np.asarray([group.travel for group in several], dtype=float))


def listed_members(pool: Pool, members: NDArray[np.uint16]) -> Listing:
    """A listing of the groups that some rows hold, each row in order, filled up with NOBODY; each group once."""
    several = np.unique(members, axis=0)
    widest = int((several != NOBODY).sum(axis=1).max())
    several = np.ascontiguousarray(several[:, :widest])
    prices, travel = pool.site_prices, np.asarray(pool.travel, dtype=float)
    weights = np.asarray(pool.weights, dtype=np.int64)
    fixed = np.asarray(prices.fixed, dtype=float)
    site, metres = sites_of(several, travel, weights, prices.per_metre, prices.per_household, fixed)
    return Listing(pool, several, site, np.rint(metres))


def _neighbours(pool: Pool) -> tuple[Ints, Ints]:
    rows = [bits(mask) for mask in pool.neighbours]
    pointers = np.cumsum([0, *map(len, rows)]).astype(np.int64)
    return pointers, np.asarray([other for row in rows for other in row], dtype=np.int64)


def _nothing() -> tuple[NDArray[np.uint16], NDArray[np.uint16], Floats, Ints, Floats, float, Floats, Floats]:
    """Outputs of the round that only counts."""
    whole, real = np.zeros(0, dtype=np.int64), np.zeros(0)
    return (
        np.zeros((0, 1), dtype=np.uint16),
        np.zeros(0, dtype=np.uint16),
        real,
        whole,
        np.zeros((0, 0)),
        1.0,
        real,
        real,
    )


@njit(cache=True)
def _enumerate(
    pointers, near, loads, locks, lock_sizes, least, cap, limit,
    members, site, travel, weights, ways, per_metre, per_household, fixed,
):  # fmt: skip
    """Count the groups (and their largest size), and write them where `members` has room: ESU (Wernicke 2006).

    `queue` holds every node seen; at depth d those from `place[d]` on may still join. A node passed over stays seen, so
    each connected set comes once, from its lowest node.
    """
    n = len(loads)
    writing = len(members) > 0
    queue, seen = np.empty(n, dtype=np.int64), np.zeros(n, dtype=np.bool_)
    place, length = np.zeros(n + 2, dtype=np.int64), np.zeros(n + 2, dtype=np.int64)
    inside = np.empty(n + 1, dtype=np.int64)
    totals = np.zeros((n + 1, n if writing else 1))
    count, most = 0, 0
    for root in range(n):
        queue[0], seen[: root + 1] = root, True
        place[0], length[0] = 0, 1
        depth, load, households, lock, locked = 0, 0, 0, -1, 0
        while depth >= 0:
            if place[depth] >= length[depth]:
                if depth > 0:  # back: the last member leaves
                    node = inside[depth - 1]
                    load -= loads[node]
                    if writing:
                        households -= weights[node]
                    if locks[node] >= 0:
                        locked -= 1
                        if locked == 0:
                            lock = -1
                    for position in range(length[depth - 1], length[depth]):
                        seen[queue[position]] = False
                depth -= 1
                continue
            node = queue[place[depth]]
            place[depth] += 1
            if depth > 0 and load + loads[node] > cap:
                continue
            if locks[node] >= 0:
                if lock >= 0 and locks[node] != lock:
                    continue
                lock = locks[node]
                locked += 1
            load += loads[node]
            inside[depth] = node
            end = length[depth]
            for position in range(pointers[node], pointers[node + 1]):
                other = near[position]
                if not seen[other]:
                    seen[other] = True
                    queue[end] = other
                    end += 1
            if writing:
                households += weights[node]
                sum_here = ways[node, node]
                for before in range(depth):
                    other = inside[before]
                    totals[depth, before] = totals[depth - 1, before] + ways[node, other]
                    sum_here += ways[other, node]
                totals[depth, depth] = sum_here
            depth += 1
            place[depth], length[depth] = place[depth - 1], end
            whole = lock < 0 or locked == lock_sizes[lock]
            if whole and load >= least and (load <= cap):
                if writing:
                    best = np.inf
                    for position in range(depth):
                        one = inside[position]
                        members[count, position] = one
                        score = per_metre * totals[depth - 1, position] + per_household[one] * households + fixed[one]
                        if score < best or (score == best and one < site[count]):
                            best, site[count], travel[count] = score, one, totals[depth - 1, position]
                count += 1
                most = max(most, depth)
                if count > limit:
                    return count, most
    return count, most

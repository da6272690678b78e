"""Every connected group of a large pool, listed and priced as arrays: millions of them, compiled.

The groups of a hundred communities of 1,100 households number some millions. A Python object for each would take
gigabytes and minutes; six columns take seconds, and pricing all of them against a set of dual prices takes a tenth of
one. So column generation here never guesses: each round looks at every column there is.
"""

# mypy: disable-error-code="no-untyped-def, no-untyped-call, untyped-decorator"

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numba import njit
from numpy.typing import NDArray

from gridmgmt.planning.budget import Budget
from gridmgmt.planning.merging.columnkernels import forget, sites_of, spread, sum_over, write
from gridmgmt.planning.merging.groups import Group, Pool, bits, mask_of
from gridmgmt.planning.merging.pieces import neighbour_lists
from gridmgmt.planning.merging.pricedgroups import group_at

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

MAX_LISTED = 12_000_000  # groups: about a gigabyte
NOBODY = np.uint16(65535)
QUICK = 300_000  # groups that are listed whatever the clock says: a fraction of a second
ROOM = 4096  # groups of one community that a walk has room for at first
UNLIMITED = Budget()


def silent(budget: Budget) -> Budget:
    """The same budget, told nothing: where what is found is no plan, or what is proven no bound, of the whole."""
    return replace(budget, so_far=lambda value, bound: None)


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


def listing(
    pool: Pool, slack: int, limit: int = MAX_LISTED, least_load: int = 0, budget: Budget = UNLIMITED
) -> Listing | None:
    """All groups of the pool with at most that slack, locks kept; None where there are more than `limit`, or no time.

    `least_load`: no group with less (see `Pool.loads`), where that is known of a plan.

    The same groups, sites and figures as `groups_within`, which is the plain way to write it.

    >>> from gridmgmt.planning.merging.groups import Pool
    >>> far = np.array([[0, 9, 9], [5, 0, 5], [7, 7, 0]])
    >>> row = Pool((0b010, 0b101, 0b010), np.array([4, 3, 2]), far, np.zeros(3), np.full(3, -1), 5, 7)
    >>> [listing(row, 0).group(number).members for number in range(2)]
    [[0, 1], [1, 2]]
    """
    loads, locks = np.asarray(pool.loads, dtype=np.int64), np.asarray(pool.locks, dtype=np.int64)
    sizes = np.bincount(locks[locks >= 0], minlength=1).astype(np.int64)
    walk = (*neighbour_lists(pool), loads, locks, sizes, max(pool.low - slack, least_load), pool.high + slack)
    found, listed, room = [], 0, np.empty((ROOM, len(pool)), dtype=np.uint16)
    for root in range(len(pool)):
        count, most = _groups_from(root, *walk, limit - listed, room)
        listed += count
        if listed > limit or (listed > QUICK and budget.spent()):
            return None
        if count > len(room):
            room = np.empty((count + count // 4, len(pool)), dtype=np.uint16)
            _groups_from(root, *walk, count, room)
        found.append(room[:count, :most].copy())
    return _priced(pool, stacked(*found))


def listed_members(pool: Pool, members: NDArray[np.uint16]) -> Listing:
    """A listing of the groups that some rows hold, filled up with NOBODY; each group once."""
    return _priced(pool, np.unique(np.sort(members, axis=1), axis=0))


def rows_of(groups: Iterable[Group]) -> NDArray[np.uint16]:
    """Groups as rows of members, filled up with NOBODY."""
    return stacked(*(np.asarray([group.members], dtype=np.uint16) for group in groups))


def stacked(*rows: NDArray[np.uint16]) -> NDArray[np.uint16]:
    """Rows of members below each other, as wide as the widest."""
    together = np.full((sum(map(len, rows)), max(some.shape[1] for some in rows)), NOBODY, dtype=np.uint16)
    begin = 0
    for some in rows:
        together[begin : begin + len(some), : some.shape[1]] = some
        begin += len(some)
    return together


def _priced(pool: Pool, members: NDArray[np.uint16]) -> Listing:
    """A listing of groups, each at its best site."""
    prices, travel = pool.site_prices, np.asarray(pool.travel, dtype=float)
    weights = np.asarray(pool.weights, dtype=np.int64)
    fixed = np.asarray(prices.fixed, dtype=float)
    site, metres = sites_of(members, travel, weights, prices.per_metre, prices.per_household, fixed)
    return Listing(pool, members, site, np.rint(metres))


@njit(cache=True, nogil=True)
def _groups_from(root, pointers, near, loads, locks, lock_sizes, least, cap, limit, members):
    """How many groups have `root` as their lowest community, and the most members of one: ESU (Wernicke 2006).

    Rows are written as far as `members` has room; beyond `limit` groups the walk is broken off. `queue` holds every
    node seen; at depth d those from `place[d]` on may still join. A node passed over stays seen, so each connected set
    comes once.
    """
    n = len(loads)
    queue, seen = np.empty(n, dtype=np.int64), np.zeros(n, dtype=np.bool_)
    place, length = np.zeros(n + 2, dtype=np.int64), np.zeros(n + 2, dtype=np.int64)
    inside = np.empty(n + 1, dtype=np.int64)
    queue[0], length[0] = root, 1
    seen[: root + 1] = True
    depth, load, lock, locked, count, most = 0, 0, -1, 0, 0, 1
    while depth >= 0 and count <= limit:
        if place[depth] >= length[depth]:
            depth -= 1
            if depth >= 0:  # the last member leaves
                node = inside[depth]
                load -= loads[node]
                if locks[node] >= 0:
                    locked -= 1
                    lock = -1 if locked == 0 else lock
                forget(queue, length[depth], length[depth + 1], seen)
            continue
        node = queue[place[depth]]
        place[depth] += 1
        joins = locks[node]
        if (depth > 0 and load + loads[node] > cap) or (joins >= 0 and lock >= 0 and joins != lock):
            continue
        if joins >= 0:
            lock, locked = joins, locked + 1
        load += loads[node]
        inside[depth] = node
        depth += 1
        length[depth] = spread(pointers, near, node, seen, queue, length[depth - 1])
        place[depth] = place[depth - 1]
        if least <= load <= cap and (lock < 0 or locked == lock_sizes[lock]):
            if count < len(members):
                write(members, count, inside, depth)
            count += 1
            most = max(most, depth)
    return count, most

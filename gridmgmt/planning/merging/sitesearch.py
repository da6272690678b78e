"""Groups of a pool searched site by site for a small reduced cost, compiled: none is listed that prices rule out.

Under a price p_u for each community, a group G served at site s costs

    r(G, s) = f_s + Σ_{u∈G} (a_us − p_u),        a_us: what it costs to serve u at s, f_s: what s costs.

All groups that hold s are walked through from s outwards (ESU, Wernicke 2006). A branch ends where even the best
communities that may still join, by what each gains per household (the fractional knapsack, Dantzig 1957), leave the
group dearer than is asked for. A hundred communities have thirty million groups in range; some thousands are looked at.
"""

# mypy: disable-error-code="no-untyped-def, no-untyped-call, untyped-decorator"
# ruff: noqa: C901 - the search is one loop, as numba wants it

from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

from gridmgmt.planning.budget import Budget
from gridmgmt.planning.merging.columnkernels import forget, spread, write
from gridmgmt.planning.merging.groups import Pool
from gridmgmt.planning.merging.pieces import neighbour_lists

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Members = NDArray[np.uint16]

NOBODY = np.uint16(65535)
MOST_MEMBERS = 250  # of one group; where one could have more the search says that it is not complete
HELD = 200  # groups in range of the search for the cheapest that are kept per site


@dataclass(frozen=True)
class Found:
    """Groups by row, members filled up with NOBODY; `least` (sites,): no group of a site has a lower reduced cost.

    `complete`: every search came to its end.
    """

    members: Members
    least: Floats
    complete: bool


@dataclass(frozen=True)
class SiteSearch:
    """A pool as the search sees it, and the prices of serving: `serve` (n, n) community by site, `fixed` (n,)."""

    pointers: Ints
    near: Ints
    loads: Ints
    locks: Ints
    lock_sizes: Ints
    lock_loads: Ints
    serve: Floats
    fixed: Floats
    rank: Ints  # a site serves no community whose own site stands higher; all 0 where that does not matter

    @classmethod
    def of(cls, pool: Pool, serve: Floats, fixed: Floats, rank: Ints) -> "SiteSearch":
        pointers, near = neighbour_lists(pool)
        locks = np.asarray(pool.locks, dtype=np.int64)
        loads = np.asarray(pool.loads, dtype=np.int64)
        sizes = np.zeros(max(int(locks.max(initial=0)) + 1, 1), dtype=np.int64)
        lock_loads = sizes.copy()
        np.add.at(sizes, locks[locks >= 0], 1)
        np.add.at(lock_loads, locks[locks >= 0], loads[locks >= 0])
        return cls(pointers, near, loads, locks, sizes, lock_loads, serve, fixed, rank.astype(np.int64))

    def cheapest(self, prices: Floats, least_load: int, most_load: int, work: int, budget: Budget) -> Found:
        """The cheapest group of each site and some that the search met on its way, at most `work` steps a site.

        Of sites that the budget leaves no time for nothing is known.
        """
        n = len(self.loads)
        members = self._rows(HELD * n)
        seats, least, written, complete = self._seats(prices), np.full(n, -np.inf), np.zeros(len(members), bool), True
        for site in range(n):
            if budget.spent():
                return Found(_trimmed(members[written]), least, False)
            kept = slice(HELD * site, HELD * (site + 1))
            count, least[site], whole = self._searched(
                seats, site, least_load, most_load, np.inf, work, members[kept], True
            )
            written[kept][:count] = True
            complete &= whole
        return Found(_trimmed(members[written]), least, complete)

    def below(
        self, prices: Floats, least_load: int, most_load: int, ceilings: Floats, room: int, work: int, budget: Budget
    ) -> Found:
        """Every group whose reduced cost is at most its site's ceiling.

        Incomplete where there are more than `room`, a site takes more than `work` steps, or the budget is spent.
        """
        n, count = len(self.loads), 0
        members, seats, least = self._rows(room), self._seats(prices), np.full(n, -np.inf)
        for site in range(n):
            ceiling = float(ceilings[site])
            more, least[site], whole = self._searched(
                seats, site, least_load, most_load, ceiling, work, members[count:], False
            )
            count += more
            if not whole or budget.spent():
                return Found(_trimmed(members[:count]), least, False)
        return Found(_trimmed(members[:count]), least, True)

    def _rows(self, count: int) -> Members:
        return np.full((count, min(len(self.loads), MOST_MEMBERS)), NOBODY, dtype=np.uint16)

    def _seats(self, prices: Floats) -> tuple[Floats, Ints, Ints]:
        """By site: (n, n) what each community gains, (n, n) those worth having, best first, and how many they are."""
        gains = np.ascontiguousarray((prices[:, None] - self.serve).T)
        worth = (gains > 0) & (self.rank[None, :] >= self.rank[:, None])
        ratio = np.where(worth, gains / np.maximum(self.loads, 1), -1.0)
        return gains, np.argsort(-ratio, axis=1, kind="stable"), worth.sum(axis=1)

    def _searched(
        self,
        seats: tuple[Floats, Ints, Ints],
        site: int,
        least: int,
        most: int,
        ceiling: float,
        work: int,
        members: Members,
        narrowing: bool,
    ) -> tuple[int, float, bool]:
        gains, order, useful = seats
        graph = (self.pointers, self.near, self.loads, self.locks, self.lock_sizes, self.lock_loads)
        seat = (site, gains[site], order[site, : useful[site]], self.rank < self.rank[site], float(self.fixed[site]))
        count, found, whole = _walk(*graph, *seat, least, most, ceiling, work, members, narrowing)
        return int(count), float(found), bool(whole)


def _trimmed(found: Members) -> Members:
    widest = int((found != NOBODY).sum(axis=1).max(initial=1))
    return found[:, :widest].copy()


@njit(cache=True, nogil=True)
def _walk(
    pointers, near, loads, locks, lock_sizes, lock_loads,
    site, gains, order, barred, fixed,
    least, most, ceiling, work, members, narrowing,
):  # fmt: skip
    """Rows written, what no group of the site is cheaper than, and whether all was looked at.

    Narrowing, the ceiling falls to each cheaper group that is met, and of these the last few are kept.
    """
    n, (room, wide) = len(loads), members.shape
    if loads[site] > most:
        return 0, np.inf, True
    queue, inside = np.empty(n, dtype=np.int64), np.empty(n + 1, dtype=np.int64)
    place, length = np.zeros(n + 2, dtype=np.int64), np.zeros(n + 2, dtype=np.int64)
    seen, passed = barred.copy(), np.zeros(n, dtype=np.bool_)  # passed: inside, or passed over: cannot join any more
    queue[0], seen[site], length[0] = site, True, 1
    depth, load, value, count, cheapest, lowest = 0, 0, fixed, 0, np.inf, np.inf
    lock, locked, open_load = -1, 0, 0  # the label inside, how many of it are, and the load of those that are not
    while depth >= 0:
        if work <= 0:  # what was not looked at costs no less than this
            lowest = min(lowest, _promise(gains, loads, order, passed, most - load, value))
        if place[depth] >= length[depth] or work <= 0:
            if depth > 0:
                node = inside[depth - 1]
                forget(queue, place[depth - 1], place[depth], passed)
                forget(queue, length[depth - 1], length[depth], seen)
                load, value = load - loads[node], value + gains[node]
                if locks[node] >= 0:
                    locked, open_load = locked - 1, open_load + loads[node]
                if locked == 0:
                    lock, open_load = -1, 0
            depth -= 1
            continue
        node = queue[place[depth]]
        place[depth] += 1
        passed[node] = True
        joins, still_open = locks[node], open_load
        if joins >= 0:
            still_open = (open_load if lock >= 0 else lock_loads[joins]) - loads[node]
        if (joins >= 0 and lock >= 0 and joins != lock) or load + loads[node] + still_open > most:
            continue
        work -= 1
        promise = _promise(gains, loads, order, passed, most - load - loads[node], value - gains[node])
        if promise > ceiling:
            continue
        if depth >= wide:  # a larger group than there is room for: not complete
            work, passed[node] = 0, False
            continue
        inside[depth], open_load = node, still_open
        load, value = load + loads[node], value - gains[node]
        if joins >= 0:
            lock, locked = joins, locked + 1
        depth += 1
        length[depth] = spread(pointers, near, node, seen, queue, length[depth - 1])
        place[depth] = place[depth - 1]
        if load >= least and value <= ceiling and (lock < 0 or locked == lock_sizes[lock]):
            cheapest = min(cheapest, value)
            if narrowing:
                ceiling = value
            elif count >= room:
                return room, cheapest, False
            write(members, count % room, inside, depth)
            count += 1
    return min(count, room), min(cheapest, lowest), work > 0


@njit(cache=True)
def _promise(gains, loads, order, passed, spare, value):
    """What a group may come to at best when the best communities left, by gain per household, fill what is spare."""
    for position in range(len(order)):
        other = order[position]
        if not passed[other]:
            if loads[other] > spare:
                return value - gains[other] * spare / loads[other]
            spare -= loads[other]
            value -= gains[other]
    return value

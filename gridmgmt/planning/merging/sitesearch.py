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

from gridmgmt.planning.merging.groups import Pool, bits

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Members = NDArray[np.uint16]

NOBODY = np.uint16(65535)
MOST_MEMBERS = 250  # of one group; where one could have more the search says that it is not complete
HELD = 200  # groups in range of the search for the cheapest that are kept per site


@dataclass(frozen=True)
class Found:
    """Groups by row, members filled up with NOBODY; `least` (sites,) the proven least reduced cost of each site."""

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
    serve: Floats
    fixed: Floats
    rank: Ints  # a site serves no community whose own site stands higher; all 0 where that does not matter

    @classmethod
    def of(cls, pool: Pool, serve: Floats, fixed: Floats, rank: Ints) -> "SiteSearch":
        rows = [bits(mask) for mask in pool.neighbours]
        pointers = np.cumsum([0, *map(len, rows)]).astype(np.int64)
        near = np.asarray([other for row in rows for other in row], dtype=np.int64)
        locks = np.asarray(pool.locks, dtype=np.int64)
        sizes = np.bincount(locks[locks >= 0]) if (locks >= 0).any() else np.zeros(1, dtype=np.int64)
        loads = np.asarray(pool.loads, dtype=np.int64)
        return cls(pointers, near, loads, locks, sizes.astype(np.int64), serve, fixed, rank.astype(np.int64))

    def cheapest(self, prices: Floats, least_load: int, most_load: int, work: int) -> Found:
        """The cheapest group of each site and some that the search met on its way; `least` is −inf without proof."""
        n = len(self.loads)
        ceilings = np.full(n, np.inf)
        return self._search(prices, least_load, most_load, ceilings, HELD * n, work, narrowing=True)

    def below(self, prices: Floats, least_load: int, most_load: int, ceilings: Floats, room: int, work: int) -> Found:
        """Every group whose reduced cost is at most its site's ceiling; incomplete where there are more than `room`."""
        return self._search(prices, least_load, most_load, ceilings, room, work, narrowing=False)

    def _search(
        self, prices: Floats, least: int, most: int, ceilings: Floats, room: int, work: int, *, narrowing: bool
    ) -> Found:
        graph = (self.pointers, self.near, self.loads, self.locks, self.lock_sizes)
        gains = prices[:, None] - self.serve
        members = np.full((room, min(len(self.loads), MOST_MEMBERS)), NOBODY, dtype=np.uint16)
        return Found(*_trimmed(members, *_walk(*graph, gains, self.fixed, self.rank, least, most, ceilings.copy(),
                                               narrowing, HELD, work, members)))  # fmt: skip


def _trimmed(members: Members, count: int, cheapest: Floats, complete: bool) -> tuple[Members, Floats, bool]:
    found = members[:count]
    widest = int((found != NOBODY).sum(axis=1).max()) if count else 1
    return found[:, :widest].copy(), cheapest, complete


@njit(cache=True, nogil=True)
def _walk(
    pointers, near, loads, locks, lock_sizes, gains, fixed, rank, least, most, ceilings, narrowing, held, work, members
):  # fmt: skip
    """Rows written, (n,) the least reduced cost found per site (or its ceiling), and whether all was looked at."""
    n = len(loads)
    room, wide = members.shape
    queue, seen = np.empty(n, dtype=np.int64), np.zeros(n, dtype=np.bool_)
    passed = np.zeros(n, dtype=np.bool_)  # inside, or passed over: cannot join any more
    place, length = np.zeros(n + 2, dtype=np.int64), np.zeros(n + 2, dtype=np.int64)
    inside = np.empty(n + 1, dtype=np.int64)
    cheapest = np.full(n, np.inf)
    count, complete = 0, True
    order = np.empty(n, dtype=np.int64)
    for site in range(n):
        if loads[site] > most:
            continue
        steps, first, kept, crowded = work, count, 0, False
        ratio = np.empty(n)
        for node in range(n):
            allowed = rank[node] >= rank[site] and gains[node, site] > 0
            ratio[node] = gains[node, site] / max(loads[node], 1) if allowed else -1.0
        order[:] = np.argsort(-ratio)
        useful = 0
        while useful < n and ratio[order[useful]] > 0:
            useful += 1
        passed[:] = False
        for node in range(n):
            seen[node] = rank[node] < rank[site]
        queue[0], seen[site] = site, True
        place[0], length[0] = 0, 1
        depth, load, value = 0, 0, fixed[site]
        while depth >= 0:
            if place[depth] >= length[depth] or steps <= 0:
                # back: what was passed over at this depth may join again, then the last member leaves
                start = 0 if depth == 0 else length[depth - 1]
                if depth > 0:
                    for position in range(place[depth - 1], place[depth]):
                        passed[queue[position]] = False
                    node = inside[depth - 1]
                    passed[node] = True  # passed over from now on, by the depth above
                    load -= loads[node]
                    value += gains[node, site]
                    for position in range(start, length[depth]):
                        seen[queue[position]] = False
                depth -= 1
                continue
            node = queue[place[depth]]
            place[depth] += 1
            passed[node] = True
            if load + loads[node] > most:
                continue
            steps -= 1
            load += loads[node]
            value -= gains[node, site]
            # what the group may come to at best
            spare, bound = most - load, value
            for position in range(useful):
                other = order[position]
                if not passed[other]:
                    if loads[other] <= spare:
                        spare -= loads[other]
                        bound -= gains[other, site]
                    else:
                        bound -= gains[other, site] * spare / loads[other]
                        break
            if bound > ceilings[site] or depth >= wide:
                crowded = crowded or bound <= ceilings[site]
                load -= loads[node]
                value += gains[node, site]
                continue
            inside[depth] = node
            depth += 1
            end = length[depth - 1]
            for position in range(pointers[node], pointers[node + 1]):
                other = near[position]
                if not seen[other]:
                    seen[other] = True
                    queue[end] = other
                    end += 1
            place[depth], length[depth] = place[depth - 1], end
            if load >= least and value <= ceilings[site] and _keeps_locks(inside, depth, locks, lock_sizes):
                cheapest[site] = min(cheapest[site], value)
                if narrowing:
                    ceilings[site] = min(ceilings[site], value)
                    row = first + kept % held
                    kept += 1
                    count = first + min(kept, held)
                else:
                    row = count
                    count += 1
                if row >= room:
                    return room, cheapest, False
                members[row, :] = 65535
                for position in range(depth):
                    members[row, position] = inside[position]
        if steps <= 0 or crowded:
            complete = False
            cheapest[site] = -np.inf
    return count, cheapest, complete


@njit(cache=True)
def _keeps_locks(inside, depth, locks, lock_sizes):
    lock, locked = -1, 0
    for position in range(depth):
        own = locks[inside[position]]
        if own >= 0:
            if lock >= 0 and own != lock:
                return False
            lock = own
            locked += 1
    return lock < 0 or locked == lock_sizes[lock]

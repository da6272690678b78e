"""Large pools without listing their groups: column generation whose pricing searches site by site (`sitesearch`).

Each round's prices p give the Lagrangian bound of the capacitated p-median with contiguity kept,

    Σ_u p_u + min over j of the sum of the j least r_s,    r_s = min_G r(G, s),  fewest ≤ j ≤ most stations,

because a site serves one group. A plan better than a known one holds only groups whose reduced cost fits into the gap
between the two: those are listed in the end, some thousands, and decided among exactly (`columnchoice.choose`). Work
limits end every step, so equal input gives equal plans; the clock is the last stop.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gridmgmt.planning.budget import Budget
from gridmgmt.planning.merging.columngen import Programme, Relaxation
from gridmgmt.planning.merging.sitesearch import NOBODY, Members, SiteSearch

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

ROUNDS = 250
SMOOTHING = 0.6  # how near the best prices so far a round prices
WORK = 300_000  # branches that one search for the cheapest group of a site may look at
LISTING_WORK = 5_000_000
ASCENTS = 300  # steps of the Lagrangian ascent that the prices start from
PATIENCE = 15  # steps without a better bound before they are halved
ENOUGH = 0.5  # a bound this near the relaxation's value is not improved any more
ZERO = 1e-6


@dataclass(frozen=True)
class Task:
    """What a group and a plan may be: loads of a group, numbers of stations; `size` communities."""

    search: SiteSearch
    least_load: int
    most_load: int
    fewest: int
    most: int

    @property
    def size(self) -> int:
        return len(self.search.loads)


@dataclass(frozen=True)
class Priced:
    """The best prices found, the least reduced cost of each site under them, their bound, and the groups met."""

    prices: Floats
    least: Floats
    bound: float
    members: Members
    stopped: bool

    def ceilings(self, task: Task, value: float) -> Floats:
        """(sites,) the reduced cost that a group of a plan of at most that value can have."""
        found: Floats = value - self.prices.sum() - _others(self.least, task)
        return found


def priced(task: Task, start: Members, budget: Budget) -> Priced:
    """Column generation from the groups of a plan until no group can improve the relaxation, or a work limit."""
    relaxation = Relaxation(task.size, start, _costs(task, start), task.most)
    relaxation.extra, relaxation.limits = [np.ones(len(start))], [float(task.most)]
    programme = Programme(relaxation, max(1.0, float(np.abs(relaxation.cost).max()) / 1000))
    programme.add(np.arange(len(start)))
    known = {row.tobytes() for row in start}
    centre = ascended(task, float(relaxation.cost.sum()), budget)
    best, least = -np.inf, np.full(task.size, -np.inf)
    for _ in range(ROUNDS):
        own = programme.solve(budget)
        for asked in (SMOOTHING * centre + (1 - SMOOTHING) * own[: task.size], own[: task.size]):
            found = task.search.cheapest(asked, task.least_load, task.most_load, WORK, budget)
            bound = float(asked.sum()) + _chosen(found.least, task)
            if bound > best:
                best, least, centre = bound, found.least, asked
            entered = _entered(task, relaxation, programme, found.members, own, known)
            if entered:
                break
        value = float(own[: task.size].sum()) + float(own[task.size]) * task.most
        if not entered or value - best < ENOUGH or budget.spent():
            break
    return Priced(centre, least, best, relaxation.members, budget.spent())


def _entered(
    task: Task, relaxation: Relaxation, programme: Programme, found: Members, own: Floats, known: set[bytes]
) -> bool:
    """Whether groups came into the relaxation: those that gain under its own prices and are new."""
    rows = padded(found, task.size)
    cost = _costs(task, rows)
    gaining = cost - _sums(rows, own[: task.size]) - own[task.size] < -ZERO
    fresh = [row for row in np.flatnonzero(gaining).tolist() if rows[row].tobytes() not in known]
    if not fresh:
        return False
    known.update(rows[row].tobytes() for row in fresh)
    first = len(relaxation.cost)
    relaxation.members = np.concatenate([relaxation.members, rows[fresh]])
    relaxation.cost = np.concatenate([relaxation.cost, cost[fresh]])
    relaxation.extra = [np.ones(len(relaxation.cost))]
    programme.add(np.arange(first, first + len(fresh)))
    return True


def padded(members: Members, width: int) -> Members:
    """Rows in order of their members, filled up to one width."""
    wide = np.full((len(members), width), NOBODY, dtype=np.uint16)
    wide[:, : members.shape[1]] = members
    wide.sort(axis=1)
    return wide


def _costs(task: Task, rows: Members) -> Floats:
    """(groups,) the least cost of each group at one of its sites."""
    found = np.empty(len(rows))
    for number, row in enumerate(rows):
        inside = row[row != NOBODY]
        found[number] = (task.search.serve[np.ix_(inside, inside)].sum(axis=0) + task.search.fixed[inside]).min()
    return found


def _sums(rows: Members, prices: Floats) -> Floats:
    extended = np.append(prices, 0.0)
    total: Floats = extended[np.minimum(rows, len(prices))].sum(axis=1)
    return total


def _chosen(least: Floats, task: Task) -> float:
    """The sum of the least reduced costs over the number of sites that makes it least."""
    ordered = np.sort(least)[: task.most]
    return float(ordered[: task.fewest].sum() + np.minimum(ordered[task.fewest :], 0.0).sum())


def _others(least: Floats, task: Task) -> Floats:
    """(sites,) the same over the other sites, where each site is one of those chosen."""
    order = np.argsort(least, kind="stable")
    found = np.empty(task.size)
    for place, site in enumerate(order.tolist()):
        others = np.delete(order, place)[: task.most - 1]
        some = least[others]
        found[site] = some[: task.fewest - 1].sum() + np.minimum(some[max(task.fewest - 1, 0) :], 0.0).sum()
    return found


def ascended(task: Task, value: float, budget: Budget) -> Floats:
    """Prices to start from: Lagrangian ascent (Held, Wolfe & Crowder 1974) with contiguity let go."""
    prices = np.sort(task.search.serve, axis=1)[:, task.most // 2].copy()
    best, centre, pace, idle = -np.inf, prices, 1.0, 0
    for _ in range(ASCENTS):
        least, served = _filled(task, prices)
        chosen = np.argsort(least, kind="stable")[: task.most]
        bound = float(prices.sum() + least[chosen].sum())
        if bound > best:
            best, centre, idle = bound, prices, 0
        elif (idle := idle + 1) >= PATIENCE:
            pace, idle, prices = pace / 2, 0, centre
            continue
        slope = 1.0 - served[:, chosen].sum(axis=1)
        steepness = float(slope @ slope)
        if steepness < ZERO or budget.spent():
            break
        prices = prices + pace * max(value - bound, 0.0) / steepness * slope
    return centre


def _filled(task: Task, prices: Floats) -> tuple[Floats, Floats]:
    """(sites,) reduced costs when each site is filled with the best shares of communities; (n, sites) the shares."""
    loads = np.maximum(task.search.loads, 1).astype(float)
    gains = np.maximum(prices[:, None] - task.search.serve, 0.0)
    np.fill_diagonal(gains, 0.0)
    order = np.argsort(-gains / loads[:, None], axis=0, kind="stable")
    sizes, gained = loads[order], np.take_along_axis(gains, order, axis=0)
    spare = task.most_load - loads[None, :] - (np.cumsum(sizes, axis=0) - sizes)
    share = np.clip(spare / sizes, 0.0, 1.0) * (gained > 0)
    served = np.zeros_like(gains)
    np.put_along_axis(served, order, share, axis=0)
    np.fill_diagonal(served, 1.0)
    own = np.diagonal(task.search.serve) - prices
    return own + task.search.fixed - (gained * share).sum(axis=0), served

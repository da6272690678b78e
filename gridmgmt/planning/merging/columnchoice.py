"""Exact set partitioning over listed groups: bounds, struck-out columns, subset-row cuts, and HiGHS for what is left.

A plan better than one known (value v) holds only columns of reduced cost ≤ v − step − bound (`columngen`), where all
costs are multiples of `step`: the others are struck out. Cuts raise the bound until the columns that are left are few
enough for HiGHS to decide.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import optimize, sparse

from gridmgmt.planning.merging.columngen import ZERO, Floats, Ints, Members, Relaxation, Relaxed, relax, sifted
from gridmgmt.planning.merging.columnkernels import triples
from gridmgmt.planning.merging.listing import NOBODY
from gridmgmt.planning.partition.search import Budget
from gridmgmt.planning.quiet import milp

DECIDABLE = 500  # columns that HiGHS decides in seconds
LAST = 25_000  # columns that it is given where cuts strike out no more
NODES = 2_000  # of one search by HiGHS: the work limit
TRIED = 1_000  # columns among which a better plan is looked for on the way
TRIED_NODES = 20
TRIES = 3  # rounds of cuts from one such search to the next
CUTTABLE = 1_500_000  # columns up to which cuts are worth their time
CUT_ROUNDS = 60
RISE = 1e-6  # least rise of the bound, as a share of it, for which cutting goes on
PATIENCE = 3  # rounds without such a rise
CUTS = 100  # in one round
VIOLATED = 0.02  # least violation of a cut that is added
WITHIN_S = 1.0  # the least time that is left for which a search is begun


@dataclass(frozen=True)
class Chosen:
    """Chosen rows of the listing; per goal the value reached and the bound proven."""

    rows: Ints
    values: tuple[int, ...]
    bounds: tuple[int, ...]
    stopped: bool = False  # by the clock


def choose(
    members: Members,
    costs: Ints,
    start: Ints,
    floors: Sequence[int],
    most: int,
    size: int,
    budget: Budget,
) -> Chosen:
    """The best cover by groups of a listing, goal after goal.

    Parameters
    ----------
    members : (groups, k) positions, NOBODY behind the last
    costs : (groups, goals) whole
    start : rows that cover every community once
    floors : per goal a bound that is known to hold
    most : stations a plan can have at the most
    size : communities
    """
    best, values, bounds = np.sort(start), [], []
    relaxation = Relaxation(size, members, np.zeros(len(members)), most)
    active = best
    for goal in range(costs.shape[1]):
        relaxation.cost = costs[:, goal].astype(float)
        bound = floors[goal]
        if int(costs[best, goal].sum()) > bound:
            best, proven, active = _decided(relaxation, best, active, bound, budget)
            bound = max(bound, proven)
        value = int(costs[best, goal].sum())
        values.append(value)
        bounds.append(min(bound, value))
        relaxation.extra.append(relaxation.cost)
        relaxation.limits.append(float(value))
    stopped = values != bounds and budget.spent()
    return Chosen(best, tuple(values), tuple(bounds), stopped)


def _decided(relaxation: Relaxation, best: Ints, active: Ints, floor: int, budget: Budget) -> tuple[Ints, int, Ints]:
    """One goal: the best cover found, the bound proven, and the columns that were active."""
    step = max(1, int(np.gcd.reduce(relaxation.cost.astype(np.int64))))
    found = sifted(relaxation, np.union1d(active, best), budget)
    bound = _rounded(max(float(floor), found.bound), step)
    if _value(relaxation, best) > bound:
        best = _tried(relaxation, found.reduced, best, budget)
    kept = np.flatnonzero(found.reduced <= _value(relaxation, best) - step - found.bound + ZERO)
    if len(kept) <= CUTTABLE and _value(relaxation, best) > bound:
        best, closed = _closed(relaxation, best, kept, found, step, budget)
        bound = max(bound, _rounded(closed, step))
    return best, bound, found.active


def _rounded(bound: float, step: int) -> int:
    """The least multiple of the step that is no less than the bound."""
    return step * int(np.ceil(bound / step - ZERO))


def _tried(relaxation: Relaxation, reduced: Floats, best: Ints, budget: Budget) -> Ints:
    """A better cover by the cheapest columns, where a short search meets one."""
    cheapest = np.argpartition(reduced, min(TRIED, len(reduced) - 1))[:TRIED]
    return _whole(relaxation, np.union1d(cheapest, best), best, budget, TRIED_NODES)[0]


def _closed(
    relaxation: Relaxation, best: Ints, kept: Ints, found: Relaxed, step: int, budget: Budget
) -> tuple[Ints, float]:
    """The best cover by the columns that a better one may hold, and the bound; cuts strike columns out."""
    bound, small = found.bound, relaxation.subset(np.union1d(kept, best))
    kept = np.union1d(kept, best)
    active = np.intersect1d(found.active, kept)
    place, prices = np.searchsorted(kept, active), found.prices
    idle = 0
    for round_ in range(CUT_ROUNDS):
        if len(kept) <= DECIDABLE or budget.spent():
            break
        found = relax(small, place, budget, prices)
        idle = idle + 1 if found.bound <= bound + RISE * abs(bound) else 0
        if round_ and idle > PATIENCE:
            break  # the cuts of the last rounds raised nothing
        bound = max(bound, found.bound)
        if round_ % TRIES == TRIES - 1:
            best = kept[_tried(small, found.reduced, np.searchsorted(kept, best), budget)]
        stay = found.reduced <= _value(relaxation, best) - step - bound + ZERO
        stay[np.searchsorted(kept, best)] = True
        cuts, prices = _cuts(small, found)
        place = np.searchsorted(np.flatnonzero(stay), np.sort(found.active[stay[found.active]]))
        kept, small = kept[stay], small.subset(np.flatnonzero(stay))
        if len(cuts) == len(small.cuts):
            break
        small.cuts = cuts
    if len(kept) > LAST:
        return best, bound
    place, proven = _whole(small, np.arange(len(kept)), np.searchsorted(kept, best), budget, NODES)
    return kept[place], float(_value(relaxation, kept[place])) if proven else bound


def _value(relaxation: Relaxation, rows: Ints) -> int:
    return round(float(relaxation.cost[rows].sum()))


def _cuts(small: Relaxation, found: Relaxed) -> tuple[Ints, Floats]:
    """The cuts that have a price and those the relaxed plan breaks most; and prices to begin with."""
    used = found.share > ZERO
    broken = triples(small.members[found.active[used]], found.share[used], small.size, VIOLATED)
    order = np.argsort(-broken[:, 3], kind="stable")[:CUTS]
    held = small.size + len(small.extra)
    dear = found.prices[held:] < -ZERO
    cuts = np.concatenate([small.cuts[dear], broken[order, :3].astype(np.int64)])
    prices = np.concatenate([found.prices[:held], found.prices[held:][dear], np.zeros(len(order))])
    return cuts, prices


def _whole(relaxation: Relaxation, rows: Ints, best: Ints, budget: Budget, nodes: int) -> tuple[Ints, bool]:
    """The best cover by some columns (those of `best` among them), and whether that is proven among them."""
    if budget.spent() or budget.left_s() < WITHIN_S:
        return best, False
    small = relaxation.subset(rows)
    lengths = (small.members != NOBODY).sum(axis=1)
    pointers = np.concatenate([[0], np.cumsum(lengths)])
    members = small.members[small.members != NOBODY].astype(np.int64)
    covers = sparse.csc_array((np.ones(len(members)), members, pointers), shape=(relaxation.size, len(rows)))
    limits = [optimize.LinearConstraint(covers, 1, 1)]
    if small.extra:
        limits.append(optimize.LinearConstraint(np.stack(small.extra), -np.inf, small.limits))
    if len(small.cuts):
        two = sparse.csr_array(small.holds_two(np.arange(len(rows))).T.astype(float))
        limits.append(optimize.LinearConstraint(two, -np.inf, 1))
    scale = max(1.0, float(np.abs(small.cost).max()) / 1000)
    found = milp(
        small.cost / scale,
        constraints=limits,
        bounds=optimize.Bounds(0, 1),
        integrality=np.ones(len(rows)),
        options={"time_limit": budget.left_s(), "mip_rel_gap": 0.0, "node_limit": nodes},
    )
    if found.x is None:
        return best, False
    chosen = rows[found.x > 0.5]
    better = chosen if _value(relaxation, chosen) < _value(relaxation, best) else best
    return better, bool(found.success)

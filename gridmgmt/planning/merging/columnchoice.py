"""Exact set partitioning over listed groups: bounds, struck-out columns, subset-row cuts, and HiGHS for what is left.

A plan better than one known (value v) holds only columns of reduced cost ≤ v − step − bound (`columngen`), where all
costs are multiples of `step`: the others are struck out. Cuts raise the bound until the columns that are left are few
enough for HiGHS to decide.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import optimize, sparse

from gridmgmt.planning.budget import Budget
from gridmgmt.planning.merging.columncuts import Cutting, Search, value_of
from gridmgmt.planning.merging.columngen import ZERO, Floats, Ints, Members, Relaxation, Relaxed, relax, sifted
from gridmgmt.planning.merging.columnmending import mended
from gridmgmt.planning.merging.listing import NOBODY
from gridmgmt.planning.quiet import milp

DECIDABLE = 500  # columns that HiGHS decides in seconds
LAST = 5_000  # columns that it is given where cuts strike out no more; with many more it does not look at the clock
FURTHER = (4, 6, 8)  # stations decided anew at once where cuts raise nothing any more
NODES = 2_000  # of one search by HiGHS: the work limit
TRIED = 1_000  # columns among which a better plan is looked for on the way
TRIED_NODES = 20
CUTTABLE = 1_500_000  # columns up to which cuts are worth their time
CUT_ROUNDS = 60
TRIES = 3  # rounds of cuts from one search for a better plan to the next
SHARE = 0.4  # of the time that is left, for one search: HiGHS may take longer than it is given
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
    proving: bool = True,
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
    proving : whether the bounds are wanted; otherwise a better cover is looked for, and that is all
    """
    best, values, bounds = np.sort(start), [], []
    relaxation = Relaxation(size, members, np.zeros(len(members)), most)
    active = best
    for goal in range(costs.shape[1]):
        relaxation.cost = costs[:, goal].astype(float)
        bound = floors[goal]
        if int(costs[best, goal].sum()) > bound:
            best, proven, active = _decided(relaxation, best, active, bound, proving, budget)
            bound = max(bound, proven)
        value = int(costs[best, goal].sum())
        values.append(value)
        bounds.append(min(bound, value))
        relaxation.extra.append(relaxation.cost)
        relaxation.limits.append(float(value))
    stopped = values != bounds and budget.spent()
    return Chosen(best, tuple(values), tuple(bounds), stopped)


def _decided(
    relaxation: Relaxation, best: Ints, active: Ints, floor: int, proving: bool, budget: Budget
) -> tuple[Ints, int, Ints]:
    """One goal: the best cover found, the bound proven, and the columns that were active."""
    step = _step(relaxation)
    found = sifted(relaxation, np.union1d(active, best), budget)
    bound = _rounded(max(float(floor), found.bound), step)
    budget.so_far(value_of(relaxation, best), min(bound, value_of(relaxation, best)))
    if value_of(relaxation, best) > bound:
        best = _bettered(relaxation, found, best, budget)
    kept = _kept(relaxation, best, found, step)
    if proving and len(kept) <= CUTTABLE and value_of(relaxation, best) > bound:
        best, closed = _closed(relaxation, best, kept, found, _bettered_further, budget)
        bound = max(bound, _rounded(closed, step))
    return best, bound, found.active


def _decided_small(relaxation: Relaxation, best: Ints, active: Ints, prices: Floats, budget: Budget) -> Ints:
    """The best cover found of a few communities, from columns and prices that the whole relaxation has."""
    found = relax(relaxation, np.union1d(best, active), budget, prices)
    kept = _kept(relaxation, best, found, _step(relaxation))
    if found.bound > value_of(relaxation, best) - ZERO or not len(kept):
        return best
    return _closed(relaxation, best, kept, found, _tried, budget)[0]


def _bettered(relaxation: Relaxation, found: Relaxed, best: Ints, budget: Budget) -> Ints:
    """A better cover by the cheapest columns, else where the communities of a few stations can be decided better."""
    other = _tried(relaxation, found, best, budget)
    return mended(relaxation, found, best, _decided_small, budget) if np.array_equal(other, best) else other


def _bettered_further(relaxation: Relaxation, found: Relaxed, best: Ints, budget: Budget) -> Ints:
    """A better cover, where the communities of not so few stations can be decided better."""
    return mended(relaxation, found, best, _decided_small, budget, FURTHER)


def _tried(relaxation: Relaxation, found: Relaxed, best: Ints, budget: Budget) -> Ints:
    """A better cover by the cheapest columns, where a short search meets one."""
    cheapest = np.argpartition(found.reduced, min(TRIED, len(found.reduced) - 1))[:TRIED]
    return _whole(relaxation, np.union1d(cheapest, best), best, budget, TRIED_NODES)[0]


def _kept(relaxation: Relaxation, best: Ints, found: Relaxed, step: int) -> Ints:
    """The columns that a better cover may hold."""
    return np.flatnonzero(found.reduced <= value_of(relaxation, best) - step - found.bound + ZERO)


def _step(relaxation: Relaxation) -> int:
    """What all costs are multiples of."""
    return max(1, int(np.gcd.reduce(relaxation.cost.astype(np.int64))))


def _rounded(bound: float, step: int) -> int:
    """The least multiple of the step that is no less than the bound."""
    return step * int(np.ceil(bound / step - ZERO))


def _closed(
    relaxation: Relaxation, best: Ints, kept: Ints, found: Relaxed, better: Search, budget: Budget
) -> tuple[Ints, float]:
    """The best cover by the columns that a better one may hold, and the bound; cuts strike columns out."""
    step, left, hopeful = _step(relaxation), Cutting(relaxation, best, kept, found), True
    for round_ in range(1, CUT_ROUNDS + 1):
        if len(left.kept) <= DECIDABLE or budget.spent():
            break
        left.relax(budget)
        if left.stuck:
            if not left.bettered(better, budget):
                break
        elif round_ % TRIES == 0 and hopeful:
            hopeful = left.bettered(_tried, budget)
        budget.so_far(left.value, min(_rounded(left.bound, step), left.value))
        left.strike_out(step)
    if len(left.kept) > LAST:
        return left.best, left.bound
    place, proven = _whole(left.relaxation, np.arange(len(left.kept)), left.place, budget, NODES)
    return left.kept[place], float(value_of(left.relaxation, place)) if proven else left.bound


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
        options={"time_limit": SHARE * budget.left_s(), "mip_rel_gap": 0.0, "node_limit": nodes},
    )
    if found.x is None:
        return best, False
    chosen = rows[found.x > 0.5]
    better = chosen if value_of(relaxation, chosen) < value_of(relaxation, best) else best
    return better, bool(found.success)

"""Exact set partitioning over listed groups: bounds, struck-out columns, subset-row cuts, and HiGHS for what is left.

A plan better than one known (value v) holds only columns of reduced cost ≤ v − 1 − bound (`columngen`): the others are
struck out. Subset-row cuts (Jepsen et al. 2008: of three communities, at most one chosen group holds two) raise the
bound until the columns that are left are few enough for HiGHS to decide.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import optimize, sparse

from gridmgmt.planning.merging.columngen import ZERO, Floats, Ints, Members, Relaxation, Relaxed, relax
from gridmgmt.planning.merging.columnkernels import triples
from gridmgmt.planning.merging.listing import NOBODY
from gridmgmt.planning.quiet import milp

DECIDABLE = 2500  # columns that HiGHS decides in seconds
NODES = 2_000  # of one search by HiGHS: the work limit
CUTTABLE = 250_000  # columns up to which cuts are worth their memory
CUT_ROUNDS = 40
RISE = 1e-6  # least rise of the bound, as a share of it, for which cutting goes on
SAMPLED = 500_000  # columns above which a sample is relaxed first
STRIDE = 20
CUTS = 60  # in one round
VIOLATED = 0.02  # least violation of a cut that is added


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
    deadline: float,
    prove: bool = True,
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
    prove : close the gap; without, only a good plan is looked for (the groups are not all that count)
    """
    best, values, bounds = np.sort(start), [], []
    relaxation = Relaxation(size, members, np.zeros(len(members)), most)
    active = best
    for goal in range(costs.shape[1]):
        relaxation.cost = costs[:, goal].astype(float)
        bound = floors[goal]
        if int(costs[best, goal].sum()) > bound:
            best, proven, active = _decided(relaxation, best, active, bound, deadline, prove)
            bound = max(bound, proven)
        value = int(costs[best, goal].sum())
        values.append(value)
        bounds.append(min(bound, value))
        relaxation.extra.append(relaxation.cost)
        relaxation.limits.append(float(value))
    stopped = time.monotonic() > deadline and values != bounds
    return Chosen(best, tuple(values), tuple(bounds), stopped)


def _decided(
    relaxation: Relaxation, best: Ints, active: Ints, floor: int, deadline: float, prove: bool
) -> tuple[Ints, int, Ints]:
    """One goal: the best cover found, the bound proven, and the columns that were active."""
    found = relax(relaxation, _warmed(relaxation, np.union1d(active, best), deadline), deadline)
    cheapest = np.argsort(found.reduced, kind="stable")[:DECIDABLE]
    best, _ = _whole(relaxation, np.union1d(cheapest, best), best, deadline)
    value, bound = _value(relaxation, best), max(float(floor), found.bound)
    kept = np.flatnonzero(found.reduced <= value - 1 - bound + ZERO)
    if prove and len(kept) <= CUTTABLE:
        best, bound = _closed(relaxation, best, kept, np.intersect1d(found.active, kept), bound, deadline)
    return best, int(np.ceil(bound - ZERO)), found.active


def _warmed(relaxation: Relaxation, active: Ints, deadline: float) -> Ints:
    """The active columns of a sample of a long listing: with them, few rounds look at every column."""
    if len(relaxation.cost) < SAMPLED:
        return active
    sample = np.union1d(np.arange(0, len(relaxation.cost), STRIDE), active)
    found = relax(relaxation.subset(sample), np.searchsorted(sample, active), deadline)
    return np.sort(sample[found.active[(found.share > 0) | (found.reduced[found.active] < ZERO)]])


def _closed(
    relaxation: Relaxation, best: Ints, kept: Ints, active: Ints, bound: float, deadline: float
) -> tuple[Ints, float]:
    """The best cover by the columns that a better one may hold, and the bound; cuts strike columns out."""
    value, small = _value(relaxation, best), relaxation.subset(kept)
    place = np.searchsorted(kept, active)
    for round_ in range(CUT_ROUNDS):
        if not len(kept) or len(kept) <= DECIDABLE or time.monotonic() > deadline:
            break
        found = relax(small, place, deadline)
        if round_ and found.bound <= bound + RISE * abs(bound):
            break  # the cuts of the last round raised nothing
        bound = max(bound, found.bound)
        cuts = _cuts(small, found)
        stay = found.reduced <= value - 1 - bound + ZERO
        place = np.searchsorted(np.flatnonzero(stay), np.sort(found.active[stay[found.active]]))
        kept, small = kept[stay], small.subset(np.flatnonzero(stay))
        if not cuts:
            break
        for cut in cuts:
            small.extra.append(_held_twice(small.members, cut))
            small.limits.append(1.0)
    if len(kept) > DECIDABLE:
        return best, bound
    best, proven = _whole(relaxation, np.union1d(kept, best), best, deadline)
    return best, float(_value(relaxation, best)) if proven else bound


def _value(relaxation: Relaxation, rows: Ints) -> int:
    return round(float(relaxation.cost[rows].sum()))


def _cuts(small: Relaxation, found: Relaxed) -> list[tuple[int, int, int]]:
    """The subset-row cuts that the relaxed plan breaks most."""
    used = found.share > ZERO
    broken = triples(small.members[found.active[used]], found.share[used], small.size, VIOLATED)
    order = np.argsort(-broken[:, 3], kind="stable")[:CUTS]
    return [(int(i), int(j), int(k)) for i, j, k in broken[order, :3]]


def _held_twice(members: Members, three: tuple[int, int, int]) -> Floats:
    """(columns,) 1 where a group holds two of the three communities."""
    twice: Floats = (np.isin(members, three).sum(axis=1) >= 2).astype(float)
    return twice


def _whole(relaxation: Relaxation, rows: Ints, best: Ints, deadline: float) -> tuple[Ints, bool]:
    """The best cover by some columns (those of `best` among them), and whether that is proven among them."""
    small = relaxation.subset(rows)
    lengths = (small.members != NOBODY).sum(axis=1)
    pointers = np.concatenate([[0], np.cumsum(lengths)])
    members = small.members[small.members != NOBODY].astype(np.int64)
    covers = sparse.csc_array((np.ones(len(members)), members, pointers), shape=(relaxation.size, len(rows)))
    limits = [optimize.LinearConstraint(covers, 1, 1)]
    if small.extra:
        limits.append(optimize.LinearConstraint(np.stack(small.extra), -np.inf, small.limits))
    scale = max(1.0, float(np.abs(small.cost).max()) / 1000)
    found = milp(
        small.cost / scale,
        constraints=limits,
        bounds=optimize.Bounds(0, 1),
        integrality=np.ones(len(rows)),
        options={"time_limit": max(1.0, deadline - time.monotonic()), "mip_rel_gap": 0.0, "node_limit": NODES},
    )
    if found.x is None:
        return best, False
    chosen = rows[found.x > 0.5]
    better = chosen if _value(relaxation, chosen) < _value(relaxation, best) else best
    return better, bool(found.success)

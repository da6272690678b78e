"""One pool, from the quick answer to the proof: local search, then exact packing where the pool is lumpy enough."""

from dataclasses import dataclass, field, replace

import numpy as np
from scipy.sparse import csr_array

from gridmgmt.planning.budget import Budget
from gridmgmt.planning.metrics import cut_cost
from gridmgmt.planning.partition import certificate as why
from gridmgmt.planning.partition.bounds import objective_value
from gridmgmt.planning.partition.columns import cannot_be_in_range
from gridmgmt.planning.partition.completing import completed
from gridmgmt.planning.partition.cover import cover_exactly
from gridmgmt.planning.partition.effort import Effort
from gridmgmt.planning.partition.evening.solve import even_out
from gridmgmt.planning.partition.evenness import least_total_deviation
from gridmgmt.planning.partition.exact import can_be_exact, solve_exactly
from gridmgmt.planning.partition.measuring import met_weight
from gridmgmt.planning.partition.packing import Packing, pack
from gridmgmt.planning.partition.pools import Pool
from gridmgmt.planning.partition.problem import IntArray, Problem
from gridmgmt.planning.partition.reshape import reshape
from gridmgmt.planning.partition.search import search_pool

LISTING, MOST_LISTED = 700, 400_000  # connected sets listed at most for a packing: per unit, and of a pool
FEW_LISTED = 5_000  # the same where a pool is not lumpy: listing and packing take a moment then
MORE = 15_485_863  # between the seeds of the first search and those of one more
COVER_LISTING = 30_000  # possible parts listed at most where each unit must lie in one


def _none() -> IntArray:
    return np.empty(0, dtype=np.int64)


@dataclass(frozen=True)
class Division:
    """Labels of some units of the whole problem, and what is known about them.

    Attributes
    ----------
    units, labels : unit numbers and the part of each, from 0
    outside_bound : weight that no division of these units brings into the range
    reason : why not all of it can be in range; None where nothing forbids it
    hopeless : units that no part within the range can hold
    bound : proven lower bound of the first objective on this pool, 0 where only counting helps
    uneven : total deviation that is proven beyond what counting proves
    stopped : the clock ended the search
    """

    units: IntArray
    labels: IntArray
    outside_bound: int
    reason: str | None
    stopped: bool = False
    hopeless: IntArray = field(default_factory=_none)
    bound: float = 0.0
    uneven: float = 0.0


def is_one_part(problem: Problem, pool: Pool) -> bool:
    """Whether there is nothing to divide: one unit, or where the number of parts is free too little for one part."""
    below = pool.parts is None and pool.reason == why.POCKET_BELOW_LOW and not (problem.locks >= 0).any()
    return problem.size == 1 or below


def solve_pool(problem: Problem, pool: Pool, effort: Effort, seed: int, budget: Budget) -> Division:
    """Divide one pool (`problem` is the pool alone) by a search; `settled` proves what that leaves out of the range."""
    if is_one_part(problem, pool):
        return Division(pool.units, np.zeros(problem.size, dtype=np.int64), pool.outside_bound, pool.reason)
    labels, stopped = search_pool(problem, pool.parts, effort, seed, budget)
    division = Division(pool.units, labels, pool.outside_bound, pool.reason, stopped)
    if pool.parts is not None and can_be_exact(problem, pool.parts) and not budget.spent():
        return _exact(problem, pool, division, effort, seed, budget)
    return division


def settled(problem: Problem, division: Division, effort: Effort, seed: int, budget: Budget) -> Division:
    """What the search left out of the range, brought in or proven where the possible parts can be listed.

    For a pool (`problem` alone) with a free number of parts; as it was where units are locked.
    """
    if (problem.locks >= 0).any():
        return division
    if budget.spent():
        return replace(division, stopped=True)
    limit = min(1000 + LISTING * problem.size, MOST_LISTED) if _is_lumpy(problem, effort) else FEW_LISTED
    met = met_weight(problem, division.labels)
    packing = pack(problem, limit, budget, met)
    if packing is None:
        division = _with_hopeless(problem, division)
        if problem.total - met <= division.outside_bound:
            return division
        return _with_hopeless(problem, _searched_on(problem, division, effort, seed, budget))
    labels = division.labels
    if met < packing.most and packing.parts:
        packed = reshape(problem, completed(problem, packing.parts), packing.sets, budget)
        labels = max(labels, packed, key=lambda found: met_weight(problem, found))
    return _packed(problem, division, labels, packing, budget)


def _is_lumpy(problem: Problem, effort: Effort) -> bool:
    """Whether parts hold only a few units."""
    carriers = problem.weights[problem.weights > 0]
    mean = float(carriers.mean()) if len(carriers) else 0.0
    return mean * effort.lumpiness >= problem.low


def _searched_on(problem: Problem, division: Division, effort: Effort, seed: int, budget: Budget) -> Division:
    """The labels of one more search, a slow one, where these have more in the range."""
    slow = replace(effort, passes=effort.slow, restarts=effort.more)
    labels, stopped = search_pool(problem, None, slow, seed + MORE, budget)
    if met_weight(problem, labels) <= met_weight(problem, division.labels):
        labels = division.labels
    return replace(division, labels=labels, stopped=stopped)


def _exact(problem: Problem, pool: Pool, division: Division, effort: Effort, seed: int, budget: Budget) -> Division:
    """The proven answer for a small pool; the search's labels where they are better or the proof is not complete."""
    parts = pool.parts or 1
    answer = cover_exactly(problem, parts, COVER_LISTING, budget.left_s()) or solve_exactly(
        problem, parts, division.labels, effort.proof, budget.left_s(), seed
    )
    if answer.labels is None:
        reason = pool.reason or (why.PACKING if answer.final else None)
        return replace(division, reason=reason, bound=answer.bound)
    mine, theirs = (
        (met_weight(problem, labels), -objective_value(problem.first, problem, labels, None))
        for labels in (division.labels, answer.labels)
    )
    labels = division.labels if mine >= theirs else answer.labels
    return replace(division, labels=labels, bound=answer.bound)


def evened(problem: Problem, division: Division, seed: int, budget: Budget) -> Division:
    """The plan of least deviation and cuts, and what is proven of its deviation.

    For a pool (`problem` alone) with a free number of parts; as it was where units are locked. What is proven holds for
    plans with no more weight outside the range and no dearer cuts: of the least price of both, these have no more.
    """
    if (problem.locks >= 0).any() or budget.spent():
        return division
    even = even_out(problem, division.labels, seed, budget, division.outside_bound)
    if even is None:
        return division
    joined = csr_array((np.ones_like(problem.graph.data), problem.graph.indices, problem.graph.indptr))
    counted = least_total_deviation(joined, problem.weights, problem.target)
    cut = cut_cost(problem.graph, even.labels) * problem.goals.cut / problem.goals.unevenness * problem.target
    uneven = max(0.0, even.bound - cut - counted)
    return replace(division, labels=even.labels, uneven=uneven, stopped=division.stopped or budget.spent())


def _packed(problem: Problem, division: Division, labels: IntArray, packing: Packing, budget: Budget) -> Division:
    """Labels with the proof of the packing."""
    bound = max(division.outside_bound, problem.total - packing.most)
    proven = problem.total - met_weight(problem, labels) <= bound
    reason = division.reason or (why.PACKING if proven else None)
    stopped = packing.stopped or budget.spent()
    found = replace(division, labels=labels, outside_bound=bound, reason=reason, stopped=stopped)
    return found if proven else _with_hopeless(problem, found)


def _with_hopeless(problem: Problem, division: Division) -> Division:
    """The units of missed parts that no part within the range can hold, added to the bound."""
    loads = np.bincount(division.labels, weights=problem.weights)
    missed = ((loads < problem.low) | (loads > problem.high))[division.labels]
    units = [int(u) for u in np.flatnonzero(missed & (problem.weights > 0)) if cannot_be_in_range(problem, int(u))]
    bound = max(division.outside_bound, int(problem.weights[units].sum()))
    return replace(division, outside_bound=bound, hopeless=division.units[units])

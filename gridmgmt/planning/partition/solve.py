"""One pool, from the quick answer to the proof: local search, then exact packing where the pool is lumpy enough."""

import time
from dataclasses import dataclass, field, replace

import numpy as np
from scipy.sparse import csr_array

from gridmgmt.planning.dividing.evenness import least_total_deviation
from gridmgmt.planning.partition import certificate as why
from gridmgmt.planning.partition.bounds import objective_value
from gridmgmt.planning.partition.cover import cover_exactly
from gridmgmt.planning.partition.evening.solve import even_out
from gridmgmt.planning.partition.exact import can_be_exact, solve_exactly
from gridmgmt.planning.partition.packing import Packing, cannot_be_in_range, labels_of, mean_weight, pack
from gridmgmt.planning.partition.pools import Pool
from gridmgmt.planning.partition.problem import IntArray, Problem
from gridmgmt.planning.partition.reshape import reshape
from gridmgmt.planning.partition.search import Budget, Effort, met_weight, search_pool

LISTING, MOST_LISTED = 700, 400_000  # connected sets listed at most for a packing: per unit, and of a pool
FEW_LISTED = 5_000  # the same where a pool is not lumpy: listing and packing take a moment then
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


def solve_pool(problem: Problem, pool: Pool, effort: Effort, seed: int, budget: Budget) -> Division:
    """Divide one pool (`problem` is the pool alone)."""
    lumpy = _defies_search(problem, pool, effort, seed, budget)
    if lumpy:
        packing = pack(problem, min(1000 + LISTING * problem.size, MOST_LISTED), budget)
        if packing is not None:
            return _packed(problem, pool, _labels(problem, packing, budget), packing, budget)
    labels, stopped = search_pool(problem, pool.parts, effort, seed, budget)
    division = Division(pool.units, labels, pool.outside_bound, pool.reason, stopped)
    if pool.parts is not None and can_be_exact(problem, pool.parts):
        return _exact(problem, pool, division, effort, seed, budget)
    met = met_weight(problem, labels)
    if pool.parts is not None or met >= problem.total - pool.outside_bound or (problem.locks >= 0).any():
        return division
    if budget.spent():
        return replace(division, stopped=True)
    packing = None if lumpy else pack(problem, FEW_LISTED, budget)
    if packing is None:
        return _with_hopeless(problem, pool, division)
    if met < packing.most:
        labels = max(labels, _labels(problem, packing, budget), key=lambda found: met_weight(problem, found))
    return _packed(problem, pool, labels, packing, budget)


def _defies_search(problem: Problem, pool: Pool, effort: Effort, seed: int, budget: Budget) -> bool:
    """Whether the pool is lumpy, and a short search does not bring all of it into the range."""
    lumpy = mean_weight(problem) * effort.lumpiness >= problem.low
    if pool.parts is not None or not lumpy or (problem.locks >= 0).any() or pool.outside_bound == problem.total:
        return False
    labels, _ = search_pool(problem, None, replace(effort, attempts=1, restarts=1), seed, budget)
    return met_weight(problem, labels) < problem.total - pool.outside_bound and not budget.spent()


def _exact(problem: Problem, pool: Pool, division: Division, effort: Effort, seed: int, budget: Budget) -> Division:
    """The proven answer for a small pool; the search's labels where they are better or the proof is not complete."""
    remaining = max(0.0, budget.deadline - time.monotonic())
    parts = pool.parts or 1
    answer = cover_exactly(problem, parts, COVER_LISTING, remaining) or solve_exactly(
        problem, parts, division.labels, effort.proof, remaining, seed
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
    """The plan of least deviation and cuts, and what is proven of its deviation where nothing but that has a price.

    For a pool (`problem` alone) with a free number of parts; as it was where units are locked. What is proven holds for
    plans with no more weight outside the range.
    """
    if (problem.locks >= 0).any() or budget.spent():
        return division
    even = even_out(problem, division.labels, seed, budget, division.outside_bound)
    if even is None:
        return division
    joined = csr_array((np.ones_like(problem.graph.data), problem.graph.indices, problem.graph.indptr))
    counted = least_total_deviation(joined, problem.weights, problem.target)
    uneven = 0.0 if problem.graph.data.any() else max(0.0, even.bound - counted)
    return replace(division, labels=even.labels, uneven=uneven, stopped=division.stopped or budget.spent())


def _labels(problem: Problem, packing: Packing, budget: Budget) -> IntArray:
    """The division of a packing, as near to the target and as round as its sets allow."""
    return reshape(problem, labels_of(problem, packing.parts), packing.sets, budget)


def _packed(problem: Problem, pool: Pool, labels: IntArray, packing: Packing, budget: Budget) -> Division:
    """Labels with the proof of the packing."""
    bound = max(pool.outside_bound, problem.total - packing.most)
    proven = problem.total - met_weight(problem, labels) <= bound
    reason = pool.reason or (why.PACKING if proven else None)
    division = Division(pool.units, labels, bound, reason, packing.stopped or budget.spent())
    return division if proven else _with_hopeless(problem, pool, division)


def _with_hopeless(problem: Problem, pool: Pool, division: Division) -> Division:
    """The units of missed parts that no part within the range can hold, added to the bound."""
    loads = np.bincount(division.labels, weights=problem.weights)
    missed = ((loads < problem.low) | (loads > problem.high))[division.labels]
    units = [int(u) for u in np.flatnonzero(missed & (problem.weights > 0)) if cannot_be_in_range(problem, int(u))]
    bound = max(division.outside_bound, int(problem.weights[units].sum()))
    return Division(pool.units, division.labels, bound, pool.reason, division.stopped, pool.units[units])

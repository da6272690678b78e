"""One pool, from the quick answer to the proof: local search, then exact packing where the pool is lumpy enough."""

import time
from dataclasses import dataclass, field, replace

import numpy as np

from gridmgmt.planning.partition import certificate as why
from gridmgmt.planning.partition.bounds import objective_value
from gridmgmt.planning.partition.cover import cover_exactly
from gridmgmt.planning.partition.exact import can_be_exact, solve_exactly
from gridmgmt.planning.partition.packing import cannot_be_in_range, mean_weight, pack
from gridmgmt.planning.partition.pools import Pool
from gridmgmt.planning.partition.problem import IntArray, Problem
from gridmgmt.planning.partition.search import Budget, Effort, anneal_from, anneal_once, met_weight, search_pool

MIN_LISTING, COVER_LISTING = 1000, 30_000  # possible parts listed at most: per pool, and where each must be used


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
    stopped : the clock ended the search
    """

    units: IntArray
    labels: IntArray
    outside_bound: int
    reason: str | None
    stopped: bool = False
    hopeless: IntArray = field(default_factory=_none)
    bound: float = 0.0


def solve_pool(problem: Problem, pool: Pool, effort: Effort, seed: int, budget: Budget) -> Division:
    """Divide one pool (`problem` is the pool alone)."""
    lumpy = pool.parts is None and mean_weight(problem) * effort.lumpiness >= problem.low
    tries = replace(effort, attempts=effort.restarts) if lumpy else effort  # the packing does better than a restart
    labels, stopped = search_pool(problem, pool.parts, tries, seed, budget)
    division = Division(pool.units, labels, pool.outside_bound, pool.reason, stopped)
    if pool.parts is not None and can_be_exact(problem, pool.parts):
        return _exact(problem, pool, division, effort, seed, budget)
    met = met_weight(problem, labels)
    if pool.parts is not None or met >= problem.total - pool.outside_bound or (problem.locks >= 0).any():
        return division
    if budget.spent():
        return replace(division, stopped=True)
    if lumpy:
        remaining = min(budget.deadline - time.monotonic(), 30.0)
        packing = pack(problem, MIN_LISTING + effort.listing * problem.size, remaining)
        if packing is not None:
            division = replace(division, stopped=division.stopped or packing.stopped)
        if packing is not None and packing.labels is not None:
            labels = _polished(problem, _without_giants(problem, packing.labels, effort, seed), effort, seed)
            return _packed(problem, pool, division, labels, packing.most)
    return _with_hopeless(problem, pool, division)


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


def _without_giants(problem: Problem, labels: IntArray, effort: Effort, seed: int) -> IntArray:
    """What a packing leaves over may hang together in a piece far above the range: divided as near to the target."""
    labels = labels.copy()
    loads = np.bincount(labels, weights=problem.weights)
    for part in np.flatnonzero(loads > problem.high):
        units = np.flatnonzero(labels == part)
        count = min(len(units), round(float(loads[part]) / problem.target))
        divided, _ = anneal_once(problem.pool(units), max(count, 1), effort, seed)
        labels[units] = np.where(divided > 0, int(labels.max()) + divided, part)
    return labels


def _polished(problem: Problem, labels: IntArray, effort: Effort, seed: int) -> IntArray:
    """The packing annealed from mild heats, which lets parts hang together by units without weight: the best met."""
    best = labels
    for number, heat in enumerate((0.1, 0.3, 0.6)):
        warm = replace(effort, heat=(heat, effort.heat[1]))
        tried, _ = anneal_from(problem, labels, warm, seed + number, spare=3 + int(labels.max()) // 20)
        if met_weight(problem, tried) >= met_weight(problem, best):
            best = tried
    return best


def _packed(problem: Problem, pool: Pool, division: Division, labels: IntArray, most: int) -> Division:
    """The better of the search and the packing, with the bound of the packing."""
    best = labels if met_weight(problem, labels) > met_weight(problem, division.labels) else division.labels
    bound = max(pool.outside_bound, problem.total - most)
    proven = problem.total - met_weight(problem, best) <= bound
    better = Division(pool.units, best, bound, pool.reason or (why.PACKING if proven else None), division.stopped)
    return better if proven else _with_hopeless(problem, pool, better)


def _with_hopeless(problem: Problem, pool: Pool, division: Division) -> Division:
    """The units of missed parts that no part within the range can hold, added to the bound."""
    loads = np.bincount(division.labels, weights=problem.weights)
    missed = ((loads < problem.low) | (loads > problem.high))[division.labels]
    units = [int(u) for u in np.flatnonzero(missed & (problem.weights > 0)) if cannot_be_in_range(problem, int(u))]
    bound = max(division.outside_bound, int(problem.weights[units].sum()))
    return Division(pool.units, division.labels, bound, pool.reason, division.stopped, pool.units[units])

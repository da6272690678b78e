"""Goals that only the choice of sites decides: communities assigned to sites, by constraint programming.

Where a station costs what its site lacks and serving costs nothing that distance tells apart, columns say little: their
relaxation mixes thousands of groups of equal cost. The assignment says more. Every community joins one site, loads keep
the range, locks hold; contiguity is put in two ways:

- enough for a plan: next to every community lies one of the same site that is nearer to it, by borders crossed;
- needed by every plan: next to every community, but the site's own, lies one of the same site.

The first gives plans, the second bounds.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from ortools.sat.python import cp_model
from scipy import sparse
from scipy.sparse import csgraph

from gridmgmt.planning.budget import Budget
from gridmgmt.planning.merging.groups import Group, Pool, bits, mask_of
from gridmgmt.planning.merging.pricedgroups import priced
from gridmgmt.planning.merging.prices import Goal

Ints = NDArray[np.int64]
WORK = 15.0  # deterministic seconds of one search
LONGEST_S = 3600.0
PAIRS = 40_000  # of community and site: above, no model is made
DECIDED_BY_SITES: tuple[Goal, ...] = ("upgrade", "premises")

Supports = Callable[[int, int], list[int]]  # who may lie between a community and a site


@dataclass(frozen=True)
class Assigned:
    """A plan, None where none was found, and what every plan in range costs at the least."""

    groups: tuple[Group, ...] | None
    bound: int


def is_decided_by_sites(pool: Pool, goals: Sequence[Goal], plan: Sequence[Group]) -> bool:
    """Whether the goal after the violation is of that kind, a plan in range is known, and the pool is not too large."""
    in_range = sum(group.violation for group in plan) == pool.forced and not pool.lone_exempt
    return in_range and goals[1:2] in [(goal,) for goal in DECIDED_BY_SITES] and len(pool) ** 2 <= PAIRS


def assigned(pool: Pool, goal: Goal, plan: Sequence[Group], budget: Budget) -> Assigned:
    """A plan in range that costs less under the goal than the one that is known, and a bound for all in range."""
    if budget.spent():
        return Assigned(None, 0)
    serve = site_costs(pool, goal)
    value = sum(int(serve[group.members, group.site].sum()) for group in plan)
    bound, labels = _solved(pool, serve, value, lambda node, site: bits(pool.neighbours[node]), budget)
    if bound >= value or budget.spent():
        return Assigned(None, min(bound, value))
    if labels is None or not _whole(pool, labels):
        steps = _steps(pool)
        _, labels = _solved(pool, serve, value, lambda node, site: _nearer(pool, steps, node, site), budget)
    return Assigned(None if labels is None else _groups(pool, labels), bound)


def site_costs(pool: Pool, goal: Goal) -> Ints:
    """(n, n) what it costs under the goal to serve a community at a site; what a site costs stands with its own."""
    if goal == "upgrade":
        return np.diag(np.asarray(pool.upgrade, dtype=np.int64))
    return np.outer(np.asarray(pool.weights, dtype=np.int64), np.asarray(pool.site_rank, dtype=np.int64))


def _solved(pool: Pool, serve: Ints, value: int, supports: Supports, budget: Budget) -> tuple[int, Ints | None]:
    """The least that a plan cheaper than `value` can cost, `value` where there is none, and the sites of one found."""
    model, nodes = cp_model.CpModel(), range(len(pool))
    sites = [site for site in nodes if serve[site, site] < value]
    joins = {(node, site): model.new_bool_var("") for node in nodes for site in sites}
    for node in nodes:
        model.add_exactly_one(joins[node, site] for site in sites)
    for site in sites:
        joined = [joins[node, site] for node in nodes]
        _keep_range(model, pool, site, joined)
        _keep_together(model, site, joined, supports)
        _keep_locks(model, pool, joined)
    cost = sum(int(serve[node, site]) * one for (node, site), one in joins.items() if serve[node, site])
    model.add(cost <= value - 1)
    model.minimize(cost)
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.max_deterministic_time = WORK
    solver.parameters.max_time_in_seconds = min(budget.left_s(), LONGEST_S)
    status = solver.solve(model)
    if status == cp_model.INFEASIBLE:
        return value, None
    bound = max(0, int(np.ceil(solver.best_objective_bound - 1e-6)))
    if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        return bound, None
    served = [next(site for site in sites if solver.boolean_value(joins[node, site])) for node in nodes]
    return bound, np.asarray(served, dtype=np.int64)


def _keep_range(model: cp_model.CpModel, pool: Pool, site: int, joined: list[cp_model.IntVar]) -> None:
    """A site that is one has a load in range, any other none."""
    load = cp_model.LinearExpr.weighted_sum(joined, pool.loads)
    model.add(load <= pool.high * joined[site])
    model.add(load >= min(pool.low, pool.high) * joined[site])


def _keep_together(model: cp_model.CpModel, site: int, joined: list[cp_model.IntVar], supports: Supports) -> None:
    """Who joins a site has the site's own community and a support with it."""
    for node, one in enumerate(joined):
        if node != site:
            model.add_implication(one, joined[site])
            model.add_bool_or([one.negated(), *(joined[other] for other in supports(node, site))])


def _keep_locks(model: cp_model.CpModel, pool: Pool, joined: list[cp_model.IntVar]) -> None:
    """Who is locked together joins a site together, and of two locks only one does."""
    held = [[joined[node] for node in bits(lock)] for lock in pool.lock_masks]
    for first, *others in held:
        for other in others:
            model.add(other == first)
    model.add_at_most_one(some[0] for some in held)


def _steps(pool: Pool) -> NDArray[np.float64]:
    """(n, n) borders crossed between two communities."""
    found: NDArray[np.float64] = csgraph.shortest_path(_borders(pool, np.zeros(len(pool))), unweighted=True)
    return found


def _nearer(pool: Pool, steps: NDArray[np.float64], node: int, site: int) -> list[int]:
    return [other for other in bits(pool.neighbours[node]) if steps[other, site] < steps[node, site]]


def _whole(pool: Pool, labels: Ints) -> bool:
    """Whether the communities of every site hang together."""
    pieces: int = csgraph.connected_components(_borders(pool, labels), directed=False)[0]
    return pieces == len(np.unique(labels))


def _borders(pool: Pool, labels: NDArray[Any]) -> sparse.csr_array:
    """(n, n) 1 where two communities with the same label share a border."""
    edges = [(u, v) for u in range(len(pool)) for v in bits(pool.neighbours[u]) if labels[u] == labels[v]]
    rows, columns = np.asarray(edges, dtype=np.int64).reshape(-1, 2).T
    return sparse.csr_array((np.ones(len(edges)), (rows, columns)), shape=(len(pool), len(pool)))


def _groups(pool: Pool, labels: Ints) -> tuple[Group, ...]:
    return tuple(priced(pool, [mask_of(np.flatnonzero(labels == site)) for site in np.unique(labels)]))

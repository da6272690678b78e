"""Choices of candidates that hold every unit once and bear no name twice: in fractions, with prices, and whole."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import optimize
from scipy.sparse import csr_array, hstack

from gridmgmt.planning.budget import Budget
from gridmgmt.planning.partition.fewparts.sets import on_grid
from gridmgmt.planning.partition.problem import FloatArray, Problem
from gridmgmt.planning.quiet import milp
from gridmgmt.planning.resizing.candidates import Candidates

NODES = 50  # of branch and bound
WORK, WORK_NEAR = 1.0, 2.0  # deterministic seconds of CP-SAT: to prove, and in neighbourhoods of what stands
INFEASIBLE = 2  # status of scipy.optimize.milp
TINY = 1e-6


@dataclass(frozen=True)
class Fractions:
    """The choice in fractions that keeps most.

    Attributes
    ----------
    kept : households that stay, less what units left out cost
    prices : (n,) of the units
    paid : (names,) of the names, 0 or more; the last, of parts that continue nothing, is 0
    left_out : whether a share of any unit is left out
    """

    kept: float
    prices: FloatArray
    paid: FloatArray
    left_out: bool

    def slack(self, some: Candidates) -> FloatArray:
        """(k,) by how much less a choice keeps, at least, with each of them in it."""
        lost: FloatArray = some.masks @ self.prices + self.paid[some.names] - some.kept
        return lost


def in_fractions(problem: Problem, some: Candidates, dear: float) -> Fractions:
    """The best choice in fractions; a household that is left out costs `dear`."""
    size, names = problem.size, int(problem.home.max()) + 1
    units, bearers = _rows(some, names)
    answer = optimize.linprog(
        np.concatenate([-some.kept, dear * np.maximum(problem.weights, 1)]),
        A_eq=hstack([units, csr_array((np.ones(size), (np.arange(size), np.arange(size))))]),
        b_eq=np.ones(size),
        A_ub=hstack([bearers, csr_array((names, size))]),
        b_ub=np.ones(names),
        bounds=(0, None),
        method="highs",
    )
    paid = np.append(np.maximum(-answer.ineqlin.marginals, 0.0), 0.0)
    left_out = bool((answer.x[len(some) :] > TINY).any())
    return Fractions(-answer.fun, on_grid(-answer.eqlin.marginals), paid, left_out)


def whole(problem: Problem, some: Candidates, most: int, budget: Budget) -> tuple[Candidates | None, int]:
    """The best choice found, and how many households none keeps more than (`most` at most; −1: there is none)."""
    if not len(some):
        return None, -1
    units, names = _rows(some, int(problem.home.max()) + 1)
    found: Any = milp(
        -some.kept.astype(np.float64),
        constraints=[optimize.LinearConstraint(units, 1, 1), optimize.LinearConstraint(names, 0, 1)],
        integrality=np.ones(len(some)),
        bounds=optimize.Bounds(0, 1),
        options={"node_limit": NODES, "mip_rel_gap": 0.0, "time_limit": budget.left_s()},
    )
    if found.status == INFEASIBLE:
        return None, -1
    if found.mip_dual_bound is not None:
        most = min(most, at_most(-found.mip_dual_bound))
    return None if found.x is None else some.take(np.flatnonzero(found.x > 0.5)), most


def better(
    problem: Problem, some: Candidates, standing: NDArray[np.bool_], enough: int, budget: Budget
) -> Candidates | None:
    """A choice that keeps more than `enough`, close to the best, if one was found; `standing` (k,) is the best known.

    First by branch and bound with rules learnt on the way, which soon proves a small choice; where it comes to no end,
    by neighbourhoods of the best choice (Shaw 1998).
    """
    from ortools.sat.python import cp_model  # a second of its own: only where it is needed

    model = cp_model.CpModel()
    take = [model.new_bool_var("") for _ in range(len(some))]
    units, names = _rows(some, int(problem.home.max()) + 1)
    for unit in np.split(units.indices, units.indptr[1:-1]):
        model.add_exactly_one(take[one] for one in unit.tolist())
    for name in np.split(names.indices, names.indptr[1:-1]):
        model.add_at_most_one(take[one] for one in name.tolist())
    kept = cp_model.LinearExpr.weighted_sum(take, some.kept.tolist())
    model.add(kept >= enough)
    model.maximize(kept)
    best, proven = _solved(model, take, standing, WORK, False, budget)
    if not proven and best.any():
        best, _ = _solved(model, take, best, WORK_NEAR, True, budget)
    chosen = np.flatnonzero(best)
    return some.take(chosen) if some.kept[chosen].sum() > enough else None


def _solved(
    model: Any, take: list[Any], standing: NDArray[np.bool_], work: float, near: bool, budget: Budget
) -> tuple[NDArray[np.bool_], bool]:
    """The best choice found, `standing` (k,) where none is; whether nothing better is left.

    near : only neighbourhoods of choices known are searched
    """
    from ortools.sat.python import cp_model

    model.clear_hints()
    for variable, stands in zip(take, standing.tolist(), strict=True):
        model.add_hint(variable, stands)
    solver = cp_model.CpSolver()
    limits = solver.parameters
    limits.num_workers, limits.linearization_level = 1, 2
    limits.use_lns_only, limits.interleave_search = near, near
    limits.max_deterministic_time, limits.max_time_in_seconds = work, budget.left_s()
    status = solver.solve(model)
    if status in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        standing = np.array([solver.boolean_value(variable) for variable in take])
    return standing, status in (cp_model.OPTIMAL, cp_model.INFEASIBLE)


def at_most(households: float) -> int:
    """So many households at most, when they are whole."""
    return int(np.floor(households + TINY))


def _rows(some: Candidates, names: int) -> tuple[csr_array, csr_array]:
    """(n, k) the units that candidates hold, (names, k) the name that each bears, if any."""
    bearing = np.flatnonzero(some.names < names)
    places = (np.ones(len(bearing)), (some.names[bearing], bearing))
    return csr_array(some.masks.T.astype(np.float64)), csr_array(places, shape=(names, len(some)))

"""The best share in range where parts hold only a few units: list every part that could be, then pack them.

Choosing disjoint sets of units that hold the most weight is a set packing. Its linear relaxation with subset rows
(`pricing`) is what no plan exceeds; the columns that hardly cost anything against it hold a choice that comes within a
few households, and a last search among the columns that could still do better closes the rest.
"""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy.optimize import Bounds, LinearConstraint
from scipy.sparse import csr_array

from gridmgmt.planning.budget import Budget
from gridmgmt.planning.partition.columns import Columns, connected_sets, possible_parts
from gridmgmt.planning.partition.pricing import Relaxation, relax
from gridmgmt.planning.partition.problem import IntArray, Problem, components
from gridmgmt.planning.quiet import milp

CHEAPEST = 2500  # columns with the least slack, packed first
DOUBTFUL = 12_000  # columns that may still do better, looked at one and all up to this number
FEW_LINKS = 2  # units without weight in a part, where more make too many sets
NODES = 2000  # of branch and bound
PROOF = 20.0  # deterministic seconds of CP-SAT on the doubtful columns


@dataclass(frozen=True)
class Packing:
    """Disjoint parts within the range that hold much weight.

    Attributes
    ----------
    parts : the units of each part; what is left over is in none. None where what was known is as good
    most : weight that no plan exceeds
    sets : what the parts of an equally good plan can be made of: columns that lose nothing, and sets below the range
    stopped : the clock ended the search or the proof
    """

    parts: list[IntArray]
    most: int
    sets: Columns
    stopped: bool = False


def pack(problem: Problem, limit: int, budget: Budget, known: int = 0, proof: float = PROOF) -> Packing | None:
    """The best packing of a connected pool; None where more than `limit` connected sets are possible.

    `known` is the weight of a packing at hand: where nothing exceeds it, the proof ends there.

    Units without weight may link a part together. Where that makes too many sets, parts are packed that have hardly
    any such links, and the bound is that of links which all parts may share.
    """
    sets = connected_sets(problem, limit)
    if sets is not None:
        return _packed(problem, sets, known, proof, budget)
    carriers = np.flatnonzero(problem.weights > 0)
    if len(carriers) == problem.size:
        return None
    sets = connected_sets(problem, limit, FEW_LINKS) or connected_sets(problem, limit, 0)
    if sets is None:
        return None
    packing = _packed(problem, sets, known, proof, budget)
    linked = possible_parts(_linked(problem, carriers), limit)
    most = problem.total
    if linked is not None:
        most = relax(linked, len(carriers), budget, known).bound if len(linked) else 0
    return replace(packing, most=most, stopped=budget.spent())


def _packed(problem: Problem, sets: Columns, known: int, proof: float, budget: Budget) -> Packing:
    """The best packing by the sets that are listed."""
    fitting = np.flatnonzero(sets.weights >= problem.low)
    columns = sets.take(fitting)
    if not len(columns):
        return Packing([], 0, sets)
    relaxed = relax(columns, problem.size, budget, known)
    if relaxed.bound <= known:
        return Packing([], known, sets)
    chosen = _choose(columns, problem.size, relaxed, budget)
    chosen, most, stopped = _improved(columns, problem.size, relaxed, chosen, known, proof, budget)
    reached = int(columns.weights[chosen].sum())
    if reached < known:
        return Packing([], most, sets, stopped)
    equal = np.union1d(fitting[relaxed.may_beat(reached - 1)], fitting[chosen])
    spare = np.flatnonzero(sets.weights < problem.low)
    return Packing([columns[c] for c in chosen], most, sets.take(np.union1d(equal, spare)), stopped)


def _linked(problem: Problem, carriers: IntArray) -> Problem:
    """The units with weight, with an edge between any two that touch one pocket of units without."""
    pocket_of = np.full(problem.size, -1)
    pockets = components(problem.graph, problem.weights == 0)
    for number, units in enumerate(pockets):
        pocket_of[units] = number
    edges = problem.graph[carriers].tocoo()
    crossing = pocket_of[edges.col] >= 0
    pair = (edges.row[crossing], pocket_of[edges.col[crossing]])
    touch = csr_array((np.ones(crossing.sum()), pair), shape=(len(carriers), len(pockets)))
    plain = problem.pool(carriers)
    pattern = plain.graph.copy()
    pattern.data = np.ones_like(pattern.data)
    joined = csr_array(pattern + touch @ touch.T)
    joined.setdiag(0)
    joined.eliminate_zeros()
    joined.sort_indices()
    return replace(plain, graph=joined)


def _choose(columns: Columns, size: int, relaxed: Relaxation, budget: Budget) -> IntArray:
    """Disjoint columns of most weight among those with the least slack."""
    whole = relaxed.chosen > 1 - 1e-6
    if int(columns.weights[whole].sum()) == relaxed.bound:
        return np.flatnonzero(whole)
    near = np.sort(np.argsort(relaxed.slack, kind="stable")[:CHEAPEST])
    answer = milp(
        -columns.weights[near].astype(np.float64),
        constraints=LinearConstraint(csr_array(columns.matrix(size)[near].T), ub=1),
        integrality=np.ones(len(near)),
        bounds=Bounds(0, 1),
        options={"node_limit": NODES, "time_limit": budget.left_s(), "mip_rel_gap": 0.0},
    )
    return np.flatnonzero(whole) if answer.x is None else near[answer.x > 0.5]


def _improved(
    columns: Columns, size: int, relaxed: Relaxation, chosen: IntArray, known: int, work: float, budget: Budget
) -> tuple[IntArray, int, bool]:
    """A choice better than `known`, or the proof that there is none, the bound, and whether the clock ended the search.

    Only columns with little slack can stand in a better choice; where these are few, they are looked at one and all.
    """
    reached = max(known, int(columns.weights[chosen].sum()))
    doubtful = np.flatnonzero(relaxed.may_beat(reached))
    if reached >= relaxed.bound or not len(doubtful):
        return chosen, reached, budget.spent()
    if len(doubtful) > DOUBTFUL or budget.spent():
        return chosen, relaxed.bound, budget.spent()
    from ortools.sat.python import cp_model  # a second of its own: only where it is needed

    doubtful = np.union1d(doubtful, chosen)
    model, take = _model(columns, size, doubtful, set(chosen.tolist()))
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.linearization_level = 2
    solver.parameters.max_deterministic_time = work
    solver.parameters.max_time_in_seconds = budget.left_s()
    status = solver.solve(model)
    if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        return chosen, relaxed.bound, budget.spent()
    chosen = doubtful[[solver.boolean_value(x) for x in take]]
    most = max(known, int(solver.best_objective_bound + 1e-6))  # no column left out is in a choice above what is known
    return chosen, min(relaxed.bound, most), budget.spent()


def _model(columns: Columns, size: int, among: IntArray, hinted: set[int]) -> tuple[Any, list[Any]]:
    """Choose among some columns: each unit in one at most, most weight."""
    from ortools.sat.python import cp_model

    model = cp_model.CpModel()
    take = [model.new_bool_var("") for _ in among]
    holders = csr_array(columns.matrix(size)[among].T)
    for unit in range(size):
        row = holders.indices[holders.indptr[unit] : holders.indptr[unit + 1]].tolist()
        if len(row) > 1:
            model.add_at_most_one(take[column] for column in row)
    for column, variable in zip(among.tolist(), take, strict=True):
        model.add_hint(variable, column in hinted)
    model.maximize(sum(w * x for w, x in zip(columns.weights[among].tolist(), take, strict=True)))
    return model, take

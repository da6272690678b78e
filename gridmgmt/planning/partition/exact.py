"""Proven optima of small pools with a given number of parts: a CP-SAT model, contiguity added where it is violated.

Variables say which unit lies in which part. A solution with a part in several pieces is cut off by its separators: two
units of one part on both sides of a vertex cut need one of its vertices (Validi, Buchanan & Lykhovyd 2022). The
search's labels are the first hint; one worker and a deterministic work limit make equal seeds give equal answers.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from gridmgmt.planning.partition.bounds import objective_value
from gridmgmt.planning.partition.problem import IntArray, Problem, components

CELL_LIMIT = 160  # units × parts
SCALE = 1000  # CP-SAT counts in whole numbers


@dataclass(frozen=True)
class Exact:
    """The outcome: labels (None: none found), a lower bound of the objective, and whether the answer is final.

    Final and no labels: no plan with this number of parts lies within the range.
    """

    labels: IntArray | None
    bound: float
    final: bool


def can_be_exact(problem: Problem, parts: int) -> bool:
    """Whether the pool is small enough, and its objective one of those the model knows."""
    small = parts > 1 and problem.size * parts <= CELL_LIMIT and not (problem.locks >= 0).any()
    return small and problem.first in ("deviation", "cut_edges") and problem.graph.data.min(initial=0) >= 0


def solve_exactly(problem: Problem, parts: int, hint: IntArray, work: float, time_limit_s: float, seed: int) -> Exact:
    """Solve, cut off what is not contiguous, solve again, until the best solution is contiguous or the work is done.

    `work` is in deterministic seconds of CP-SAT, over all rounds.
    """
    from ortools.sat.python import cp_model

    model, inside = _model(cp_model.CpModel(), problem, parts)
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.random_seed = seed
    bound = 0.0
    while work > 0 and time_limit_s > 0:
        _give_hint(model, inside, hint)
        solver.parameters.max_deterministic_time = work
        solver.parameters.max_time_in_seconds = time_limit_s
        status = solver.solve(model)
        work -= max(solver.response_proto.deterministic_time, 0.01)
        time_limit_s -= solver.wall_time
        if status == cp_model.INFEASIBLE:
            return Exact(None, 0.0, True)
        if status == cp_model.UNKNOWN:
            break
        bound = max(bound, _unscaled(problem, solver.best_objective_bound))
        labels = np.array([[solver.value(x) for x in row] for row in inside]).argmax(axis=1)
        if not _cut_off(model, problem, inside, labels):
            final = status == cp_model.OPTIMAL
            return Exact(labels, objective_value(problem.first, problem, labels, None) if final else bound, final)
    return Exact(None, bound, False)


def _model(model: Any, problem: Problem, parts: int) -> tuple[Any, list[list[Any]]]:
    """One part for each unit, weights within the range, and the objective."""
    inside = [[model.new_bool_var("") for _ in range(parts)] for _ in range(problem.size)]
    for row in inside:
        model.add_exactly_one(row)
    model.add(inside[int(np.argmax(problem.weights))][0] == 1)
    weights = problem.weights.tolist()
    loads = [sum(weight * row[part] for weight, row in zip(weights, inside, strict=True)) for part in range(parts)]
    for load in loads:
        model.add_linear_constraint(load, int(np.ceil(problem.low)), int(np.floor(problem.high)))
    if problem.first == "deviation":
        model.minimize(_largest_deviation(model, problem, loads))
    else:
        model.minimize(_cut(model, problem, inside, parts))
    return model, inside


def _largest_deviation(model: Any, problem: Problem, loads: list[Any]) -> Any:
    target = round(problem.target * SCALE)
    most = model.new_int_var(0, SCALE * problem.total, "")
    for load in loads:
        model.add(most >= SCALE * load - target)
        model.add(most >= target - SCALE * load)
    return most


def _cut(model: Any, problem: Problem, inside: list[list[Any]], parts: int) -> Any:
    edges = problem.graph.tocoo()
    cost = []
    for u, v, price in zip(edges.row.tolist(), edges.col.tolist(), edges.data.tolist(), strict=True):
        if u < v:
            cut = model.new_bool_var("")
            for part in range(parts):
                model.add(cut >= inside[u][part] - inside[v][part])
                model.add(cut >= inside[v][part] - inside[u][part])
            cost.append(int(np.floor(price * SCALE)) * cut)
    return sum(cost)


def _unscaled(problem: Problem, bound: float) -> float:
    """A bound of the model as one of the objective; the rounding of the target goes to the safe side."""
    if problem.first == "deviation":
        return max(0.0, (bound - 1) / SCALE / problem.target)
    return max(0.0, bound / SCALE)


def _give_hint(model: Any, inside: list[list[Any]], hint: IntArray) -> None:
    model.clear_hints()
    for row, label in zip(inside, hint.tolist(), strict=True):
        for part, variable in enumerate(row):
            model.add_hint(variable, int(part == label))


def _cut_off(model: Any, problem: Problem, inside: list[list[Any]], labels: IntArray) -> bool:
    """Add a separator for every piece that lies apart from the largest of its part; False where there is none."""
    found = False
    graph = problem.graph
    for part in range(len(inside[0])):
        pieces = sorted(components(graph, labels == part), key=len)
        for piece in pieces[:-1]:
            found = True
            around = np.setdiff1d(
                np.concatenate([graph.indices[graph.indptr[u] : graph.indptr[u + 1]] for u in piece]), piece
            )
            for other in range(len(inside[0])):
                beyond = [inside[s][other] for s in around.tolist()]
                model.add(sum(beyond) >= inside[int(piece[0])][other] + inside[int(pieces[-1][0])][other] - 1)
    return found

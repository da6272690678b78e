"""Values and proven lower bounds of the objectives."""

import numpy as np

from gridmgmt.planning.metrics import cut_cost, moved
from gridmgmt.planning.partition.problem import IntArray, Problem, components


def objective_value(name: str, problem: Problem, labels: IntArray, current: IntArray | None) -> float:
    """The value of one objective, to be minimised.

    deviation : largest |weight − target| / target over the parts
    cut_edges : sum of the values of the edges between parts
    compactness : mean of 1 − Polsby–Popper where areas are known, else the cut cost
    moved : weight whose label differs from `current`, of the units that have one
    """
    if name == "deviation":
        loads = np.bincount(labels, weights=problem.weights)
        return float(np.abs(loads - problem.target).max(initial=0) / problem.target)
    if name == "moved":
        return 0.0 if current is None else float(moved(np.where(current < 0, labels, current), labels, problem.weights))
    if name == "compactness" and problem.areas.any():
        return mean_roughness(problem, labels)
    return cut_cost(problem.graph, labels)


def mean_roughness(problem: Problem, labels: IntArray) -> float:
    """Mean of 1 − 4π·area / perimeter² over the parts."""
    edges = problem.borders.tocoo()
    inside = labels[edges.row] == labels[edges.col]
    rim = np.bincount(labels, weights=problem.perimeters)
    rim -= np.bincount(labels[edges.row[inside]], weights=edges.data[inside], minlength=len(rim))
    area = np.bincount(labels, weights=problem.areas)
    return float(np.mean(1 - 4 * np.pi * area / np.maximum(rim, 1e-9) ** 2))


def objective_bound(name: str, problem: Problem, parts: int | None) -> float:
    """A lower bound that needs no search; 0 where nothing better is known."""
    if name == "deviation":
        return deviation_bound(problem, parts)
    if name == "moved":
        return moved_bound(problem)
    welcome = float(problem.graph.data[problem.graph.data < 0].sum()) / 2  # cuts that lower the cost
    if welcome and name in ("cut_edges", "compactness"):
        return welcome
    if name == "cut_edges" and problem.size and parts:
        # A tree joins the parts of a connected graph: at least parts − 1 cheapest edges are cut.
        pieces = len(components(problem.graph, np.ones(problem.size, dtype=bool)))
        return float(np.sort(problem.graph.data)[: 2 * max(0, parts - pieces) : 2].sum())
    return 0.0


def deviation_bound(problem: Problem, parts: int | None) -> float:
    """Largest relative deviation that no plan avoids: of the heaviest unit, and of the mean in each component."""
    bounds = [(int(problem.weights.max(initial=0)) - problem.target) / problem.target]
    if parts is not None:
        bounds.append(_evenest(problem.total, parts, problem.target))
    for units in components(problem.graph, np.ones(problem.size, dtype=bool)):
        total = int(problem.weights[units].sum())
        most = min(len(units), int(total // problem.target) + 2)
        bounds.append(min(_evenest(total, k, problem.target) for k in range(1, most + 1)))
    return max(0.0, *bounds)


def _evenest(total: int, parts: int, target: float) -> float:
    """Largest relative deviation of so many whole numbers, at least: one is the mean or more, one the mean or less."""
    return max(-(-total // parts) - target, target - total // parts) / target


def moved_bound(problem: Problem) -> float:
    """Weight that leaves its home in every plan in range: a part keeps `high` at most, or one lone unit."""
    known = problem.home >= 0
    home, weights = problem.home[known], problem.weights[known]
    heaviest = np.zeros(int(home.max(initial=-1)) + 1)
    np.maximum.at(heaviest, home, weights)
    return float(np.maximum(np.bincount(home, weights=weights) - np.maximum(heaviest, problem.high), 0).sum())

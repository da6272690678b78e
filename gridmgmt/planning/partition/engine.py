"""`partition`: the one door to the solvers."""

import time
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import ArrayLike
from scipy.sparse import csr_array

from gridmgmt.errors import InvalidInput
from gridmgmt.messages import Words
from gridmgmt.planning.budget import Budget, SoFar
from gridmgmt.planning.partition import certificate as why
from gridmgmt.planning.partition.bounds import objective_bound, objective_value
from gridmgmt.planning.partition.certificate import Certificate, Miss
from gridmgmt.planning.partition.effort import EXACT, FAST, THOROUGH
from gridmgmt.planning.partition.naming import named
from gridmgmt.planning.partition.problem import FloatArray, Goals, IntArray, Problem, make_problem
from gridmgmt.planning.partition.rounds import divide_pools
from gridmgmt.planning.partition.solve import Division
from gridmgmt.planning.partition.standing import Progress, Task

EFFORTS = {"fast": FAST, "thorough": THOROUGH, "exact": EXACT}


def partition(
    adjacency: csr_array,
    weights: ArrayLike,
    *,
    low: float,
    high: float,
    parts: int | None = None,
    target: float | None = None,
    objective: str | Sequence[str] = "deviation",
    locks: ArrayLike | None = None,
    time_limit_s: float = 60,
    seed: int = 0,
    current: ArrayLike | None = None,
    borders: csr_array | None = None,
    areas: ArrayLike | None = None,
    perimeters: ArrayLike | None = None,
    goals: Goals | None = None,
    effort: str = "fast",
    progress: Progress | None = None,
    so_far: SoFar = lambda value, bound: None,
    cancelled: Callable[[], bool] = lambda: False,
) -> tuple[IntArray, Certificate]:
    """Divide a graph into contiguous parts within a weight range.

    Parameters
    ----------
    adjacency : (n, n) symmetric sparse matrix; its values are the cost of cutting an edge. A stored zero is an edge.
    weights : (n,) integers ≥ 0 (households)
    low, high : range of a part's weight
    parts : how many parts; by default as many as fit `target` in every connected pool
    target : weight aimed at; by default total / parts, or the middle of the range
    objective : `deviation`, `cut_edges`, `compactness`, `moved`, or several, the most important first. Being in the
        range outweighs them all. Small pools are solved in that order exactly, larger ones by falling prices
    locks : (n,) part number a unit must lie in, −1 where it is free; units of one lock must hang together
    current : (n,) labels of today, from 0 to parts − 1, −1 for none; for `moved`. Parts bear the number that most of
        their weight has today
    borders, areas, perimeters : shared border lengths (n, n) in m, m² and m by unit: with them compactness is
        Polsby–Popper, without them the cut cost
    goals : the prices themselves, in place of `objective`
    effort : `fast` or `thorough`: the work limit. The clock (`time_limit_s`) is only the last stop. `exact`, where the
        number of parts is free: what `goals` say of unevenness and cuts is brought to the proven least
    progress : called with (pools done, pools); `exact` counts each pool twice, and pools that are searched on, because
        the plan is not as round as wanted, count again
    so_far : called with the weight outside the range in the pools done so far, and its proven bound
    cancelled : asked now and then; True ends the search with the best labels so far

    Returns
    -------
    labels : (n,) from 0 to parts − 1; every part is connected, always
    certificate : value, proven bound, status and reasons

    Raises
    ------
    InvalidInput : shapes do not agree, the matrix is not symmetric, weights are negative, a lock does not hang
        together or names no part, more parts than units

    >>> line = csr_array(np.diag(np.ones(3), 1) + np.diag(np.ones(3), -1))
    >>> labels, proof = partition(line, [10, 10, 10, 10], parts=2, low=20, high=20)
    >>> labels.tolist(), proof.status
    ([0, 0, 1, 1], 'optimal')
    """
    names = (objective,) if isinstance(objective, str) else tuple(objective)
    if effort not in EFFORTS:
        raise InvalidInput(detail=Words("reasons.effort_unknown", effort=effort, efforts=list(EFFORTS)))
    problem = make_problem(
        adjacency, weights, low, high, target, parts, names, locks, current, borders, areas, perimeters, goals
    )
    budget = Budget(time.monotonic() + time_limit_s, cancelled, so_far)
    divisions = divide_pools(Task(problem, parts, names, EFFORTS[effort], seed, budget, progress))
    labels = _assemble(problem, divisions)
    return labels, _certify(problem, parts, names[0], labels, divisions)


def _assemble(problem: Problem, divisions: list[Division]) -> IntArray:
    """One numbering for all pools: locked parts by their lock, others as most of them lie today, else by first unit."""
    labels = np.empty(problem.size, dtype=np.int64)
    offset = 0
    for division in divisions:
        labels[division.units] = division.labels + offset
        offset += int(division.labels.max(initial=-1)) + 1
    _, first, compact = np.unique(labels, return_index=True, return_inverse=True)
    order = np.argsort(np.argsort(first))
    return named(problem, order[compact])


def _certify(
    problem: Problem, parts: int | None, name: str, labels: IntArray, divisions: list[Division]
) -> Certificate:
    loads: FloatArray = np.bincount(labels, weights=problem.weights).astype(np.float64)
    misses = tuple(_misses(problem, labels, loads, divisions))
    alone = {miss.part for miss in misses if miss.reason == why.OVERSIZE_UNIT}
    outside = sum(int(loads[miss.part]) for miss in misses if miss.part not in alone)
    outside_bound = sum(division.outside_bound for division in divisions)
    home = problem.home if (problem.home >= 0).any() else None
    value = objective_value(name, problem, labels, home)
    proofs = [division.bound for division in divisions]
    searched = sum(proofs) if name == "cut_edges" else max(proofs, default=0.0)
    known = objective_bound(name, problem, parts)
    bound = min(value, known if known < 0 else max(searched, known))
    proven = [miss.reason for miss in misses if miss.reason in why.PROOFS]
    status: why.Status = "infeasible" if proven else "feasible"
    if not misses and value <= bound + 1e-9:
        status = "optimal"
    return Certificate(
        status=status,
        objective=name,
        value=value,
        bound=bound,
        outside=outside,
        outside_bound=outside_bound,
        reason=proven[0] if proven else (why.NOT_FOUND if misses else None),
        misses=misses,
        stopped=any(division.stopped for division in divisions),
        total=problem.total,
        uneven=sum(division.uneven for division in divisions),
    )


def _misses(problem: Problem, labels: IntArray, loads: FloatArray, divisions: list[Division]) -> list[Miss]:
    """Every part outside the range with its reason and the units that force it, by part."""
    misses = []
    for division in divisions:
        for part in np.unique(labels[division.units]):
            if problem.low <= loads[part] <= problem.high:
                continue
            members = division.units[labels[division.units] == part]
            misses.append(Miss(int(part), *_why(problem, members, division)))
    return sorted(misses, key=lambda miss: miss.part)


def _why(problem: Problem, members: IntArray, division: Division) -> tuple[str, tuple[int, ...]]:
    """Reason and units of one part outside the range."""
    oversize = members[problem.weights[members] > problem.high]
    if len(oversize):
        return why.OVERSIZE_UNIT, tuple(oversize.tolist())
    hopeless = np.intersect1d(members, division.hopeless)
    if len(hopeless):
        return why.PACKING, tuple(hopeless.tolist())
    # A part without a unit above the cap may miss the range because of one elsewhere; nothing proves that it must.
    reason = None if division.reason == why.OVERSIZE_UNIT else division.reason
    return reason or why.NOT_FOUND, tuple(members.tolist())

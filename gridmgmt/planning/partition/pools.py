"""Cut a graph into pools that can be solved alone, without losing a solution, and say what each can reach.

A unit above the cap can never lie in a part within the range; it stands alone, at no loss. What is left falls into
connected pools. Which weight of a pool can lie in parts within the range is bounded by counting.
"""

from dataclasses import dataclass

import numpy as np

from gridmgmt.errors import InfeasiblePlan
from gridmgmt.messages import Words
from gridmgmt.planning.partition import certificate as why
from gridmgmt.planning.partition.problem import IntArray, Problem, components, count_range


@dataclass(frozen=True)
class Pool:
    """Connected units to be divided, with a proven bound.

    Attributes
    ----------
    units : unit numbers
    outside_bound : weight that lies outside the range in every division of this pool
    reason : why no division of this pool is all in range; None where nothing forbids it
    parts : how many parts it must have; None where that is free
    """

    units: IntArray
    outside_bound: int
    reason: str | None
    parts: int | None = None


@dataclass(frozen=True)
class Carving:
    """Units above the cap, each with what can only hang on it (pockets of no weight), and the pools left over."""

    oversize: list[IntArray]
    pools: list[Pool]


def carve(problem: Problem) -> Carving:
    """Split off the units above the cap, then the connected pools.

    A pocket of no weight behind such a unit (a park, a car park) joins it: it changes nobody's range.
    """
    large = problem.weights > problem.high
    alone = {int(unit): [int(unit)] for unit in np.flatnonzero(large)}
    pools = []
    for units in components(problem.graph, ~large):
        host = _host(problem, units, large) if not problem.weights[units].any() else -1
        if host >= 0:
            alone[host].extend(units.tolist())
        else:
            pools.append(Pool(units, *outside_by_counting(problem, units)))
    return Carving([np.array(units, dtype=np.int64) for units in alone.values()], pools)


def _host(problem: Problem, units: IntArray, large: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> int:
    """The unit above the cap that shares most border with the pocket; −1 where there is none."""
    border = np.asarray(problem.borders[units].sum(axis=0)).ravel()
    touching = np.asarray(abs(problem.graph[units]).sum(axis=0)).ravel() + border > 0
    hosts = np.flatnonzero(touching & large)
    return int(hosts[np.argmax(border[hosts])]) if len(hosts) else -1


def outside_by_counting(problem: Problem, units: IntArray) -> tuple[int, str | None]:
    """Least weight outside the range by the pool's total alone, and the reason.

    With most k parts that fit under the total, at most k · high lies within the range; a total below `low` has no
    part at all. (Which sums the units can form is left to the enumeration in `exact`.)
    """
    total = int(problem.weights[units].sum())
    if total == 0:
        return 0, why.POCKET_BELOW_LOW if problem.low > 0 else None
    if total < problem.low:
        return total, why.POCKET_BELOW_LOW
    if count_range(total, problem.low, problem.high):
        return 0, None
    reachable = int(total // problem.low) * int(problem.high)
    return max(0, total - reachable), why.NO_FEASIBLE_COUNT


def pools_of_components(problem: Problem, parts: int) -> list[Pool]:
    """The connected components with `parts` shared out among them, as near to their totals as can be.

    Raises
    ------
    InfeasiblePlan : fewer parts than components
    """
    pieces = components(problem.graph, np.ones(problem.size, dtype=bool))
    if len(pieces) > parts:
        raise InfeasiblePlan(reason=Words("reasons.pieces_above_parts", pieces=len(pieces), parts=parts))
    counts = np.ones(len(pieces), dtype=np.int64)
    totals = np.array([float(problem.weights[units].sum()) for units in pieces])
    room = np.array([len(units) for units in pieces])
    for _ in range(parts - len(pieces)):
        counts[np.argmax(np.where(counts < room, totals / counts, -1.0))] += 1
    return [_counted(problem, units, int(count)) for units, count in zip(pieces, counts, strict=True)]


def _counted(problem: Problem, units: IntArray, parts: int) -> Pool:
    total = float(problem.weights[units].sum())
    if problem.weights[units].max(initial=0) > problem.high:
        return Pool(units, 0, why.OVERSIZE_UNIT, parts)
    if total < problem.low:
        return Pool(units, 0, why.POCKET_BELOW_LOW, parts)
    if not parts * problem.low <= total <= parts * problem.high:
        return Pool(units, 0, why.NO_FEASIBLE_COUNT, parts)
    return Pool(units, 0, None, parts)

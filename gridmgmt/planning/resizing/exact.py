"""The fewest households moved in a small pool, proven: every part that could be, under every name it could bear.

A part is a connected set of units in the range; it continues a community it holds households of, or none. Of these
pairs, choose some that cover every unit once and bear every name at most once, so that most households stay. Where no
choice covers the units, no plan has every part in the range.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import optimize, sparse

from gridmgmt.planning.partition.columns import ANY, possible_parts
from gridmgmt.planning.partition.problem import IntArray, Problem
from gridmgmt.planning.partition.search import Budget
from gridmgmt.planning.quiet import milp

SETS = 4000  # connected sets up to the limit; a pool that has more is not small
NODES = 200  # of branch and bound
NEW = -1  # the name of a part that continues no community
INFEASIBLE = 2  # status of scipy.optimize.milp


@dataclass(frozen=True)
class Proof:
    """What is proven of a pool.

    Attributes
    ----------
    labels : (n,) the best plan with every part in the range, if one was found
    moved_bound : households that move in every such plan at least
    possible : False where there is no such plan
    """

    labels: IntArray | None
    moved_bound: int
    possible: bool = True


def prove(problem: Problem, budget: Budget) -> Proof | None:
    """The best plan of a small pool; None where it is not small. Units with `problem.locks` ≥ 0 keep their label.

    `problem.home` numbers today's communities from 0.
    """
    columns = possible_parts(problem, SETS, ANY)
    if columns is None:
        return None
    named = [(part, name, kept) for part in range(len(columns)) for name, kept in _names(problem, columns[part])]
    if not named:
        return Proof(None, 0, possible=False)
    parts, names, kept = np.array(named, dtype=np.int64).T
    found = _most_kept(problem, columns.matrix(problem.size)[parts], names, kept, budget)
    if found.status == INFEASIBLE:
        return Proof(None, 0, possible=False)
    most = problem.total if found.mip_dual_bound is None else -found.mip_dual_bound
    bound = max(0, int(np.ceil(problem.total - most - 1e-6)))
    if found.x is None:
        return Proof(None, bound)
    labels = np.empty(problem.size, dtype=np.int64)
    for number, column in enumerate(np.flatnonzero(found.x > 0.5)):
        labels[columns[int(parts[column])]] = number
    return Proof(labels, bound)


def _most_kept(problem: Problem, members: sparse.csr_array, names: IntArray, kept: IntArray, budget: Budget) -> Any:
    """What HiGHS finds: `members` (columns, n) cover every unit once, under `names` that are borne at most once."""
    bearing = np.flatnonzero(names != NEW)
    bearers = sparse.csr_array(
        (np.ones(len(bearing)), (names[bearing], bearing)), shape=(int(problem.home.max()) + 1, len(names))
    )
    return milp(
        -kept.astype(np.float64),
        constraints=[optimize.LinearConstraint(members.T, 1, 1), optimize.LinearConstraint(bearers, 0, 1)],
        integrality=np.ones(len(names)),
        bounds=optimize.Bounds(0, 1),
        options={"node_limit": NODES, "mip_rel_gap": 0.0, "time_limit": budget.left_s()},
    )


def _names(problem: Problem, units: IntArray) -> Iterator[tuple[int, int]]:
    """Names that a part of these units may bear, and the households that stay with it then."""
    home, weights, locks = problem.home[units], problem.weights[units], problem.locks[units]
    held = np.unique(locks[locks >= 0])
    if len(held) > 1:
        return
    for name in held if len(held) else np.unique(home[weights > 0]):
        yield int(name), int(weights[home == name].sum())
    if not len(held):
        yield NEW, 0

"""The best plan that can be made of the parts of several plans.

Searches of one pool end in plans that are good in different corners. Choosing parts so that every unit lies in one, at
the least price, is a set partitioning of little more than a hundred columns: solved to the optimum, or nearly.
"""

from collections.abc import Sequence

import numpy as np
from scipy.sparse import csr_array

from gridmgmt.planning.partition.measuring import part_prices
from gridmgmt.planning.partition.problem import IntArray, Problem

NODES = 100  # of branch and bound


def recombined(problem: Problem, plans: Sequence[IntArray], time_limit_s: float) -> list[tuple[IntArray, float]]:
    """One plan made of parts of the plans (labels from 0 without holes), with its price; none if there was no time.

    For pools with a free number of parts and nothing to move.
    """
    from scipy.optimize import Bounds, LinearConstraint

    from gridmgmt.planning.quiet import milp

    parts = np.unique(np.concatenate([labels == np.arange(labels.max() + 1)[:, None] for labels in plans]), axis=0)
    inside = csr_array(parts.astype(np.float64))
    prices = part_prices(problem, inside)
    answer = milp(
        prices,
        constraints=LinearConstraint(csr_array(inside.T), 1, 1),
        integrality=np.ones(len(prices)),
        bounds=Bounds(0, 1),
        options={"node_limit": NODES, "time_limit": time_limit_s, "mip_rel_gap": 0.0},
    )
    if answer.x is None:
        return []
    chosen = answer.x > 0.5
    return [(parts[chosen].argmax(axis=0).astype(np.int64), float(prices[chosen].sum()))]

"""A bound of the cut for graphs too wide for the exact one, from the eigenvalues of the weighted Laplacian."""

import numpy as np

from gridmgmt.planning.partition.problem import Problem

MOST_UNITS = 2000  # the matrices are dense


def spectral_bound(problem: Problem, parts: int) -> float:
    """A lower bound of the cut of every plan within the range; 0 for large graphs and where a cut may be welcome.

    With the Laplacian L of the costs and W = diag(weights), the scaled indicators of the parts are W-orthonormal, so

        Σ cut(P, rest) / weight(P) ≥ μ₁ + … + μₖ,   the least eigenvalues of L x = μ W x,

    and as weight(P) ≥ low, the cut of the plan is at least low / 2 · Σ μ (Donath & Hoffman 1973, with weights). Units
    without weight are given one part in 10⁹ of the total, which can only raise weight(P).

    >>> from gridmgmt.planning.partition.problem import make_problem
    >>> from scipy.sparse import csr_array
    >>> whole = csr_array(np.ones((6, 6)) - np.eye(6))
    >>> problem = make_problem(whole, [1] * 6, 3, 3, None, 2, ("cut_edges",), *[None] * 6)
    >>> round(spectral_bound(problem, 2), 3)
    9.0
    """
    from scipy.linalg import eigh

    if problem.size > MOST_UNITS or problem.graph.data.min(initial=0) < 0:
        return 0.0
    costs = problem.graph.toarray()
    laplacian = np.diag(costs.sum(axis=1)) - costs
    scale = 1 / np.sqrt(problem.weights + 1e-9 * max(problem.total, 1))
    least = eigh(laplacian * np.outer(scale, scale), eigvals_only=True, subset_by_index=[0, parts - 1])
    rounding = 1e-9 * float(costs.sum()) * float(scale.max()) ** 2
    return max(0.0, problem.low / 2 * float((least - rounding).sum()))

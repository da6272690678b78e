"""Staff after a merge: the total stays, people go where the households are, and as few as can be change their area."""

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import optimize, sparse

from gridmgmt.errors import InvalidInput
from gridmgmt.messages import Words


def largest_remainder(total: int, weights: ArrayLike, at_least: int = 1) -> NDArray[np.int64]:
    """(n,) whole shares of `total` in proportion to (n,) weights, none below `at_least` (Hamilton's method).

    Everyone first gets `at_least`; the rest is shared by quota, and what the whole quotas leave goes to the largest
    remainders, of equals to the first. Without enough for everyone, `at_least` is lowered to what there is.

    >>> largest_remainder(10, [5000, 3000, 1000]).tolist()
    [5, 3, 2]
    >>> largest_remainder(2, [1, 1, 1]).tolist()
    [1, 1, 0]
    """
    shares = np.asarray(weights, dtype=np.float64)
    if not len(shares):
        return np.zeros(0, dtype=np.int64)
    base = min(at_least, total // len(shares))
    rest = total - base * len(shares)
    even = shares.sum() <= 0
    quota = np.full(len(shares), rest / len(shares)) if even else rest * shares / shares.sum()
    whole = np.floor(quota).astype(np.int64)
    order = np.argsort(-(quota - whole), kind="stable")
    whole[order[: rest - int(whole.sum())]] += 1
    result: NDArray[np.int64] = whole + base
    return result


def staff_moves(before: ArrayLike, after: ArrayLike, area_of: ArrayLike, metres: ArrayLike) -> NDArray[np.int64]:
    """(old, new) people who go from each old station to each new one: fewest leave their area, then fewest metres.

    The transport problem min Σ cost·flow with the old stations' staff as supply and the new ones' as demand; its
    constraint matrix is totally unimodular, so the vertex that the simplex method ends at is whole.

    Parameters
    ----------
    before : (old,) staff of the old stations
    after : (new,) staff of the new ones, the same in total
    area_of : (old,) the new station whose area each old one lies in
    metres : (old, new) way between them

    Raises
    ------
    InvalidInput : the totals differ

    >>> staff_moves([5, 3, 4], [7, 5], [0, 0, 1], [[0, 900], [400, 600], [900, 0]]).tolist()
    [[5, 0], [2, 1], [0, 4]]
    """
    supply, demand = np.asarray(before, dtype=np.int64), np.asarray(after, dtype=np.int64)
    if supply.sum() != demand.sum():
        raise InvalidInput(detail=Words("reasons.staff_total", before=supply.sum(), after=demand.sum()))
    away = np.asarray(area_of)[:, None] != np.arange(len(demand))[None, :]
    ways = np.rint(np.asarray(metres, dtype=np.float64))
    cost = away * (float(ways.max(initial=0)) * float(supply.sum()) + 1) + ways
    old, new = cost.shape
    leaves = sparse.kron(sparse.eye_array(old), np.ones((1, new)))
    arrives = sparse.kron(np.ones((1, old)), sparse.eye_array(new))
    rows, totals = sparse.vstack([leaves, arrives], format="csr"), np.concatenate([supply, demand])
    found = optimize.linprog(cost.ravel(), A_eq=rows, b_eq=totals, method="highs-ds")
    flows: NDArray[np.int64] = np.rint(found.x).astype(np.int64).reshape(old, new)
    return flows

"""Pools with too many connected groups to list: good groups to choose from, and bounds that hold over all of them."""

import numpy as np
from scipy import optimize, sparse

from gridmgmt.planning.groups import Group, Pool, connected_masks_with, is_allowed, mask_of, price

NEAREST = (14, 12, 11, 10, 9, 8)  # communities round a centre that may join its group; fewer where groups abound
MAX_CANDIDATES = 60_000


def candidates(pool: Pool) -> list[Group]:
    """Connected groups in range made of communities near a centre, and every community alone.

    The list is not complete, so what is chosen from it carries a bound of its own (`median_bound`).
    """
    for nearest in NEAREST:
        masks = _near_groups(pool, nearest)
        if len(masks) <= MAX_CANDIDATES:
            break
    alone = {1 << node for node in range(len(pool)) if is_allowed(pool, 1 << node, pool.low)}
    return [price(pool, mask) for mask in sorted(masks | alone | set(pool.lock_masks))]


def _near_groups(pool: Pool, nearest: int) -> set[int]:
    everyone = (1 << len(pool)) - 1
    capped = np.minimum(pool.weights, pool.high).tolist()
    per_household = pool.travel / np.maximum(pool.weights, 1)[:, None]
    masks: set[int] = set()
    for centre in range(len(pool)):
        near = mask_of(np.argsort(per_household[:, centre], kind="stable")[:nearest]) | 1 << centre
        found = connected_masks_with(centre, pool.neighbours, capped, pool.high, banned=everyone & ~near)
        masks.update(mask for mask in found if is_allowed(pool, mask, 0))
        if len(masks) > MAX_CANDIDATES:
            break
    return masks


def median_bound(pool: Pool, stations: int) -> int:
    """Least household-metres of `stations` sites when contiguity is let go: the capacitated p-median's LP relaxation.

    min Σ travel[u, s]·x[u, s] with every u served once, x[u, s] ≤ y[s], low ≤ load of s ≤ high where y[s] = 1, and
    Σ y = stations. Loads count a community above `high` as `high`. Valid for plans without avoidable violation.
    """
    n = len(pool)
    loads = np.minimum(pool.weights, pool.high).astype(float)
    eye, ones = sparse.eye_array(n, format="csr"), np.ones((1, n))
    served = sparse.hstack([sparse.kron(eye, ones), sparse.csr_array((n, n))])
    load = sparse.kron(loads[None, :], eye)
    opened = sparse.kron(np.ones((n, 1)), eye)
    above = sparse.hstack([load, -pool.high * eye])
    below = sparse.hstack([-load, min(pool.low, pool.high) * eye])
    linked = sparse.hstack([sparse.eye_array(n * n), -opened])
    count = sparse.hstack([sparse.csr_array((1, n * n)), sparse.csr_array(ones)])
    found = optimize.linprog(
        np.concatenate([pool.travel.ravel(), np.zeros(n)]),
        A_ub=sparse.vstack([above, below, linked], format="csr"),
        b_ub=np.zeros(2 * n + n * n),
        A_eq=sparse.vstack([served, count], format="csr"),
        b_eq=np.concatenate([np.ones(n), [stations]]),
        bounds=(0, 1),
        method="highs",
    )
    return int(np.floor(found.fun)) if found.success else 0

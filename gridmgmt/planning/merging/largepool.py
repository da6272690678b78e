"""Pools with too many connected groups to list: a plan to begin with, groups to better it, bounds for all."""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, sparse

from gridmgmt.planning.budget import Budget
from gridmgmt.planning.merging.groups import (
    Group,
    Pool,
    bits,
    connected_masks_with,
    is_allowed,
    keeps_locks,
    mask_of,
)
from gridmgmt.planning.merging.listing import stacked
from gridmgmt.planning.merging.pricedgroups import priced
from gridmgmt.planning.partition import partition

NEAREST = (12, 11, 10, 9, 8, 7)  # communities round a centre that may join its group; fewer where groups abound
MAX_CANDIDATES = 20_000
BOUNDED = 200  # communities of the largest pool whose p-median relaxation (n² variables) is solved
ATTEMPTS = 3  # searches with a number of stations before one more is tried
MORE_STATIONS = 3  # numbers of stations tried one by one above the least that could do, then every twentieth part more


def start_plan(pool: Pool, seed: int, budget: Budget) -> list[Group]:
    """A connected plan with as few stations as the search can bring into the range; empty where the locks tear it."""
    locks = _tied(pool)
    if locks is None:
        return []
    best: list[Group] = []
    for parts in _numbers_of_stations(pool):
        for attempt in range(ATTEMPTS):
            found = _divided(pool, locks, parts, seed + attempt, budget)
            if not best or _violation(found) < _violation(best):
                best = found
            if _violation(best) <= pool.forced or budget.spent():
                return best
    return best


def _numbers_of_stations(pool: Pool) -> Iterator[int]:
    """From the least that could do up: `MORE_STATIONS` one by one, then by a twentieth as far as the range goes."""
    total = sum(pool.loads)
    fewest = min(max(1, -(-total // max(pool.high, 1)), len(pool.lock_masks)), len(pool))
    most = min(len(pool), max(fewest, total // pool.low)) if pool.low else len(pool)
    yield from range(fewest, min(fewest + MORE_STATIONS, len(pool)) + 1)
    parts = fewest + MORE_STATIONS
    while (parts := parts + max(1, parts // 20)) <= most:
        yield parts


def _tied(pool: Pool) -> NDArray[np.int64] | None:
    """(n,) the locks, each with the free communities on shortest ways between its own, so that it hangs together."""
    labels = np.asarray(pool.locks, dtype=np.int64).copy()
    for label in np.unique(labels[labels >= 0]).tolist():
        own = np.flatnonzero(pool.locks == label).tolist()
        reached = {own[0]}
        for goal in own[1:]:
            way = _way(pool, reached, goal, labels, label)
            if way is None:
                return None
            reached.update(way)
            labels[way] = label
    return labels


def _way(pool: Pool, start: set[int], goal: int, labels: NDArray[np.int64], label: int) -> list[int] | None:
    """The communities on a shortest way from some to one over free ones and those of the label; None without a way."""
    before = dict.fromkeys(start, -1)
    queue = sorted(start)
    for node in queue:
        for other in bits(pool.neighbours[node]):
            if other not in before and labels[other] in (-1, label):
                before[other] = node
                queue.append(other)
    if goal not in before:
        return None
    way = [goal]
    while before[way[-1]] >= 0:
        way.append(before[way[-1]])
    return way


def candidates(pool: Pool, budget: Budget) -> NDArray[np.uint16]:
    """Connected groups in range made of communities near a centre, and every community alone; rows of members.

    The list is not complete, so what is chosen from it carries a bound of its own (`median_bound`).
    """
    masks: set[int] = set()
    for nearest in NEAREST:
        masks = _near_groups(pool, nearest, budget)
        if len(masks) <= MAX_CANDIDATES:
            break
    alone = {1 << node for node in range(len(pool)) if keeps_locks(pool, 1 << node)}
    return stacked(
        *(np.asarray([bits(mask)], dtype=np.uint16) for mask in sorted(masks | alone | set(pool.lock_masks)))
    )


def median_bound(pool: Pool, stations: int, budget: Budget) -> int:
    """Least household-metres of `stations` sites when contiguity is let go: the capacitated p-median's LP relaxation.

    min Σ travel[u, s]·x[u, s] with every u served once, x[u, s] ≤ y[s], low ≤ load of s ≤ high where y[s] = 1, and
    Σ y = stations. Loads count a community above `high` as `high`. Valid for plans without avoidable violation; 0 for
    a pool too large for this programme, or for the time that is left.
    """
    n = len(pool)
    if n > BOUNDED:
        return 0
    loads = np.asarray(pool.loads, dtype=float)
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
        options={"time_limit": budget.left_s()},
    )
    return int(np.floor(found.fun)) if found.success else 0


def _divided(pool: Pool, locks: NDArray[np.int64], parts: int, seed: int, budget: Budget) -> list[Group]:
    """`parts` connected groups of about the same households, or communities where nobody lives."""
    inhabited = sum(pool.loads) > 0
    edges = [(u, v) for u in range(len(pool)) for v in bits(pool.neighbours[u])]
    rows, columns = np.asarray(edges, dtype=np.int64).reshape(-1, 2).T
    graph = sparse.csr_array((np.ones(len(edges)), (rows, columns)), shape=(len(pool), len(pool)))
    labels, _ = partition(
        graph,
        pool.loads if inhabited else [1] * len(pool),
        low=pool.low if inhabited else 0,
        high=pool.high if inhabited else len(pool),
        parts=parts,
        objective="compactness",
        locks=locks,
        time_limit_s=0.0 if budget.spent() else budget.left_s(),
        seed=seed,
        so_far=budget.so_far,
        cancelled=budget.cancelled,
    )
    return priced(pool, [mask_of(np.flatnonzero(labels == part)) for part in range(int(labels.max()) + 1)])


def _near_groups(pool: Pool, nearest: int, budget: Budget) -> set[int]:
    everyone = (1 << len(pool)) - 1
    per_household = pool.travel / np.maximum(pool.weights, 1)[:, None]
    masks: set[int] = set()
    for centre in range(len(pool)):
        near = mask_of(np.argsort(per_household[:, centre], kind="stable")[:nearest]) | 1 << centre
        found = connected_masks_with(centre, pool.neighbours, pool.loads, pool.high, banned=everyone & ~near)
        masks.update(mask for mask, load in found if is_allowed(pool, mask, load, 0))
        if len(masks) > MAX_CANDIDATES or budget.spent():
            break
    return masks


def least_violation(pool: Pool) -> int:
    """Violation that no plan avoids: that of communities too large by themselves, and what no number of stations holds.

    k stations lack k·low − W households or have W − k·high too many, W being the households with the excess taken off.
    """
    if pool.lone_exempt or pool.low > pool.high:
        return pool.forced
    total = sum(pool.loads)
    beyond = (max(k * pool.low - total, total - k * pool.high, 0) for k in range(1, len(pool) + 1))
    return pool.forced + min(beyond)


def _violation(groups: Sequence[Group]) -> int:
    return sum(group.violation for group in groups)

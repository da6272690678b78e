"""Pools of `resize`: what is locked stays, what stands alone is named, every connected pool is searched and bounded."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array, csr_array

from gridmgmt.errors import InvalidInput
from gridmgmt.messages import Words
from gridmgmt.planning.budget import Budget
from gridmgmt.planning.partition.certificate import OVERSIZE_UNIT, PACKING
from gridmgmt.planning.partition.pools import Pool, carve
from gridmgmt.planning.partition.problem import IntArray, Problem, components
from gridmgmt.planning.resizing.bounding.aside import Bounding
from gridmgmt.planning.resizing.exact import prove
from gridmgmt.planning.resizing.found import Found, matched, measured
from gridmgmt.planning.resizing.recombining import Seen
from gridmgmt.planning.resizing.relabel import moved_bound
from gridmgmt.planning.resizing.search import search, smoothed

LOCKED = "locked"


@dataclass(frozen=True)
class Settled:
    """The parts of some units (row numbers): labels from 0, what is proven, and why a part may miss the range.

    `whole_grids` says whether only whole grids moved, `stopped` whether the clock ended the search.
    """

    units: IntArray
    labels: IntArray
    moved_bound: int
    reason: str | None
    whole_grids: bool = True
    stopped: bool = False


@dataclass(frozen=True)
class _Searched:
    """The best plan found for a pool; households that move in every plan in the range.

    `possible` is False where it is proven that there is no such plan.
    """

    found: Found
    bound: int
    possible: bool


def settle(
    problem: Problem,
    frozen: NDArray[np.bool_],
    grids: IntArray | None,
    seed: int,
    budget: Budget,
    progress: Callable[[int, int], None] = lambda done, of: None,
) -> Iterator[Settled]:
    """Communities that are `frozen` (n,) as they are, units above the cap by themselves, then pool by pool.

    `grids` (n,) numbers the grids whose units should keep together.
    """
    held = problem.locks >= 0
    large = held & (problem.weights > problem.high)
    frozen = frozen | np.isin(problem.home, problem.home[large])
    for label in np.unique(problem.home[frozen]):
        units = np.flatnonzero(problem.home == label)
        yield Settled(units, np.zeros_like(units), 0, LOCKED)
    free = np.flatnonzero(~frozen)
    carving = carve(problem.pool(free))
    for units in carving.oversize:
        yield Settled(free[units], np.zeros_like(units), 0, OVERSIZE_UNIT)
    moved = bound = 0.0
    for number, pool in enumerate(carving.pools):
        pool = replace(pool, units=free[pool.units])
        settled = _settled(problem, pool, grids, seed + 7919 * number, _added(budget, moved, bound))
        moved, bound = moved + _moved(problem, settled), bound + settled.moved_bound
        budget.so_far(moved, min(moved, bound))
        progress(number + 1, len(carving.pools))
        yield replace(settled, stopped=budget.spent())


def _added(budget: Budget, moved: float, bound: float) -> Budget:
    """The budget of one pool: what is told of it comes on top of the pools before."""
    return replace(budget, so_far=lambda more, proven: budget.so_far(moved + more, bound + proven))


def _moved(problem: Problem, settled: Settled) -> int:
    """Households of a pool that move."""
    return matched(problem.home[settled.units], settled.labels, problem.weights[settled.units])[1]


def require_whole(problem: Problem, frozen: NDArray[np.bool_], communities: NDArray[np.object_]) -> None:
    """InvalidInput where the locked units of a community that is not `frozen` do not hang together."""
    held = (problem.locks >= 0) & ~frozen
    for label in np.unique(problem.home[held]):
        pieces = components(problem.graph, problem.home == label)
        if sum(bool(held[piece].any()) for piece in pieces) > 1:
            raise InvalidInput(detail=Words("reasons.locked_pieces", community=communities[label]))


def _settled(problem: Problem, pool: Pool, grids: IntArray | None, seed: int, budget: Budget) -> Settled:
    part = problem.pool(pool.units)
    part = replace(part, home=np.unique(part.home, return_inverse=True)[1].astype(np.int64))
    if part.total < problem.low or part.size == 1:
        return Settled(pool.units, np.zeros_like(pool.units), 0, pool.reason)
    coarse = None
    if grids is not None:
        grid_of, whole = whole_grids(part, grids[pool.units])
        by_grids = _searched(whole, seed, budget.within(0.5))
        coarse = replace(by_grids.found, labels=by_grids.found.labels[grid_of])
        if coarse.violation == 0:
            return Settled(pool.units, coarse.labels, by_grids.bound, pool.reason)
    searched = _searched(part, seed, budget)
    found, bound = searched.found, searched.bound
    reason = pool.reason if searched.possible or (part.locks >= 0).any() else pool.reason or PACKING
    if coarse is not None and coarse.violation <= found.violation:
        return Settled(pool.units, coarse.labels, 0, reason)
    # Outside the range fewer households may move than the bound says: then nothing is proven.
    labels, proven = found.labels, bound if found.violation == 0 else 0
    return Settled(pool.units, labels, proven, reason, grids is None)


def _searched(part: Problem, seed: int, budget: Budget) -> _Searched:
    """The best plan, and what is proven: what the search leaves open in a small pool is decided, or bounded."""
    seen = Seen(part)
    counted = moved_bound(part.weights, part.home, int(part.low), int(part.high), min(10.0, budget.left_s()))
    with Bounding(part, counted, seen, budget) as bounding:
        found = search(part, seed, bounding.budget, counted, seen, bounding.begin)
        if found.violation == 0 and found.moved <= counted:
            return _Searched(found, counted, True)
        proof = prove(part, found.labels, found.moved if found.violation == 0 else None, budget)
        if proof is None or not proof.possible:
            return _Searched(found, bounding.bound(found, counted), proof is None)
        if proof.labels is not None:
            better = smoothed(part, measured(part, proof.labels), seed, budget)
            found = min(found, better, key=lambda plan: plan.rank)
        return _Searched(found, bounding.bound(found, max(counted, proof.moved_bound)), True)


def whole_grids(problem: Problem, grids: IntArray) -> tuple[IntArray, Problem]:
    """(n,) which grid each unit lies in, from 0, and the problem whose units are the grids.

    A grid that lies in two communities or in two pieces counts as several.
    """
    edges = problem.graph.tocoo()
    same = (grids[edges.row] == grids[edges.col]) & (problem.home[edges.row] == problem.home[edges.col])
    inside = csr_array((np.ones(int(same.sum())), (edges.row[same], edges.col[same])), shape=edges.shape)
    pieces = components(inside, np.ones(problem.size, dtype=bool))
    grid_of = np.empty(problem.size, dtype=np.int64)
    for number, units in enumerate(pieces):
        grid_of[units] = number
    first = np.array([units[0] for units in pieces])
    between = grid_of[edges.row] != grid_of[edges.col]
    borders = coo_array(
        (edges.data[between], (grid_of[edges.row[between]], grid_of[edges.col[between]])),
        shape=(len(pieces), len(pieces)),
    ).tocsr()
    borders.sort_indices()
    held = np.zeros(len(pieces), dtype=bool)
    held[grid_of[problem.locks >= 0]] = True
    coarse = replace(
        problem,
        graph=borders,
        borders=borders,
        weights=_summed(grid_of, problem.weights).astype(np.int64),
        areas=_summed(grid_of, problem.areas),
        perimeters=_summed(grid_of, problem.perimeters),
        locks=np.where(held, problem.home[first], -1),
        home=problem.home[first],
    )
    return grid_of, coarse


def _summed(groups: IntArray, values: NDArray[np.float64] | IntArray) -> NDArray[np.float64]:
    return np.bincount(groups, weights=values).astype(np.float64)

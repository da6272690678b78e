"""Coarser and coarser pictures of a pool: neighbours are joined in pairs, again and again (Karypis & Kumar 1998).

A plan of the coarse picture is a plan of the pool with the same loads and the same cut, so that a search moves whole
quarters first and single units last.
"""

import random
from dataclasses import dataclass, replace

import numpy as np
from scipy.sparse import csr_array

from gridmgmt.planning.partition.problem import IntArray, Problem

STALLED = 0.97  # a picture with nearly as many units as the one before is the last


@dataclass(frozen=True)
class Picture:
    """A pool as it looks from farther away; `joined` (finer units,) numbers the unit here that each lies in."""

    problem: Problem
    joined: IntArray


def pictures(problem: Problem, fewest: int, heaviest: float, apart: IntArray, seed: int) -> list[Picture]:
    """The pool itself, then coarser ones until one has at most `fewest` free units; no pair weighs above `heaviest`.

    Units that differ in `apart` (n,) or in their lock are never joined.

    >>> from gridmgmt.planning.partition.problem import make_problem
    >>> line = csr_array(np.diag(np.ones(7), 1) + np.diag(np.ones(7), -1))
    >>> pool = make_problem(line, [1] * 8, 4, 4, None, 2, ("cut_edges",), *[None] * 6)
    >>> [len(picture.joined) for picture in pictures(pool, 2, 8, np.zeros(8, np.int64), 0)][:2]
    [8, 8]
    """
    draw = random.Random(seed)
    apart = np.unique(np.column_stack([apart, problem.locks]), axis=0, return_inverse=True)[1].ravel()
    series = [Picture(problem, np.arange(problem.size))]
    while ((finer := series[-1].problem).locks < 0).sum() > fewest:
        joined = _pairs(finer, heaviest, apart.tolist(), draw)
        if joined.max() + 1 > STALLED * finer.size:
            break
        first = np.unique(joined, return_index=True)[1]
        apart = apart[first]
        series.append(Picture(_joined(finer, joined, first), joined))
    return series


def _pairs(problem: Problem, heaviest: float, apart: list[int], draw: random.Random) -> IntArray:
    """(n,) numbers of pairs and of units left alone: in random order, each takes the light neighbour it costs most to
    be cut from, give or take."""
    graph, weights = problem.graph, problem.weights.tolist()
    pointers, neighbours, costs = graph.indptr.tolist(), graph.indices.tolist(), graph.data.tolist()
    joined, count = [-1] * problem.size, 0
    for unit in draw.sample(range(problem.size), problem.size):
        if joined[unit] >= 0:
            continue
        mate, best = -1, 0.0
        for arc in range(pointers[unit], pointers[unit + 1]):
            other = neighbours[arc]
            together = weights[unit] + weights[other]
            if joined[other] >= 0 or together > heaviest or apart[unit] != apart[other]:
                continue
            worth = costs[arc] / ((weights[unit] or 1) * (weights[other] or 1)) ** 0.5 * (0.5 + draw.random())
            if worth > best:
                mate, best = other, worth
        joined[unit] = count
        if mate >= 0:
            joined[mate] = count
        count += 1
    return np.array(joined, dtype=np.int64)


def _joined(finer: Problem, joined: IntArray, first: IntArray) -> Problem:
    """The coarser pool: weights and parallel edges added up; `first` (coarse units,) is one unit of each pair."""
    count = len(first)
    edges = finer.graph.tocoo()
    rows, columns = joined[edges.row], joined[edges.col]
    between = rows != columns
    graph = csr_array((edges.data[between], (rows[between], columns[between])), shape=(count, count))
    graph.sort_indices()
    weights = np.bincount(joined, weights=finer.weights).astype(np.int64)
    none = np.zeros(count)
    return replace(
        finer,
        graph=graph,
        borders=csr_array((np.zeros_like(graph.data), graph.indices, graph.indptr), shape=graph.shape),
        weights=weights,
        areas=none,
        perimeters=none,
        locks=finer.locks[first],
        home=finer.home[first],
    )

"""The local search beside brute force: of all divisions of a small pool into connected parts, the least in price."""

import numpy as np
import pytest
from scipy.sparse import csr_array

from gridmgmt.planning.budget import UNLIMITED
from gridmgmt.planning.partition.effort import FAST
from gridmgmt.planning.partition.problem import Goals, IntArray, Problem, components, make_problem
from gridmgmt.planning.partition.search import search_pool
from tests.planning.bruteforce import groupings

GOALS = Goals(outside=5.0, deviation=1.0, roundness=0.0, cut=0.3, unevenness=1.2, part=-0.12)
SIDE = 3


def lattice(seed: int) -> Problem:
    """Nine units in a square, of 20–90 households each."""
    place = np.arange(SIDE**2).reshape(SIDE, SIDE)
    ends = np.concatenate(
        [np.stack([place[:, :-1].ravel(), place[:, 1:].ravel()]), np.stack([place[:-1].ravel(), place[1:].ravel()])], 1
    )
    pairs = (np.concatenate(ends), np.concatenate(ends[::-1]))
    graph = csr_array((np.ones(len(pairs[0])), pairs), shape=(SIDE**2, SIDE**2))
    weights = np.random.default_rng(seed).integers(20, 90, SIDE**2)
    return make_problem(graph, weights, 120, 180, 150, None, ("deviation",), None, None, None, None, None, GOALS)


def price(problem: Problem, labels: IntArray) -> float:
    """The goals, as `Goals` words them; a part outside the range pays for all who live there."""
    loads = np.bincount(labels, weights=problem.weights)
    off = np.abs(loads - problem.target) / problem.target
    outside = (loads < problem.low) | (loads > problem.high)
    edges = problem.graph.tocoo()
    cut = float((labels[edges.row] != labels[edges.col]).sum()) / 2
    parts = GOALS.part + GOALS.deviation * off**2 + GOALS.unevenness * off
    return float((parts + GOALS.outside * outside * (0.3 + loads / problem.target)).sum()) + GOALS.cut * cut


def connected_sets(problem: Problem) -> frozenset[int]:
    """Every connected set of units, as the sum of 2^unit."""
    chosen = np.arange(1, 2**problem.size)[:, None] >> np.arange(problem.size) & 1
    hanging = [len(components(problem.graph, row > 0)) == 1 for row in chosen]
    return frozenset((np.flatnonzero(hanging) + 1).tolist())


def is_connected(labels: IntArray, sets: frozenset[int]) -> bool:
    return sets.issuperset(np.bincount(labels, weights=2 ** np.arange(len(labels))).astype(int).tolist())


@pytest.mark.parametrize("seed", range(4))
def test_no_division_with_as_many_households_in_range_costs_less(seed: int) -> None:
    problem = lattice(seed)
    found, stopped = search_pool(problem, None, FAST, seed, UNLIMITED)
    sets = connected_sets(problem)
    assert is_connected(found, sets)
    assert not stopped

    def met(labels: IntArray) -> float:
        loads = np.bincount(labels, weights=problem.weights)
        return float(loads[(loads >= problem.low) & (loads <= problem.high)].sum())

    whole = (labels for labels in groupings(problem.size) if is_connected(labels, sets))
    best = max((met(labels), -round(price(problem, labels), 9)) for labels in whole)
    assert (met(found), -round(price(problem, found), 9)) == best

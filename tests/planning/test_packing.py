"""Lumpy pools: every least set is listed, packings are proven, and brute force agrees."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import coo_array

from gridmgmt.planning import metrics
from gridmgmt.planning.budget import Budget
from gridmgmt.planning.partition import packing, partition
from gridmgmt.planning.partition.columns import ANY, connected_sets, possible_parts
from gridmgmt.planning.partition.completing import completed
from gridmgmt.planning.partition.packing import pack
from gridmgmt.planning.partition.pricing import relax
from gridmgmt.planning.partition.problem import Problem, components, make_problem
from gridmgmt.planning.partition.reshape import reshape
from tests.planning.boards import board

LOW, HIGH = 120, 180
MANY = 100_000
QUICK = settings(max_examples=40)


def problem_of(pairs: list[tuple[int, int]], weights: list[int]) -> Problem:
    count = len(weights)
    both = np.array([*pairs, *((b, a) for a, b in pairs)], dtype=np.int64).reshape(-1, 2)
    graph = coo_array((np.ones(len(both)), (both[:, 0], both[:, 1])), shape=(count, count)).tocsr()
    graph.data[:] = 1
    areas = np.full(count, 100.0)
    return make_problem(
        graph, weights, LOW, HIGH, 150, None, ("deviation",), None, None, graph * 10.0, areas, areas * 0.4, None
    )


@st.composite
def lumpy(draw: st.DrawFn, most: int = 9) -> Problem:
    """A connected graph of few units, of about half a part's weight or without any."""
    count = draw(st.integers(2, most))
    tree = [(draw(st.integers(0, unit - 1)), unit) for unit in range(1, count)]
    more = draw(st.lists(st.tuples(st.integers(0, count - 1), st.integers(0, count - 1)), max_size=count))
    weight = st.one_of(st.just(0), st.integers(20, 150))
    weights = draw(st.lists(weight, min_size=count, max_size=count))
    return problem_of(sorted({*tree, *((a, b) for a, b in more if a < b)}), weights)


def subsets(problem: Problem) -> list[tuple[int, ...]]:
    """Every connected set of units up to HIGH, by trying all."""
    found = []
    for size in range(1, problem.size + 1):
        for units in itertools.combinations(range(problem.size), size):
            among = np.isin(np.arange(problem.size), units)
            if problem.weights[list(units)].sum() <= HIGH and len(components(problem.graph, among)) == 1:
                found.append(units)
    return found


def most_in_range(problem: Problem) -> int:
    """The most weight that disjoint connected sets within the range hold, by dynamic programming over all subsets."""
    parts = [
        (sum(1 << u for u in units), int(problem.weights[list(units)].sum()))
        for units in subsets(problem)
        if problem.weights[list(units)].sum() >= LOW
    ]
    best = {0: 0}
    for mask in range(1 << problem.size):
        reached = max((best.get(mask & ~part, 0) + load for part, load in parts if part & mask == part), default=0)
        lowest = mask & -mask
        best[mask] = max(reached, best[mask ^ lowest]) if mask else 0
    return best[(1 << problem.size) - 1]


@QUICK
@given(lumpy(7))
def test_the_listed_sets_are_all_connected_ones_less_those_with_units_to_spare(problem: Problem) -> None:
    everything = set(subsets(problem))
    every = connected_sets(problem, MANY, ANY)
    assert every is not None
    assert sorted(tuple(every[c].tolist()) for c in range(len(every))) == sorted(everything)
    least = {
        units
        for units in everything
        if problem.weights[list(units)].any()
        and not any(tuple(u for u in units if u != z) in everything for z in units if problem.weights[z] == 0)
    }
    listed = connected_sets(problem, MANY)
    assert listed is not None
    assert sorted(tuple(listed[c].tolist()) for c in range(len(listed))) == sorted(least)


@QUICK
@given(lumpy())
def test_a_packing_holds_as_much_as_brute_force_finds(problem: Problem) -> None:
    found = pack(problem, MANY, Budget())
    assert found is not None
    held = sum(int(problem.weights[part].sum()) for part in found.parts)
    assert held == found.most == most_in_range(problem)


@QUICK
@given(lumpy(), st.integers(0, 40))
def test_no_bound_lies_below_what_can_be_reached(problem: Problem, limit: int) -> None:
    """Also where sets are left out of the list because there would be too many."""
    found = pack(problem, limit, Budget())
    if found is not None:
        assert found.most >= most_in_range(problem) >= sum(int(problem.weights[part].sum()) for part in found.parts)
    columns = possible_parts(problem, MANY)
    if columns is not None and len(columns):
        relaxed = relax(columns, problem.size, Budget(deadline=0.0))
        assert relaxed.bound >= most_in_range(problem)


@QUICK
@given(lumpy(20))
def test_reshaping_keeps_the_share_and_every_part_in_one_piece(problem: Problem) -> None:
    found = pack(problem, MANY, Budget())
    assert found is not None
    before = completed(problem, found.parts)
    if (before < 0).any():
        return
    after = reshape(problem, before, found.sets, Budget())
    met = [
        int(loads[metrics.in_range(loads, LOW, HIGH)].sum())
        for loads in (metrics.part_weights(labels, problem.weights) for labels in (before, after))
    ]
    assert met[1] >= met[0] == found.most
    assert metrics.not_contiguous(problem.graph, before) == metrics.not_contiguous(problem.graph, after) == 0


@QUICK
@given(lumpy(20), st.integers(0, 3))
def test_the_certificate_of_a_lumpy_pool_holds_and_repeats(problem: Problem, seed: int) -> None:
    labels, proof = partition(problem.graph, problem.weights, low=LOW, high=HIGH, seed=seed)
    again, same = partition(problem.graph, problem.weights, low=LOW, high=HIGH, seed=seed)
    assert labels.tolist() == again.tolist()
    assert proof == same
    assert 0 <= proof.share <= proof.share_bound <= 1
    assert metrics.not_contiguous(problem.graph, labels) == 0


@pytest.mark.parametrize("seed", [0, 1])
def test_two_hundred_lumpy_cells_come_within_a_hundredth_of_the_bound(seed: int) -> None:
    graph, weights = board(10, 20), np.random.default_rng(seed).integers(40, 160, 200)
    labels, proof = partition(graph, weights, low=LOW, high=HIGH, target=150)
    assert proof.share >= 0.99 * proof.share_bound
    assert proof.total == weights.sum()
    assert metrics.not_contiguous(graph, labels) == 0


def test_too_many_sets_are_not_packed(monkeypatch: pytest.MonkeyPatch) -> None:
    graph, weights = board(4, 5), np.random.default_rng(0).integers(40, 160, 20)
    monkeypatch.setattr(packing, "connected_sets", lambda *_: None)
    problem = make_problem(graph, weights, LOW, HIGH, 150, None, ("deviation",), None, None, None, None, None, None)
    assert pack(problem, 10, Budget()) is None


def test_a_part_hangs_together_by_a_unit_without_households() -> None:
    problem = problem_of([(0, 1), (1, 2), (2, 3)], [70, 0, 60, 100])
    found = pack(problem, MANY, Budget())
    assert found is not None
    assert [part.tolist() for part in found.parts] == [[2, 3]]
    lone = problem_of([(0, 1), (1, 2)], [70, 0, 60])
    linked = pack(lone, MANY, Budget())
    assert linked is not None
    assert [part.tolist() for part in linked.parts] == [[0, 1, 2]]

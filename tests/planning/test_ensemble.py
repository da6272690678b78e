"""Random valid plans: every one valid, the same for the same seed, and on a small graph just those there are."""

from collections import Counter
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array

from gridmgmt.errors import InvalidInput
from gridmgmt.planning.comparing.ensemble import Ground, ensemble
from gridmgmt.planning.metrics import part_weights, pieces_per_part
from tests.planning.boards import board


def named(labels: np.ndarray) -> tuple[int, ...]:
    """A plan without its names: parts numbered as they appear."""
    numbers: dict[int, int] = {}
    return tuple(numbers.setdefault(int(label), len(numbers)) for label in labels)


def trees(graph: csr_array, labels: tuple[int, ...]) -> float:
    """The product of the numbers of spanning trees of all parts (Kirchhoff)."""
    total, dense = 1.0, graph.toarray()
    for part in set(labels):
        inside = np.flatnonzero(np.array(labels) == part)
        own = dense[np.ix_(inside, inside)]
        laplacian = np.diag(own.sum(axis=0)) - own
        total *= np.linalg.det(laplacian[1:, 1:]) if len(inside) > 1 else 1.0
    return total


def every_plan(graph: csr_array, parts: int, low: int, high: int) -> set[tuple[int, ...]]:
    size = graph.shape[0]
    found = set()
    for labels in product(range(parts), repeat=size):
        if named(np.array(labels)) != labels or len(set(labels)) < parts:
            continue
        loads = np.bincount(labels)
        if loads.min() >= low and loads.max() <= high and (pieces_per_part(graph, np.array(labels)) == 1).all():
            found.add(labels)
    return found


BOARD, ROWS = board(3, 3), np.repeat([0, 1, 2], 3)


@pytest.mark.parametrize("reversible", [False, True])
def test_on_a_small_board_it_visits_just_the_plans_there_are(reversible: bool) -> None:
    known = every_plan(BOARD, 3, 2, 4)
    found = ensemble(
        BOARD, np.ones(9, dtype=int), ROWS, low=2, high=4, size=12_000, reversible=reversible, keep_plans=True
    )
    assert found.plans is not None
    assert {named(plan) for plan in found.plans} == known


def test_the_reversible_walk_meets_plans_as_often_as_their_spanning_trees_say() -> None:
    known = every_plan(BOARD, 3, 2, 4)
    found = ensemble(
        BOARD, np.ones(9, dtype=int), ROWS, low=2, high=4, size=40_000, thin=10, reversible=True, keep_plans=True
    )
    assert found.plans is not None
    share = Counter(named(plan) for plan in found.plans)
    weight = {plan: trees(BOARD, plan) for plan in known}
    expected = np.array([weight[plan] / sum(weight.values()) for plan in known])
    measured = np.array([share[plan] / len(found.plans) for plan in known])
    assert np.abs(expected - measured).sum() / 2 < 0.03  # total variation


@settings(max_examples=15)
@given(st.lists(st.integers(20, 60), min_size=24, max_size=24), st.integers(0, 1000))
def test_every_plan_is_contiguous_and_in_range(households: list[int], seed: int) -> None:
    graph, weights = board(4, 6), np.array(households)
    start = np.tile([0, 0, 1, 1, 2, 2], 4)
    loads = part_weights(start, weights)
    low, high = int(loads.min() * 0.8), int(loads.max() * 1.2)
    found = ensemble(graph, weights, start, low=low, high=high, size=40, seed=seed, keep_plans=True)
    assert found.plans is not None
    for plan in found.plans:
        loads = part_weights(plan, weights)
        assert low <= loads.min() <= loads.max() <= high
        assert (pieces_per_part(graph, plan) == 1).all()


def test_equal_seeds_give_equal_ensembles() -> None:
    one, same, other = (
        ensemble(board(8, 8), np.ones(64, dtype=int), np.arange(64) // 16, low=12, high=20, size=50, seed=seed).values
        for seed in (3, 3, 4)
    )
    assert one["cut_edges"].tolist() == same["cut_edges"].tolist() != other["cut_edges"].tolist()


def test_a_part_out_of_range_is_held() -> None:
    weights = np.ones(9, dtype=int)
    weights[4] = 50
    found = ensemble(board(3, 3), weights, np.repeat([0, 1, 2], [3, 3, 3]), low=2, high=4, size=20, keep_plans=True)
    assert found.frozen == (1,)
    assert found.plans is not None
    assert (found.plans[:, 3:6] == 1).all()
    with pytest.raises(InvalidInput):
        ensemble(board(3, 3), weights, np.zeros(9, dtype=int), low=2, high=4)


def test_shape_is_measured_by_sums() -> None:
    graph = board(4, 4)
    ground = Ground(np.full(16, 1e4), np.full(16, 400.0), graph * 100)
    found = ensemble(graph, np.ones(16, dtype=int), np.arange(16) // 4, low=3, high=5, size=30, ground=ground)
    assert found.start["polsby_popper_mean"] == pytest.approx(4 * np.pi * 4 / 100)
    assert found.start["shared_boundary_m"] == 1200
    assert found.better_than("shared_boundary_m", 0) == 1
    assert found.better_than("shared_boundary_m", 1e9) == 0
    report = found.as_dict()
    assert report["size"] == 30
    assert report["metrics"]["cut_edges"]["value"] == 12

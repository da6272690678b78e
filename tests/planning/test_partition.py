"""The partition engine: what holds for every graph, and answers known by hand."""

from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.sparse import coo_array, csr_array

from gridmgmt.errors import InfeasiblePlan, InvalidInput
from gridmgmt.planning import metrics
from gridmgmt.planning.partition import partition
from gridmgmt.planning.partition.bounds import deviation_bound
from gridmgmt.planning.partition.cover import cover_exactly
from gridmgmt.planning.partition.effort import FAST, Effort
from gridmgmt.planning.partition.exact import solve_exactly
from gridmgmt.planning.partition.problem import make_problem
from tests.planning.boards import board
from tests.planning.bruteforce import groupings

QUICK = settings(max_examples=40)


def graph_of(pairs: NDArray[np.int64], count: int) -> csr_array:
    both = np.concatenate([pairs, pairs[:, ::-1]]) if len(pairs) else np.empty((0, 2), dtype=np.int64)
    graph = coo_array((np.ones(len(both)), (both[:, 0], both[:, 1])), shape=(count, count)).tocsr()
    graph.data[:] = 1
    return graph


@st.composite
def weighted_graphs(draw: st.DrawFn) -> tuple[csr_array, NDArray[np.int64]]:
    """A graph of up to 30 units, in any number of components, with weights that may be 0 or above every cap."""
    count = draw(st.integers(1, 30))
    edges = draw(st.lists(st.tuples(st.integers(0, count - 1), st.integers(0, count - 1)), max_size=3 * count))
    pairs = np.array([(a, b) for a, b in edges if a != b], dtype=np.int64).reshape(-1, 2)
    weights = draw(st.lists(st.integers(0, 220), min_size=count, max_size=count))
    return graph_of(pairs, count), np.array(weights)


@QUICK
@given(weighted_graphs(), st.integers(0, 3))
def test_every_part_is_connected_and_every_unit_assigned(case: tuple[csr_array, NDArray[np.int64]], seed: int) -> None:
    graph, weights = case
    labels, proof = partition(graph, weights, low=120, high=180, target=150, seed=seed)
    assert labels.shape == weights.shape
    assert set(labels) == set(range(labels.max() + 1))
    assert metrics.not_contiguous(graph, labels) == 0
    assert metrics.part_weights(labels, weights).sum() == weights.sum()
    assert proof.bound <= proof.value
    assert proof.outside_bound <= proof.outside


@QUICK
@given(weighted_graphs())
def test_the_certificate_accounts_for_every_part_outside_the_range(
    case: tuple[csr_array, NDArray[np.int64]],
) -> None:
    graph, weights = case
    labels, proof = partition(graph, weights, low=120, high=180, target=150)
    loads = metrics.part_weights(labels, weights)
    assert [miss.part for miss in proof.misses] == np.flatnonzero(~metrics.in_range(loads, 120, 180)).tolist()
    for miss in proof.misses:
        assert all(labels[unit] == miss.part for unit in miss.units)
    assert (proof.reason is None) == (not proof.misses)


@QUICK
@given(weighted_graphs(), st.integers(0, 5))
def test_equal_seeds_give_equal_labels(case: tuple[csr_array, NDArray[np.int64]], seed: int) -> None:
    graph, weights = case
    first = partition(graph, weights, low=120, high=180, seed=seed)
    second = partition(graph, weights, low=120, high=180, seed=seed)
    assert first[0].tolist() == second[0].tolist()
    assert first[1] == second[1]


@QUICK
@given(weighted_graphs(), st.randoms(use_true_random=False))
def test_the_bound_does_not_depend_on_the_order_of_the_units(
    case: tuple[csr_array, NDArray[np.int64]], random: object
) -> None:
    graph, weights = case
    order = np.random.default_rng(7).permutation(len(weights))
    _, proof = partition(graph, weights, low=120, high=180)
    _, turned = partition(graph[order][:, order], weights[order], low=120, high=180)
    assert proof.outside_bound == turned.outside_bound


def test_a_lattice_falls_into_equal_blocks_with_the_least_cut() -> None:
    labels, proof = partition(board(4, 4), np.ones(16), parts=4, low=4, high=4, objective="cut_edges")
    assert metrics.part_weights(labels, np.ones(16, dtype=np.int64)).tolist() == [4, 4, 4, 4]
    assert proof.value == proof.bound == 8


@pytest.mark.parametrize(("first", "value"), [("deviation", 3 / 34), ("cut_edges", 9)])
def test_two_exact_solvers_and_the_engine_agree(first: str, value: float) -> None:
    weights, graph = np.arange(1, 17), board(4, 4)
    problem = make_problem(graph, weights, 30, 38, 34, 4, (first,), None, None, None, None, None, None)
    labels, proof = partition(graph, weights, parts=4, low=30, high=38, objective=(first, "compactness"))
    listed = cover_exactly(problem, 4, 100_000, 30)
    modelled = solve_exactly(problem, 4, labels, 30, 30, seed=0)
    assert listed is not None
    assert proof.status == "optimal"
    assert proof.value == pytest.approx(listed.bound) == pytest.approx(modelled.bound)
    assert proof.value == pytest.approx(value)
    assert metrics.not_contiguous(graph, labels) == 0


def test_a_range_that_no_grouping_meets_is_proven_so() -> None:
    _, proof = partition(board(1, 4), [30, 50, 50, 30], parts=2, low=75, high=78)
    assert proof.status == "infeasible"
    assert proof.reason is not None


def test_a_unit_above_the_cap_stands_alone_and_is_named() -> None:
    labels, proof = partition(board(1, 5), [60, 60, 500, 60, 60], low=100, high=180, target=120)
    assert labels.tolist() == [0, 0, 1, 2, 2]
    assert proof.status == "infeasible"
    assert [(miss.reason, miss.units) for miss in proof.misses] == [("oversize_unit", (2,))]
    assert proof.outside == proof.outside_bound == 0


def test_a_pocket_too_small_is_named_with_its_units() -> None:
    graph = graph_of(np.array([[0, 1], [2, 3]]), 4)
    labels, proof = partition(graph, [10, 30, 100, 50], low=120, high=180)
    assert labels.tolist() == [0, 0, 1, 1]
    assert [(miss.reason, miss.units) for miss in proof.misses] == [("pocket_below_low", (0, 1))]
    assert proof.outside == proof.outside_bound == 40


def test_a_total_that_fits_no_number_of_parts_is_named() -> None:
    _, proof = partition(board(1, 4), [55, 55, 55, 55], low=120, high=180)
    assert proof.status == "infeasible"
    assert proof.reason == "no_feasible_count"


def test_units_without_households_follow_a_neighbour() -> None:
    labels, proof = partition(board(1, 4), [0, 300, 0, 150], low=120, high=180)
    assert labels.tolist() == [0, 0, 1, 1]
    assert proof.misses[0].reason == "oversize_unit"


def test_locks_hold_and_give_the_part_its_number() -> None:
    locks = np.full(16, -1)
    locks[[0, 1]] = 2
    locks[15] = 0
    labels, _ = partition(board(4, 4), np.full(16, 10), parts=4, low=30, high=50, locks=locks)
    assert labels[[0, 1]].tolist() == [2, 2]
    assert labels[15] == 0
    assert metrics.not_contiguous(board(4, 4), labels) == 0


def test_moved_weight_is_kept_low() -> None:
    current = np.repeat([0, 1], 8)
    labels, proof = partition(
        board(4, 4), np.full(16, 10), parts=2, low=70, high=90, objective="moved", current=current
    )
    assert proof.value == metrics.moved(current, labels, np.full(16, 10))


@QUICK
@given(weighted_graphs(), st.integers(0, 2), st.permutations(range(6)))
def test_nothing_moves_by_a_change_of_numbers_alone(
    case: tuple[csr_array, NDArray[np.int64]], seed: int, numbers: list[int]
) -> None:
    """Parts bear the numbers under which most weight stays: no other numbering of the same parts keeps more."""
    graph, weights = case
    current = np.random.default_rng(seed).permutation(np.arange(len(weights)) % 6)
    labels, proof = partition(graph, weights, low=120, high=400, objective="moved", current=current)
    assert proof.value == metrics.moved(current, labels, weights)
    assert proof.bound <= proof.value
    renamed = np.append(numbers, np.arange(6, max(labels.max() + 1, 6)))[labels]
    assert proof.value <= metrics.moved(current, renamed, weights) or renamed.max() > labels.max()


def test_a_division_in_range_stays_whatever_its_numbers() -> None:
    labels, proof = partition(board(1, 6), [10] * 6, low=10, high=30, objective="moved", current=[2, 2, 1, 1, 0, 0])
    assert labels.tolist() == [2, 2, 1, 1, 0, 0]
    assert (proof.status, proof.value) == ("optimal", 0)


@pytest.mark.parametrize("current", [[0, 0, 0, 0, 0, 1], [-1, 0, 0, 0, 0, 1]])
def test_the_bound_of_what_moves_holds_for_every_plan_within_the_range(current: list[int]) -> None:
    """Six units of 10 on a line, parts of 10–30, two of them: all plans looked at."""
    weights, home = np.full(6, 10), np.array(current)
    _, proof = partition(board(1, 6), weights, parts=2, low=10, high=30, objective="moved", current=home)
    plans = [
        labels for labels in groupings(6) if labels.max() == 1 and metrics.not_contiguous(board(1, 6), labels) == 0
    ]
    plans = [labels for labels in plans if metrics.part_weights(labels, weights).max() <= 30]
    least = min(
        int(weights[(home >= 0) & (names[labels] != home)].sum()) for labels in plans for names in np.eye(2, dtype=int)
    )
    assert proof.bound <= least == proof.value


def test_a_cancelled_search_still_returns_a_sound_plan() -> None:
    graph = graph_of(np.array([[0, 1], [1, 2]]), 3)
    labels, proof = partition(graph, [100, 100, 100], low=120, high=180, cancelled=lambda: True)
    assert metrics.not_contiguous(graph, labels) == 0
    assert proof.stopped


def test_progress_counts_the_pools() -> None:
    seen: list[tuple[int, int]] = []
    graph = graph_of(np.array([[0, 1], [2, 3]]), 4)
    partition(graph, [60, 90, 70, 80], low=120, high=180, progress=lambda done, of: seen.append((done, of)))
    assert seen == [(1, 2), (2, 2)]


def test_what_is_outside_the_range_so_far_is_told_with_its_bound() -> None:
    heard: list[tuple[float, float]] = []
    graph = graph_of(np.array([[0, 1], [2, 3]]), 4)
    _, proof = partition(graph, [60, 90, 40, 30], low=120, high=180, so_far=lambda *said: heard.append(said))
    assert heard == [(0, 0), (70, 70)]
    assert heard[-1] == (proof.outside, proof.outside_bound)


@pytest.mark.parametrize(
    ("weights", "arguments"),
    [
        ([1, -1], {"low": 0, "high": 2}),
        ([1, 1.5], {"low": 0, "high": 2}),
        ([1, 1, 1], {"low": 0, "high": 2}),
        ([1, 1], {"low": 3, "high": 2}),
        ([1, 1], {"low": 0, "high": 2, "parts": 3}),
        ([1, 1], {"low": 0, "high": 2, "objective": "beauty"}),
        ([0, 0], {"low": 0, "high": 0}),
        ([1, float("nan")], {"low": 0, "high": 2}),
        (["one", "two"], {"low": 0, "high": 2}),
        ([[1], [1]], {"low": 0, "high": 2}),
        ([1, 1], {"low": 0, "high": float("inf")}),
        ([1, 1], {"low": 0, "high": 2, "objective": ()}),
        ([1, 1], {"low": 0, "high": 2, "effort": "heroic"}),
        ([1, 1], {"low": 0, "high": 2, "parts": 2, "locks": [2, -1]}),
    ],
)
def test_what_makes_no_sense_is_refused(weights: list[float], arguments: dict[str, object]) -> None:
    with pytest.raises(InvalidInput):
        partition(board(1, 2), weights, **arguments)  # type: ignore[arg-type]


@pytest.mark.parametrize("wrong", [np.array([[0, 1], [0, 0]]), np.array([[0, 2], [1, 0]]), np.full((2, 2), np.nan)])
def test_a_matrix_that_is_not_symmetric_is_refused(wrong: NDArray[np.float64]) -> None:
    with pytest.raises(InvalidInput, match="symmetric"):
        partition(csr_array(wrong), [1, 1], low=0, high=2)


def test_the_matrix_may_be_dense_or_have_a_diagonal() -> None:
    graph, weights = board(3, 3), np.arange(1, 10)
    expected = partition(graph, weights, parts=3, low=10, high=20)
    for other in (graph.toarray(), graph.tocoo(), csr_array(graph.toarray() + np.eye(9))):
        labels, proof = partition(other, weights, parts=3, low=10, high=20)
        assert labels.tolist() == expected[0].tolist()
        assert proof == expected[1]


def test_locked_units_that_do_not_hang_together_are_refused() -> None:
    with pytest.raises(InvalidInput, match="hang together"):
        partition(board(1, 3), [1, 1, 1], low=1, high=2, locks=[0, -1, 0])


def test_fewer_parts_than_pieces_cannot_be() -> None:
    with pytest.raises(InfeasiblePlan):
        partition(graph_of(np.empty((0, 2), dtype=np.int64), 3), [1, 1, 1], parts=2, low=1, high=2)


@cache
def plans_of_a_board() -> list[NDArray[np.int64]]:
    """Every plan of eight squares."""
    return [labels for labels in groupings(8) if metrics.not_contiguous(board(2, 4), labels) == 0]


@pytest.mark.parametrize("target", [10.0, 12.5, 19.0])
@pytest.mark.parametrize("parts", [None, 2, 3])
@pytest.mark.parametrize("seed", range(3))
def test_no_plan_is_evener_than_counting_says(target: float, parts: int | None, seed: int) -> None:
    weights = np.random.default_rng(seed).integers(1, 9, 8)
    problem = make_problem(board(2, 4), weights, 0, 99, target, parts, ("deviation",), *[None] * 6)
    plans = (labels for labels in plans_of_a_board() if parts is None or labels.max() == parts - 1)
    least = min(float(np.abs(metrics.part_weights(labels, weights) - target).max()) for labels in plans)
    assert deviation_bound(problem, parts) <= least / target + 1e-12


def test_parts_that_differ_by_one_are_proven_by_counting() -> None:
    _, proof = partition(board(5, 20), np.ones(100), parts=3, low=30, high=36)
    assert proof.value == pytest.approx((34 - 100 / 3) / (100 / 3))
    assert proof.status == "optimal"


def test_work_limits_are_part_of_the_effort() -> None:
    assert Effort(passes=1).passes < FAST.passes


@pytest.mark.parametrize("objectives", [("deviation", "cut_edges"), ("cut_edges", "deviation")])
@pytest.mark.parametrize("seed", range(8))
def test_a_sequence_of_objectives_is_lexicographic(objectives: tuple[str, str], seed: int) -> None:
    """Against all plans of seven units on a ring with chords."""
    random = np.random.default_rng(seed)
    chords = np.argwhere(np.triu(random.random((7, 7)) < 0.2, 2))
    ring = np.column_stack([np.arange(7), (np.arange(7) + 1) % 7])
    graph, weights = graph_of(np.concatenate([ring, chords]), 7), random.integers(1, 12, 7)
    parts = 3 + seed % 2
    target = weights.sum() / parts

    def values(labels: NDArray[np.int64]) -> tuple[float, ...]:
        known = {
            "deviation": float(np.abs(metrics.part_weights(labels, weights) - target).max()),
            "cut_edges": metrics.cut_cost(graph, labels),
        }
        return tuple(round(known[name], 6) for name in objectives)

    plans = (labels for labels in groupings(7) if labels.max() == parts - 1)
    best = min(values(labels) for labels in plans if metrics.not_contiguous(graph, labels) == 0)
    labels, proof = partition(graph, weights, parts=parts, low=0, high=int(weights.sum()), objective=objectives)
    assert values(labels) == best
    assert proof.status == "optimal"

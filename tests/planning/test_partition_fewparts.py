"""Few parts: exact against brute force, proofs against published optima, walks on graphs too wide for proofs."""

import csv
import itertools
import json
from pathlib import Path

import geopandas
import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.sparse import coo_array, csr_array

from gridmgmt.geo.adjacency import adjacency
from gridmgmt.planning import metrics
from gridmgmt.planning.budget import Budget
from gridmgmt.planning.partition import partition
from gridmgmt.planning.partition.fewparts import island
from gridmgmt.planning.partition.fewparts.choosing import Goal, choose
from gridmgmt.planning.partition.fewparts.climbing import climb
from gridmgmt.planning.partition.fewparts.coarsening import pictures
from gridmgmt.planning.partition.fewparts.found import measured
from gridmgmt.planning.partition.fewparts.frontier import connected_sets
from gridmgmt.planning.partition.fewparts.portfolio import search_few
from gridmgmt.planning.partition.fewparts.sets import PossibleParts, half_cuts
from gridmgmt.planning.partition.fewparts.spectral import spectral_bound
from gridmgmt.planning.partition.fewparts.spreading import spreading_bound
from gridmgmt.planning.partition.fewparts.start import first_parts
from gridmgmt.planning.partition.problem import Problem, make_problem
from tests.planning.boards import board

QUICK = settings(max_examples=25)
DATA = Path(__file__).parents[3] / "shared" / "data" / "districting"
needs_data = pytest.mark.skipif(
    not DATA.exists(), reason="the published districting graphs are not beside the checkout"
)

Graph = tuple[csr_array, NDArray[np.int64]]


def graph_of(edges: list[tuple[int, int]], count: int, costs: list[int] | None = None) -> csr_array:
    pairs = np.array(edges, dtype=np.int64).reshape(-1, 2)
    values = np.ones(len(pairs)) if costs is None else np.array(costs, dtype=float)
    rows, columns = np.concatenate([pairs, pairs[:, ::-1]]).T
    return coo_array((np.concatenate([values, values]), (rows, columns)), shape=(count, count)).tocsr()


@st.composite
def connected_graphs(draw: st.DrawFn) -> Graph:
    """A tree on 3 to 9 units with some more edges, costs 1 to 3, and weights."""
    count = draw(st.integers(3, 9))
    edges = {(draw(st.integers(0, unit - 1)), unit) for unit in range(1, count)}
    more = draw(st.lists(st.tuples(st.integers(0, count - 1), st.integers(0, count - 1)), max_size=10))
    edges |= {(min(pair), max(pair)) for pair in more if pair[0] != pair[1]}
    costs = draw(st.lists(st.integers(1, 3), min_size=len(edges), max_size=len(edges)))
    weights = draw(st.lists(st.integers(0, 20), min_size=count, max_size=count))
    return graph_of(sorted(edges), count, costs), np.array(weights)


def every_plan(graph: csr_array, weights: NDArray[np.int64], parts: int, low: float, high: float) -> list[NDArray]:
    """All labels of `parts` connected parts in range, by trying everything."""
    plans = []
    for rest in itertools.product(range(parts), repeat=len(weights) - 1):
        labels = np.array([0, *rest])
        loads = np.bincount(labels, weights=weights, minlength=parts)
        full = (np.bincount(labels, minlength=parts) > 0).all()
        if full and (loads >= low).all() and (loads <= high).all() and not metrics.not_contiguous(graph, labels):
            plans.append(labels)
    return plans


def cut(graph: csr_array, labels: NDArray[np.int64]) -> float:
    return float(metrics.cut_cost(graph, labels))


def deviation(weights: NDArray[np.int64], labels: NDArray[np.int64], parts: int) -> float:
    target = weights.sum() / parts
    return float(np.abs(np.bincount(labels, weights=weights) - target).max() / target)


def pool_of(graph: csr_array, weights: object, parts: int, low: float, high: float, first: str) -> Problem:
    return make_problem(graph, weights, low, high, None, parts, (first,), *[None] * 6)  # type: ignore[arg-type]


@QUICK
@given(connected_graphs(), st.sampled_from([2, 3]), st.floats(0.05, 0.6), st.sampled_from(["cut_edges", "deviation"]))
def test_brute_force_agrees(case: Graph, parts: int, tolerance: float, objective: str) -> None:
    graph, weights = case
    assume(weights.sum() > 0)
    target = weights.sum() / parts
    low, high = target * (1 - tolerance), target * (1 + tolerance)
    plans = every_plan(graph, weights, parts, low, high)
    labels, proof = partition(graph, weights, parts=parts, low=low, high=high, objective=objective)
    assert metrics.not_contiguous(graph, labels) == 0
    assert len(np.unique(labels)) == parts
    assert proof.bound <= proof.value + 1e-12
    if not plans:
        assert proof.status == "infeasible"
        return
    best = min(cut(graph, p) if objective == "cut_edges" else deviation(weights, p, parts) for p in plans)
    assert proof.status == "optimal"
    assert proof.value == pytest.approx(best)
    assert proof.bound == pytest.approx(best)


@QUICK
@given(connected_graphs(), st.sampled_from([2, 3]), st.floats(0.05, 0.6), st.integers(0, 3))
def test_no_plan_cuts_less_than_the_bounds(case: Graph, parts: int, tolerance: float, seed: int) -> None:
    graph, weights = case
    target = max(1, weights.sum()) / parts
    low, high = target * (1 - tolerance), target * (1 + tolerance)
    plans = every_plan(graph, weights, parts, low, high)
    assume(plans)
    problem = pool_of(graph, weights, parts, low, high, "cut_edges")
    least = min(cut(graph, plan) for plan in plans)
    assert spreading_bound(problem, seed, Budget()) <= least + 1e-9
    assert spectral_bound(problem, parts) <= least + 1e-9


def test_the_bound_of_a_wide_lattice_is_most_of_its_cut() -> None:
    problem = pool_of(board(14, 14), np.ones(196), 2, 97, 99, "cut_edges")
    assert connected_sets(problem.graph, Budget()) is None
    assert 13 < spreading_bound(problem, 0, Budget()) <= 14


@QUICK
@given(connected_graphs(), st.permutations(range(9)), st.sampled_from(["cut_edges", "deviation"]))
def test_the_value_does_not_depend_on_the_order_of_the_units(case: Graph, order: list[int], objective: str) -> None:
    graph, weights = case
    assume(weights.sum() > 0)
    turned = np.array([unit for unit in order if unit < len(weights)])
    limits = {"low": 0.2 * weights.sum(), "high": 0.8 * weights.sum()}
    _, one = partition(graph, weights, parts=2, objective=objective, **limits)
    _, two = partition(graph[turned][:, turned], weights[turned], parts=2, objective=objective, **limits)
    assert (one.status, one.outside > 0) == (two.status, two.outside > 0)
    if one.status == "optimal":
        assert one.value == pytest.approx(two.value)


@QUICK
@given(connected_graphs(), st.integers(0, 5))
def test_equal_seeds_give_equal_plans(case: Graph, seed: int) -> None:
    graph, weights = case
    assume(weights.sum() > 0)
    runs = [
        partition(graph, weights, parts=2, low=0, high=0.7 * weights.sum(), objective="cut_edges", seed=seed)
        for _ in range(2)
    ]
    assert runs[0][0].tolist() == runs[1][0].tolist()
    assert runs[0][1] == runs[1][1]


@QUICK
@given(connected_graphs())
def test_the_diagram_holds_every_connected_set_once(case: Graph) -> None:
    graph, weights = case
    problem = pool_of(graph, np.ones(len(weights)), 1, 1, len(weights), "cut_edges")
    diagram = connected_sets(problem.graph, Budget())
    assert diagram is not None
    listing = PossibleParts(problem, diagram).below(np.zeros(len(weights)), np.inf, 1000)
    masks = [np.array(mask) for mask in itertools.product([False, True], repeat=len(weights)) if any(mask)]
    connected = [mask for mask in masks if metrics.pieces_per_part(graph, np.where(mask, 0, 1))[0] == 1]
    assert listing.whole
    assert sorted(map(bytes, listing.masks)) == sorted(map(bytes, connected))
    assert listing.prices == pytest.approx(half_cuts(problem.graph, listing.masks))


def test_parts_are_chosen_goal_by_goal() -> None:
    masks = np.array([[1, 1, 0, 0], [0, 0, 1, 1], [1, 0, 0, 0], [0, 1, 1, 1], [0, 1, 1, 0], [0, 0, 0, 1]], dtype=bool)
    largest = Goal(np.array([5, 5, 5, 3, 1, 1]), largest=True)
    total = Goal(np.array([9, 9, 1, 1, 1, 1]), largest=False)
    assert choose(masks, 2, [largest, total]).labels is not None
    assert choose(masks, 2, [largest, total]).labels.tolist() in ([0, 1, 1, 1], [1, 0, 0, 0])  # type: ignore[union-attr]
    assert choose(masks[:1], 2, [largest]).final
    assert not choose(masks, 2, [largest], most_steps=1).final


def test_deviation_is_the_largest_first_then_the_total_then_the_next_objective() -> None:
    labels, proof = partition(
        board(3, 4), np.ones(12), parts=3, low=3, high=5, objective=("deviation", "cut_edges"), seed=3
    )
    assert (proof.status, proof.value) == ("optimal", 0)
    assert cut(board(3, 4), labels) == 6


def test_a_range_that_no_plan_of_many_meets_is_proven_so() -> None:
    weights = np.full(16, 10)
    _, proof = partition(board(4, 4), weights, parts=3, low=51, high=58, objective="cut_edges")
    assert (proof.status, proof.reason) == ("infeasible", "units_do_not_pack")


def test_a_pocket_that_is_too_small_is_named_when_the_parts_are_given() -> None:
    graph = graph_of([(0, 1), (2, 3)], 4)
    _, proof = partition(graph, [20, 20, 100, 50], parts=2, low=120, high=180)
    assert [(miss.reason, miss.units) for miss in proof.misses] == [("pocket_below_low", (0, 1))]


def test_only_the_unit_above_the_cap_is_blamed_on_it() -> None:
    _, proof = partition(board(1, 4), [500, 10, 10, 10], parts=2, low=100, high=200)
    assert proof.status == "infeasible"
    assert ("oversize_unit", (0,)) in [(miss.reason, miss.units) for miss in proof.misses]
    assert [miss.reason for miss in proof.misses].count("oversize_unit") == 1


def test_what_one_sharing_out_proves_is_not_claimed_for_all() -> None:
    graph = graph_of([(0, 1), (1, 2), (3, 4), (4, 5)], 6)
    _, proof = partition(graph, np.full(6, 10), parts=3, low=10, high=30, objective="cut_edges")
    assert proof.status == "optimal" or proof.bound <= proof.value


def test_a_welcome_cut_is_not_called_optimal_without_proof() -> None:
    graph = board(3, 3)
    graph.data[:] = -1
    _, proof = partition(graph, np.ones(9), parts=2, low=2, high=7, objective="cut_edges")
    assert (proof.status, proof.bound) == ("feasible", -12)
    assert proof.bound <= proof.value < 0


def test_locked_units_stay_where_they_are() -> None:
    locks = np.full(36, -1)
    locks[[0, 1]], locks[35] = 1, 0
    graph = board(6, 6)
    labels, proof = partition(graph, np.ones(36), parts=2, low=17, high=19, objective="cut_edges", locks=locks)
    assert (labels[0], labels[1], labels[35]) == (1, 1, 0)
    assert metrics.not_contiguous(graph, labels) == 0
    assert proof.bound <= proof.value == 6


def test_walks_find_the_blocks_of_a_wide_lattice() -> None:
    graph = board(16, 16)
    problem = pool_of(graph, np.ones(256), 4, 63, 65, "cut_edges")
    assert connected_sets(problem.graph, Budget()) is None
    found = search_few(problem, 4, range(2), 0, Budget())
    assert found.in_range
    assert found.rank[1] == cut(graph, found.labels) <= 34
    assert metrics.not_contiguous(graph, found.labels) == 0
    assert 0 < spectral_bound(problem, 4) <= 32


def test_a_large_pool_is_searched_by_fewer_plans(monkeypatch: pytest.MonkeyPatch) -> None:
    graph = board(16, 16)
    problem = pool_of(graph, np.ones(256), 4, 63, 65, "cut_edges")
    monkeypatch.setattr(island, "LARGE", 255)
    found = search_few(problem, 4, range(2), 0, Budget())
    assert found.in_range
    assert found.rank[1] == cut(graph, found.labels) <= 34
    assert len(found.ends) <= 2 * island.FEW_SETTLERS


@given(connected_graphs(), st.integers(0, 9), st.data())
def test_a_plan_seen_from_afar_keeps_its_loads_and_its_cut(case: Graph, seed: int, data: st.DataObject) -> None:
    graph, weights = case
    problem = pool_of(graph, weights + 1, 2, 0, 1000, "cut_edges")
    apart = np.array(data.draw(st.lists(st.integers(0, 1), min_size=len(weights), max_size=len(weights))))
    series = pictures(problem, 1, np.inf, apart, seed)
    far, near = np.arange(series[-1].problem.size), np.arange(problem.size)
    for picture in series:
        near = picture.joined[near]
    assert all(len(np.unique(apart[near == unit])) == 1 for unit in far)
    assert metrics.not_contiguous(graph, near) == 0
    for labels in itertools.product([0, 1], repeat=min(len(far), 5)):
        plan = np.array([*labels, *[0] * (len(far) - len(labels))])
        assert measured(series[-1].problem, plan, 2).rank == pytest.approx(measured(problem, plan[near], 2).rank)


def test_a_child_puts_the_better_halves_of_two_plans_together() -> None:
    graph = board(6, 18)
    problem = pool_of(graph, np.ones(108), 3, 36, 36, "cut_edges")
    row, column = np.divmod(np.arange(108), 18)
    left = np.where(column < 6, 0, 1 + (row >= 3))
    right = np.where(column >= 12, 0, 1 + (row >= 3))
    parents = [measured(problem, labels, 3) for labels in (left, right)]
    assert [parent.rank[:2] for parent in parents] == [(0, 18), (0, 18)]
    assert climb(problem, 3, 0, parents, Budget()).rank[:2] == (0, 12)


@given(connected_graphs(), st.integers(0, 9))
def test_the_first_parts_hang_together(case: Graph, seed: int) -> None:
    graph, weights = case
    labels = first_parts(pool_of(graph, weights + 1, 3, 0, 1000, "cut_edges"), 3, seed)
    assert metrics.not_contiguous(graph, labels) == 0
    assert sorted(np.unique(labels)) == [0, 1, 2]


def test_a_cancelled_search_gives_connected_parts_and_says_so() -> None:
    graph = board(6, 6)
    labels, proof = partition(
        graph, np.ones(36), parts=3, low=11, high=13, objective="cut_edges", cancelled=lambda: True
    )
    assert proof.stopped
    assert len(np.unique(labels)) == 3
    assert metrics.not_contiguous(graph, labels) == 0


def county_graph(state: str) -> Graph:
    county = json.loads((DATA / "cutedges" / f"{state}_county.json").read_text())
    number = {node["id"]: row for row, node in enumerate(county["nodes"])}
    arcs = [(row, number[edge["id"]]) for row, edges in enumerate(county["adjacency"]) for edge in edges]
    edges = sorted({(min(arc), max(arc)) for arc in arcs})
    return graph_of(edges, len(number)), np.array([node["TOTPOP"] for node in county["nodes"]])


@needs_data
@pytest.mark.parametrize("state", ["ID", "ME", "NM"])
def test_published_least_cuts_are_reached_and_proven(state: str) -> None:
    rows = csv.DictReader((DATA / "cutedges" / "proven_optima.csv").read_text().splitlines())
    row = next(row for row in rows if row["state"] == state)
    graph, weights = county_graph(state)
    limits = {"low": int(row["L"]), "high": int(row["U"])}
    labels, proof = partition(graph, weights, parts=int(row["k"]), objective="cut_edges", **limits)
    assert (proof.status, proof.value, proof.bound) == ("optimal", float(row["best"]), float(row["best"]))
    assert metrics.not_contiguous(graph, labels) == 0


@needs_data
def test_the_best_three_parts_of_fl25_are_proven() -> None:
    precincts = geopandas.read_file(DATA / "fl25.gpkg").to_crs(3086)
    graph = adjacency(precincts.geometry.to_numpy())
    graph.data[:] = 1
    weights = precincts["pop"].to_numpy().astype(np.int64)
    target = weights.sum() / 3
    _, proof = partition(graph, weights, parts=3, low=0.99 * target, high=1.01 * target, objective="deviation")
    assert proof.status == "optimal"
    assert proof.value == pytest.approx(0.007187, abs=5e-7)

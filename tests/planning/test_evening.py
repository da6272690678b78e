"""The least total deviation: brute force agrees, whatever the range leaves outside, and whatever is cut."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.optimize import linprog
from scipy.sparse import coo_array, csr_array

from gridmgmt.planning import metrics
from gridmgmt.planning.budget import Budget
from gridmgmt.planning.partition import Goals, partition
from gridmgmt.planning.partition.evening import branching, solve
from gridmgmt.planning.partition.evening.settling import Pair, Settler, agreeing
from gridmgmt.planning.partition.evening.solve import Even, even_out
from gridmgmt.planning.partition.evening.supply import Supply
from gridmgmt.planning.partition.evening.trimming import trimmed
from gridmgmt.planning.partition.evenness import least_total_deviation
from gridmgmt.planning.partition.fewparts.frontier import Diagram, connected_sets
from gridmgmt.planning.partition.fewparts.sets import PossibleParts, on_grid
from gridmgmt.planning.partition.problem import Problem, components, make_problem
from tests.planning.boards import board_edges
from tests.planning.bruteforce import groupings

LOW, HIGH, TARGET = 12, 18, 15
EVEN = Goals(outside=20.0, deviation=0.0, roundness=1.0, cut=10.0, unevenness=40.0)
QUICK = settings(max_examples=20)


def problem_of(pairs: list[tuple[int, int]], weights: list[int], costs: list[float] | None = None) -> Problem:
    count = len(weights)
    both = np.array([*pairs, *((b, a) for a, b in pairs)], dtype=np.int64).reshape(-1, 2)
    values = np.tile(np.zeros(len(pairs)) if costs is None else np.array(costs, dtype=float), 2)
    graph = csr_array(coo_array((values, (both[:, 0], both[:, 1])), shape=(count, count)))
    return make_problem(graph, weights, LOW, HIGH, TARGET, None, ("deviation",), None, None, None, None, None, EVEN)


@st.composite
def pools(draw: st.DrawFn, *, cut: bool = False) -> Problem:
    """A connected graph of up to 6 units, some without weight; with `cut`, cuts that cost or are welcome."""
    count = draw(st.integers(2, 6))
    tree = {(draw(st.integers(0, unit - 1)), unit) for unit in range(1, count)}
    more = draw(st.lists(st.tuples(st.integers(0, count - 1), st.integers(0, count - 1)), max_size=count))
    pairs = sorted(tree | {(a, b) for a, b in more if a < b})
    weights = draw(st.lists(st.one_of(st.just(0), st.integers(1, 14)), min_size=count, max_size=count).filter(any))
    costs = draw(st.lists(st.sampled_from([-0.6, 0.0, 0.3]), min_size=len(pairs), max_size=len(pairs)))
    return problem_of(pairs, weights, costs if cut else None)


def every_plan(problem: Problem) -> list[NDArray[np.int64]]:
    """Labels of every plan of connected parts, by trying all."""

    plans = groupings(problem.size)
    return [plan for plan in plans if metrics.not_contiguous(joined(problem), plan) == 0]


def joined(problem: Problem) -> csr_array:
    return csr_array((np.ones_like(problem.graph.data), problem.graph.indices, problem.graph.indptr))


def outside_and_price(problem: Problem, labels: NDArray[np.int64]) -> tuple[int, float]:
    """Weight outside the range; deviation, and a household's worth of it for each 1/37.5 of what is cut."""
    loads = np.bincount(labels, weights=problem.weights)
    missed = (loads < LOW) | (loads > HIGH)
    worth = EVEN.cut / EVEN.unevenness * TARGET
    return int(loads[missed].sum()), float(
        np.abs(loads - TARGET).sum() + worth * metrics.cut_cost(problem.graph, labels)
    )


def evened(problem: Problem, plans: list[NDArray[np.int64]]) -> tuple[Even, int, float]:
    """From the most uneven of the plans with the least weight outside; that weight, and the least price then."""
    ranked = sorted((*outside_and_price(problem, plan), number) for number, plan in enumerate(plans))
    outside, price, _ = ranked[0]
    start = plans[max(rank for rank in ranked if rank[0] == outside)[2]]
    even = even_out(problem, start, 0, Budget(), outside)
    assert even is not None
    return even, outside, price


@QUICK
@given(pools())
def test_the_deviation_is_what_brute_force_finds_and_proven(problem: Problem) -> None:
    even, outside, price = evened(problem, every_plan(problem))
    assert metrics.not_contiguous(joined(problem), even.labels) == 0
    assert outside_and_price(problem, even.labels) == (outside, pytest.approx(price))
    assert even.value == pytest.approx(price)
    assert even.bound == pytest.approx(price)


@QUICK
@given(pools(cut=True))
def test_with_cuts_the_price_is_within_half_a_household_and_the_bound_holds(problem: Problem) -> None:
    even, outside, price = evened(problem, every_plan(problem))
    assert outside_and_price(problem, even.labels) == (outside, pytest.approx(even.value))
    assert even.bound <= price + 1e-6
    assert price - 1e-6 <= even.value <= even.bound + 0.5 + 1e-6


def require_true_bound(problem: Problem) -> None:
    """What is proven is true, and the plan costs what is said of it."""
    even, outside, price = evened(problem, every_plan(problem))
    assert even.bound - 1e-6 <= price <= even.value + 1e-6
    assert outside_and_price(problem, even.labels) == (outside, pytest.approx(even.value))


@QUICK
@given(pools(), st.integers(0, 3))
def test_a_proof_that_is_cut_short_still_holds(problem: Problem, programmes: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(branching, "PROGRAMMES", programmes)
        require_true_bound(problem)


@settings(max_examples=8)
@given(pools(cut=True))
def test_what_is_proven_holds_for_plans_with_no_more_outside_and_no_dearer_cuts(problem: Problem) -> None:
    labels, proof = partition(
        problem.graph, problem.weights, low=LOW, high=HIGH, target=TARGET, goals=EVEN, effort="exact"
    )
    plans = every_plan(problem)
    loads = [np.bincount(plan, weights=problem.weights) for plan in plans]
    cuts = np.array([metrics.cut_cost(problem.graph, plan) for plan in plans])
    outside = np.array([outside_and_price(problem, plan)[0] for plan in plans])
    off = np.array([np.abs(load - TARGET).sum() for load in loads])
    alike = (outside <= proof.outside) & (cuts <= metrics.cut_cost(problem.graph, labels) + 1e-9)
    bound = least_total_deviation(joined(problem), problem.weights, TARGET) + proof.uneven
    assert bound <= off[alike].min() + 1e-6


@QUICK
@given(pools(), st.sampled_from([1, 1000]))
def test_a_proof_that_does_not_tell_all_weights_apart_still_holds(problem: Problem, table_bytes: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(solve, "TABLE", table_bytes)
        require_true_bound(problem)


@QUICK
@given(pools(), st.data())
def test_settled_neighbours_leave_the_sets_that_agree(problem: Problem, data: st.DataObject) -> None:
    everything = make_problem(
        joined(problem), np.ones(problem.size), 0, problem.size, 1, None, ("deviation",), *[None] * 6
    )
    diagram = connected_sets(everything.graph, Budget())
    assert diagram is not None
    settler = Settler(everything.graph, diagram)
    chosen = data.draw(st.lists(st.sampled_from(settler.edges.tolist()), max_size=3, unique_by=tuple))
    pairs = tuple(Pair(one, other, data.draw(st.booleans())) for one, other in chosen)
    nothing = np.zeros(problem.size)
    every = PossibleParts(everything, diagram).below(nothing, np.inf, 1000)
    left = PossibleParts(everything, settler.settled(pairs)).below(nothing, np.inf, 1000)
    assert every.whole
    assert left.whole
    assert all(len(components(everything.graph, mask)) == 1 for mask in every.masks)
    assert sorted(map(bytes, left.masks)) == sorted(map(bytes, every.masks[agreeing(every.masks, pairs)]))


def possible_parts(problem: Problem, diagram: Diagram | None = None, **more: NDArray[np.float64]) -> PossibleParts:
    diagram = connected_sets(problem.graph, Budget()) if diagram is None else diagram
    assert diagram is not None
    return PossibleParts(problem, diagram, **more)


@QUICK
@given(pools())
def test_a_trimmed_diagram_has_every_set_that_is_not_too_heavy(problem: Problem) -> None:
    nothing = np.zeros(problem.size)
    diagram = connected_sets(problem.graph, Budget())
    assert diagram is not None
    less = trimmed(diagram, problem.weights, HIGH)
    assert less.nodes <= diagram.nodes
    light = replace(problem, low=0)
    every = possible_parts(light, diagram).below(nothing, np.inf, 1000)
    left = possible_parts(light, less).below(nothing, np.inf, 1000)
    assert sorted(map(bytes, left.masks)) == sorted(map(bytes, every.masks))


@QUICK
@given(pools(cut=True), st.integers(0, 2**32), st.sampled_from([1.0, 1e3, 1e6]))
def test_no_set_is_cheaper_than_the_least_price_however_large_the_duals(
    problem: Problem, seed: int, scale: float
) -> None:
    by_weight = np.abs(np.arange(HIGH + 1) - TARGET) / 8 * scale
    sets = possible_parts(replace(problem, low=0), by_weight=by_weight)
    duals = np.random.default_rng(seed).normal(0.5, 1.0, problem.size) * scale
    every = sets.below(np.zeros(problem.size), np.inf, 1000)
    cheapest = (every.prices - every.masks @ duals).min()
    assert sets.least_price(duals) <= cheapest
    assert sets.least_price(duals) == pytest.approx(cheapest, rel=1e-4, abs=1e-2)


@QUICK
@given(pools(), st.integers(0, 2**32))
def test_prices_on_the_grid_have_no_rounding(problem: Problem, seed: int) -> None:
    sets = possible_parts(replace(problem, low=0), by_weight=np.abs(np.arange(HIGH + 1) - TARGET) / 8)
    duals = on_grid(np.random.default_rng(seed).normal(0.5, 1.0, problem.size))
    every = sets.below(np.zeros(problem.size), np.inf, 1000)
    assert sets.least_price(duals) == (every.prices - every.masks @ duals).min()


@QUICK
@given(pools(), st.integers(0, 2**32), st.data())
def test_the_fractional_plan_is_the_cheapest_after_every_change(
    problem: Problem, seed: int, data: st.DataObject
) -> None:
    random = np.random.default_rng(seed)
    masks = possible_parts(replace(problem, low=0)).below(np.zeros(problem.size), np.inf, 1000).masks
    prices, dear, parts = random.random(len(masks)), np.full(problem.size, 2.0 * problem.size), 2
    begun = len(masks) // 2
    supply = Supply(masks[:begun], prices[:begun], dear, parts)
    supply.cheapest(())
    supply.add(masks[begun:], prices[begun:], np.zeros(problem.size))
    diagram = connected_sets(problem.graph, Budget())
    assert diagram is not None
    edges = Settler(problem.graph, diagram).edges.tolist()
    for _ in range(3):
        one, other = data.draw(st.sampled_from(edges))
        pairs = (Pair(one, other, data.draw(st.booleans())),)
        agree = agreeing(masks, pairs)
        left_out, rows = np.eye(problem.size + 1), np.vstack([masks[agree].T, np.ones(agree.sum())])
        theirs = linprog(
            np.concatenate([prices[agree], dear, dear[:1]]),
            A_eq=np.hstack([rows, left_out]),
            b_eq=np.append(np.ones(problem.size), parts),
        )
        if data.draw(st.booleans()):
            supply._basis[-1] = supply._basis[0]  # as rounding might leave it: no basis any more
        found = supply.cheapest(pairs)
        assert found.value == pytest.approx(theirs.fun, abs=1e-3)
        assert found.duals.sum() + parts * found.goal == pytest.approx(theirs.fun, abs=1e-3)
        assert agreeing(found.masks, pairs).all()


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_thirty_units_of_all_sizes_are_proven(seed: int) -> None:
    weights = np.random.default_rng(seed).integers(1, 12, 30)
    problem = problem_of(board_edges(5, 6), weights.tolist())
    labels, proof = partition(
        problem.graph, weights, low=LOW, high=HIGH, target=TARGET, goals=EVEN, effort="exact", seed=seed
    )
    loads = np.bincount(labels, weights=weights)
    even = even_out(problem, labels, seed, Budget())
    assert even is not None
    assert even.value == even.bound == np.abs(loads - TARGET).sum()
    assert proof.misses == ()
    assert metrics.not_contiguous(joined(problem), labels) == 0

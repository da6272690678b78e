"""Small pools with a given number of parts: the best of all plans by any objectives, beside every plan there is."""

from functools import cache
from itertools import permutations

import numpy as np
import pytest
from numpy.typing import NDArray

from gridmgmt.planning import metrics
from gridmgmt.planning.partition import partition, smallpool
from gridmgmt.planning.partition.bounds import mean_roughness
from gridmgmt.planning.partition.problem import make_problem
from tests.planning.boards import board
from tests.planning.bruteforce import groupings

Ints = NDArray[np.int64]
ACROSS, UP, PARTS = 4, 2, 3
SIZE = ACROSS * UP


@cache
def every_plan() -> list[Ints]:
    """Every plan under every numbering of its parts."""
    whole = [
        labels
        for labels in groupings(SIZE)
        if labels.max() == PARTS - 1 and (metrics.pieces_per_part(board(UP, ACROSS), labels) == 1).all()
    ]
    return [np.array(numbers)[labels] for labels in whole for numbers in permutations(range(PARTS))]


@pytest.mark.parametrize("seed", [0, 1, 7])
@pytest.mark.parametrize(
    "objectives",
    [("moved",), ("compactness",), ("moved", "deviation"), ("compactness", "moved"), ("deviation", "moved")],
)
@pytest.mark.parametrize("shaped", [False, True])
@pytest.mark.parametrize("locked", [None, 2])
@pytest.mark.parametrize("at_once", [smallpool.AT_ONCE, (0, 0)], ids=["at once", "after a search"])
def test_it_is_the_best_of_all_plans(
    seed: int,
    objectives: tuple[str, ...],
    shaped: bool,
    locked: int | None,
    at_once: tuple[int, int],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(smallpool, "AT_ONCE", at_once)
    random = np.random.default_rng(seed)
    graph, weights = board(UP, ACROSS), random.integers(1, 12, SIZE)
    home, locks = random.integers(-1, PARTS, SIZE), np.full(SIZE, -1)
    if locked is not None:
        locks[locked] = 1
    target = weights.sum() / PARTS
    low, high = 0.5 * target, 1.6 * target
    shapes = {"borders": graph, "areas": np.ones(SIZE), "perimeters": np.full(SIZE, 4.0)} if shaped else {}
    problem = make_problem(
        graph, weights, low, high, target, PARTS, objectives, None, home,
        *(shapes.get(name) for name in ("borders", "areas", "perimeters")), None,
    )  # fmt: skip

    def values(labels: Ints) -> tuple[float, ...]:
        known = {
            "deviation": float(np.abs(metrics.part_weights(labels, weights) - target).max() / target),
            "moved": float(weights[(home >= 0) & (home != labels)].sum()),
            "compactness": mean_roughness(problem, labels) if shaped else metrics.cut_cost(graph, labels),
        }
        return tuple(round(known[name], 8) for name in objectives)

    plans = [
        labels
        for labels in every_plan()
        if low <= metrics.part_weights(labels, weights).min() <= metrics.part_weights(labels, weights).max() <= high
        and (locked is None or labels[locked] == 1)
    ]
    labels, proof = partition(
        graph, weights, parts=PARTS, low=low, high=high, objective=objectives, current=home, locks=locks, **shapes
    )
    if not plans:
        assert proof.status == "infeasible"
        return
    assert values(labels) == min(map(values, plans))
    assert metrics.not_contiguous(graph, labels) == 0
    if objectives[0] != "deviation" or not shaped:
        assert proof.status == "optimal"
    assert proof.value == pytest.approx(values(labels)[0])


def test_where_the_candidates_are_few_nothing_is_searched(monkeypatch: pytest.MonkeyPatch) -> None:
    home = np.repeat([0, 1], 4)
    monkeypatch.setattr("gridmgmt.planning.partition.rounds.solve_pool", None)
    labels, proof = partition(board(2, 4), np.ones(8), parts=2, low=4, high=4, objective="moved", current=home)
    assert labels.tolist() == home.tolist()
    assert (proof.status, proof.value, proof.bound) == ("optimal", 0, 0)


def test_no_parts_are_listed_when_the_time_is_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(smallpool, "possible_parts", None)
    labels, proof = partition(
        board(2, 4), np.ones(8), parts=2, low=3, high=5, objective="moved", current=np.arange(8) % 2, time_limit_s=0
    )
    assert metrics.not_contiguous(board(2, 4), labels) == 0
    assert proof.stopped

"""Regions annealed anew make no plan worse, and a bound looked for beside the search says what it says alone."""

import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.sparse import csr_array

from gridmgmt.planning import metrics
from gridmgmt.planning.budget import UNLIMITED, Budget
from gridmgmt.planning.partition.problem import Problem
from gridmgmt.planning.resizing.bounding import aside
from gridmgmt.planning.resizing.bounding.relaxing import relaxed_bound
from gridmgmt.planning.resizing.found import Found, measured
from gridmgmt.planning.resizing.recombining import Seen
from gridmgmt.planning.resizing.regional import FEW, HOT, MISSING, _Region, polished
from gridmgmt.planning.resizing.relabel import guide
from gridmgmt.planning.resizing.search import search
from gridmgmt.planning.resizing.starts import as_today, communities, guided

COLUMNS, ROWS = 18, 12
Ints = NDArray[np.int64]


def lattice(seed: int, side: int = 3, locked: int = 0) -> Problem:
    """216 squares of 60–160 households in communities of `side` × `side`: about 990 households each."""
    rng, size = np.random.default_rng(seed), COLUMNS * ROWS
    x, y = np.arange(size) % COLUMNS, np.arange(size) // COLUMNS
    beside = abs(x[:, None] - x) + abs(y[:, None] - y) == 1
    borders = csr_array(beside * 100.0)
    home = (y // side * (COLUMNS // side) + x // side).astype(np.int64)
    locks = np.where(home < locked, home, -1)
    full = np.full(size, 1e4), np.full(size, 400.0)
    return Problem(borders, rng.integers(60, 161, size), 1000, 2000, 1500, borders, *full, locks, home)


def plan_of(problem: Problem, seed: int = 0) -> Found:
    return measured(problem, guided(problem, 12, seed))


def cost(found: Found) -> float:
    return found.moved + MISSING * found.violation


@pytest.mark.parametrize("seed", range(4))
def test_a_polished_plan_is_better_whole_and_moves_nothing_that_is_locked(seed: int) -> None:
    problem = lattice(seed, locked=2)
    before = plan_of(problem, seed)
    answer = polished(problem, before, seed, UNLIMITED)
    assert cost(answer.found) < cost(before)
    for labels in (answer.found.labels, *answer.passed):
        assert metrics.not_contiguous(problem.graph, labels) == 0
        held = problem.locks >= 0
        assert (labels[held] == problem.locks[held]).all()
    assert (polished(problem, before, seed, UNLIMITED).found.labels == answer.found.labels).all()


def test_a_corner_that_was_spoilt_is_mended() -> None:
    problem = lattice(7)
    good = polished(problem, plan_of(problem), 0, UNLIMITED).found
    corner = np.flatnonzero(np.isin(good.labels, good.labels[[0, 5, 3 * COLUMNS]]))
    spoilt = good.labels.copy()
    spoilt[corner] = good.labels.max() + 1
    broken = measured(problem, spoilt)
    mended = polished(problem, broken, 1, UNLIMITED).found
    assert mended.violation <= good.violation < broken.violation
    assert cost(mended) < cost(good) + 0.1 * (cost(broken) - cost(good))


def test_a_region_bears_no_name_that_is_borne_outside() -> None:
    problem = lattice(1)
    labels = as_today(problem)
    labels[0] = 1  # the first community reaches outside the region, and bears its name there
    region = _Region.of(problem, labels, np.flatnonzero(np.isin(labels, [1, 6])))
    assert region.names.tolist() == [1, 6]
    assert region.problem.home.tolist() == [-1 if home == 0 else int(home == 6) for home in problem.home[region.units]]


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**6), st.lists(st.integers(0, 23), min_size=2, max_size=6, unique=True))
def test_only_the_region_changes_and_every_name_is_borne_once(seed: int, parts: list[int]) -> None:
    problem = lattice(seed % 5)
    labels = as_today(problem)
    units = np.flatnonzero(np.isin(labels, parts))
    changed, gain = _Region.of(problem, labels, units).annealed(labels, HOT[seed % 2], seed, communities(problem))
    outside = np.setdiff1d(np.arange(problem.size), units)
    assert gain < 0 or (changed[outside] == labels[outside]).all()
    assert not np.isin(changed[units], changed[outside]).any()
    new = np.unique(changed[changed >= communities(problem)])
    assert new.tolist() == list(range(communities(problem), communities(problem) + len(new)))


def test_a_plan_of_few_parts_stays_as_it_is() -> None:
    problem = lattice(2, side=6)
    few = measured(problem, as_today(problem))
    assert len(np.unique(few.labels)) <= FEW
    assert polished(problem, few, 0, UNLIMITED).found is few


def test_regions_are_left_when_the_budget_is_spent() -> None:
    problem, asked = lattice(3), iter(range(10**6))
    answer = polished(problem, plan_of(problem), 0, Budget(cancelled=lambda: next(asked) >= 5))
    assert len(answer.passed) <= 5
    assert metrics.not_contiguous(problem.graph, answer.found.labels) == 0


def test_communities_whose_households_count_for_little_close_first() -> None:
    problem = lattice(4)
    beside = np.ones((communities(problem),) * 2, dtype=bool)
    worth = np.where(np.arange(communities(problem)) < 8, 0.1, 1.0)
    plain = guide(problem.weights, problem.home, beside, 1000, 2000, 12)
    tasted = guide(problem.weights, problem.home, beside, 1000, 2000, 12, worth=worth)
    assert not plain.survives.all()
    assert tasted.survives[:8].sum() < plain.survives[:8].sum()


def test_the_bound_beside_the_search_is_that_of_the_same_parts_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(aside, "SMALLEST", 1)
    problem = small()
    found, seen = best_of(problem)
    alone = relaxed_bound(problem, seen.columns(), 0, found.moved, UNLIMITED)
    with aside.Bounding(problem, 0, seen, UNLIMITED) as bounding:
        bounding.begin(found)
        seen.add([as_today(problem)])  # what the search goes on to see changes nothing
        assert bounding.bound(found, 0) == alone > 0


def test_two_that_tell_are_heard_as_one() -> None:
    heard: list[tuple[float, float]] = []
    budget = Budget(so_far=lambda value, bound: heard.append((value, bound)))
    with aside.Bounding(small(), 10, Seen(small()), budget) as bounding:
        bounding._tell(np.inf, 20)  # a bound before there is a plan is not told
        bounding.budget.so_far(100, 10)
        bounding._tell(np.inf, 15)
        bounding._tell(np.inf, 90)
        bounding.budget.so_far(120, 10)
        bounding.budget.so_far(80, 10)
    assert heard == [(100, 20), (100, 20), (100, 90), (100, 90), (80, 80)]


def test_whoever_leaves_before_the_end_does_not_wait_for_the_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    def endless(problem: Problem, columns: object, known: int, enough: int, budget: Budget) -> int:
        while not budget.spent():
            time.sleep(0.01)
        return known

    monkeypatch.setattr(aside, "SMALLEST", 1)
    monkeypatch.setattr(aside, "relaxed_bound", endless)
    problem = small()
    found, seen = best_of(problem)

    def left() -> None:
        with aside.Bounding(problem, 0, seen, UNLIMITED) as bounding:
            bounding.begin(found)
            raise KeyError

    with pytest.raises(KeyError):
        left()


def small() -> Problem:
    """Twelve units of a line in four communities below the range."""
    line = csr_array((np.abs(np.subtract.outer(np.arange(12), np.arange(12))) == 1) * 1.0)
    weights, none = np.array([300, 200, 250, 260, 310, 240, 230, 290, 280, 220, 270, 265]), np.zeros(12)
    return Problem(line, weights, 1000, 2000, 1500, line, none, none, np.full(12, -1), np.arange(12) // 3)


def best_of(problem: Problem) -> tuple[Found, Seen]:
    seen = Seen(problem)
    found = search(problem, 0, UNLIMITED, 0, seen)
    seen.add([found.labels])
    assert found.violation == 0
    return found, seen

"""The bound of `resize` by columns holds: in small pools every plan and every part there is has been looked at."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import combinations, product

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment
from scipy.sparse import csr_array

from gridmgmt.planning.budget import UNLIMITED, Budget
from gridmgmt.planning.partition.problem import Problem, components
from gridmgmt.planning.resizing.bounding import ceiling, relaxing
from gridmgmt.planning.resizing.bounding import programme as programme_module
from gridmgmt.planning.resizing.bounding.pricing import TRIFLE, Pricing
from gridmgmt.planning.resizing.bounding.programme import SCALE, OutOfTime, Prices, Programme
from gridmgmt.planning.resizing.bounding.shares import violated_triples
from gridmgmt.planning.resizing.found import matched
from gridmgmt.planning.resizing.recombining import Seen

COLUMNS, ROWS = 4, 3
Ints = NDArray[np.int64]


def invented(seed: int, low: int, high: int, locks: bool = False) -> Problem:
    """Twelve units on a grid with a few diagonals and walls, some without households, in communities of any shape."""
    rng, size = np.random.default_rng(seed), COLUMNS * ROWS
    x, y = np.arange(size) % COLUMNS, np.arange(size) // COLUMNS
    apart = abs(x[:, None] - x) + abs(y[:, None] - y)
    open_ = (apart == 1) & (rng.random((size, size)) < 0.9) | (apart == 2) & (rng.random((size, size)) < 0.1)
    graph = csr_array((open_ | open_.T).astype(float))
    weights = np.where(rng.random(size) < 0.15, 0, rng.integers(1, 9, size)).astype(np.int64)
    home = np.unique((2 * x // COLUMNS + 2 * (y > 0) + (rng.random(size) < 0.2)), return_inverse=True)[1].astype(
        np.int64
    )
    held = np.where(rng.random(size) < 0.1, home, -1) if locks else np.full(size, -1, dtype=np.int64)
    none = np.zeros(size)
    return Problem(graph, weights, low, high, (low + high) / 2, graph, none, none, held, home)


def sets_in_range(problem: Problem) -> list[tuple[int, ...]]:
    """All connected sets of units in the range."""
    found = []
    for count in range(1, problem.size + 1):
        for units in combinations(range(problem.size), count):
            inside = np.zeros(problem.size, dtype=bool)
            inside[list(units)] = True
            in_range = problem.low <= problem.weights[inside].sum() <= problem.high
            if in_range and len(components(problem.graph, inside)) == 1:
                found.append(units)
    return found


def plans(problem: Problem, sets: list[tuple[int, ...]]) -> Iterator[Ints]:
    """Every way to lay the units into such sets."""
    starting = [[units for units in sets if units[0] == first] for first in range(problem.size)]
    labels = np.full(problem.size, -1, dtype=np.int64)

    def laid(part: int) -> Iterator[Ints]:
        free = np.flatnonzero(labels < 0)
        if not len(free):
            yield labels.copy()
            return
        for units in starting[free[0]]:
            if (labels[list(units)] < 0).all():
                labels[list(units)] = part
                yield from laid(part + 1)
                labels[list(units)] = -1

    return laid(0)


def moved(problem: Problem, labels: Ints) -> int | None:
    """Households that move; None where a locked unit would leave its community."""
    held = problem.locks >= 0
    continues, away = matched(problem.home, labels, problem.weights, held)
    return away if (continues[labels[held]] == problem.locks[held]).all() else None


def least_moved(problem: Problem, labels: Ints, name: int, borne: bool) -> int | None:
    """Households that move where a name is borne, by a part that holds some of its households, or is not."""
    names, parts = int(problem.home.max()) + 1, int(labels.max()) + 1
    kept = np.zeros((parts, names))
    np.add.at(kept, (labels, problem.home), problem.weights)
    best = None
    for part in range(parts) if borne else [-1]:
        if borne and kept[part, name] == 0:
            continue
        others = np.delete(np.delete(kept, part, axis=0) if borne else kept, name, axis=1)
        rows, columns = linear_sum_assignment(others, maximize=True)
        stays = others[rows, columns].sum() + (kept[part, name] if borne else 0)
        best = max(best or 0, stays)
    return None if best is None else int(problem.weights.sum() - best)


def from_today(problem: Problem, known: int, enough: int, budget: Budget = UNLIMITED) -> int:
    """The bound, with the communities of today to begin with."""
    seen = Seen(problem)
    seen.add([problem.home])
    return relaxing.relaxed_bound(problem, seen.columns(), known, enough, budget)


@pytest.mark.parametrize("locks", [False, True])
@pytest.mark.parametrize("seed", range(12))
def test_no_plan_moves_fewer_than_the_bound(seed: int, locks: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(relaxing, "ROOM", -np.inf if seed % 2 else relaxing.ROOM)
    problem = invented(seed, 8 + seed % 3, 16 + seed % 5, locks)
    figures = [
        away for labels in plans(problem, sets_in_range(problem)) if (away := moved(problem, labels)) is not None
    ]
    bound = from_today(problem, 0, 1 << 40)
    assert not figures or bound <= min(figures)


def test_the_bound_is_reached_where_the_programme_is_whole() -> None:
    gaps = []
    for seed in range(8):
        problem = invented(seed, 8, 17)
        figures = [
            away for labels in plans(problem, sets_in_range(problem)) if (away := moved(problem, labels)) is not None
        ]
        if figures:
            gaps.append(min(figures) - from_today(problem, 0, 1 << 40))
    assert min(gaps) == 0
    assert np.median(gaps) <= 1


@pytest.mark.parametrize("locks", [False, True])
def test_names_are_decided_where_the_programme_leaves_them_open(locks: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without rows of three, so that much is left open: deciding names raises the bound, and never too far."""
    monkeypatch.setattr(relaxing, "ROWS", 0)
    monkeypatch.setattr(relaxing, "LEAST_RISE", 0.01)
    risen = 0
    for seed in range(16):
        small = invented(seed, 10, 16, locks)
        problem = replace(small, weights=20 * small.weights, low=200, high=320)  # so that rounding does not hide it
        figures = [
            away for labels in plans(problem, sets_in_range(problem)) if (away := moved(problem, labels)) is not None
        ]
        if figures:
            with monkeypatch.context() as undecided:
                undecided.setattr(relaxing, "TRIED", 0)
                before = from_today(problem, 0, 1 << 40)
            bound = from_today(problem, 0, 1 << 40)
            assert before <= bound <= min(figures)
            risen += bound > before
    assert risen > 0


@pytest.mark.parametrize("borne", [True, False])
def test_what_is_moved_where_a_name_is_decided(borne: bool) -> None:
    """Prices where a name must be borne, or not, give a bound of the plans in which it is, or is not."""
    told = 0
    for seed in range(8):
        problem = invented(seed, 8, 17)
        sets = sets_in_range(problem)
        names = int(problem.home.max()) + 1
        seen, programme, pricing = Seen(problem), Programme(problem, 6), Pricing(problem)
        seen.add([problem.home])
        for name in range(names):
            programme.choose(6, False, {name: borne})
            for column in seen.columns():
                programme.add(column)
            for _ in range(20):
                prices, _, _ = programme.solve()
                rows = programme.rows_of(prices)
                open_ = [one for one in range(names) if borne or one != name]
                offers = [pricing.offer(prices, rows, one, 100_000) for one in open_]
                beyond = sum(offer.beyond for offer in offers) + programme.parts * pricing.new(prices).beyond
                bound = -(-(programme.paid(prices) - beyond) // SCALE)
                if not sum(programme.add(column) for offer in offers for column in offer.columns):
                    break
            figures = [least_moved(problem, labels, name, borne) for labels in plans(problem, sets)]
            possible = [figure for figure in figures if figure is not None]
            assert not possible or bound <= min(possible)
            told += bool(possible) and bound > 0
    assert told > 0


def test_what_is_known_is_kept_and_an_end_is_an_end() -> None:
    problem = invented(0, 8, 17)
    told: list[tuple[float, float]] = []
    budget = Budget(so_far=lambda value, bound: told.append((value, bound)))
    assert from_today(problem, 500, 1000, budget) == 500
    assert 0 < len(told) <= relaxing.HOPELESS
    assert set(told) == {(1000, 500)}
    assert from_today(problem, 3, 1000, Budget(deadline=0.0)) == 3


def test_a_programme_out_of_time_ends_the_bound_with_what_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(programme_module, "LONG_S", 0.0)
    with pytest.raises(OutOfTime):
        Programme(invented(0, 8, 17), 6).solve()
    assert from_today(invented(0, 8, 17), 3, 1000) == 3


@pytest.mark.parametrize(("low", "high"), [(8, 17), (4, 9)])  # of 27 or so in four communities: some above the limit
@pytest.mark.parametrize("triples", [8, 60])
@pytest.mark.parametrize("seed", range(10))
def test_what_the_best_part_is_worth(seed: int, triples: int, low: int, high: int) -> None:
    problem, rng = invented(seed, low, high), np.random.default_rng(seed)
    programme, pricing = Programme(problem, 6), Pricing(problem)
    sets = sets_in_range(problem)
    count = int(problem.home.max()) + 1
    elements = problem.size + (count if triples == 8 else 0)
    programme.cut({tuple(sorted(rng.choice(elements, 3, replace=False).tolist())) for _ in range(triples)})
    units = (SCALE * problem.weights * rng.uniform(0, 1, problem.size)).astype(np.int64) - (problem.weights == 0)
    prices = Prices(units, rng.integers(0, SCALE, count), 300, rng.integers(0, 2 * SCALE, len(programme.triples)))
    rows = programme.rows_of(prices)
    for name in range(count):
        offer = pricing.offer(prices, rows, name, 100_000)
        best = -np.inf
        for members in sets:
            of = np.array(members)
            if problem.weights[of][problem.home[of] == name].sum() > 0:
                held = {*members, problem.size + name}
                paid = sum(int(p) for t, p in zip(programme.triples, prices.rows, strict=True) if len(held & {*t}) >= 2)
                stay = problem.home[of] == name
                best = max(best, int(units[of].sum() - SCALE * problem.weights[of][~stay].sum()) - paid)
        most = best - prices.count - prices.names[name]
        assert offer.settled
        assert max(0, most) <= offer.beyond <= max(TRIFLE, most)
        found = [column[1] for column in offer.columns]
        assert all(members in sets for members in found)
        for nodes in (3, 12, 12, 12, 50):  # too few: what it tells is loose, but never too little
            short = pricing.offer(prices, rows, name, nodes)
            assert max(0, most) <= short.beyond
            assert not short.settled or short.beyond <= max(TRIFLE, most)
            assert all(members in sets for _, members in short.columns)


@pytest.mark.parametrize("seed", range(20))
def test_rows_are_charged_no_more_than_they_take(seed: int) -> None:
    rng, size, count = np.random.default_rng(seed), 6, 8
    triples = np.array([rng.choice(size, 3, replace=False) for _ in range(count)])
    triples[:2, 2] = -1  # the third is a name
    price, inside = rng.uniform(0, 10, count), rng.random(size) < 0.3
    free = ~inside & (rng.random(size) < 0.9)
    named = np.where(triples[:, 2] < 0, rng.integers(0, 2, count), 0)

    def held(units: NDArray[np.bool_]) -> Ints:
        counts: Ints = named + (units[triples] & (triples >= 0)).sum(axis=1)
        return counts

    units = rng.integers(1, 9, size), rng.uniform(-5, 20, size), np.arange(size)
    due, none = np.zeros(size), np.empty(0, np.int64)
    back = ceiling._charge(units, (none, none, price, triples), (inside, free, held(inside)), 0.5, due)
    for chosen in product([False, True], repeat=size):
        joining = np.array(chosen) & free
        taken = price[held(inside | joining) >= 2].sum() - price[held(inside) >= 2].sum()
        assert due[joining].sum() - back <= taken + 1e-9


def test_rows_of_three_are_violated_by_what_they_cut() -> None:
    held = csr_array(np.array([[1, 1, 0, 0], [0, 1, 1, 0], [1, 0, 1, 0], [0, 0, 1, 1]], dtype=float))
    assert violated_triples(held, np.array([0.5, 0.5, 0.5, 0.5]), 5, 5) == [(0, 1, 2)]
    assert violated_triples(held, np.array([0.3, 0.3, 0.3, 0.5]), 5, 5) == []

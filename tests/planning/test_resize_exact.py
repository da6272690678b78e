"""Pools whose parts can be listed are decided: the plan is the best there is, beside every plan there is."""

from collections.abc import Iterator

import numpy as np
import pytest
import shapely
from geopandas import GeoDataFrame
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linear_sum_assignment
from shapely.affinity import translate

from gridmgmt.planning import resize
from gridmgmt.planning.budget import UNLIMITED
from gridmgmt.planning.metrics import pieces_per_part
from gridmgmt.planning.partition.problem import Problem, make_problem
from gridmgmt.planning.resizing import choosing, exact
from gridmgmt.planning.resizing.exact import prove
from tests.planning.boards import board

ACROSS, UP = 3, 3


def problem_of(
    weights: list[int], home: list[int], locks: list[int] | None = None, low: int = 5, high: int = 12
) -> Problem:
    """A problem on squares, row by row."""
    graph = board(UP, ACROSS)
    return make_problem(
        graph, weights, low, high, None, None, ("moved",), locks, np.unique(home, return_inverse=True)[1], graph,
        None, None, None,
    )  # fmt: skip


def hang_together(some: int) -> bool:
    """Whether the squares of some bits do."""
    reached, before = some & -some, 0
    while reached != before:
        before = reached
        for unit in range(ACROSS * UP):
            if reached >> unit & 1:
                reached |= some & BESIDE[unit]
    return reached == some


BESIDE = [
    sum(1 << v for v in range(ACROSS * UP) if abs(u % ACROSS - v % ACROSS) + abs(u // ACROSS - v // ACROSS) == 1)
    for u in range(ACROSS * UP)
]
CONNECTED = [some for some in range(1, 1 << ACROSS * UP) if hang_together(some)]


def every_part(problem: Problem) -> dict[int, list[int]]:
    """By their lowest unit: connected sets in the range, as bits."""
    found: dict[int, list[int]] = {unit: [] for unit in range(problem.size)}
    for some in CONNECTED:
        load = sum(weight for unit, weight in enumerate(problem.weights.tolist()) if some >> unit & 1)
        if problem.low <= load <= problem.high:
            found[(some & -some).bit_length() - 1].append(some)
    return found


def every_plan(parts: dict[int, list[int]], full: int, taken: int = 0) -> Iterator[list[int]]:
    if taken == full:
        yield []
        return
    first = next(unit for unit in parts if not taken >> unit & 1)
    for part in parts[first]:
        if not part & taken:
            for others in every_plan(parts, full, taken | part):
                yield [part, *others]


def least_moved(problem: Problem) -> int | None:
    """Households that move in the best of all plans; None where there is no plan."""
    best, names = None, int(problem.home.max()) + 1
    for plan in every_plan(every_part(problem), (1 << problem.size) - 1):
        masks = np.array([[part >> unit & 1 for unit in range(problem.size)] for part in plan])
        kept = np.array([(masks * (problem.home == name)) @ problem.weights for name in range(names)]).T.astype(float)
        kept = np.hstack([kept, np.zeros((len(plan), len(plan)))])  # parts that continue nothing
        for number, mask in enumerate(masks):
            for lock in np.unique(problem.locks[(mask == 1) & (problem.locks >= 0)]):
                kept[number, np.arange(kept.shape[1]) != lock] = -1e6
        part, name = linear_sum_assignment(kept, maximize=True)
        if (stays := kept[part, name].sum()) >= 0:
            moved = problem.total - int(stays)
            best = moved if best is None else min(best, moved)
    return best


weights = st.lists(st.integers(0, 6), min_size=9, max_size=9).filter(any)
homes = st.lists(st.integers(0, 2), min_size=9, max_size=9)


@settings(max_examples=60)
@given(weights, homes, st.sampled_from([None, 0, 4, 8]))
def test_it_is_the_best_of_all_plans(households: list[int], home: list[int], locked: int | None) -> None:
    problem = problem_of(households, home)
    if locked is not None:
        locks = np.where(np.arange(9) == locked, problem.home, -1)
        problem = problem_of(households, home, locks.tolist())
    best, proof = least_moved(problem), prove(problem, problem.home, None, UNLIMITED)
    assert proof is not None
    assert proof.possible == (best is not None)
    if best is not None:
        assert proof.moved_bound == best
        assert proof.labels is not None
        loads = np.bincount(proof.labels, weights=problem.weights)
        assert ((loads >= problem.low) & (loads <= problem.high)).all()
        assert (pieces_per_part(problem.graph, proof.labels) == 1).all()


@settings(max_examples=40)
@given(weights, homes)
def test_of_a_plan_that_is_known_it_says_whether_there_is_a_better_one(households: list[int], home: list[int]) -> None:
    problem = problem_of(households, home)
    best = least_moved(problem)
    if best is None:
        return
    same, worse = (prove(problem, problem.home, known, UNLIMITED) for known in (best, best + 1))
    assert same is not None
    assert worse is not None
    assert (same.labels, same.moved_bound) == (None, best)
    assert worse.labels is not None
    assert worse.moved_bound == best


@settings(max_examples=40)
@given(weights, homes)
def test_a_bound_from_few_candidates_still_holds(households: list[int], home: list[int]) -> None:
    problem = problem_of(households, home)
    best = least_moved(problem)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(exact, "COUNTS", (4,))
        patch.setattr(choosing, "NODES", 0)
        proof = prove(problem, problem.home, None if best is None else best + 2, UNLIMITED)
    assert proof is not None
    if best is not None:
        assert proof.possible
        assert proof.moved_bound <= best


def uneven(across: int, up: int, seed: int, communities: int) -> GeoDataFrame:
    """Squares of 100–300 households; each lies in the community of the nearest of some places drawn by lot."""
    random = np.random.default_rng(seed)
    x, y = np.arange(across * up) % across, np.arange(across * up) // across
    place = random.choice(across * up, communities, replace=False)
    home = (np.abs(x[:, None] - x[place]) + np.abs(y[:, None] - y[place])).argmin(axis=1)
    squares = shapely.box(100.0 * x, 100.0 * y, 100.0 * (x + 1), 100.0 * (y + 1))
    frame = GeoDataFrame(geometry=squares, crs=4547)
    return frame.assign(households=random.integers(100, 301, across * up), community=home)


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_thirty_units_of_uneven_communities_are_decided(seed: int) -> None:
    frame = uneven(6, 5, seed, 5)
    assert not frame.groupby("community")["households"].sum().between(1000, 2000).all()
    plan = resize(frame, current="community")
    assert plan.report["status"] == "optimal"
    assert plan.report["share_in_range"] == 1.0


def test_whole_grids_are_decided_as_units_are() -> None:
    frame = uneven(6, 5, 1, 5)
    quarters = frame.loc[frame.index.repeat(2)].reset_index(names="grid")
    half = shapely.box(0, 0, 50, 100)
    west = [translate(half, *square.bounds[:2]) for square in frame.geometry]
    east = [translate(one, 50, 0) for one in west]
    quarters["geometry"] = [piece for pair in zip(west, east, strict=True) for piece in pair]
    plan = resize(quarters, current="community", grids="grid")
    whole = resize(frame.assign(households=2 * frame["households"]), current="community")
    assert plan.report["grids_split"] == []
    assert plan.report["status"] == whole.report["status"] == "optimal"
    assert plan.report["moved_households"] == whole.report["moved_households"]

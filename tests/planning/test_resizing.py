"""What is locked stays; whole grids move first; matching, bounds and the search keep their promises."""

import numpy as np
import pytest
import shapely
from geopandas import GeoDataFrame
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.sparse import csr_array

from gridmgmt.errors import InvalidInput
from gridmgmt.geo.adjacency import adjacency
from gridmgmt.planning import metrics
from gridmgmt.planning.budget import Budget
from gridmgmt.planning.partition.problem import Problem, make_problem
from gridmgmt.planning.resize import resize
from gridmgmt.planning.resizing import kernel
from gridmgmt.planning.resizing.annealing import LAST_PENALTY, Schedule, annealed
from gridmgmt.planning.resizing.found import matched, measured, restored
from gridmgmt.planning.resizing.relabel import guide, moved_bound
from gridmgmt.planning.resizing.search import CLOSING, KEEPING, merged_small, search
from gridmgmt.planning.resizing.settle import whole_grids
from gridmgmt.planning.resizing.starts import as_today, guided

COLUMNS, ROWS = 12, 3


def cells(households: int | list[int] = 100) -> GeoDataFrame:
    """36 squares of 100 m, row by row."""
    place = np.arange(COLUMNS * ROWS)
    x, y = place % COLUMNS * 100.0, place // COLUMNS * 100.0
    frame = GeoDataFrame(geometry=shapely.box(x, y, x + 100, y + 100), crs=4547)
    return frame.assign(households=households)


def column(frame: GeoDataFrame) -> NDArray[np.int64]:
    """Which column of squares a row lies in."""
    return np.asarray(frame.index) % COLUMNS


def problem_of(frame: GeoDataFrame, home: NDArray[np.int64]) -> Problem:
    borders = adjacency(frame.geometry.to_numpy())
    weights = frame["households"].to_numpy()
    return make_problem(borders, weights, 1000, 2000, None, None, ("moved",), None, home, borders, None, None, None)


def test_a_locked_unit_stays_and_with_it_its_community() -> None:
    frame = cells()
    frame["community"] = np.where(column(frame) < 2, "small", "large")  # 600 and 3,000
    free = resize(frame, current="community", low=1500, high=3600)
    assert (free.report["closed"], free.report["moved_households"]) == (1, 600)
    frame["stay"] = column(frame) == 0
    held = resize(frame, current="community", locks="stay", low=1500, high=3600)
    assert not held.units.loc[frame["stay"], "moved"].any()
    assert sorted(held.parts["continues"]) == ["large", "small"]
    assert (held.report["moved_households"], held.report["share_in_range"]) == (900, 1.0)


def test_parts_without_households_join_a_neighbour() -> None:
    frame = cells([0 if place % COLUMNS == 5 else 100 for place in range(COLUMNS * ROWS)])
    home = np.where(column(frame) < 6, 0, 1)
    hollow = np.where(column(frame) == 5, 2, home)
    found = restored(problem_of(frame, home), measured(problem_of(frame, home), hollow))
    assert (found.violation, found.moved, found.touched) == (0, 0, 0)


def test_a_part_left_too_small_joins_a_neighbour() -> None:
    home = np.select([column(cells()) < 5, column(cells()) < 8], [0, 1], 2)
    problem = problem_of(cells().assign(households=90), home)  # 1,350, 810 and 1,080
    found = merged_small(problem, measured(problem, home))
    assert (found.violation, found.moved) == (0, 810)


def test_a_search_cut_short_by_the_clock_still_ends_in_range() -> None:
    asked = 0

    def cancelled() -> bool:
        nonlocal asked
        asked += 1
        return True

    home = np.zeros(COLUMNS * ROWS, dtype=np.int64)
    found = search(problem_of(cells(), home), 0, Budget(cancelled=cancelled))
    assert asked
    assert found.violation == 0


def test_a_cancelled_resize_is_a_sound_plan_and_says_so() -> None:
    frame = cells().assign(community="A")
    plan = resize(frame, current="community", cancelled=lambda: True)
    assert plan.report["stopped"] is True
    assert plan.report["not_contiguous"] == 0
    assert plan.parts["households"].between(1000, 2000).all()


def test_the_report_says_whether_the_clock_ended_the_search() -> None:
    frame = cells().assign(community="A")
    assert resize(frame, current="community").report["stopped"] is False
    assert resize(frame, current="community", time_limit_s=0.0).report["stopped"] is True


def test_a_part_keeps_the_name_of_its_locked_unit_though_another_has_more_in_it() -> None:
    home, labels = np.array([0, 1, 1]), np.array([0, 0, 1])
    weights, held = np.array([10, 500, 400]), np.array([True, False, False])
    assert matched(home, labels, weights)[0].tolist() == [1, -1]
    continues, moved = matched(home, labels, weights, held)
    assert (continues.tolist(), moved) == ([0, 1], 500)


def test_a_locked_community_stays_as_it_is_and_says_why_it_is_out_of_range() -> None:
    frame = cells()
    frame["community"] = np.select([column(frame) < 2, column(frame) < 4], ["left", "middle"], "right")
    result = resize(frame, current="community", locked=["left"], low=1000, high=3000)
    assert not result.units.loc[frame["community"] == "left", "moved"].any()
    part = result.units.loc[frame["community"] == "left", "part"].unique()
    assert len(part) == 1
    assert set(result.units.index[result.units["part"] == part[0]]) == set(frame.index[frame["community"] == "left"])
    [row] = result.report["unmet"]
    assert (row["part"], row["reason"]) == (part[0], "locked")


def test_locks_that_cannot_be_read_or_met_are_refused() -> None:
    frame = cells().assign(community="A", stay="perhaps")
    with pytest.raises(InvalidInput, match="neither true nor false"):
        resize(frame, current="community", locks="stay")
    with pytest.raises(InvalidInput, match="no unit lies in the locked community B"):
        resize(frame, current="community", locked=["B"])
    frame["community"] = np.where((column(frame) > 3) & (column(frame) < 8), "B", "A")
    frame["stay"] = np.isin(column(frame), [0, 11])
    with pytest.raises(InvalidInput, match="separate pieces"):
        resize(frame, current="community", locks="stay")


def test_whole_grids_move_where_the_plan_allows_it() -> None:
    frame = cells()
    frame["community"] = np.where(column(frame) < 8, "large", "small")  # 2,400 and 1,200
    frame["grid"] = column(frame) // 2 * 10 + np.asarray(frame.index) // COLUMNS  # pairs: 200 households
    result = resize(frame, current="community", grids="grid", high=2100)
    assert result.report["share_in_range"] == 1.0
    whole = frame.assign(part=result.units["part"]).groupby(["grid", "community"])["part"].nunique()
    assert (whole == 1).all()
    assert result.report["moved_households"] == 400  # 300 would do, but not in grids of 200
    assert resize(frame, current="community", high=2100).report["moved_households"] == 300


def test_grids_are_split_only_where_no_plan_keeps_them_whole_and_named() -> None:
    frame = cells().assign(community="A", grid="only")
    result = resize(frame, current="community", grids="grid")
    assert result.report["share_in_range"] == 1.0
    assert result.report["grids_split"] == ["only"]
    assert "grids_split" not in resize(frame, current="community").report


def test_a_grid_in_two_communities_counts_as_two() -> None:
    frame = cells()
    home = (column(frame) >= 6).astype(np.int64)
    grid_of, coarse = whole_grids(problem_of(frame, home), np.zeros(len(frame), dtype=np.int64))
    assert coarse.size == 2
    assert coarse.weights.tolist() == [1800, 1800]
    assert (grid_of == home).all()
    assert coarse.borders.toarray().tolist() == [[0.0, 300.0], [300.0, 0.0]]


def test_two_pieces_of_a_community_start_as_two_parts() -> None:
    frame = cells()
    home = ((column(frame) > 4) & (column(frame) < 8)).astype(np.int64)
    labels = as_today(problem_of(frame, home))
    assert sorted(np.unique(labels)) == [0, 1, 2]
    assert metrics.not_contiguous(adjacency(frame.geometry.to_numpy()), labels) == 0


def test_a_guide_opens_and_closes_what_the_numbers_ask_for() -> None:
    beside = np.ones((2, 2), dtype=bool)
    small = guide(np.array([600, 700]), np.array([0, 1]), beside, 1000, 2000)
    assert small.survives.tolist() == [False, True]
    large = guide(np.full(35, 100), np.zeros(35, dtype=np.int64), np.ones((1, 1), dtype=bool), 1000, 2000)
    assert (large.survives.tolist(), large.carved.tolist()) == ([True], [1])


divisions = st.lists(st.integers(0, 3), min_size=36, max_size=36)
loads = st.lists(st.integers(0, 300), min_size=36, max_size=36)
held_units = st.sets(st.integers(0, 35), max_size=4)


@settings(max_examples=8)
@given(st.lists(st.integers(0, 11), min_size=3, max_size=3, unique=True), loads, held_units)
def test_no_lock_is_ever_broken(cuts: list[int], households: list[int], held: set[int]) -> None:
    frame = cells(households)
    frame["community"] = np.searchsorted(sorted(cuts), column(frame), side="right")
    frame["stay"] = np.isin(frame.index, sorted(held))
    result = resize(frame, current="community", locks="stay")
    assert not result.units.loc[frame["stay"], "moved"].any()
    assert result.parts["continues"].dropna().is_unique
    assert metrics.not_contiguous(adjacency(frame.geometry.to_numpy()), result.units["part"].to_numpy()) == 0
    assert result.report["objective"]["bound"] <= result.report["moved_households"]


@settings(max_examples=10)
@given(divisions, loads, st.integers(0, 5))
def test_every_start_and_every_step_is_whole(division: list[int], households: list[int], seed: int) -> None:
    frame = cells(households)
    home = np.unique(division, return_inverse=True)[1].astype(np.int64)
    problem = problem_of(frame, home)
    for start in (as_today(problem), guided(problem, 12, seed)):
        schedules = CLOSING + KEEPING
        labels = annealed(problem, start, schedules[seed % len(schedules)], seed).labels
        for plan in (start, labels):
            assert metrics.not_contiguous(csr_array(problem.graph), plan) == 0


@settings(max_examples=30)
@given(divisions, divisions, loads, st.permutations(range(4)))
def test_neither_matching_nor_bound_depends_on_names(
    before: list[int], after: list[int], households: list[int], names: list[int]
) -> None:
    weights, renamed = np.array(households), np.array(names)
    home, labels = np.array(before), np.array(after)
    assert matched(home, labels, weights)[1] == matched(home, renamed[labels], weights)[1]
    assert matched(home, labels, weights)[1] == matched(renamed[home], labels, weights)[1]
    assert moved_bound(weights, home, 1000, 2000) == moved_bound(weights, renamed[home], 1000, 2000)


def test_a_search_tells_of_every_better_plan_and_never_of_one_below_the_bound() -> None:
    heard: list[tuple[float, float]] = []
    home = np.select([column(cells()) < 3, column(cells()) < 10], [0, 1], 2)
    found = search(problem_of(cells(), home), 0, Budget(so_far=lambda *said: heard.append(said)), bound=1)
    assert heard[-1][0] >= found.moved
    assert all(bound <= value for value, bound in heard)
    assert [value for value, _ in heard] == sorted((value for value, _ in heard), reverse=True)


def test_what_is_told_last_is_what_the_report_says() -> None:
    frame = cells().assign(community=np.where(column(cells()) < 2, "small", "large"))
    done: list[tuple[int, int]] = []
    heard: list[tuple[float, float]] = []
    plan = resize(
        frame,
        current="community",
        progress=lambda *said: done.append(said),
        so_far=lambda *said: heard.append(said),
    )
    objective = plan.report["objective"]
    assert (done, heard[-1]) == ([(1, 1)], (objective["value"], objective["bound"]))


@settings(max_examples=40)
@given(divisions, divisions, loads, st.integers(0, 3), st.integers(0, 5))
def test_parts_exchange_names_at_the_price_of_the_households_that_move_then(
    before: list[int], after: list[int], households: list[int], source: int, goal: int
) -> None:
    home, labels, weights = np.array(before), np.array(after), np.array(households, dtype=np.float64)
    today = np.concatenate([[0], np.cumsum(np.bincount(home))]), np.argsort(home, kind="stable")
    renamed = np.where(labels == source, goal, np.where(labels == goal, source, labels))
    more = weights[renamed != home].sum() - weights[labels != home].sum()
    assert kernel._renaming((weights, home), today, labels, source, goal) == (more if source != goal else 0)
    load, members = np.bincount(labels, weights=weights, minlength=6), np.bincount(labels, minlength=6)
    kernel._rename(labels, members, load, source, goal)
    assert (labels == renamed).all()
    assert (members == np.bincount(renamed, minlength=6)).all()
    assert (load == np.bincount(renamed, weights=weights, minlength=6)).all()


def test_the_part_that_swallowed_a_larger_community_takes_its_name() -> None:
    home = np.where(column(cells()) < 5, 0, 1)
    problem = problem_of(cells().assign(households=50), home)  # 750 and 1,050: one part, under the lesser name
    labels = annealed(problem, np.zeros(len(home), dtype=np.int64), Schedule(1.0, LAST_PENALTY, False, 0.0), 0).labels
    assert (labels == 1).all()


def test_what_a_part_misses_is_nothing_in_the_range_and_a_hat_where_it_may_close() -> None:
    loads = (0, 100, 500, 700, 1000, 2000, 2300)
    assert [kernel.lack(float(load), 1000.0, 2000.0, False) for load in loads] == [0, 900, 500, 300, 0, 0, 300]
    assert [kernel.lack(float(load), 1000.0, 2000.0, True) for load in loads] == [0, 100, 500, 300, 0, 0, 300]

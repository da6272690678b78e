"""Resizing: contiguous, conserving, inside the parent, bounded; in range or explained."""

import numpy as np
import pandas as pd
import pytest
import shapely
from geopandas import GeoDataFrame
from hypothesis import given, settings
from hypothesis import strategies as st

from gridmgmt.errors import InvalidInput, UnknownColumn
from gridmgmt.geo.adjacency import adjacency
from gridmgmt.planning import metrics
from gridmgmt.planning.resize import resize
from gridmgmt.planning.resizing import candidates
from gridmgmt.planning.resizing.found import matched
from gridmgmt.planning.resizing.relabel import moved_bound


def cells(columns: int, rows: int, households: int | list[int] = 100) -> GeoDataFrame:
    """Squares of 100 m, row by row."""
    place = np.arange(columns * rows)
    x, y = place % columns * 100.0, place // columns * 100.0
    return GeoDataFrame({"households": households}, geometry=shapely.box(x, y, x + 100, y + 100), crs=4547, index=place)


def test_a_community_too_large_sheds_its_excess_and_no_more() -> None:
    frame = cells(10, 3).assign(community="A")
    report = resize(frame, current="community").report
    assert report["moved_households"] == report["objective"]["bound"] == 1000
    assert (report["status"], report["share_in_range"], report["opened"]) == ("optimal", 1.0, 1)
    assert report["objectives"][1] == {"name": "communities_touched", "value": 1, "bound": 1, "gap": 0.0}


def test_a_small_community_takes_from_a_large_neighbour() -> None:
    frame = cells(10, 3).assign(community=["A"] * 25 + ["B"] * 5)
    result = resize(frame, current="community")
    assert result.report["moved_households"] == 500
    assert sorted(result.parts["continues"]) == ["A", "B"]
    assert result.report["unmet"] == []
    assert result.report["objectives"][1]["bound"] == result.report["communities_touched"] == 2


def test_communities_in_range_stay_as_they_are() -> None:
    frame = cells(10, 3).assign(community=["A"] * 15 + ["B"] * 15)
    result = resize(frame, current="community")
    assert result.report["moved_households"] == 0
    assert not result.units["moved"].any()
    assert result.report["communities_touched"] == 0


def test_an_isolated_small_community_is_unmet_with_its_reason_not_a_failure() -> None:
    land = cells(10, 3).assign(community=["A"] * 15 + ["B"] * 15, district="x")
    island = cells(2, 2).assign(community="C", district="x")
    frame = pd.concat([land, island.set_geometry(island.translate(5000, 0))], ignore_index=True)
    result = resize(frame, current="community", parent="district")
    [row] = result.report["unmet"]
    assert row["reason"] == "pocket_below_low"
    assert len(row["units"]) == 4
    assert result.report["moved_households"] == 0


def test_it_never_crosses_the_parent() -> None:
    frame = cells(10, 3).assign(community=["A"] * 10 + ["B"] * 20, parent=["x"] * 10 + ["y"] * 20)
    result = resize(frame, current="community", parent="parent")
    assert (result.units.groupby("part")["parent"].nunique() == 1).all()


def test_a_community_in_two_places_keeps_its_name_once() -> None:
    frame = cells(12, 3).assign(community=(["A"] * 4 + ["B"] * 4 + ["A"] * 4) * 3)
    result = resize(frame, current="community")
    assert result.report["not_contiguous"] == 0
    assert result.parts["continues"].dropna().is_unique


def test_points_get_cells_of_their_own() -> None:
    frame = cells(10, 3).assign(community="A")
    points = frame.set_geometry(frame.centroid)
    result = resize(points, current="community")
    assert result.report["share_in_range"] == 1.0
    assert result.parts.geometry.is_valid.all()
    assert set(result.parts.geom_type) == {"Polygon"}


def test_wrong_input_is_refused() -> None:
    frame = cells(2, 2).assign(community=["A", "A", "A", None])
    with pytest.raises(InvalidInput):
        resize(frame, current="community")
    with pytest.raises(UnknownColumn):
        resize(frame, current="nothing")
    with pytest.raises(InvalidInput):
        resize(frame, current="households", low=5, high=1)


@pytest.mark.parametrize("column", ["part", "moved"])
def test_a_column_that_the_plan_adds_is_not_overwritten(column: str) -> None:
    frame = cells(2, 2).assign(community="A", **{column: 1})
    with pytest.raises(InvalidInput, match=f"column '{column}'"):
        resize(frame, current="community")
    with pytest.raises(InvalidInput, match=f"column '{column}'"):
        resize(frame, current=column)


def test_labels_are_matched_so_that_most_households_stay() -> None:
    home, labels = np.array([0, 0, 1, 1]), np.array([1, 1, 1, 0])
    continues, moved = matched(home, labels, np.array([4, 4, 5, 5]))
    assert (continues.tolist(), moved) == ([1, 0], 5)


def test_the_bound_counts_what_cannot_stay() -> None:
    assert moved_bound(np.array([700, 700]), np.array([0, 1]), 1000, 2000) == 700
    assert moved_bound(np.array([1000, 1000, 1000]), np.array([0, 0, 0]), 1000, 2000) == 1000


def starts(units: int, most: int) -> st.SearchStrategy[tuple[list[int], list[int]]]:
    """Which of five communities each unit is in, and its households."""
    communities = st.lists(st.integers(0, 4), min_size=units, max_size=units)
    return st.tuples(communities, st.lists(st.integers(0, most), min_size=units, max_size=units))


def assert_whole_and_nothing_lost(side: int, division: list[int], households: list[int]) -> None:
    frame = cells(side, side, households).assign(community=[f"C{label}" for label in division])
    result = resize(frame, current="community")
    labels = result.units["part"].to_numpy()
    assert metrics.not_contiguous(adjacency(frame.geometry), labels) == 0
    assert result.parts["households"].sum() == sum(households)
    assert result.report["objective"]["bound"] <= result.report["moved_households"]
    assert result.report["moved_households"] == int(result.units.loc[result.units["moved"], "households"].sum())
    outside = ~result.parts["households"].between(1000, 2000)
    assert set(result.parts.loc[outside, "part"]) == {row["part"] for row in result.report["unmet"]}


@settings(max_examples=12)
@given(starts(16, 700))
def test_whatever_the_start_parts_are_whole_and_nothing_is_lost(start: tuple[list[int], list[int]]) -> None:
    assert_whole_and_nothing_lost(4, *start)


@settings(max_examples=12)
@given(starts(36, 400))
def test_so_they_are_where_the_possible_parts_are_too_many_to_list(start: tuple[list[int], list[int]]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(candidates, "SETS", 4000)
        assert_whole_and_nothing_lost(6, *start)


def test_the_same_seed_gives_the_same_plan() -> None:
    rng = np.random.default_rng(5)
    frame = cells(8, 8, rng.integers(20, 150, 64).tolist()).assign(community=["A"] * 30 + ["B"] * 34)
    first, second = (resize(frame, current="community", seed=3) for _ in range(2))
    assert first.units["part"].tolist() == second.units["part"].tolist()


def test_cells_without_households_are_not_traded_for_shape() -> None:
    frame = cells(8, 4, [100, 0, 100, 100] * 8)
    frame["community"] = np.where(frame.index % 8 < 4, "A", "B")
    result = resize(frame, current="community", low=1000, high=2000)
    assert result.report["status"] == "optimal"
    assert not result.units["moved"].any()


def test_what_was_moved_for_nothing_goes_home() -> None:
    frame = cells(12, 4, [100, 0, 100, 100] * 12)
    frame["community"] = np.where(frame.index % 12 < 9, "A", "B")
    result = resize(frame, current="community", low=1200, high=2400)
    assert result.report["moved_households"] == result.report["objective"]["bound"] == 400
    empty = result.units["households"] == 0
    lonely = result.units[empty & result.units["moved"]]
    borders = adjacency(frame.geometry.to_numpy())
    for (
        unit
    ) in lonely.index:  # each is where it is because its home lies not beside it any more, or it holds a part together
        rest = (result.units["part"] == result.units["part"][unit]) & (result.units.index != unit)
        home = result.parts.loc[result.parts["continues"] == frame["community"][unit], "part"].iloc[0]
        beside = (result.units["part"].to_numpy()[borders[[unit]].indices] == home).any()
        assert not beside or metrics.not_contiguous(borders[rest][:, rest], np.zeros(rest.sum(), dtype=int)) > 0


def test_places_that_are_missing_are_refused_and_bad_ones_mended_and_named() -> None:
    frame = cells(4, 5).assign(community="A", code=[f"u{number}" for number in range(20)])
    shapes = frame.geometry.to_numpy().copy()
    shapes[3] = None
    with pytest.raises(InvalidInput, match=r"no geometry.*u3"):
        resize(frame.set_geometry(shapes, crs=4547), current="community")
    shapes[3] = shapely.Polygon([(300, 0), (400, 100), (400, 0), (300, 100)])
    report = resize(frame.set_geometry(shapes, crs=4547), current="community").report
    assert report["warnings"] == [{"reason": "mended_units", "count": 1, "units": ["u3"]}]

"""Names and the order of rows mean nothing to a plan, equal seeds give equal plans, and no plan beats a bound."""

import numpy as np
import shapely
from geopandas import GeoDataFrame
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from gridmgmt.geo.adjacency import adjacency
from gridmgmt.planning import divide, merge, metrics, resize
from gridmgmt.planning.partition import partition
from tests.planning.bruteforce import groupings

FEW = settings(max_examples=20)
LOW, HIGH = 120, 180
COLUMNS, CELLS = 3, 9

orders = st.permutations(range(CELLS))


def homes(most: int) -> st.SearchStrategy[list[int]]:
    return st.lists(st.integers(0, most), min_size=CELLS, max_size=CELLS)


def board(households: list[int], labels: list[str]) -> GeoDataFrame:
    """Squares of 100 m in rows of three, each with the area it is in."""
    place = np.arange(len(households))
    x, y = place % COLUMNS * 100.0, place // COLUMNS * 100.0
    columns = {"code": [f"u{n}" for n in place], "households": households, "area": labels}
    return GeoDataFrame(columns, geometry=shapely.box(x, y, x + 100, y + 100), crs=4547)


areas = st.lists(st.sampled_from("ab"), min_size=CELLS, max_size=CELLS)


def renamed(frame: GeoDataFrame) -> GeoDataFrame:
    return frame.assign(area=frame["area"].map({"a": "z", "b": "c"}), code="x" + frame["code"])


def outside(labels: NDArray[np.int64], weights: NDArray[np.int64]) -> int:
    """Weight in parts out of range; a unit above the cap counts as met where nobody else lives in its part."""
    loads = metrics.part_weights(labels, weights)
    alone = (np.bincount(labels, weights=weights > 0) == 1) & (loads > HIGH)
    return int(loads[~metrics.in_range(loads, LOW, HIGH) & ~alone].sum())


@FEW
@given(st.lists(st.integers(0, 220), min_size=2, max_size=7))
def test_no_grouping_leaves_less_outside_than_is_proven(households: list[int]) -> None:
    near, weights = adjacency(board(households, ["a"] * len(households)).geometry), np.array(households)
    whole = [labels for labels in groupings(len(weights)) if metrics.not_contiguous(near, labels) == 0]
    best = min(outside(labels, weights) for labels in whole)
    labels, proof = partition(near, weights, low=LOW, high=HIGH)
    assert proof.outside_bound <= best <= proof.outside == outside(labels, weights)
    if any(metrics.in_range(metrics.part_weights(labels, weights), LOW, HIGH).all() for labels in whole):
        assert proof.status != "infeasible"


@FEW
@given(homes(230), areas, orders)
def test_grids_do_not_depend_on_order_or_names(households: list[int], area: list[str], order: list[int]) -> None:
    frame = board(households, area)
    one, other, third = (divide(case, within="area").report for case in (frame, frame.iloc[order], renamed(frame)))
    for report in (other, third):
        assert report["objective"] == one["objective"]
        assert report["total_deviation"]["bound"] == one["total_deviation"]["bound"]


@FEW
@given(homes(900), areas, orders)
def test_communities_do_not_depend_on_order_or_names(households: list[int], area: list[str], order: list[int]) -> None:
    frame = board(households, area)
    one, other, third = (resize(case, current="area").report for case in (frame, frame.iloc[order], renamed(frame)))
    for report in (other, third):
        assert report["moved_households"] == one["moved_households"]
        assert report["objective"]["bound"] == one["objective"]["bound"]
        assert sorted(row["reason"] for row in report["unmet"]) == sorted(row["reason"] for row in one["unmet"])


@FEW
@given(homes(9000), areas, orders)
def test_stations_do_not_depend_on_order_or_names(households: list[int], area: list[str], order: list[int]) -> None:
    frame = board(households, area)
    one, other, third = (merge(case, parent="area").report for case in (frame, frame.iloc[order], renamed(frame)))
    for report in (other, third):
        assert [goal["value"] for goal in report["objectives"][:2]] == [goal["value"] for goal in one["objectives"][:2]]
        assert report["status"] == one["status"]


@FEW
@given(homes(900), areas, st.integers(0, 5))
def test_equal_seeds_give_equal_communities_and_stations(households: list[int], area: list[str], seed: int) -> None:
    frame = board(households, area)
    first, second = (resize(frame, current="area", seed=seed) for _ in range(2))
    assert first.units["part"].tolist() == second.units["part"].tolist()
    first, second = (merge(frame, parent="area", low=1000, high=2000, seed=seed) for _ in range(2))
    assert first.units["part"].tolist() == second.units["part"].tolist()

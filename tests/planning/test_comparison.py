"""Two plans side by side: what moves, which part became which, which is better."""

import json

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from gridmgmt.errors import InvalidInput, UnknownColumn
from gridmgmt.planning.comparing.comparison import Division, MetricPair, compare
from gridmgmt.planning.comparing.comparison_tables import tables
from gridmgmt.planning.scorecard import METRICS, score


def units(parts: list[object], households: list[int] | None = None, start: int = 0) -> gpd.GeoDataFrame:
    n = np.arange(start, start + len(parts))
    frame = {"code": [f"u{i:02d}" for i in n], "households": households or [10] * len(parts), "part": parts}
    return gpd.GeoDataFrame(frame, geometry=shapely.box(100 * n, 0, 100 * n + 100, 100), crs=4547)


def outcome(a: list[object], b: list[object]) -> list[str]:
    return compare(Division("a", units(a)), Division("b", units(b))).parts["outcome"].tolist()


def test_households_moved_with_the_list_of_buildings() -> None:
    weights = [50, 60, 70, 80]
    found = compare(Division("a", units(["x", "x", "y", "y"], weights)), Division("b", units([1, 2, 2, 2], weights)))
    assert (found.households_moved, found.units_moved, found.areas_touched) == (60, 1, 2)
    row = found.moved.iloc[0]
    assert (row["code"], row["households"], row["from_part"], row["to_part"]) == ("u01", 60, "x", 2)
    kept = found.crosswalk[found.crosswalk["matched"]]
    assert dict(zip(kept["from_part"], kept["to_part"], strict=True)) == {"x": 1, "y": 2}
    assert found.crosswalk["households"].tolist() == [50, 60, 150]
    assert found.crosswalk["share_of_from"].tolist() == [round(50 / 110, 6), round(60 / 110, 6), 1]
    assert found.crosswalk["share_of_to"].tolist() == [1, round(60 / 210, 6), round(150 / 210, 6)]


def test_what_became_of_each_part() -> None:
    assert outcome(["x", "x", "y", "y"], [4, 4, 9, 9]) == ["same", "same"]
    assert outcome(["x", "x", "y", "y"], [1, 2, 3, 3]) == ["split", "same"]
    assert outcome(["x", "x", "y", "y"], [1, 1, 1, 1]) == ["merged", "merged"]
    merged = compare(Division("a", units(["x", "x", "y"])), Division("b", units([1, 1, 1])))
    assert [merged.parts["households_after"].tolist(), merged.parts["matched_part"].tolist()] == [[30, None], [1, None]]
    assert outcome(["x", "x", "y", "y"], [1, 2, 2, 2]) == ["changed", "changed"]


def test_a_merged_part_names_the_one_it_went_to() -> None:
    found = compare(Division("a", units([1, 1, 2])), Division("b", units([7, 7, 7])))
    assert found.parts["matched_name"].tolist() == ["7", None]
    shown = tables(found, "en")["parts"]
    assert shown["Goes to"].tolist() == ["7", "7"]


def test_names_come_from_the_parts() -> None:
    parts = gpd.GeoDataFrame(
        {"part": [1, 2], "name": ["碧波", None], "code": [None, "440303001"]},
        geometry=shapely.box([0, 1], 0, [1, 2], 1),
    )
    assert Division("a", units([1, 2]), parts).part_names() == {1: "碧波", 2: "440303001"}


def test_units_that_one_side_lacks_are_left_out_and_counted() -> None:
    found = compare(Division("a", units([1, 1, 2])), Division("b", units([1, 2, 2, 2], start=1)))
    assert (found.only_a, found.only_b, len(found.crosswalk)) == (1, 2, 2)
    with pytest.raises(InvalidInput):
        compare(Division("a", units([1])), Division("b", units([1], start=5)))
    with pytest.raises(UnknownColumn):
        compare(Division("a", units([1])), Division("b", units([1]).drop(columns="part")))


def test_every_metric_side_by_side() -> None:
    sides = [
        Division(name, frame := units(parts, [60, 90, 90, 60]), None, score(frame, low=120, high=180))
        for name, parts in (("a", [1, 1, 2, 2]), ("b", [1, 2, 2, 2]))
    ]
    pairs = {pair.metric.key: pair for pair in compare(*sides).metrics}
    assert list(pairs) == list(METRICS)
    assert (pairs["share_in_range"].difference, pairs["share_in_range"].better) == (-1, "a")
    assert pairs["cut_edges"].better == "equal"
    assert (pairs["walk_median_m"].difference, pairs["walk_median_m"].better) == (None, "none")
    assert MetricPair(METRICS["cut_edges"], 5, 3).better == "b"
    body = json.loads(json.dumps(compare(*sides).as_dict(), allow_nan=False))
    assert body["metrics"]["walk_median_m"]["a"] is None


LABELS = st.lists(st.integers(0, 3), min_size=9, max_size=9)
WEIGHTS = st.lists(st.integers(0, 200), min_size=9, max_size=9)


@settings(max_examples=20)
@given(LABELS, LABELS, WEIGHTS)
def test_there_and_back_move_the_same_households(a: list[int], b: list[int], weights: list[int]) -> None:
    one, other = Division("a", units(list(a), weights)), Division("b", units(list(b), weights))
    there, back = compare(one, other), compare(other, one)
    assert (there.households_moved, there.units_moved) == (back.households_moved, back.units_moved)
    assert there.variation_of_information == pytest.approx(back.variation_of_information, abs=1e-9)
    assert there.crosswalk["households"].sum() == sum(weights)
    assert there.moved["households"].sum() == there.households_moved


@settings(max_examples=20)
@given(LABELS, st.permutations([0, 1, 2, 3]), WEIGHTS)
def test_a_plan_and_itself_under_other_names(a: list[int], names: list[int], weights: list[int]) -> None:
    renamed = units([f"p{names[label]}" for label in a], weights)
    found = compare(Division("a", units(list(a), weights)), Division("b", renamed))
    assert (found.households_moved, found.units_moved, found.areas_touched) == (0, 0, 0)
    assert found.variation_of_information == 0
    assert set(found.parts["outcome"]) == {"same"}


@pytest.mark.parametrize(
    "fault",
    [{"part": [0, None, 1, 1]}, {"households": [1, None, 3, 4]}, {"households": list("wxyz")}, {"code": list("aabc")}],
)
def test_units_that_leave_something_open_are_refused(fault: dict[str, list[object]]) -> None:
    sound = units([0, 0, 1, 1])
    for sides in ((sound, sound.assign(**fault)), (sound.assign(**fault), sound)):
        with pytest.raises(InvalidInput):
            compare(*(Division("x", side) for side in sides))


def test_codes_are_compared_as_written() -> None:
    numbers, words = units([0, 1]).assign(code=[1, 2]), units([0, 1]).assign(code=["1", "2"])
    assert compare(Division("a", numbers), Division("b", words)).households_moved == 0

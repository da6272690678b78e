"""The scorecard: values counted by hand, nothing where there is no data, the same for any names of the parts."""

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from gridmgmt.errors import InvalidInput
from gridmgmt.messages import LANGUAGES, catalogue
from gridmgmt.planning.scorecard import METRICS, Walks, gini, score, variation_of_information
from gridmgmt.planning.shapes import gabriel, holes, hull_ratio, neighbours, pieces, reock

CRS = 4547
RANGE = {"low": 120, "high": 180}


def board(households: list[int], parts: list[int], across: int = 4, **columns: object) -> gpd.GeoDataFrame:
    """Squares of 100 m, row by row."""
    n = np.arange(len(households))
    west, south = 100 * (n % across), 100 * (n // across)
    frame = {"code": [f"u{i}" for i in n], "households": households, "part": parts, **columns}
    return gpd.GeoDataFrame(frame, geometry=shapely.box(west, south, west + 100, south + 100), crs=CRS)


HAND = board([60, 90, 40, 50, 70, 80, 20, 200], [0, 0, 1, 1, 2, 2, 1, 3])  # parts of 150, 110, 150, 200


def test_balance_as_counted_by_hand() -> None:
    values = score(HAND, **RANGE).values
    assert values["deviation_max"] == 50
    assert values["deviation_mean"] == (0 + 40 + 0 + 50) / 4
    assert (values["share_within_10"], values["share_within_20"]) == (0.5, 0.5)
    assert values["share_in_range"] == 0.5
    assert values["household_share_in_range"] == round(300 / 610, 6)
    assert values["oversize_atoms"] == 1
    assert values["workload_gini"] == round((-3 * 110 - 150 + 150 + 3 * 200) / (4 * 610), 6)


def test_shape_as_counted_by_hand() -> None:
    values = score(HAND, **RANGE).values
    domino, ell = 4 * np.pi * 2 / 36, 4 * np.pi * 3 / 64
    square = 4 * np.pi / 16
    assert values["polsby_popper_mean"] == pytest.approx((2 * domino + ell + square) / 4, abs=1e-6)
    assert values["polsby_popper_min"] == pytest.approx(ell, abs=1e-6)
    assert values["cut_edges"] == 6  # 1|2, 0|4, 1|5, 5|6, 3|7, 6|7
    assert values["shared_boundary_m"] == pytest.approx(600)
    assert (values["not_contiguous"], values["holes"]) == (0, 0)


def test_a_part_in_two_pieces_and_one_around_another() -> None:
    ring = board([10] * 9, [0, 0, 0, 0, 1, 0, 0, 0, 0], across=3)
    apart = board([10] * 4, [0, 1, 0, 1])
    assert score(ring, **RANGE).values["holes"] == 1
    assert score(apart, **RANGE).values["not_contiguous"] == 2
    corner = board([10] * 4, [0, 1, 1, 0], across=2)
    assert score(corner, **RANGE).values["not_contiguous"] == 2  # a corner in common is no way from one to the other


def test_parts_in_pieces_still_have_a_shape() -> None:
    scattered = board([10] * 16, [0, 1, 0, 1, 1, 0, 1, 0] * 2)
    values = score(scattered, **RANGE).values
    assert values["polsby_popper_mean"] == pytest.approx(4 * np.pi * 8 / 32**2, abs=1e-6)
    assert values["shared_boundary_m"] == pytest.approx(2400)
    assert values["not_contiguous"] == 2


def test_compounds_and_barriers() -> None:
    units = board([50] * 8, [0, 0, 1, 1, 0, 0, 1, 1], compound_code=["a", "a", "b", None, "c", "d", "d", None])
    river = gpd.GeoDataFrame({"kind": ["river"]}, geometry=[shapely.LineString([(-50, 100), (450, 100)])], crs=CRS)
    values = score(units, **RANGE, compound="compound_code", barriers=river).values
    assert (values["compounds_split"], values["barriers_crossed"]) == (1, 2)
    along = gpd.GeoDataFrame({"kind": ["river"]}, geometry=[shapely.LineString([(200, -50), (200, 250)])], crs=CRS)
    assert score(units, **RANGE, barriers=along).values["barriers_crossed"] == 0


def test_change_as_counted_by_hand() -> None:
    units = board([10, 20, 30, 40], [7, 7, 8, 8], now=["a", "b", "b", "b"])
    values = score(units, **RANGE, current="now").values
    assert (values["households_moved"], values["units_moved"], values["areas_touched"]) == (20, 1, 2)
    h = [0.3, 0.7]
    joint = -sum(p * np.log2(p) for p in (0.1, 0.2, 0.7))
    now = -sum(p * np.log2(p) for p in (0.1, 0.9))
    plan = -sum(p * np.log2(p) for p in h)
    assert values["variation_of_information"] == pytest.approx(2 * joint - now - plan, abs=1e-6)


def test_walks() -> None:
    walks = Walks(np.array([100.0, 400.0, 900.0, np.inf]), np.array([50, 30, 10, 10]))
    values = score(HAND, **RANGE, walks=walks).values
    assert (values["walk_median_m"], values["walk_p90_m"], values["walk_max_m"]) == (100, 900, 900)
    assert [values[f"walk_share_{m}_m"] for m in (300, 500, 800, 1000)] == [0.5, 0.8, 0.8, 0.9]
    assert values["walk_share_15_minutes"] == 0.9


def test_walks_along_streets() -> None:
    street = gpd.GeoDataFrame(geometry=[shapely.LineString([(50, 50), (450, 50)])], crs=CRS)
    station = gpd.GeoDataFrame({"code": ["Z"]}, geometry=[shapely.Point(50, 50)], crs=CRS)
    values = score(board([10, 10, 10, 70], [0, 0, 1, 1]), **RANGE, streets=street, stations=station).values
    assert values["walk_median_m"] == pytest.approx(300, abs=60)
    assert values["walk_share_300_m"] is not None


def test_what_is_not_known_is_no_data_and_never_nought() -> None:
    values = score(HAND, **RANGE).values
    unknown = {key for key, value in values.items() if value is None}
    walks = {key for key, metric in METRICS.items() if metric.group == "walking"}
    change = {key for key, metric in METRICS.items() if metric.group == "change"}
    assert unknown == walks | change | {"compounds_split", "barriers_crossed", "certified_gap"}
    points = HAND.set_geometry(HAND.geometry.centroid)
    assert score(points, **RANGE).values["reock_mean"] is None
    rows = {metric.key: shown for metric, _, shown in score(HAND, **RANGE).rows("en")}
    assert rows["walk_median_m"] == "no data"


def test_frames_that_leave_something_open_are_refused() -> None:
    parts = HAND.dissolve("part").reset_index()
    for column, value in (("part", None), ("geometry", shapely.Point())):
        with pytest.raises(InvalidInput):
            score(HAND.assign(**{column: HAND[column].where(HAND.index > 0, value)}), **RANGE)
    for areas in (parts.iloc[1:], parts.set_crs(None, allow_override=True)):
        with pytest.raises(InvalidInput):
            score(HAND, areas, **RANGE)
    with pytest.raises(InvalidInput):
        score(HAND, low=180, high=120)


def test_dedicated_grids_have_no_range_to_keep() -> None:
    parts = HAND.dissolve("part", aggfunc={"households": "sum"}).reset_index()
    parts["kind"] = ["residential", "market", "residential", "school"]
    assert score(HAND, parts, **RANGE).values["share_in_range"] == 1


def test_every_metric_says_what_it_is() -> None:
    for metric in METRICS.values():
        assert metric.source
        assert metric.version >= 1
        for language in LANGUAGES:
            assert metric.title(language)
            assert metric.formula(language)
            assert f"scorecard.unit_{metric.unit}" in catalogue(language)
            assert f"scorecard.group_{metric.group}" in catalogue(language)


def test_shapes_against_what_is_known() -> None:
    disc, square = shapely.Point(0, 0).buffer(100, quad_segs=256), shapely.box(0, 0, 10, 10)
    both = np.array([disc, square])
    assert reock(both) == pytest.approx([1, 2 / np.pi], abs=1e-3)
    assert hull_ratio(both) == pytest.approx([1, 1])
    assert holes(both).tolist() == [0, 0]
    assert pieces(both).tolist() == [1, 1]


@given(st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), min_size=1, max_size=25))
def test_gabriels_graph_is_connected_symmetric_and_as_defined(places: list[tuple[int, int]]) -> None:
    points = np.array(places, dtype=float)
    graph = gabriel(points).toarray()
    assert (graph == graph.T).all()
    reach = np.linalg.matrix_power(graph + np.eye(len(points), dtype=int), len(points)) > 0
    assert reach.all()
    for one, other in zip(*np.nonzero(graph), strict=True):
        middle, radius = (points[one] + points[other]) / 2, np.hypot(*(points[one] - points[other])) / 2
        assert (np.hypot(*(points - middle).T) >= radius - 1e-6).all()


def test_units_that_do_not_tile_are_neighbours_by_nearness() -> None:
    houses = shapely.box([0, 100, 200], 0, [20, 120, 220], 20)
    assert neighbours(houses).toarray().tolist() == [[0, 1, 0], [1, 0, 1], [0, 1, 0]]


LABELS = st.lists(st.integers(0, 3), min_size=12, max_size=12)
WEIGHTS = st.lists(st.integers(0, 200), min_size=12, max_size=12)


@settings(max_examples=30)
@given(WEIGHTS, LABELS, LABELS, st.permutations([0, 1, 2, 3]), st.permutations([0, 1, 2, 3]))
def test_names_of_parts_and_areas_mean_nothing(
    households: list[int], parts: list[int], now: list[int], name_part: list[int], name_area: list[int]
) -> None:
    units = board(households, parts, now=[f"a{label}" for label in now])
    renamed = board(households, [name_part[p] for p in parts], now=[f"b{name_area[label]}" for label in now])
    one, other = (score(frame, **RANGE, current="now").values for frame in (units, renamed))
    assert one == pytest.approx(other, abs=1e-5)


@settings(max_examples=30)
@given(WEIGHTS, LABELS, st.permutations(range(12)))
def test_the_order_of_units_means_nothing(households: list[int], parts: list[int], order: list[int]) -> None:
    units = board(households, parts, now=[str(number // 3) for number in range(12)])
    one, other = (score(frame, **RANGE, current="now").values for frame in (units, units.iloc[order]))
    assert one == pytest.approx(other, abs=1e-5)


@given(LABELS, LABELS, LABELS, WEIGHTS)
def test_variation_of_information_is_a_metric(a: list[int], b: list[int], c: list[int], w: list[int]) -> None:
    one, two, three, weights = (np.array(values) for values in (a, b, c, w))
    there = variation_of_information(one, two, weights)
    assert there == pytest.approx(variation_of_information(two, one, weights), abs=1e-9)
    assert there <= variation_of_information(one, three, weights) + variation_of_information(three, two, weights) + 1e-9
    real = weights > 0
    pairs = np.unique(np.column_stack([one, two])[real], axis=0)
    same = all(len(np.unique(pairs[:, side])) == len(pairs) for side in (0, 1))
    assert (there < 1e-9) == same


@given(st.lists(st.integers(0, 500), min_size=1, max_size=20))
def test_gini_as_defined(values: list[int]) -> None:
    array = np.array(values)
    found = gini(array)
    if not array.sum():
        assert found is None
    else:
        apart = np.abs(array[:, None] - array[None, :]).sum()
        assert found == pytest.approx(apart / (2 * len(array) ** 2 * array.mean()), abs=1e-9)

"""What divide does with inputs that are not as they should be, and with ground that is cut off."""

import geopandas as gpd
import numpy as np
import pytest
import shapely
from scipy.sparse import csr_array

from gridmgmt.errors import InvalidInput
from gridmgmt.planning import metrics
from gridmgmt.planning.divide import divide
from gridmgmt.planning.dividing.blocks import street_blocks
from gridmgmt.planning.dividing.crossings import BARRIER_PRICES, crossing_costs
from gridmgmt.planning.partition.evenness import least_total_deviation

CRS = "EPSG:4547"


def boxes(households: list[int], columns: int, **more: object) -> gpd.GeoDataFrame:
    """Square cells of 10 m in rows of `columns`."""
    number = np.arange(len(households))
    x, y = number % columns * 10.0, number // columns * 10.0
    return gpd.GeoDataFrame({"households": households, **more}, geometry=shapely.box(x, y, x + 10, y + 10), crs=CRS)


def test_points_at_one_place_are_neighbours() -> None:
    places = shapely.points([[500_000, 2_490_000]] * 30 + [[500_300, 2_490_000]] * 3)
    plan = divide(gpd.GeoDataFrame({"households": [10] * 30 + [50] * 3}, geometry=places, crs=CRS))
    assert plan.report["not_contiguous"] == 0
    assert plan.report["share_in_range"] == 1.0
    assert plan.parts["households"].sum() == 450


def test_a_column_part_is_not_overwritten() -> None:
    with pytest.raises(InvalidInput, match="column 'part'"):
        divide(boxes([80, 80], 2, part=[1, 2]))


@pytest.mark.parametrize(
    ("shape", "word"),
    [
        (shapely.LineString([(0, 0), (9, 9)]), "lines"),
        (shapely.GeometryCollection([shapely.Point(0, 0), shapely.box(0, 0, 1, 1)]), "collections"),
    ],
)
def test_lines_and_collections_are_refused_by_name(shape: shapely.Geometry, word: str) -> None:
    frame = boxes([80, 80, 80], 3, code=["a", "b", "c"])
    with pytest.raises(InvalidInput, match=f"{word}.*first is b"):
        divide(frame.set_geometry([frame.geometry[0], shape, frame.geometry[2]], crs=CRS))


def test_units_that_overlap_are_named_in_the_report() -> None:
    frame = boxes([80, 80, 80, 80], 2, code=["a", "b", "c", "d"])
    assert divide(frame).report["warnings"] == []
    twice = frame.set_geometry([*frame.geometry[:3], frame.geometry[2]], crs=CRS)
    assert divide(twice).report["warnings"] == [{"reason": "overlapping_units", "count": 2, "units": ["c", "d"]}]


@pytest.mark.parametrize(("effort", "roundness"), [("fast", 0.0), ("thorough", 1.1), ("exact", 0.6)])
def test_a_roundness_that_is_none_is_refused(effort: str, roundness: float) -> None:
    with pytest.raises(InvalidInput, match="roundness"):
        divide(boxes([80, 80], 2), effort=effort, roundness=roundness)


def test_the_less_roundness_is_asked_for_the_evener_are_the_grids() -> None:
    town = boxes(np.random.default_rng(4).integers(10, 60, 480).tolist(), 12)
    town["community"] = np.arange(480) // 60
    plans = [divide(town, within="community", roundness=wanted) for wanted in (0.5, None, 0.69, 0.9)]
    rounds = [float(metrics.polsby_popper(plan.parts.geometry.to_numpy()).mean()) for plan in plans]
    uneven = [float(abs(plan.parts["deviation"]).mean()) for plan in plans]
    assert rounds == sorted(rounds)
    assert uneven == sorted(uneven)
    assert rounds[0] < rounds[2] < rounds[3]
    assert uneven[0] < uneven[2] < uneven[3]
    assert rounds[2] >= 0.69


def test_an_unknown_effort_is_refused() -> None:
    with pytest.raises(InvalidInput, match="effort"):
        divide(boxes([80, 80], 2), effort="heroic")


def test_ground_behind_a_dedicated_grid_belongs_to_it() -> None:
    """A school across the whole community cuts a car park without households off from the houses."""
    houses = shapely.box([2, 22, 42, 2, 22, 42], [2, 2, 2, 22, 22, 22], [12, 32, 52, 12, 32, 52], [12] * 3 + [32] * 3)
    shapes = [*houses, shapely.box(20, 85, 30, 95)]
    frame = gpd.GeoDataFrame({"households": [50] * 6 + [0], "c": "A"}, geometry=shapes, crs=CRS)
    areas = gpd.GeoDataFrame({"code": ["A"]}, geometry=[shapely.box(0, 0, 60, 100)], crs=CRS)
    places = gpd.GeoDataFrame({"kind": ["school"]}, geometry=[shapely.box(0, 40, 60, 80)], crs=CRS)
    plan = divide(frame, within="c", areas=areas, places=places)
    assert plan.parts["kind"].tolist() == ["residential", "residential", "school"]
    assert (plan.parts.loc[plan.parts["kind"] == "residential", "households"] == 150).all()
    assert plan.units["part"].iloc[-1] == 2
    assert shapely.area(plan.parts.geometry[2]) == pytest.approx(60 * 60)
    assert plan.report["unmet"] == []
    assert plan.report["not_contiguous"] == 0


def test_compounds_stay_whole_where_they_can() -> None:
    """Four grids of two by four cells lie along or across; only along they are the compounds."""
    column, row = np.arange(32) % 8, np.arange(32) // 8
    frame = boxes([19] * 32, 8, compound_code=[f"C{number}" for number in column // 4 + 2 * (row // 2)])
    plan = divide(frame)
    assert plan.report["compounds"] == {"count": 4, "split": 0}
    assert (plan.units.groupby("compound_code")["part"].nunique() == 1).all()


def test_grids_end_at_the_streets_around_a_block() -> None:
    random = np.random.default_rng(3)
    x, y = (values.ravel() for values in np.meshgrid(np.arange(4) * 50 + 20.0, np.arange(4) * 50 + 20.0))
    x, y = x + random.uniform(-9, 9, 16), y + random.uniform(-9, 9, 16)
    frame = gpd.GeoDataFrame({"households": [38] * 16, "c": "A"}, geometry=shapely.box(x, y, x + 9, y + 9), crs=CRS)
    areas = gpd.GeoDataFrame({"code": ["A"]}, geometry=[shapely.box(0, 0, 200, 200)], crs=CRS)
    lines = [shapely.LineString([(100, 0), (100, 200)]), shapely.LineString([(0, 100), (200, 100)])]
    streets = gpd.GeoDataFrame({"street_class": ["arterial"] * 2}, geometry=lines, crs=CRS)
    plan = divide(frame, within="c", areas=areas, streets=streets)
    assert plan.report["share_in_range"] == 1.0
    blocks = [shapely.box(x0, y0, x0 + 100, y0 + 100) for x0 in (0, 100) for y0 in (0, 100)]
    for shape in plan.parts.geometry:
        assert any(shapely.area(shapely.symmetric_difference(shape, block)) < 1e-6 for block in blocks)
    assert shapely.coverage_is_valid(plan.parts.geometry.to_numpy())


def test_a_block_without_a_unit_joins_its_neighbour() -> None:
    streets = gpd.GeoDataFrame(geometry=[shapely.LineString([(10, -1), (10, 11)])], crs=CRS)
    areas = {0: shapely.box(0, 0, 100, 10)}
    blocks, home = street_blocks(areas, streets, shapely.points([[50.0, 5.0]]), np.array([0]))
    assert home.tolist() == [0]
    assert shapely.area(blocks).tolist() == [1000.0]


def test_the_clock_is_asked_inside_a_large_pool() -> None:
    frame = boxes([5] * 40_000, 200)
    plan = divide(frame, time_limit_s=0.1)
    assert plan.report["not_contiguous"] == 0
    assert plan.parts["households"].sum() == 200_000


def test_the_bound_of_the_deviation_counts_units_above_the_target_and_the_rest_of_each_pool() -> None:
    apart = csr_array((3, 3))
    assert least_total_deviation(apart, np.array([170, 150, 90]), 150) == 20 + 0 + 60


@pytest.mark.parametrize("effort", ["fast", "thorough", "exact"])
def test_each_effort_reaches_the_least_deviation_of_an_easy_town(effort: str) -> None:
    plan = divide(boxes([50] * 12, 4), effort=effort)
    assert plan.report["total_deviation"] == {"name": "total_deviation", "value": 0.0, "bound": 0.0, "gap": 0.0}
    assert metrics.share(plan.parts["households"].to_numpy() == 150) == 1.0


def test_exact_effort_proves_more_of_the_deviation_than_counting_does() -> None:
    """300 households would make two grids of 150, but in this row no cut is better than 130 and 170."""
    plan = divide(boxes([60, 70, 100, 70], 4), effort="exact")
    assert plan.report["total_deviation"] == {"name": "total_deviation", "value": 40.0, "bound": 40.0, "gap": 0.0}
    assert plan.report["missed_by_reason"] == {}


def square_streets(**more: object) -> gpd.GeoDataFrame:
    lines = [shapely.LineString([(20, 0), (20, 40)]), shapely.LineString([(0, 20), (40, 20)])]
    return gpd.GeoDataFrame(more, geometry=lines, crs=CRS)


@pytest.mark.parametrize("kind", ["streets", "barriers"])
def test_lines_that_do_not_say_their_class_are_followed_all_the_same(kind: str) -> None:
    """Sixteen cells of 38 make four grids in many ways; only the four blocks cross no line."""
    plan = divide(boxes([38] * 16, 4), **{kind: square_streets()})
    blocks = [shapely.box(x, y, x + 20, y + 20) for x in (0, 20) for y in (0, 20)]
    for shape in plan.parts.geometry:
        assert any(shapely.equals(shape, block) for block in blocks)


def test_a_barrier_of_an_unknown_kind_counts_as_a_wall() -> None:
    borders = csr_array(np.array([[0.0, 9.0], [9.0, 0.0]]))
    ends = shapely.points([[10.0, 0.0], [30.0, 0.0]])
    for kind in ("hedge", None):
        cost = crossing_costs(borders, ends, None, square_streets(kind=[kind] * 2))
        assert cost.data.tolist() == [-BARRIER_PRICES["wall"]] * 2


@pytest.mark.parametrize("name", ["areas", "entrances", "places", "streets", "barriers"])
def test_what_does_not_say_its_coordinate_system_is_refused_by_name(name: str) -> None:
    nowhere = gpd.GeoDataFrame({"code": ["A"]}, geometry=[shapely.box(0, 0, 9, 9)])
    with pytest.raises(InvalidInput, match=f"frame of {name}"):
        divide(boxes([80, 80], 2), **{name: nowhere})


def test_tiles_whose_borders_do_not_match_vertex_by_vertex_dissolve() -> None:
    bricks = shapely.box([0, 20, 10, 30], [0, 0, 10, 10], [20, 40, 30, 50], [10, 10, 20, 20])
    frame = gpd.GeoDataFrame({"households": [40] * 4}, geometry=bricks, crs=CRS)
    plan = divide(frame)
    assert len(plan.parts) == 1
    assert shapely.equals(plan.parts.geometry[0], shapely.union_all(bricks))


def test_tiles_that_overlap_a_little_dissolve() -> None:
    frame = boxes([20] * 8, 4)
    bulge = shapely.Polygon([(10, 0), (20, 0), (20.5, 5), (20, 10), (10, 10)])
    shapes = [frame.geometry[0], bulge, *frame.geometry[2:]]
    plan = divide(frame.set_geometry(shapes, crs=CRS))
    assert plan.parts["households"].tolist() == [160]
    assert shapely.area(plan.parts.geometry[0]) == pytest.approx(40 * 20)


def test_a_unit_that_crosses_itself_is_mended_and_named() -> None:
    frame = boxes([40] * 4, 4, code=["a", "b", "c", "d"])
    bow = shapely.Polygon([(10, 0), (20, 10), (20, 0), (10, 10)])
    shapes = [frame.geometry[0], bow, *frame.geometry[2:]]
    plan = divide(frame.set_geometry(shapes, crs=CRS))
    assert plan.report["warnings"] == [{"reason": "mended_units", "count": 1, "units": ["b"]}]
    assert plan.parts["households"].tolist() == [160]


def test_streets_drawn_as_areas_bound_blocks_by_their_edge() -> None:
    road = gpd.GeoDataFrame(geometry=[shapely.box(48, -1, 52, 101)], crs=CRS)
    blocks, home = street_blocks(
        {0: shapely.box(0, 0, 100, 100)}, road, shapely.points([[20, 50], [80, 50]]), np.zeros(2)
    )
    assert len(set(home.tolist())) == 2
    assert shapely.area(blocks).sum() == pytest.approx(100 * 100)


def test_without_areas_a_place_takes_the_units_in_it() -> None:
    frame = boxes([38] * 12, 4, c=["A"] * 12)
    places = gpd.GeoDataFrame({"kind": ["school"]}, geometry=[shapely.box(0, 0, 40, 10)], crs=CRS)
    plan = divide(frame, within="c", places=places)
    assert plan.report["dedicated_grids"] == 1
    school = plan.parts[plan.parts["kind"] == "school"]
    assert shapely.equals(school.geometry.iloc[0], shapely.box(0, 0, 40, 10))
    assert (plan.units["part"].iloc[:4] == school["part"].iloc[0]).all()
    assert plan.report["warnings"] == []


def test_places_that_get_no_grid_are_named() -> None:
    shapes = [shapely.Point(5, 5), shapely.box(0, 0, 10, 10), shapely.box(900, 0, 950, 50), shapely.box(0, 0, 10, 10)]
    kinds, codes = ["school", "学校", "mall", "office"], ["point", "unknown", "far", "office"]
    places = gpd.GeoDataFrame({"kind": kinds, "code": codes}, geometry=shapes, crs=CRS)
    areas = gpd.GeoDataFrame({"code": ["A"]}, geometry=[shapely.box(0, 0, 20, 20)], crs=CRS)
    for given in (areas, None):
        warnings = divide(boxes([40] * 4, 2), areas=given, places=places).report["warnings"]
        assert warnings == [{"reason": "places_without_grid", "count": 3, "units": ["point", "unknown", "far"]}]


def test_entrances_that_fit_no_unit_or_count_otherwise_are_named() -> None:
    frame = boxes([160, 100, 100], 3, code=[1, 2, 3])
    doors = {"code": list("pqrs"), "building_code": ["1", "1", "2", "9"], "households": [90, 60, 100, 5]}
    entrances = gpd.GeoDataFrame(doors, geometry=shapely.points([[1, 5], [9, 5], [15, 5], [99, 5]]), crs=CRS)
    plan = divide(frame, entrances=entrances)
    assert plan.report["warnings"] == [
        {"reason": "entrances_stray", "count": 1, "units": ["9"]},
        {"reason": "entrances_differ", "count": 1, "units": [1]},
    ]
    assert plan.parts["households"].sum() == 350


def test_areas_without_a_row_are_refused() -> None:
    areas = gpd.GeoDataFrame({"code": []}, geometry=[], crs=CRS)
    with pytest.raises(InvalidInput, match="no rows among the areas"):
        divide(boxes([80, 80], 2), areas=areas)

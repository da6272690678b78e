"""Dividing communities into grids, on a small made-up town."""

from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely

from gridmgmt.errors import InvalidInput, UnknownColumn
from gridmgmt.geo.tessellation import tessellate
from gridmgmt.planning import metrics
from gridmgmt.planning.divide import divide

CRS = "EPSG:4547"
SHARED = Path(__file__).parents[3] / "shared" / "data"
REPORT_KEYS = {
    "task", "status", "parts", "share_in_range", "share_in_range_excluding_oversize", "household_share_in_range",
    "max_deviation", "mean_abs_deviation", "not_contiguous", "objective", "unmet", "elapsed_s", "seed",
}  # fmt: skip


def town(communities: int = 2, seed: int = 1) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """Footprints of 49 houses per community with 5–60 households, and the communities, side by side."""
    random = np.random.default_rng(seed)
    x, y = np.meshgrid(np.arange(7) * 40 + 10, np.arange(7) * 40 + 10)
    corners = np.concatenate([np.column_stack([x.ravel() + 280 * c, y.ravel()]) for c in range(communities)])
    corners = corners + random.uniform(-5, 5, corners.shape) + [500_000, 2_490_000]
    wide, deep = random.uniform(10, 18, (2, len(corners)))
    houses = shapely.box(corners[:, 0], corners[:, 1], corners[:, 0] + wide, corners[:, 1] + deep)
    west = 500_000 + 280 * np.arange(communities)
    outlines = shapely.box(west, 2_490_000, west + 280, 2_490_280)
    codes = [f"C{number}" for number in range(communities)]
    buildings = gpd.GeoDataFrame(
        {
            "code": [f"B{number:03}" for number in range(len(houses))],
            "community": np.repeat(codes, 49),
            "households": random.integers(5, 60, len(houses)),
        },
        geometry=houses,
        crs=CRS,
    )
    return buildings, gpd.GeoDataFrame({"code": codes}, geometry=outlines, crs=CRS)


def cells(households: list[int], columns: int) -> gpd.GeoDataFrame:
    """Square cells in rows of `columns`."""
    number = np.arange(len(households))
    x, y = number % columns * 10.0, number // columns * 10.0
    return gpd.GeoDataFrame({"households": households}, geometry=shapely.box(x, y, x + 10, y + 10), crs=CRS)


def test_grids_of_a_town_are_in_range_and_tile_their_communities() -> None:
    buildings, communities = town()
    plan = divide(buildings, within="community", areas=communities)
    report = plan.report
    assert set(report) >= REPORT_KEYS
    assert report["status"] == "optimal"
    assert report["share_in_range"] == report["household_share_in_range"] == 1.0
    assert report["not_contiguous"] == 0
    assert report["objective"]["value"] == report["objective"]["bound"] == 0
    assert plan.parts["households"].sum() == buildings["households"].sum()
    assert plan.units["part"].notna().all()
    shapes = plan.parts.geometry.to_numpy()
    assert shapely.coverage_is_valid(shapes)
    assert set(plan.parts.geom_type) == {"Polygon"}
    for code, outline in zip(communities["code"], communities.geometry, strict=True):
        union = shapely.coverage_union_all(shapes[(plan.parts["within"] == code).to_numpy()])
        assert shapely.area(shapely.symmetric_difference(union, outline)) < 1e-6


def test_no_grid_leaves_its_community() -> None:
    buildings, communities = town(3)
    plan = divide(buildings, within="community", areas=communities)
    assert (plan.units.groupby("part")["community"].nunique() == 1).all()


def test_points_without_areas_are_divided_too() -> None:
    buildings, _ = town(1)
    points = buildings.set_geometry(buildings.centroid)
    plan = divide(points)
    assert plan.report["share_in_range"] == 1.0
    assert plan.report["not_contiguous"] == 0
    assert set(plan.parts.geom_type) == {"Polygon"}


def test_degrees_go_in_and_come_out() -> None:
    buildings, communities = town()
    plan = divide(buildings.to_crs(4326), within="community", areas=communities.to_crs(4326))
    assert plan.parts.crs.to_epsg() == plan.units.crs.to_epsg() == 4326
    assert shapely.coverage_is_valid(plan.parts.geometry.to_numpy())
    assert plan.report["share_in_range"] == 1.0


def test_equal_seeds_give_equal_plans_and_relabelled_rows_the_same_bound() -> None:
    buildings, communities = town()
    first = divide(buildings, within="community", areas=communities, seed=3)
    second = divide(buildings, within="community", areas=communities, seed=3)
    assert first.units["part"].tolist() == second.units["part"].tolist()
    turned = divide(buildings.iloc[::-1], within="community", areas=communities, seed=3)
    assert turned.report["objective"] == first.report["objective"]


def test_every_reason_is_named_with_its_units() -> None:
    frame = cells([60, 70, 400, 100, 0, 90, 55, 55, 55, 55], 10)
    frame["block"] = ["a", "a", "a", "a", "a", "b", "c", "c", "c", "c"]
    plan = divide(frame, within="block")
    unmet = {entry["reason"]: entry["units"] for entry in plan.report["unmet"]}
    assert unmet["oversize_unit"] == [2]
    assert [5] in [entry["units"] for entry in plan.report["unmet"] if entry["reason"] == "pocket_below_low"]
    assert "no_feasible_count" in unmet
    assert plan.report["not_contiguous"] == 0
    assert plan.report["objective"]["bound"] <= plan.report["objective"]["value"]


def test_nothing_in_range_is_infeasible() -> None:
    plan = divide(cells([10, 20, 30], 3))
    assert plan.report["status"] == "infeasible"
    assert plan.report["unmet"] == [{"part": 0, "reason": "pocket_below_low", "units": [0, 1, 2]}]


def test_units_without_households_are_assigned() -> None:
    plan = divide(cells([0, 80, 0, 70, 0, 0, 90, 60], 4))
    assert plan.report["parts"] == 2
    assert plan.report["status"] == "optimal"
    assert metrics.part_weights(plan.units["part"].to_numpy(), plan.units["households"].to_numpy()).sum() == 300


def test_a_tower_is_split_by_its_entrances() -> None:
    buildings, communities = town(1)
    tower = buildings.index[24]
    buildings.loc[tower, "households"] = 320
    box = buildings.geometry[tower].bounds
    doors = gpd.GeoDataFrame(
        {"code": ["B024-1", "B024-2", "B024-3", "B024-4"], "building_code": "B024", "households": [80] * 4},
        geometry=gpd.points_from_xy(np.linspace(box[0] + 1, box[2] - 1, 4), [box[1]] * 4),
        crs=CRS,
    )
    whole = divide(buildings, within="community", areas=communities)
    split = divide(buildings, within="community", areas=communities, entrances=doors)
    assert [entry["reason"] for entry in whole.report["unmet"]] == ["oversize_unit"]
    assert split.report["unmet"] == []
    assert split.parts["households"].sum() == buildings["households"].sum()
    assert len(split.units) == len(buildings)


@pytest.mark.parametrize("tiling", [False, True])
def test_who_lives_behind_an_entrance_is_found_in_the_grid(tiling: bool) -> None:
    buildings, communities = town(2)
    towers = np.arange(3, len(buildings), 5)
    buildings.loc[towers, "households"] = 140
    shapes = buildings.geometry.to_numpy()
    corner = shapely.bounds(shapes[towers])
    shapes[towers] = shapely.box(corner[:, 0], corner[:, 1], corner[:, 0] + 26, corner[:, 1] + 22)
    buildings = buildings.set_geometry(shapes, crs=CRS)
    if tiling:
        home = np.repeat([0, 1], 49)
        buildings = buildings.set_geometry(tessellate(communities.geometry, buildings.geometry, area_of=home), crs=CRS)
    x = np.concatenate([corner[:, 0] + 9, corner[:, 0] + 17])
    doors = gpd.GeoDataFrame(
        {"code": [f"{code}-{door}" for door in (1, 2) for code in towers], "households": 70},
        geometry=shapely.points(x, np.tile(corner[:, 1] + 0.2, 2)),
        crs=CRS,
    )
    doors["building_code"] = np.tile(buildings["code"].iloc[towers], 2)
    areas = None if tiling else communities
    plan = divide(buildings, within="community", areas=areas, entrances=doors)
    whole = buildings[~buildings["code"].isin(doors["building_code"])]
    where = np.concatenate([doors.geometry.to_numpy(), shapely.point_on_surface(whole.geometry.to_numpy())])
    households = np.concatenate([doors["households"], whole["households"]])
    part, place = shapely.STRtree(where).query(plan.parts.geometry.to_numpy(), predicate="intersects")
    assert (np.bincount(place, minlength=len(where)) == 1).all()
    counted = np.bincount(part, weights=households[place], minlength=len(plan.parts))
    assert counted.tolist() == plan.parts["households"].tolist()
    assert shapely.coverage_is_valid(plan.parts.geometry.to_numpy())


def test_places_become_grids_of_their_own() -> None:
    buildings, communities = town(1)
    school = shapely.box(500_080, 2_490_080, 500_160, 2_490_160)
    places = gpd.GeoDataFrame(
        {"kind": ["school", "office"]}, geometry=[school, shapely.box(500_000, 2_490_000, 500_040, 2_490_040)], crs=CRS
    )
    plan = divide(buildings, within="community", areas=communities, places=places)
    dedicated = plan.parts[plan.parts["kind"] == "school"]
    assert len(dedicated) == plan.report["dedicated_grids"] == 1
    assert shapely.area(shapely.symmetric_difference(dedicated.geometry.iloc[0], school)) < 1e-6
    assert shapely.coverage_is_valid(plan.parts.geometry.to_numpy())
    assert plan.parts["households"].sum() == buildings["households"].sum()


def test_grids_follow_a_river_where_they_can() -> None:
    frame = cells([25] * 48, 8)
    river = gpd.GeoDataFrame({"kind": ["river"]}, geometry=[shapely.LineString([(40, -5), (40, 65)])], crs=CRS)
    plan = divide(frame, barriers=river)
    east = frame.centroid.x > 40
    assert (east.groupby(plan.units["part"]).nunique() == 1).all()


def test_what_is_missing_is_refused() -> None:
    buildings, communities = town(1)
    with pytest.raises(UnknownColumn):
        divide(buildings, households="flats")
    with pytest.raises(InvalidInput):
        divide(buildings.iloc[:0])
    with pytest.raises(InvalidInput):
        divide(buildings.set_crs(None, allow_override=True))
    with pytest.raises(InvalidInput, match="no area bears"):
        divide(buildings.assign(community="elsewhere"), within="community", areas=communities)
    with pytest.raises(InvalidInput, match="no geometry"):
        divide(buildings.set_geometry([None, *buildings.geometry[1:]], crs=CRS))


@pytest.mark.skipif(not SHARED.exists(), reason="../shared/data is not here")
@pytest.mark.parametrize(("district", "time_limit_s"), [("63000030", 5.0), ("63000090", 600.0)])
def test_real_cells_are_divided_in_one_piece_each(district: str, time_limit_s: float) -> None:
    """One is stopped by the clock, one is not: the work on the larger would take many times as long."""
    frame = gpd.read_file(SHARED / "stat_cells" / f"cells_{district}.gpkg")
    plan = divide(frame, code="cell_id", time_limit_s=time_limit_s)
    assert plan.report["not_contiguous"] == 0
    assert plan.parts["households"].sum() == frame["households"].sum()
    assert set(plan.parts.geom_type) <= {"Polygon", "MultiPolygon"}
    assert plan.report["objective"]["bound"] <= plan.report["objective"]["value"]


@pytest.mark.parametrize("within", [None, "place"])
def test_units_that_touch_nothing_are_parts_of_their_own(within: str | None) -> None:
    lonely = gpd.GeoDataFrame(
        {"households": [150, 40], "place": ["a", "b"]}, geometry=shapely.box([0, 900], 0, [10, 910], 10), crs=4547
    )
    for frame in (lonely, lonely.iloc[:1]):
        plan = divide(frame, within=within)
        assert plan.report["parts"] == len(frame)
        assert plan.report["not_contiguous"] == 0


def test_a_target_outside_the_range_and_a_row_without_group_are_refused() -> None:
    frame = gpd.GeoDataFrame({"households": [80, 80]}, geometry=shapely.box([0, 9], 0, [9, 18], 9), crs=4547)
    with pytest.raises(InvalidInput, match="outside the range"):
        divide(frame, target=500)
    with pytest.raises(InvalidInput, match="1 rows have no place"):
        divide(frame.assign(place=["a", None]), within="place")

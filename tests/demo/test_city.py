"""The demo district: numbers as the document has them, geometry as a database wants it."""

import hashlib
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from gridmgmt.demo.city import City, build_city
from gridmgmt.demo.outlines import outline_files
from gridmgmt.demo.plan_2006 import station_groups
from gridmgmt.policy.luohu2006 import ClassLimit, read_luohu_2006

CASE = read_luohu_2006()
LEVELS = ("district", "subdistrict", "community")
OUTLINES = Path(__file__).parents[2] / "data" / "boundaries"


def _class_counts(values: pd.Series, limits: tuple[ClassLimit, ...]) -> list[int]:
    edges = [limit.above for limit in limits]
    return [int(((values > low) & (values <= high)).sum()) for low, high in zip(edges, [np.inf, *edges], strict=False)]


def _digest(city: City) -> str:
    digest = hashlib.sha256()
    for name, frame in city.frames().items():
        plain = pd.DataFrame(frame.drop(columns="geometry", errors="ignore"))
        digest.update(name.encode() + plain.to_csv(index=False).encode())
        if isinstance(frame, gpd.GeoDataFrame):
            digest.update(b"".join(frame.geometry.to_wkb()))
    return digest.hexdigest()


def test_names_and_codes_are_those_of_the_document(communities: gpd.GeoDataFrame) -> None:
    assert communities["name"].to_dict() == {c.code: c.name + "社区" for c in CASE.communities}
    assert communities["parent_code"].to_dict() == {c.code: c.subdistrict_code for c in CASE.communities}


def test_class_counts_are_those_of_the_document(communities: gpd.GeoDataFrame) -> None:
    assert communities["community_type"].value_counts().to_dict() == CASE.community_types
    residents = _class_counts(communities["residents"], CASE.residents_classes)
    assert residents == [limit.count for limit in CASE.residents_classes]
    area = _class_counts(communities.area / 1e6, CASE.area_km2_classes)
    assert area == [limit.count for limit in CASE.area_km2_classes]


def test_households_and_residents_add_up(full_city: City, communities: gpd.GeoDataFrame) -> None:
    doors = full_city.entrances.groupby("building_code")[["households", "residents"]].sum()
    built = full_city.buildings.set_index("code")[["households", "residents"]]
    pd.testing.assert_frame_equal(doors.sort_index(), built.sort_index(), check_names=False, check_dtype=False)
    homes = built.groupby(built.index.str[:12]).sum()
    wanted = communities[["households", "residents"]]
    pd.testing.assert_frame_equal(homes, wanted, check_names=False, check_dtype=False)
    assert 450_000 < built["households"].sum() < 560_000
    assert 2.6 < built["residents"].sum() / built["households"].sum() < 3.0
    assert (built["residents"] >= built["households"]).all()


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("size", ["full_city", "small_city"])
def test_every_level_is_an_exact_coverage(size: str, level: str, request: pytest.FixtureRequest) -> None:
    boundaries = request.getfixturevalue(size).boundaries
    shapes = boundaries.loc[boundaries["level"] == level, "geometry"].to_numpy()
    assert shapely.is_valid(shapes).all()
    assert shapely.coverage_is_valid(shapes)
    assert (shapely.get_type_id(shapes) == shapely.GeometryType.POLYGON).all()


@pytest.mark.parametrize("size", ["full_city", "small_city"])
def test_levels_nest(size: str, request: pytest.FixtureRequest) -> None:
    boundaries = request.getfixturevalue(size).boundaries.set_index("code", drop=False)
    for code, members in boundaries.groupby("parent_code"):
        parent = boundaries.loc[code]
        assert shapely.equals(shapely.coverage_union_all(members.geometry.to_numpy()), parent["geometry"])
        assert members["households"].sum() == parent["households"]


def test_communities_merged_in_2006_are_neighbours(communities: gpd.GeoDataFrame) -> None:
    for group in station_groups():
        shapes = communities.loc[list(group), "geometry"].to_numpy()
        borders = [shapely.intersection(a, b).length > 20 for i, a in enumerate(shapes) for b in shapes[:i]]
        assert sum(borders) >= len(shapes) - 1
        assert isinstance(shapely.union_all(shapes), shapely.Polygon)


def test_the_plan_of_2006_mostly_lands_in_range(communities: gpd.GeoDataFrame) -> None:
    households = np.array([communities.loc[list(group), "households"].sum() for group in station_groups()])
    assert ((households >= 5400) & (households <= 10_000)).mean() > 0.6
    before = communities["households"].to_numpy()
    assert ((households >= 6000) & (households <= 10_000)).mean() > ((before >= 6000) & (before <= 10_000)).mean()


def test_buildings_stand_in_their_community_and_apart(
    buildings: gpd.GeoDataFrame, communities: gpd.GeoDataFrame
) -> None:
    home = communities.loc[buildings["code"].str[:12], "geometry"].to_numpy()
    assert shapely.contains_properly(home, buildings.geometry.to_numpy()).all()
    tree = shapely.STRtree(buildings.geometry.to_numpy())
    left, right = tree.query(buildings.geometry.to_numpy(), predicate="intersects")
    assert (left == right).all()
    assert len(buildings) > 18_000


def test_entrances_are_at_their_building(full_city: City, buildings: gpd.GeoDataFrame) -> None:
    doors = full_city.entrances.to_crs(buildings.crs)
    shapes = buildings.set_index("code").loc[doors["building_code"], "geometry"].to_numpy()
    assert shapely.distance(doors.geometry.to_numpy(), shapes).max() < 0.05
    assert doors["code"].is_unique
    assert len(doors) > 30_000


@pytest.mark.parametrize("size", ["full_city", "small_city"])
def test_streets_are_one_network(size: str, request: pytest.FixtureRequest) -> None:
    lines = request.getfixturevalue(size).streets.geometry.to_numpy()
    ends = shapely.get_coordinates(shapely.get_point(lines[:, None], [[0, -1]])).reshape(-1, 2)
    nodes, number = np.unique(ends, axis=0, return_inverse=True)
    pairs = number.reshape(-1, 2)
    graph = coo_array((np.ones(len(pairs)), (pairs[:, 0], pairs[:, 1])), shape=(len(nodes), len(nodes)))
    assert connected_components(graph, directed=False)[0] == 1
    assert shapely.is_simple(lines).all()


def test_no_building_is_far_from_a_street(full_city: City, buildings: gpd.GeoDataFrame) -> None:
    tree = shapely.STRtree(full_city.streets.to_crs(buildings.crs).geometry.to_numpy())
    _, distance = tree.query_nearest(buildings.geometry.to_numpy(), return_distance=True, all_matches=False)
    assert distance.max() < 100


def test_streets_cross_only_at_shared_ends(full_city: City) -> None:
    lines = full_city.streets.to_crs("EPSG:4547").geometry.to_numpy()
    left, right = shapely.STRtree(lines).query(lines, predicate="crosses")
    assert len(left) == 0, (lines[left[:3]], lines[right[:3]])


def test_some_towers_are_larger_than_a_grid(full_city: City) -> None:
    grids = full_city.buildings["households"].sum() / 150
    assert 0.03 < (full_city.buildings["households"] > 180).sum() / grids < 0.12


def test_stations_match_the_document(full_city: City) -> None:
    stations = full_city.stations
    assert stations["staff"].sum() == CASE.staff
    assert stations["staff"].min() >= 3
    for name, norm in CASE.premises.items():
        now, planned = stations[f"{name}_m2"] >= norm.norm_m2, stations[f"{name}_planned_m2"] >= norm.norm_m2
        assert (now.sum(), (planned & ~now).sum(), (~planned).sum()) == (norm.now, norm.within_year, norm.hardly)
    served = full_city.station_services
    assert sorted(served["community_code"]) == [c.code for c in CASE.communities]
    assert set(served["station_code"]) == set(stations["code"])


def test_stations_stand_in_their_community(full_city: City, communities: gpd.GeoDataFrame) -> None:
    at = full_city.stations.to_crs(communities.crs).set_index("code").geometry
    served = full_city.station_services
    places = at.loc[served["station_code"]].to_numpy()
    assert shapely.contains(communities.loc[served["community_code"], "geometry"].to_numpy(), places).all()


def test_the_seed_decides_everything(small_city: City) -> None:
    assert _digest(build_city("small")) == _digest(small_city)
    assert _digest(build_city("small", seed=1)) != _digest(small_city)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_other_seeds_build_sound_districts(seed: int) -> None:
    boundaries = build_city("small", seed=seed).boundaries
    shapes = boundaries.loc[boundaries["level"] == "community", "geometry"].to_numpy()
    assert len(shapes) == 29
    assert shapely.coverage_is_valid(shapes)


def test_small_city_keeps_its_merges(small_city: City) -> None:
    codes = set(small_city.boundaries["code"])
    groups = [group for group in station_groups() if set(group) <= codes]
    assert len(groups) == 16
    assert sum(map(len, groups)) == 29


def test_all_geometry_is_valid_and_codes_are_unique(full_city: City) -> None:
    for name, frame in full_city.frames().items():
        if isinstance(frame, gpd.GeoDataFrame):
            assert frame.crs.to_epsg() == 4326, name
            assert frame.geometry.is_valid.all(), name
            assert frame["code"].is_unique, name


def test_no_street_lies_in_a_lake(full_city: City) -> None:
    land = full_city.land.to_crs("EPSG:4547")
    lakes = land.loc[land["name"].isin(["深圳水库", "仙湖", "银湖"]), "geometry"].to_numpy()
    assert len(lakes) == 3
    wet = shapely.intersection(full_city.streets.to_crs("EPSG:4547").geometry.to_numpy()[:, None], lakes[None, :])
    assert shapely.length(wet).sum() < 1


def test_the_files_of_outlines_are_what_the_seed_builds(full_city: City) -> None:
    for name, content in outline_files(full_city, seed=2006).items():
        assert (OUTLINES / name).read_bytes() == content, f"{name}: run `gridmgmt demo outlines --out data/boundaries`"

"""The next station: the best place of all there are, against looking at every choice."""

import itertools

import numpy as np
import pytest
import shapely
from geopandas import GeoDataFrame
from hypothesis import given, settings
from hypothesis import strategies as st

from gridmgmt.errors import InvalidInput
from gridmgmt.planning.service_suggestion import Aim, suggest_station

LENGTH_M = 6000


def town(
    homes: list[tuple[int, int]], places: list[int]
) -> tuple[GeoDataFrame, GeoDataFrame, GeoDataFrame, GeoDataFrame]:
    """One long street: homes (metre, households), a station at metre 0, and places where one could be."""
    street = GeoDataFrame(geometry=[shapely.LineString([(0, 0), (LENGTH_M, 0)])], crs=4547)
    at, households = zip(*homes, strict=True)
    houses = GeoDataFrame({"households": households}, geometry=shapely.points(np.asarray(at, float), 0), crs=4547)
    station = GeoDataFrame({"code": ["Z"]}, geometry=[shapely.Point(0, 0)], crs=4547)
    sites = GeoDataFrame({"code": places}, geometry=shapely.points(np.asarray(places, float), 0), crs=4547)
    return houses, street, station, sites


def brought(homes: list[tuple[int, int]], chosen: tuple[int, ...], limit_m: float) -> tuple[int, int]:
    """(households newly within the limit, household-metres spared) by stations at some metres."""
    gained = saved = 0
    for at, households in homes:
        before, after = min(at, 5000), min([min(at, 5000), *(abs(at - place) for place in chosen)])
        gained += households * (after <= limit_m < at)
        saved += households * (before - after)
    return gained, saved


@settings(max_examples=25)
@given(
    st.lists(st.tuples(st.integers(0, 4900), st.integers(0, 50)), min_size=1, max_size=8),
    st.lists(st.integers(0, 4900), min_size=2, max_size=6, unique=True),
    st.integers(1, 2),
    st.sampled_from(["coverage", "walk"]),
)
def test_one_and_two_stations_are_the_best_choice(
    homes: list[tuple[int, int]], places: list[int], count: int, aim: Aim
) -> None:
    houses, street, station, sites = town(homes, places)
    found = suggest_station(houses, street, station, candidates=sites, count=count, aim=aim, limit_m=1000)
    order = 1 if aim == "coverage" else -1
    best = max(brought(homes, some, 1000)[::order] for some in itertools.combinations(places, count))
    mine = brought(homes, tuple(found.stations["code"]), 1000)
    assert mine[::order] == best
    assert found.report["gained_households"] == mine[0]
    assert found.report["gap"] == 0


def test_more_stations_carry_a_bound_that_holds() -> None:
    homes = [(at, 10) for at in range(300, 4900, 230)]
    houses, street, station, sites = town(homes, list(range(0, 4900, 700)))
    found = suggest_station(houses, street, station, candidates=sites, count=3, limit_m=400)
    best = max(brought(homes, some, 400)[0] for some in itertools.combinations(range(0, 4900, 700), 3))
    assert found.report["value"] <= best <= found.report["bound"]
    assert found.stations["gained_households"].sum() == found.report["gained_households"]


@settings(max_examples=15)
@given(
    st.lists(st.tuples(st.integers(0, 4900), st.integers(1, 50)), min_size=1, max_size=8),
    st.lists(st.integers(0, 4900), min_size=3, max_size=6, unique=True),
    st.sampled_from(["coverage", "walk"]),
)
def test_no_three_stations_bring_more_than_the_bound(homes: list[tuple[int, int]], places: list[int], aim: Aim) -> None:
    houses, street, station, sites = town(homes, places)
    found = suggest_station(houses, street, station, candidates=sites, count=3, aim=aim, limit_m=700).report
    first = 0 if aim == "coverage" else 1
    best = max(brought(homes, some, 700)[first] for some in itertools.combinations(places, 3))
    assert found["value"] <= best <= found["bound"]


def test_street_corners_stand_in_for_places() -> None:
    houses, street, station, _ = town([(5000, 10)], [0])
    found = suggest_station(houses, street, station)
    assert shapely.get_x(found.stations.geometry.iloc[0]) == LENGTH_M
    assert found.report["mean_m_after"] == 1000


def test_what_cannot_be_is_refused() -> None:
    houses, street, station, sites = town([(5000, 10)], [0, 10])
    with pytest.raises(InvalidInput, match="3 stations"):
        suggest_station(houses, street, station, candidates=sites, count=3)
    with pytest.raises(InvalidInput, match="no aim"):
        suggest_station(houses, street, station, aim="cost")  # type: ignore[arg-type]

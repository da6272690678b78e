"""Coverage: the serving station counts, the unreachable are reported, before and after are told apart."""

import numpy as np
import pandas as pd
import pytest
import shapely
from geopandas import GeoDataFrame

from gridmgmt.errors import InvalidInput
from gridmgmt.planning.service import change_of, compare_coverage, coverage, weighted_quantile

STREETS = GeoDataFrame(
    {"street_class": ["local", "expressway"]},
    geometry=[shapely.LineString([(0, 0), (2000, 0)]), shapely.LineString([(0, 300), (2000, 300)])],
    crs=4547,
)
STATIONS = GeoDataFrame({"code": ["Z1", "Z2"]}, geometry=shapely.points([[0, 0], [2000, 0]]), crs=4547)


def homes(**columns: object) -> GeoDataFrame:
    """Three buildings along the street and one beyond a wall."""
    places = shapely.points([[100, 10], [1500, 10], [1000, 20], [500, 290]])
    return GeoDataFrame({"code": list("abcd"), "households": [10, 20, 30, 40], **columns}, geometry=places, crs=4547)


WALL = GeoDataFrame(geometry=[shapely.LineString([(-5000, 150), (5000, 150)])], crs=4547)


def test_the_serving_station_counts_not_the_nearest() -> None:
    served = homes(station_code=["Z1", "Z1", "Z2", "Z1"])
    result = coverage(served, STREETS, STATIONS, serving="station_code")
    assert result.buildings["distance_m"].tolist() == [110.0, 1510.0, 1020.0, 790.0]
    assert result.buildings["nearest_m"].tolist() == [110.0, 510.0, 1020.0, 790.0]
    assert result.buildings["nearest_station"].tolist() == ["Z1", "Z2", "Z1", "Z1"]
    assert result.report["share_within_m"] == {"300": 0.1, "500": 0.1, "800": 0.5, "1000": 0.5}
    assert result.report["share_within_15_minutes"] == 0.8
    assert result.report["nearest"]["share_within_m"]["800"] == 0.7


def test_homes_that_no_way_leads_to_are_reported() -> None:
    result = coverage(homes(), STREETS, STATIONS, WALL)
    assert np.isinf(result.buildings["distance_m"].to_numpy()[3])
    assert result.buildings["station"].isna().tolist() == [False, False, False, True]
    assert result.report["unreachable"] == {"buildings": 1, "households": 40, "units": ["d"]}
    assert result.report["share_within_m"]["1000"] == 0.3
    assert result.report["max_m"] == 1020.0


def test_an_unknown_serving_station_is_an_error_and_an_empty_one_is_unserved() -> None:
    with pytest.raises(InvalidInput):
        coverage(homes(s=["Z1", "Z9", "Z1", "Z1"]), STREETS, STATIONS, serving="s")
    result = coverage(homes(s=["Z1", None, "Z1", "Z1"]), STREETS, STATIONS, serving="s")
    assert result.report["unreachable"]["units"] == ["b"]


def test_before_and_after_are_counted_per_community() -> None:
    before, after = np.array([100.0, 2000.0, 900.0, np.inf]), np.array([200.0, 300.0, 1200.0, np.inf])
    community = pd.Series(["A", "A", "B", "B"])
    table = compare_coverage(before, after, np.array([10, 20, 30, 40]), community)
    assert table["gained"].tolist() == [20, 0]
    assert table["lost"].tolist() == [0, 30]
    assert table["within_before"].tolist() == [10, 30]
    assert table["within_after"].tolist() == [30, 0]
    assert table["median_after_m"].tolist()[0] == 300.0
    assert change_of(before, after).tolist() == ["kept", "gained", "lost", "outside"]


def test_a_home_a_hand_beyond_fifteen_minutes_is_beyond_in_every_figure() -> None:
    place = GeoDataFrame({"households": [7]}, geometry=[shapely.Point(1125.04, 0)], crs=4547)
    found = coverage(place, STREETS, STATIONS.iloc[:1])
    table = compare_coverage(found.metres, found.metres, np.array([7]), pd.Series(["A"]))
    assert found.buildings["distance_m"].tolist() == [1125.0]
    assert (found.report["share_within_15_minutes"], table["within_after"].tolist()) == (0.0, [0])


def test_a_quantile_weighs_households() -> None:
    values, weights = np.array([3.0, 1.0, 2.0]), np.array([1, 8, 1])
    assert [weighted_quantile(values, weights, share) for share in (0.5, 0.8, 0.9, 1.0)] == [1.0, 1.0, 2.0, 3.0]
    assert weighted_quantile(np.array([np.inf]), np.array([1]), 0.5) is None
    assert weighted_quantile(np.array([]), np.array([], dtype=int), 0.5) is None


def test_mercator_metres_are_no_metres() -> None:
    place = shapely.Point(500000, 2500000)
    street = GeoDataFrame(geometry=[shapely.LineString([(500000, 2500000), (500400, 2500000)])], crs=4547)
    homes = GeoDataFrame({"households": [1]}, geometry=[place], crs=4547).to_crs(3857)
    stations = GeoDataFrame(geometry=[shapely.Point(500300, 2500000)], crs=4547)
    assert coverage(homes, street, stations.to_crs(4326)).buildings["distance_m"].tolist() == [300.0]


def test_frames_that_leave_something_open_are_refused() -> None:
    street = GeoDataFrame(geometry=[shapely.LineString([(0, 0), (400, 0)])], crs=4547)
    homes = GeoDataFrame({"households": [1, 1], "by": ["Z", "Z"]}, geometry=shapely.points([[0, 0], [9, 0]]), crs=4547)
    stations = homes.assign(code=["Z", "Z"])
    nowhere = homes.set_geometry([shapely.Point(0, 0), None], crs=4547)
    naive = stations.set_crs(None, allow_override=True)
    for asked in ((nowhere, street, stations), (homes, street, nowhere), (homes, street, naive)):
        with pytest.raises(InvalidInput):
            coverage(*asked)
    with pytest.raises(InvalidInput, match="two stations"):
        coverage(homes, street, stations, serving="by")
    assert coverage(homes, street, stations.iloc[:0]).report["unreachable"]["buildings"] == 2

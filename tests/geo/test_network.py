"""Walking along streets: on segments, never across a barrier, equal to a plain shortest path."""

import numpy as np
import pytest
import shapely
import shapely.ops
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import GeometryCollection, LineString, MultiLineString, Point

from gridmgmt.errors import InvalidInput
from gridmgmt.geo.network import Walks, street_graph
from gridmgmt.geo.network_snapping import snap


def lattice(columns: int, rows: int, side: float = 100.0) -> list[LineString]:
    """Streets of a grid plan, one line per block side."""
    across = [[(x, y), (x + 1, y)] for x in range(columns) for y in range(rows + 1)]
    along = [[(x, y), (x, y + 1)] for x in range(columns + 1) for y in range(rows)]
    return [LineString(np.array(ends) * side) for ends in across + along]


def test_lines_that_cross_without_a_common_vertex_do_not_meet() -> None:
    streets = [LineString([(0, 0), (100, 100)]), LineString([(0, 100), (100, 0)])]
    graph = street_graph(streets)
    walks = Walks(graph, snap(graph, [Point(0, 100)]), snap(graph, [Point(0, 0)]))
    assert np.isinf(walks.from_site(0)).all()
    assert walks.nearest()[1].tolist() == [-1]


def test_a_site_on_a_node_is_at_distance_nought() -> None:
    graph = street_graph(lattice(2, 2))
    walks = Walks(graph, snap(graph, [Point(100, 100), Point(200, 200)]), snap(graph, [Point(100, 100)]))
    assert walks.from_site(0).tolist() == [0.0, 200.0]
    assert walks.nearest()[0].tolist() == [0.0, 200.0]


def test_the_river_is_crossed_on_the_bridge_only() -> None:
    north, south = LineString([(0, 20), (500, 20)]), LineString([(0, -20), (500, -20)])
    bridge = LineString([(500, -20), (500, 20)])
    river = shapely.box(-10, -10, 600, 10)
    graph = street_graph([north, south, bridge])
    homes = snap(graph, [Point(0, 25), Point(0, -25), Point(0, 12)], [river])
    assert homes.connector_m.tolist() == [5.0, 5.0, 8.0]
    metres = Walks(graph, homes, snap(graph, [Point(0, 20)], [river])).from_site(0)
    assert metres.tolist() == [5.0, 500 + 40 + 500 + 5.0, 8.0]


def test_a_home_that_no_street_reaches_is_kept_as_unreachable() -> None:
    graph = street_graph([LineString([(0, 0), (100, 0)])])
    cell = shapely.box(10, 10, 30, 30).exterior
    homes = snap(graph, [Point(20, 20), Point(50, 5), Point(0, 5000)], [cell])
    assert homes.segment.tolist()[1:] == [0, -1]
    metres, site = Walks(graph, homes, snap(graph, [Point(60, 0)])).nearest()
    assert metres.tolist() == [np.inf, 15.0, np.inf]
    assert site.tolist() == [-1, 0, -1]


def test_a_street_along_a_wall_can_be_reached_from_its_own_side() -> None:
    street = LineString([(0, 0), (100, 0)])
    graph = street_graph([street])
    assert snap(graph, [Point(50, 10)], [street]).connector_m.tolist() == [10.0]
    assert snap(graph, [Point(50, 10)], [LineString([(0, 2), (100, 2)])]).segment.tolist() == [-1]


def test_behind_a_short_wall_one_walks_round_its_end() -> None:
    graph = street_graph([LineString([(0, 0), (400, 0)])])
    wall = LineString([(-10, 5), (50, 5)])
    for barrier in (wall, GeometryCollection([MultiLineString([wall])])):
        found = snap(graph, [Point(0, 20)], [barrier])
        assert found.along_m.tolist() == [70.0]  # the first of every ten metres seen past the wall's end, at 66.7 m
        assert found.connector_m[0] == pytest.approx(np.hypot(70, 20))


def test_without_sites_nobody_has_a_way() -> None:
    graph = street_graph([LineString([(0, 0), (400, 0)])])
    metres, nearest = Walks(graph, snap(graph, [Point(0, 20)]), snap(graph, [])).nearest()
    assert (metres.tolist(), nearest.tolist()) == ([np.inf], [-1])


def test_no_streets_is_an_error() -> None:
    with pytest.raises(InvalidInput):
        street_graph([])


def plainly_joined(
    segments: list[LineString], walls: list[shapely.Geometry], place: Point, reach_m: float
) -> tuple[float, list[int]]:
    """How far the nearest point of a street is that a place sees, and on which segments it lies."""

    def seen(street: LineString) -> float:
        foot = street.interpolate(street.project(place))
        metres = place.distance(foot)
        if metres > reach_m:
            return np.inf
        way = shapely.ops.substring(LineString([place, foot]), 0, metres - 0.5) if metres > 0.5 else place
        return np.inf if metres > 0.5 and any(way.intersects(wall) for wall in walls) else metres

    metres = []
    for segment in segments:
        pieces = max(1, int(np.ceil(segment.length / 10)))
        cuts = [shapely.ops.substring(segment, k / pieces, (k + 1) / pieces, normalized=True) for k in range(pieces)]
        metres.append(min(seen(segment), *map(seen, cuts)))
    nearest = min(metres)
    return nearest, [number for number, one in enumerate(metres) if np.isfinite(one) and one <= nearest + 1e-6]


@settings(max_examples=60)
@given(st.integers(0, 2**32 - 1), st.integers(1, 25), st.integers(0, 12), st.sampled_from([15.0, 120.0, 1000.0]))
def test_places_are_joined_as_the_rule_is_worded(seed: int, streets: int, walls: int, reach_m: float) -> None:
    rng = np.random.default_rng(seed)
    start = rng.uniform(0, 400, (streets, 2))
    lines = [LineString([a, a + step]) for a, step in zip(start, rng.normal(0, 60, (streets, 2)), strict=True)]
    barriers: list[shapely.Geometry] = [LineString(ends) for ends in rng.uniform(-50, 450, (walls, 2, 2))]
    barriers += [Point(spot).buffer(15, quad_segs=2) for spot in rng.uniform(0, 400, (walls // 4, 2))]
    graph = street_graph(lines)
    segments = [LineString([graph.points[a], graph.points[b]]) for a, b in zip(graph.starts, graph.ends, strict=True)]
    blocks = [barrier.exterior if barrier.geom_type == "Polygon" else barrier for barrier in barriers]
    places = shapely.points(rng.uniform(-300, 700, (12, 2)))
    found = snap(graph, places, barriers, reach_m)
    for place, segment, along_m, metres in zip(places, found.segment, found.along_m, found.connector_m, strict=True):
        nearest, which = plainly_joined(segments, blocks, place, reach_m)
        assert metres == pytest.approx(nearest, abs=1e-6)
        assert segment in (which or [-1])
        if which:
            assert place.distance(segments[segment].interpolate(along_m)) == pytest.approx(metres, abs=1e-6)


def test_every_home_has_the_distance_to_the_site_that_serves_it() -> None:
    rng = np.random.default_rng(3)
    graph = street_graph(lattice(6, 5))
    homes, sites = (snap(graph, shapely.points(rng.uniform(0, 600, (count, 2)))) for count in (200, 7))
    walks, serving = Walks(graph, homes, sites), rng.integers(-1, 7, 200)
    table = np.vstack([*(walks.from_site(site) for site in range(7)), np.full(200, np.inf)])
    assert walks.to_serving(serving).tolist() == table[serving, np.arange(200)].tolist()


spots = st.lists(st.tuples(st.floats(0, 400), st.floats(0, 300)), min_size=1, max_size=8)


@settings(max_examples=40)
@given(spots, spots)
def test_the_nearest_site_is_the_least_over_all_sites(
    homes: list[tuple[float, float]], sites: list[tuple[float, float]]
) -> None:
    graph = street_graph(lattice(4, 3))
    walks = Walks(graph, snap(graph, shapely.points(homes)), snap(graph, shapely.points(sites)))
    table = np.stack([walks.from_site(site) for site in range(len(sites))])
    metres, nearest = walks.nearest()
    np.testing.assert_allclose(metres, table.min(axis=0))
    np.testing.assert_allclose(table[nearest, np.arange(len(homes))], metres)


@settings(max_examples=40)
@given(spots, spots)
def test_no_walk_beats_the_straight_line(homes: list[tuple[float, float]], sites: list[tuple[float, float]]) -> None:
    graph = street_graph(lattice(4, 3))
    metres = Walks(graph, snap(graph, shapely.points(homes)), snap(graph, shapely.points(sites))).from_site(0)
    assert (metres >= shapely.distance(shapely.points(homes), Point(sites[0])) - 1e-6).all()

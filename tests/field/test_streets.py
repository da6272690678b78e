"""Stretches near points and walks: exact beside shapely's own lines, and blind to order and batches."""

import numpy as np
import pytest
import shapely
import shapely.ops
from hypothesis import given, settings
from hypothesis import strategies as st

from gridmgmt.field.streets import StreetIndex, Stretches, streets_in_areas

STREETS = np.array(
    [
        shapely.LineString([(0, 0), (300, 0), (300, 200)]),
        shapely.LineString([(0, 100), (120, 130), (300, 200)]),
        shapely.MultiLineString([[(0, 40), (80, 40)], [(150, 40), (150, 180)]]),
        shapely.LineString([(0, 0), (0, 100)]),
    ]
)
INDEX = StreetIndex(STREETS)

coordinates = st.tuples(st.floats(-60, 360), st.floats(-60, 260))


def lines_of(stretches: Stretches) -> shapely.Geometry:
    """The stretches as geometry, cut out of the streets' straight pieces by shapely."""
    lines = []
    for street, start, end in zip(stretches.street, stretches.start_m, stretches.end_m, strict=True):
        before = 0.0
        for part in shapely.get_parts(STREETS[street]):
            low, high = max(start - before, 0.0), min(end - before, part.length)
            if high > low:
                lines.append(shapely.ops.substring(part, low, high))
            before += part.length
    return shapely.union_all(lines)


def beside_shapely(stretches: Stretches, shape: shapely.Geometry) -> None:
    """A fine inscribed polygon of the reach misses at most a hair, a fine circumscribed one adds at most a hair."""
    with np.errstate(divide="ignore", invalid="ignore"):  # GEOS divides by steps of 1e-200 m, and goes on without them
        reaches = [shapely.buffer(shape, reach_m, quad_segs=64) for reach_m in (25.0, 25.002)]
    inner, outer = (shapely.length(shapely.intersection(STREETS, reach)) for reach in reaches)
    ours = stretches.length_m(len(STREETS))
    assert (inner - 1e-6 <= ours).all()
    assert (ours <= outer + 1e-6).all()


@settings(max_examples=30)
@given(st.lists(coordinates, min_size=1, max_size=15))
def test_points_leave_what_shapely_says(places: list[tuple[float, float]]) -> None:
    x, y = np.array(places).T
    beside_shapely(INDEX.near_points(x, y), shapely.MultiPoint(places))


@settings(max_examples=30)
@given(st.lists(st.lists(coordinates, min_size=1, max_size=6), min_size=1, max_size=4))
def test_walks_leave_what_shapely_says(walks: list[list[tuple[float, float]]]) -> None:
    x, y = np.array([place for walk in walks for place in walk]).T
    number = np.repeat(np.arange(len(walks)), [len(walk) for walk in walks])
    shapes = [shapely.LineString(walk) if len(set(walk)) > 1 else shapely.Point(walk[0]) for walk in walks]
    beside_shapely(INDEX.near_walks(x, y, number), shapely.union_all(shapes))


@settings(max_examples=60)
@given(st.lists(coordinates, min_size=1, max_size=40), st.randoms(use_true_random=False))
def test_any_batches_add_up_to_one_recount(places: list[tuple[float, float]], chance) -> None:  # type: ignore[no-untyped-def]
    x, y = np.array(places).T
    whole = INDEX.near_points(x, y)
    order = list(range(len(places)))
    chance.shuffle(order)
    cut = chance.randrange(len(order) + 1)
    parts = [INDEX.near_points(x[rows], y[rows]) for rows in (order[:cut], order[cut:])]
    together = parts[0].united(parts[1])
    for name in ("street", "start_m", "end_m"):
        assert getattr(together, name).tolist() == getattr(whole, name).tolist()


def test_more_stretches_than_a_piece_has_room_for() -> None:
    street = StreetIndex([shapely.LineString([(0, 0), (1000, 0)])])
    x = np.arange(5, 1000, 10.0)
    near = street.near_points(x, np.full(len(x), 24.99))
    assert len(near) == 100
    assert near.length_m(1)[0] == pytest.approx(200 * np.sqrt(25**2 - 24.99**2))


def test_far_points_and_no_points_leave_nothing() -> None:
    assert len(INDEX.near_points([1e6, -1e6], [0.0, 5e5])) == 0
    assert len(INDEX.near_points([], [])) == 0
    assert len(INDEX.near_walks([5e6, 6e6], [5e6, 6e6], [0, 0])) == 0
    assert len(StreetIndex([]).near_points([1.0], [1.0])) == 0


def test_a_walk_covers_what_lies_between_its_fixes() -> None:
    street = StreetIndex([shapely.LineString([(0, 0), (1000, 0)])])
    joined = street.near_walks([100, 900], [10, 10], [0, 0])
    assert joined.length_m(1)[0] == pytest.approx(800 + 2 * np.sqrt(25**2 - 10**2))
    apart = street.near_walks([100, 900], [10, 10], [0, 1])
    assert apart.length_m(1)[0] == pytest.approx(4 * np.sqrt(25**2 - 10**2))


def test_areas_have_their_stretches() -> None:
    areas = np.array([shapely.box(0, -50, 150, 50), shapely.box(150, -50, 310, 300), shapely.box(900, 0, 901, 1)])
    inside = streets_in_areas(STREETS, areas)
    by_shapely = [shapely.intersection(shapely.buffer(area, 2.0, quad_segs=2), STREETS) for area in areas]
    assert inside.length_m() == pytest.approx([shapely.length(parts).sum() for parts in by_shapely])
    everything = INDEX.near_walks([-10, 310, 310, -10], [0, 0, 200, 120], [0, 0, 0, 0])
    assert (inside.covered_m(everything) <= inside.length_m() + 1e-9).all()
    assert inside.covered_m(Stretches.of([0], [0.0], [10.0])).tolist() == [10.0, 0.0, 0.0]


def test_a_street_on_a_border_belongs_to_both_sides_and_an_area_without_streets_has_none() -> None:
    street = np.array([shapely.LineString([(0, 0), (1000, 0)])])
    areas = np.array([shapely.box(0, 0, 1000, 100), shapely.box(0, -100, 1000, 0), shapely.box(5000, 0, 5100, 100)])
    assert streets_in_areas(street, areas).length_m().tolist() == [1000.0, 1000.0, 0.0]


@settings(max_examples=30)
@given(st.lists(coordinates, min_size=4, max_size=8, unique=True))
def test_what_lies_in_any_area_is_what_shapely_cuts_out(corners: list[tuple[float, float]]) -> None:
    area = shapely.convex_hull(shapely.multipoints(corners))
    reach = shapely.buffer(area, 2.0, quad_segs=2)
    inside = streets_in_areas(STREETS, np.array([area]))
    assert inside.length_m()[0] == pytest.approx(shapely.length(shapely.intersection(reach, STREETS)).sum())
    walked = inside.covered_m(Stretches.of([0, 1, 2, 3], [0.0] * 4, [9999.0] * 4))
    assert walked == pytest.approx(inside.length_m())


def test_walking_twice_counts_once() -> None:
    there_and_back = INDEX.near_walks([0, 250, 0], [10, 10, 10], [0, 0, 0])
    once = INDEX.near_walks([0, 250], [10, 10], [0, 0])
    assert there_and_back.length_m(len(STREETS)) == pytest.approx(once.length_m(len(STREETS)))

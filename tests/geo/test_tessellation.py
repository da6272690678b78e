"""Cells tile their areas, match across them, and hold their site."""

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from gridmgmt.errors import InvalidInput
from gridmgmt.geo.tessellation import nearest_area, tessellate

SQUARES = np.array([shapely.box(0, 0, 100, 100), shapely.box(100, 0, 200, 100), shapely.box(0, 100, 200, 200)])


def assert_tiles(cells: np.ndarray, areas: np.ndarray, area_of: np.ndarray) -> None:
    assert shapely.is_valid(cells).all()
    assert shapely.coverage_is_valid(cells)
    for area in np.unique(area_of):
        union = shapely.coverage_union_all(cells[area_of == area])
        assert shapely.area(shapely.symmetric_difference(union, areas[area])) < 1e-6


@settings(max_examples=25)
@given(st.integers(0, 10_000), st.integers(1, 60))
def test_points_of_three_areas_with_a_t_junction(seed: int, count: int) -> None:
    sites = shapely.points(np.random.default_rng(seed).uniform(1, 199, (count, 2)))
    area_of = nearest_area(SQUARES, sites)
    cells = tessellate(SQUARES, sites)
    assert_tiles(cells, SQUARES, area_of)
    assert shapely.intersects(cells, sites).all()


def test_footprints_lie_in_their_cells() -> None:
    x, y = np.meshgrid(np.arange(15, 180, 40.0), np.arange(15, 80, 30.0))
    houses = shapely.box(x.ravel(), y.ravel(), x.ravel() + 20, y.ravel() + 10)
    area = np.array([shapely.box(0, 0, 200, 100)])
    cells = tessellate(area, houses, spacing_m=5)
    assert_tiles(cells, area, np.zeros(len(houses), dtype=int))
    assert shapely.area(shapely.difference(houses, cells)).max() < 1e-6


def test_a_concave_area_keeps_every_cell_in_one_piece() -> None:
    comb = shapely.union_all(
        [shapely.box(0, 0, 90, 10), shapely.box(0, 0, 10, 80), shapely.box(40, 0, 50, 80), shapely.box(80, 0, 90, 80)]
    )
    sites = shapely.points([[5, 70], [45, 20], [85, 70], [45, 5]])
    cells = tessellate([comb], sites)
    assert_tiles(cells, np.array([comb]), np.zeros(4, dtype=int))
    assert (shapely.get_type_id(cells) == shapely.GeometryType.POLYGON).all()


def test_a_site_keeps_the_piece_it_lies_in_however_large_the_one_across_the_notch() -> None:
    hook = shapely.union_all([shapely.box(0, 0, 10, 100), shapely.box(0, 0, 100, 10), shapely.box(20, 0, 100, 100)])
    sites = shapely.points([[5, 90], [5, 5], [90, 5]])
    cells = tessellate([hook], sites)
    assert_tiles(cells, np.array([hook]), np.zeros(3, dtype=int))
    assert shapely.intersects(cells, sites).all()


def test_sites_at_one_place_get_a_cell_each() -> None:
    sites = shapely.points([[50, 50], [50, 50], [50, 50], [20, 20]])
    cells = tessellate(SQUARES[:1], sites)
    assert (shapely.area(cells) > 100).all()
    assert_tiles(cells, SQUARES[:1], np.zeros(4, dtype=int))


def test_a_site_outside_its_area_still_gets_a_cell_there() -> None:
    cells = tessellate(SQUARES[:1], shapely.points([[50, 50], [130, 50]]), area_of=[0, 0])
    assert_tiles(cells, SQUARES[:1], np.zeros(2, dtype=int))
    assert shapely.area(cells[1]) > 100


def test_one_site_has_the_whole_area_and_an_area_without_sites_has_no_cell() -> None:
    cells = tessellate(SQUARES, shapely.points([[50, 50]]))
    assert shapely.equals(cells[0], SQUARES[0])


def test_an_area_with_an_island_keeps_the_island() -> None:
    area = shapely.multipolygons([shapely.box(0, 0, 100, 100), shapely.box(150, 0, 160, 10)])
    cells = tessellate([area], shapely.points([[20, 50], [80, 50]]))
    assert shapely.area(cells).sum() == pytest.approx(10_100)


def test_no_area_is_refused() -> None:
    with pytest.raises(InvalidInput):
        tessellate([], shapely.points([[0, 0]]))


def test_an_area_whose_border_is_made_of_former_cells_is_tessellated_again() -> None:
    """After a redraw, borders run where the ridges of the same sites ran: ends meet vertices but for the last bits."""
    random = np.random.default_rng(7)
    sites = shapely.points(random.uniform(0, 1000, (120, 2)))
    cells = tessellate([shapely.box(0, 0, 1000, 1000)], sites)
    halves = [shapely.coverage_union_all(cells[part]) for part in (slice(0, 60), slice(60, 120))]
    noisy = [shapely.transform(half, lambda xy: (xy + 4e5) * 1.1 / 1.1 - 4e5) for half in halves]
    again = tessellate(noisy, sites, area_of=np.repeat([0, 1], 60))
    assert len(again) == 120
    assert shapely.coverage_is_valid(again)
    assert shapely.area(again).sum() == pytest.approx(1e6, rel=1e-9)

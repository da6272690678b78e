"""Shared borders, known by hand and by an independent computation."""

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from gridmgmt.errors import GeographicCrs
from gridmgmt.geo.adjacency import adjacency


def lattice(rows: int, columns: int, side_m: float = 10.0) -> np.ndarray:
    x, y = np.meshgrid(np.arange(columns) * side_m, np.arange(rows) * side_m)
    return shapely.box(x.ravel(), y.ravel(), x.ravel() + side_m, y.ravel() + side_m)


def test_squares_share_their_sides() -> None:
    borders = adjacency(lattice(2, 2)).toarray()
    assert borders.tolist() == [[0, 10, 10, 0], [10, 0, 0, 10], [10, 0, 0, 10], [0, 10, 10, 0]]


def test_corners_are_no_borders() -> None:
    assert adjacency(np.array([shapely.box(0, 0, 1, 1), shapely.box(1, 1, 2, 2)])).nnz == 0


def test_a_junction_without_a_vertex_is_found_within_the_tolerance() -> None:
    long, low, high = shapely.box(0, 0, 10, 20), shapely.box(10, 0, 20, 10), shapely.box(10, 10, 20, 20)
    borders = adjacency(np.array([long, low, high]))
    assert np.allclose(borders.toarray(), [[0, 10, 10], [10, 0, 10], [10, 10, 0]], atol=0.05)
    assert adjacency(np.array([long, low, high]), tolerance_m=0).toarray()[0].sum() == 0


def test_a_hole_and_its_filling_are_neighbours() -> None:
    ring = shapely.box(0, 0, 30, 30).difference(shapely.box(10, 10, 20, 20))
    assert adjacency(np.array([ring, shapely.box(10, 10, 20, 20)]))[0, 1] == 40


def test_multipolygons_count_all_their_parts() -> None:
    pair = shapely.multipolygons([shapely.box(0, 0, 1, 1), shapely.box(2, 0, 3, 1)])
    assert adjacency(np.array([pair, shapely.box(1, 0, 2, 1)]))[0, 1] == 2


def test_a_gap_wider_than_the_tolerance_parts_neighbours() -> None:
    shapes = np.array([shapely.box(0, 0, 10, 10), shapely.box(10.005, 0, 20, 10)])
    assert adjacency(shapes)[0, 1] == pytest.approx(10, abs=0.1)
    assert adjacency(shapes, tolerance_m=0.001).nnz == 0


def test_degrees_are_refused() -> None:
    with pytest.raises(GeographicCrs):
        adjacency(gpd.GeoSeries(lattice(1, 2), crs="EPSG:4326"))


@settings(max_examples=20)
@given(st.integers(0, 10_000), st.integers(3, 40))
def test_voronoi_cells_agree_with_the_intersection_of_their_outlines(seed: int, count: int) -> None:
    points = shapely.multipoints(np.random.default_rng(seed).uniform(0, 100, (count, 2)))
    cells = shapely.get_parts(shapely.voronoi_polygons(points))
    borders = adjacency(cells, tolerance_m=0)
    assert (abs(borders - borders.T)).max() == 0
    first, second = np.triu_indices(len(cells), 1)
    expected = shapely.length(shapely.intersection(shapely.boundary(cells[first]), shapely.boundary(cells[second])))
    assert np.allclose(borders.toarray()[first, second], expected, atol=1e-6)

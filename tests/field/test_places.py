"""Points in areas: what shapely says, at borders and corners too."""

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from gridmgmt.field.places import AreaIndex

RING = shapely.Polygon([(200, 0), (300, 0), (300, 100), (200, 100)], [[(220, 20), (280, 20), (280, 80), (220, 80)]])
AREAS = np.array(
    [
        shapely.Polygon([(0, 0), (100, 0), (130, 60), (60, 110), (0, 100)]),
        shapely.Polygon([(100, 0), (200, 0), (200, 100), (60, 110), (130, 60)]),
        RING,
        shapely.MultiPolygon([shapely.box(230, 30, 250, 50), shapely.box(400, 0, 401, 100)]),
    ]
)
places = st.tuples(
    st.one_of(st.sampled_from([0.0, 60.0, 100.0, 200.0, 220.0, 300.0, 400.5]), st.floats(-50, 450)),
    st.one_of(st.sampled_from([0.0, 20.0, 60.0, 80.0, 100.0, 110.0]), st.floats(-50, 150)),
)


def by_shapely(points: np.ndarray) -> list[int]:
    held = shapely.covers(AREAS[:, None], shapely.points(points)[None, :])
    return np.where(held.any(axis=0), held.argmax(axis=0), -1).tolist()


@settings(max_examples=100)
@given(st.lists(places, min_size=1, max_size=30), st.sampled_from([3.0, 20.0, 1000.0]))
def test_the_first_area_that_holds_a_point(points: list[tuple[float, float]], cell_m: float) -> None:
    xy = np.array(points)
    sloped = shapely.distance(shapely.boundary(AREAS[0]), shapely.points(xy)) < 1e-9  # where rounding decides
    ours = AreaIndex(AREAS, cell_m).locate(*xy.T)
    assert ours[~sloped].tolist() == np.array(by_shapely(xy))[~sloped].tolist()


@pytest.mark.parametrize("threads", [1, 2, 3])
def test_many_points_and_threads(threads: int) -> None:
    xy = np.random.default_rng(1).uniform((-20, -20), (420, 120), (5000, 2))
    assert AreaIndex(AREAS).locate(*xy.T, threads=threads).tolist() == by_shapely(xy)


def test_no_areas_and_no_points() -> None:
    assert AreaIndex([]).locate([1.0], [1.0]).tolist() == [-1]
    assert AreaIndex(AREAS).locate([], []).tolist() == []

"""Street coverage by tracks: exact on what can be worked out by hand."""

import math

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from gridmgmt.field.coverage import street_shares, track_lines

STREET = np.array([shapely.LineString([(0, 0), (1000, 0)])])
GRIDS = np.array([shapely.box(0, -100, 500, 100), shapely.box(500, -100, 1000, 100)])


def test_each_grid_has_its_part_of_the_street() -> None:
    length_m, covered_m = street_shares(STREET, GRIDS, np.array([shapely.LineString([(0, 10), (400, 10)])]))
    assert length_m == pytest.approx([500, 500], abs=5)
    assert covered_m[0] == pytest.approx(400 + math.sqrt(25**2 - 10**2), rel=2e-3)
    assert covered_m[1] == 0


def test_a_track_farther_than_the_radius_covers_nothing() -> None:
    _, covered_m = street_shares(STREET, GRIDS, np.array([shapely.LineString([(0, 26), (400, 26)])]))
    assert covered_m.sum() == 0


def test_walking_twice_counts_once() -> None:
    track = shapely.LineString([(0, 10), (400, 10)])
    once = street_shares(STREET, GRIDS, np.array([track]))[1]
    twice = street_shares(STREET, GRIDS, np.array([track, shapely.reverse(track), track]))[1]
    assert twice == pytest.approx(once)


def test_no_track_covers_nothing_and_a_grid_without_street_has_no_length() -> None:
    far = np.array([shapely.box(5000, 5000, 5100, 5100)])
    length_m, covered_m = street_shares(STREET, far, np.array([], dtype=object))
    assert length_m.tolist() == [0.0]
    assert covered_m.tolist() == [0.0]


def test_a_border_street_belongs_to_both_sides() -> None:
    sides = np.array([shapely.box(0, 0, 1000, 100), shapely.box(0, -100, 1000, 0)])
    length_m, _ = street_shares(STREET, sides, np.array([], dtype=object))
    assert length_m == pytest.approx([1000, 1000], abs=1)


def test_walks_are_never_joined() -> None:
    points = shapely.points([[0, 0], [10, 0], [500, 0], [510, 0], [900, 0]])
    lines = track_lines(points, np.array([0, 0, 1, 1, 2]))
    assert [line.geom_type for line in lines] == ["LineString", "LineString", "Point"]
    assert shapely.length(lines).tolist() == [10, 10, 0]


@given(
    st.lists(st.tuples(st.floats(0, 1000), st.floats(-90, 90)), min_size=1, max_size=20),
    st.randoms(use_true_random=False),
)
def test_coverage_is_between_nothing_and_everything_and_blind_to_order(
    walk: list[tuple[float, float]], shuffler
) -> None:  # type: ignore[no-untyped-def]
    tracks = np.array([shapely.Point(position) for position in walk])
    length_m, covered_m = street_shares(STREET, GRIDS, tracks)
    assert (covered_m >= 0).all()
    assert (covered_m <= length_m + 1e-6).all()
    shuffler.shuffle(walk)
    again = street_shares(STREET, GRIDS, np.array([shapely.Point(position) for position in walk]))[1]
    assert again == pytest.approx(covered_m, abs=1e-6)

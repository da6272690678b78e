from itertools import pairwise

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from gridmgmt.geo.noding import node


def test_a_t_junction_becomes_a_shared_vertex_and_the_area_stays() -> None:
    shapes = np.array(
        [shapely.box(0, 0, 1, 3), shapely.box(1, 0, 2, 1), shapely.box(1, 1, 2, 2), shapely.box(1, 2, 2, 3)]
    )
    noded = node(shapes)
    assert shapely.coverage_is_valid(noded)
    assert shapely.get_num_coordinates(noded).tolist() == [7, 5, 5, 5]  # box() starts where it likes; 2 were added
    np.testing.assert_array_equal(shapely.area(noded), shapely.area(shapes))


def test_types_rings_and_order_are_kept() -> None:
    ring = shapely.Polygon(shapely.box(0, 0, 9, 9).exterior, [shapely.box(3, 3, 6, 6).exterior])
    plugs = shapely.MultiPolygon([shapely.box(3, 3, 4.5, 6), shapely.box(4.5, 3, 6, 4)])
    noded = node(np.array([ring, plugs]))
    assert [shape.geom_type for shape in noded] == ["Polygon", "MultiPolygon"]
    assert len(noded[0].interiors) == 1
    assert shapely.equals(noded, [ring, plugs]).all()
    assert (4.5, 3.0) in noded[0].interiors[0].coords[:]


def test_lines_get_junctions_but_crossings_stay_bridges() -> None:
    main, side, bridge = shapely.from_wkt(["LINESTRING (0 0, 10 0)", "LINESTRING (4 0, 4 5)", "LINESTRING (7 -1, 7 1)"])
    noded = node(np.array([main, side, bridge]))
    assert noded[0].coords[:] == [(0, 0), (4, 0), (10, 0)]
    assert noded[2] == bridge


@pytest.mark.parametrize("shapes", [[], [shapely.box(0, 0, 1, 1)]])
def test_nothing_to_node(shapes: list[object]) -> None:
    assert shapely.equals(node(np.array(shapes, dtype=object)), shapes).all()


@given(cuts=st.lists(st.floats(0.5, 99.5).map(lambda y: round(y, 2)), max_size=12, unique=True))
def test_any_staircase_of_boxes_becomes_a_coverage(cuts: list[float]) -> None:
    levels = [0.0, *sorted(cuts), 100.0]
    right = [shapely.box(1, low, 2, high) for low, high in pairwise(levels)]
    noded = node(np.array([shapely.box(0, 0, 1, 100), *right]))
    assert shapely.coverage_is_valid(noded)
    assert noded[0].area == pytest.approx(100, abs=1e-9)

from typing import Any

import numpy as np
import pytest
import shapely

from gridmgmt.geo import coverage
from gridmgmt.geo.faults import geometry_faults, repeated

with np.errstate(invalid="ignore"):
    NOWHERE = shapely.polygons(np.array([(0, 0), (np.nan, 1), (1, 1), (0, 0)]))
BOWTIE = shapely.Polygon([(0, 0), (10, 10), (10, 0), (0, 10)])


def boxes(*corners: tuple[float, float, float, float]) -> Any:
    return np.array([shapely.box(*corner) for corner in corners], dtype=object)


def kinds(shapes: Any) -> list[tuple[int, str]]:
    return [(fault.index, fault.kind) for fault in coverage.faults(shapes)]


def test_a_tiling_has_no_fault_even_with_a_lake_in_it() -> None:
    ring = boxes((0, 0, 30, 10), (0, 20, 30, 30), (0, 10, 10, 20), (20, 10, 30, 20))
    assert coverage.faults(coverage.node(ring)) == []


def test_every_kind_of_fault_is_named_with_place_and_size() -> None:
    shapes = boxes(
        (0, 0, 10, 10), (9, 0, 20, 10), (0, 10.5, 20, 20), (0, 9, 0.1, 11), (19.9, 9, 20, 11), (50, 0, 60, 10)
    )
    shapes = np.append(shapes, [shapes[5], None, shapely.Polygon(), shapely.Point(1, 1)])
    found = coverage.faults(shapes)
    assert {(fault.index, fault.kind) for fault in found} >= {
        (1, "overlap"),
        (6, "duplicate"),
        (7, "missing"),
        (8, "empty"),
        (9, "wrong_type"),
    }
    overlap = next(fault for fault in found if fault.kind == "overlap" and fault.other == 0)
    assert overlap.area == pytest.approx(10)
    assert 9 <= overlap.x <= 10


def test_a_narrow_hole_is_a_gap_and_a_wide_one_is_not() -> None:
    with_slit = boxes((0, 0, 30, 10), (0, 10.5, 30, 20), (0, 10, 1, 10.5), (29, 10, 30, 10.5))
    gap = next(fault for fault in coverage.faults(coverage.node(with_slit)) if fault.kind == "gap")
    assert gap.area == pytest.approx(14)
    assert {gap.index, gap.other} == {0, 1}
    assert coverage.faults(coverage.node(with_slit), gap_width_m=0.1) == []


def test_borders_that_miss_each_other_by_a_millimetre_are_unmatched() -> None:
    near = boxes((0, 0, 10, 10), (10.0005, 0, 20, 10), (0, 10, 20, 20))
    assert {kind for _, kind in kinds(coverage.node(near))} == {"unmatched_edge"}


@pytest.mark.parametrize(
    ("shape", "kind"),
    [
        (None, "missing"),
        (shapely.Polygon(), "empty"),
        (shapely.LineString([(0, 0), (1, 1)]), "wrong_type"),
        (NOWHERE, "not_finite"),
        (BOWTIE, "invalid"),
    ],
)
def test_faults_of_a_geometry_by_itself(shape: Any, kind: str) -> None:
    shapes = np.empty(2, dtype=object)
    shapes[:] = [shapely.box(0, 0, 1, 1), shape]
    assert [(fault.index, fault.kind) for fault in geometry_faults(shapes, {"Polygon"})] == [(1, kind)]


def test_repeats_are_seen_however_the_ring_turns() -> None:
    box = shapely.box(0, 0, 1, 1)
    assert list(repeated(np.array([box, shapely.reverse(box), shapely.box(0, 0, 2, 1)]))) == [(1, 0)]


def test_repair_makes_a_coverage_and_accounts_for_every_square_metre() -> None:
    shapes = boxes((0, 0, 10, 10), (9, 0, 20, 10), (0, 10.5, 20, 20), (0, 10, 0.1, 10.5), (19.9, 10, 20, 10.5))
    shapes = np.append(shapes, [shapely.transform(BOWTIE, lambda xy: xy + np.array([0, 20]))])
    fixed, done = coverage.repair(shapes)
    assert coverage.is_coverage(fixed)
    assert coverage.faults(fixed) == []
    assert done.made_valid == [5]
    assert done.overlap_removed == pytest.approx(10)
    assert done.gaps_filled == pytest.approx(0.5 * 19.8)
    assert done.area_after == pytest.approx(done.area_before - done.overlap_removed + done.gaps_filled)
    for change in done.changes:
        assert change.area_after == pytest.approx(change.area_before - change.lost + change.gained)


def test_an_enclave_drawn_on_top_of_its_neighbour_survives_repair() -> None:
    fixed, done = coverage.repair(boxes((0, 0, 100, 100), (40, 40, 60, 60)))
    assert shapely.area(fixed).tolist() == [9600, 400]
    assert [(change.index, change.lost) for change in done.changes] == [(0, 400)]


def test_a_repeated_polygon_stays_once_and_is_reported() -> None:
    fixed, done = coverage.repair(boxes((0, 0, 10, 10), (0, 0, 10, 10)))
    assert shapely.area(fixed).tolist() == [100, 0]
    assert done.emptied == [1]


def test_repair_leaves_a_coverage_alone() -> None:
    shapes = boxes((0, 0, 10, 10), (10, 0, 20, 10))
    fixed, done = coverage.repair(shapes)
    assert shapely.equals(fixed, shapes).all()
    assert (done.changes, done.overlap_removed, done.gaps_filled) == ([], 0, 0)

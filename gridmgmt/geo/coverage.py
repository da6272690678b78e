"""Edge-matched coverages: polygons that tile without gap or overlap and share the vertices of every border.

Everything here works in a plane in metres (see `gridmgmt.geo.crs.metric_crs`); areas are m². Wide holes are no
faults: a city has lakes and reservoirs that belong to no community.
"""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from gridmgmt.geo.faults import Fault, Geometries, finite, geometry_faults, place_of, repeated
from gridmgmt.geo.noding import node

__all__ = ["Change", "Fault", "Repair", "faults", "is_coverage", "mended", "node", "repair"]

AREAL = frozenset({"Polygon", "MultiPolygon"})
SLIVER_M2 = 1.0  # an overlap or gap below this is drawing noise: an unmatched edge
SNAP_M = 0.01
GAP_WIDTH_M = 2.0
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Change:
    """What repair did to the polygon at `index`, in m²; `lost` was in it before, `gained` is in it now."""

    index: int
    area_before: float
    area_after: float
    lost: float
    gained: float


@dataclass(frozen=True)
class Repair:
    """What repair did: totals in m², and the polygons whose area moved by more than a sliver."""

    area_before: float  # sum over polygons, overlaps counted twice
    area_after: float
    overlap_removed: float
    gaps_filled: float  # ground that was in none; what snapping takes off the outer border is in area_after alone
    made_valid: list[int] = field(default_factory=list)
    emptied: list[int] = field(default_factory=list)  # duplicates, and what lay wholly under others
    changes: list[Change] = field(default_factory=list)


def is_coverage(polygons: Geometries) -> bool:
    """Whether the polygons tile edge-matched, as GEOS defines it; narrow gaps that touch no edge twice pass.

    >>> is_coverage(np.array([shapely.box(0, 0, 1, 1), shapely.box(1, 0, 2, 1)]))
    True
    """
    shapes = np.asarray(polygons, dtype=object)
    return bool(shapely.is_valid(shapes).all() and shapely.coverage_is_valid(shapes))


def mended(polygons: Geometries) -> Geometries:
    """Valid polygons from invalid ones (crossings become parts, collapsed pieces go); no area is an empty polygon.

    >>> mended(np.array([shapely.Polygon([(0, 0), (2, 2), (2, 0), (0, 2)])]))[0].area
    2.0
    """
    shapes = np.asarray(polygons, dtype=object).copy()
    shapes[~finite(shapes)] = None
    for index in np.flatnonzero(~shapely.is_valid(shapes)):
        shapes[index] = _areal(shapes[index])
    return shapes


def _areal(shape: Any) -> Any:
    if shape is None:
        return shapely.Polygon()
    parts = shapely.get_parts(shapely.make_valid(shape, method="structure", keep_collapsed=False))
    return shapely.union_all(parts[shapely.get_type_id(parts) == shapely.GeometryType.POLYGON])


def faults(polygons: Geometries, *, sliver_m2: float = SLIVER_M2, gap_width_m: float = GAP_WIDTH_M) -> list[Fault]:
    """Everything that keeps the polygons from being an edge-matched coverage, in order of index.

    Give noded polygons (`node`), or every T-junction is an unmatched edge. Holes narrower than `gap_width_m` are gaps.

    >>> overlapping = np.array([shapely.box(0, 0, 10, 10), shapely.box(9, 0, 20, 10)])
    >>> [(fault.index, fault.kind, fault.other, fault.area) for fault in faults(overlapping)]
    [(1, 'overlap', 0, 10.0)]
    """
    alone = geometry_faults(polygons, AREAL)
    unusable = [fault.index for fault in alone if fault.kind != "invalid"]
    shapes = np.asarray(polygons, dtype=object).copy()
    shapes[unusable] = shapely.Polygon()
    shapes = mended(shapes)
    twice = _duplicates(shapes)
    shapes[[fault.index for fault in twice]] = shapely.Polygon()
    found = alone + twice + _overlaps(shapes, sliver_m2) + _gaps(shapes, sliver_m2, gap_width_m)
    named = {fault.index for fault in found} | {fault.other for fault in found if fault.kind != "duplicate"}
    return sorted(found + _unmatched(shapes, named), key=lambda fault: fault.index)


def _duplicates(shapes: Geometries) -> list[Fault]:
    return [
        Fault(index, "duplicate", *place_of(shapes[index]), area=shapes[index].area, other=first)
        for index, first in repeated(shapes)
        if not shapes[index].is_empty
    ]


def _overlaps(shapes: Geometries, sliver_m2: float) -> list[Fault]:
    first, second = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    first, second = first[first < second], second[first < second]
    shared = shapely.intersection(shapes[first], shapes[second])
    area = shapely.area(shared)
    return [
        Fault(int(second[k]), "overlap", *place_of(shared[k]), area=float(area[k]), other=int(first[k]))
        for k in np.flatnonzero(area > sliver_m2)
    ]


def _holes(shapes: Geometries) -> Geometries:
    """The holes of the union, as polygons."""
    parts = shapely.get_parts(shapely.union_all(shapes))
    holes = [shapely.Polygon(ring) for part in parts for ring in part.interiors]
    return np.array(holes, dtype=object)


def _gaps(shapes: Geometries, sliver_m2: float, gap_width_m: float) -> list[Fault]:
    holes = _holes(shapes)
    holes = holes[shapely.area(holes) > sliver_m2]
    width = 2 * shapely.length(shapely.maximum_inscribed_circle(holes)) if len(holes) else np.zeros(0)
    narrow = holes[width < gap_width_m]
    tree = shapely.STRtree(shapes)
    return [_gap(hole, shapes, tree.query(hole, predicate="intersects")) for hole in narrow]


def _gap(hole: Any, shapes: Geometries, around: NDArray[np.intp]) -> Fault:
    border = shapely.length(shapely.intersection(shapely.boundary(shapes[around]), shapely.boundary(hole)))
    beside = [int(index) for index in around[np.argsort(-border, kind="stable")]]
    return Fault(beside[0], "gap", *place_of(hole), area=float(hole.area), other=next(iter(beside[1:]), None))


def _unmatched(shapes: Geometries, named: set[int | None]) -> list[Fault]:
    """Edges that GEOS finds unmatched, slits narrower than the snapping too, in polygons that no other fault names."""
    edges = shapely.coverage_invalid_edges(shapes, gap_width=SNAP_M)
    return [
        Fault(int(index), "unmatched_edge", *place_of(edges[index]), length=float(edges[index].length))
        for index in np.flatnonzero(~shapely.is_empty(edges))
        if index not in named
    ]


def repair(polygons: Geometries, snap_m: float = SNAP_M, gap_width_m: float = GAP_WIDTH_M) -> tuple[Geometries, Repair]:
    """An edge-matched coverage of the polygons, and what was done to get it.

    Invalid polygons are made valid, vertices within `snap_m` become one, gaps narrower than `gap_width_m` go to the
    neighbour with the longest border, an overlap stays with the smaller polygon, so that an enclave drawn on top of
    its neighbour survives. A repeated polygon stays once. Polygons that end without area come back empty.

    >>> fixed, done = repair(np.array([shapely.box(0, 0, 10, 10), shapely.box(9, 0, 15, 10)]))
    >>> is_coverage(fixed), done.overlap_removed, done.area_before, done.area_after
    (True, 10.0, 160.0, 150.0)
    """
    given = np.array(polygons, dtype=object)
    given[~finite(given)] = None
    usable = mended(given)
    made_valid = [int(index) for index in np.flatnonzero(~shapely.is_valid(given) & ~shapely.is_empty(usable))]
    before = shapely.area(usable)
    once = usable.copy()
    once[[index for index, _ in repeated(usable)]] = shapely.Polygon()
    clean = shapely.coverage_clean(once, snapping_distance=snap_m, gap_width=gap_width_m, merge_strategy="min_area")
    return clean, _account(usable, clean, before, made_valid)


def _account(usable: Geometries, clean: Geometries, before: Floats, made_valid: list[int]) -> Repair:
    after = shapely.area(clean)
    covered, result = shapely.union_all(usable), shapely.coverage_union_all(clean)
    emptied = np.flatnonzero((after == 0) & (before > 0))
    moved = np.flatnonzero(~shapely.equals_exact(usable, clean))
    stayed = shapely.area(shapely.intersection(usable[moved], clean[moved]))
    lost, gained = np.maximum(before[moved] - stayed, 0.0), np.maximum(after[moved] - stayed, 0.0)
    changes = [
        Change(int(index), float(before[index]), float(after[index]), float(less), float(more))
        for index, less, more in zip(moved, lost, gained, strict=True)
        if less + more > SLIVER_M2
    ]
    return Repair(
        area_before=float(before.sum()),
        area_after=float(after.sum()),
        overlap_removed=float(before.sum() - covered.area),
        gaps_filled=float(shapely.difference(result, covered).area),
        made_valid=made_valid,
        emptied=[int(index) for index in emptied],
        changes=changes,
    )

"""What can be wrong with a geometry by itself: a typed fault with its place and size."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import shapely
from numpy.typing import NDArray

Geometries = NDArray[Any]  # of shapely geometries, None allowed

FaultKind = Literal[
    "missing",  # no geometry at all
    "not_finite",  # a NaN or infinite coordinate
    "out_of_world",  # longitude or latitude no place has
    "empty",
    "wrong_type",  # a point where an area is wanted
    "invalid",  # crosses itself; detail says how
    "duplicate",  # the same geometry as `other`
    "overlap",  # shares `area` with `other`
    "gap",  # a narrow hole of `area` beside it, and `other`
    "unmatched_edge",  # meets its neighbour, but not vertex by vertex; `length` says how far
]


@dataclass(frozen=True)
class Fault:
    """One fault of the geometry at position `index`; x, y, area, length in the plane it was checked in."""

    index: int
    kind: FaultKind
    x: float = float("nan")
    y: float = float("nan")
    area: float | None = None
    length: float | None = None
    other: int | None = None
    detail: str = ""


def place_of(geometry: Any) -> tuple[float, float]:
    """A point on the geometry, NaN where there is none."""
    if geometry is None or geometry.is_empty:
        return float("nan"), float("nan")
    point = shapely.point_on_surface(geometry)
    return float(shapely.get_x(point)), float(shapely.get_y(point))


def finite(geometries: Geometries) -> NDArray[np.bool_]:
    """Whether every coordinate of each geometry is a number; None and empty ones have none that is not."""
    coordinates, owner = shapely.get_coordinates(geometries, return_index=True)
    sound = np.ones(len(geometries), dtype=bool)
    sound[owner[~np.isfinite(coordinates).all(axis=1)]] = False
    return sound


def _invalid(index: int, geometry: Any) -> Fault:
    """The fault of an invalid geometry; GEOS names the reason and, in brackets, the place."""
    reason, _, place = str(shapely.is_valid_reason(geometry)).rstrip("]").partition("[")
    try:
        x, y = (float(number) for number in place.split())
    except ValueError:
        x = y = float("nan")
    return Fault(index, "invalid", x, y, detail=reason.strip())


def geometry_faults(geometries: Geometries, types: Collection[str]) -> list[Fault]:
    """Faults of each geometry by itself, worst first and one per geometry; `types` are the wanted ones.

    >>> bowtie = shapely.Polygon([(0, 0), (2, 2), (2, 0), (0, 2)])
    >>> [(f.index, f.kind, f.x, f.y) for f in geometry_faults(np.array([bowtie, None], dtype=object), {"Polygon"})]
    [(0, 'invalid', 1.0, 1.0), (1, 'missing', nan, nan)]
    """
    shapes = np.asarray(geometries, dtype=object)
    sound = finite(shapes)
    return [
        fault
        for index, geometry in enumerate(shapes)
        if (fault := _first_fault(index, geometry, bool(sound[index]), types)) is not None
    ]


def _first_fault(index: int, geometry: Any, sound: bool, types: Collection[str]) -> Fault | None:
    if geometry is None:
        return Fault(index, "missing")
    if not sound:
        return Fault(index, "not_finite")
    if geometry.is_empty:
        return Fault(index, "empty")
    if geometry.geom_type not in types:
        return Fault(index, "wrong_type", *place_of(geometry), detail=geometry.geom_type)
    return None if geometry.is_valid else _invalid(index, geometry)


def repeated(geometries: Geometries) -> Iterator[tuple[int, int]]:
    """(later, first) for every geometry that equals an earlier one, however its rings start or turn."""
    shapes = np.asarray(geometries, dtype=object)
    first: dict[bytes, int] = {}
    for index, key in enumerate(shapely.to_wkb(shapely.normalize(shapes))):
        if key is not None and (earlier := first.setdefault(key, index)) != index:
            yield index, earlier

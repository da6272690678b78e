"""Footprints: rows of buildings laid into the faces of the blocks (EPSG:4547, metres).

Each face is turned so that its rows run along x; every row is clipped to the face and filled, leaving gaps, so
buildings never overlap and always stand inside their face.
"""

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

Array = NDArray[np.float64]
Indices = NDArray[np.int64]
Objects = NDArray[np.object_]

# outlines in the unit square, counter-clockwise; the door side lies on y = 0
_OUTLINES: dict[str, list[tuple[float, float]]] = {
    "box": [(0, 0), (1, 0), (1, 1), (0, 1)],
    "cross": [(0.22, 0), (0.78, 0), (0.78, 0.24), (1, 0.24), (1, 0.76), (0.78, 0.76), (0.78, 1), (0.22, 1),
              (0.22, 0.76), (0, 0.76), (0, 0.24), (0.22, 0.24)],
    "el": [(0, 0), (1, 0), (1, 0.48), (0.4, 0.48), (0.4, 1), (0, 1)],
    "u": [(0, 0), (1, 0), (1, 1), (0.8, 1), (0.8, 0.42), (0.2, 0.42), (0.2, 1), (0, 1)],
}  # fmt: skip


@dataclass(frozen=True)
class Pattern:
    """How one kind of building stands: ranges of width and depth, gaps beside and behind, setback (all in metres).

    `vacant` is the share left empty; `shapes` the outlines the footprints take, drawn with equal chance.
    """

    kind: str
    width_m: tuple[float, float]
    depth_m: tuple[float, float]
    gap_m: tuple[float, float]
    yard_m: tuple[float, float]
    setback_m: float
    vacant: float
    shapes: tuple[str, ...] = ("box",)


PATTERNS = {
    "tower": Pattern("tower", (20, 36), (17, 24), (13, 24), (20, 31), 7.0, 0.08, ("cross", "cross", "box")),
    "walkup": Pattern("walkup", (26, 62), (10.5, 13), (7, 12), (12, 17), 5.0, 0.05),
    "urban_village": Pattern("village_house", (9.5, 13), (9.5, 12.5), (1.2, 3.0), (1.8, 3.6), 2.5, 0.06),
    "villa": Pattern("villa", (12, 17), (11, 14), (9, 14), (14, 20), 8.0, 0.08),
    "public": Pattern("public", (30, 58), (13, 18), (14, 26), (26, 44), 10.0, 0.22, ("el", "u", "box")),
    "commercial": Pattern("commercial", (28, 60), (24, 40), (12, 22), (16, 24), 8.0, 0.12, ("el", "box", "box")),
    "works": Pattern("commercial", (40, 85), (22, 36), (12, 20), (14, 22), 9.0, 0.16),
}


@dataclass(frozen=True)
class Footprints:
    """Buildings: polygons, the fronts their doors open to (n, 2, 2), the face each stands in, width and depth (m)."""

    geometry: Objects
    front: Array
    face: Indices
    width_m: Array
    depth_m: Array


def lay_rows(faces: Objects, pattern: Pattern, rng: np.random.Generator) -> Footprints:
    """Fill faces (polygons, n) with rows of buildings after a pattern."""
    ground = shapely.buffer(faces, -pattern.setback_m, join_style="mitre", mitre_limit=2.0)
    plots, face = shapely.get_parts(ground, return_index=True)
    large = shapely.area(plots) > pattern.width_m[0] * pattern.depth_m[0]
    plots, face = plots[large], face[large].astype(np.int64)
    angle = _row_angles(plots)
    turned = _turn(plots, -angle)
    rows = _rows(turned, pattern, rng)
    boxes = _fill(rows, pattern, rng)
    polygons, fronts = _outlines(boxes, angle, pattern.shapes, rng)
    shapely.prepare(plots)
    keep = rng.random(len(polygons)) >= pattern.vacant
    keep &= shapely.contains_properly(plots[boxes.plot], polygons)
    return Footprints(polygons[keep], fronts[keep], face[boxes.plot][keep], boxes.width[keep], boxes.depth[keep])


def _row_angles(plots: Objects) -> Array:
    """Rows follow the plot's own rectangle, along whichever side lies nearer to east-west (windows to the south)."""
    corners = shapely.get_coordinates(shapely.oriented_envelope(plots)).reshape(-1, 5, 2)
    side = corners[:, 1] - corners[:, 0]
    angle: Array = np.arctan2(side[:, 1], side[:, 0])
    return angle - np.round(angle / (np.pi / 2)) * (np.pi / 2)


def _turn(plots: Objects, angle: Array) -> Objects:
    coordinates, index = shapely.get_coordinates(plots, return_index=True)
    cos, sin = np.cos(angle[index]), np.sin(angle[index])
    x, y = coordinates[:, 0], coordinates[:, 1]
    turned: Objects = shapely.set_coordinates(plots.copy(), np.column_stack([x * cos - y * sin, x * sin + y * cos]))
    return turned


@dataclass(frozen=True)
class _Rows:
    plot: Indices
    left: Array
    right: Array
    bottom: Array
    depth: Array


@dataclass(frozen=True)
class _Boxes:
    plot: Indices
    x: Array
    y: Array
    width: Array
    depth: Array


def _rows(plots: Objects, pattern: Pattern, rng: np.random.Generator) -> _Rows:
    bounds = shapely.bounds(plots)
    depth = rng.uniform(*pattern.depth_m, len(plots))
    yard = rng.uniform(*pattern.yard_m, len(plots))
    # a skewed plot is narrow at its ends: start the rows where it has gained some width
    full = np.maximum((bounds[:, 2] - bounds[:, 0]) * (bounds[:, 3] - bounds[:, 1]), 1.0)
    skew = (1 - shapely.area(plots) / full) * (bounds[:, 3] - bounds[:, 1]) / 2
    base = bounds[:, 1] + skew
    height = np.maximum(bounds[:, 3] - skew - base, 0.0)
    count = np.maximum(1, np.floor((height + yard) / (depth + yard))).astype(np.int64)
    pitch = np.where(count > 1, (height - depth) / np.maximum(count - 1, 1), 0.0)
    first = np.where(count > 1, base, base + (height - depth) / 2)
    plot = np.repeat(np.arange(len(plots)), count)
    bottom = first[plot] + pitch[plot] * _ranks(count)
    inner = [_span(plots[plot], bounds[plot], bottom + share * depth[plot]) for share in (0.0, 0.5, 1.0)]
    left = np.max([span[0] for span in inner], axis=0) + 0.2
    right = np.min([span[1] for span in inner], axis=0) - 0.2
    good = right - left >= pattern.width_m[0]
    return _Rows(plot[good], left[good], right[good], bottom[good], depth[plot][good])


def _span(plots: Objects, bounds: Array, y: Array) -> tuple[Array, Array]:
    """Where a horizontal line enters and leaves each plot; not a number where it misses it."""
    ends = np.stack([np.column_stack([bounds[:, 0] - 1, y]), np.column_stack([bounds[:, 2] + 1, y])], axis=1)
    crossed = shapely.bounds(shapely.intersection(plots, shapely.linestrings(ends)))
    return np.nan_to_num(crossed[:, 0], nan=np.inf), np.nan_to_num(crossed[:, 2], nan=-np.inf)


def _fill(rows: _Rows, pattern: Pattern, rng: np.random.Generator) -> _Boxes:
    """As many buildings per row as fit; they share out what length is left, up to their greatest width."""
    length = rows.right - rows.left
    wanted = rng.uniform(*pattern.width_m, len(length))
    gap = rng.uniform(*pattern.gap_m, len(length))
    count = np.maximum(1, np.round((length + gap) / (wanted + gap))).astype(np.int64)
    widest = (length - (count - 1) * gap) / count
    count = np.where(widest < pattern.width_m[0], np.maximum(count - 1, 1), count)
    width = np.minimum((length - (count - 1) * gap) / count, pattern.width_m[1])
    spare = np.where(count > 1, (length - count * width) / np.maximum(count - 1, 1), 0.0)
    row = np.repeat(np.arange(len(length)), count)
    centred = np.where(count > 1, 0.0, (length - width) / 2)
    x = rows.left[row] + centred[row] + _ranks(count) * (width + spare)[row]
    trim = rng.uniform(0.88, 1.0, (2, len(row)))
    built_width, built_depth = width[row] * trim[0], rows.depth[row] * trim[1]
    shift = (rows.depth[row] - built_depth) * rng.random(len(row))
    return _Boxes(rows.plot[row], x, rows.bottom[row] + shift, built_width, built_depth)


def _ranks(count: Indices) -> Indices:
    """0, 1, …, count − 1 for each entry of count, one after the other."""
    return np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)


def _outlines(boxes: _Boxes, angle: Array, shapes: tuple[str, ...], rng: np.random.Generator) -> tuple[Objects, Array]:
    """A footprint within every box, mirrored at random, and its front (the two ends of its door side)."""
    size = len(boxes.plot)
    shape = rng.integers(len(shapes), size=size)
    mirror = rng.integers(2, size=(size, 1, 2)).astype(np.float64)
    footprints = np.empty(size, dtype=object)
    fronts = np.empty((size, 2, 2))
    for number, name in enumerate(shapes):
        corners = _OUTLINES[name]
        outline = np.array([*corners, corners[0]], dtype=np.float64)
        front = np.array([[0.22, 0.0], [0.78, 0.0]] if name == "cross" else [[0.0, 0.0], [1.0, 0.0]])
        mine = np.flatnonzero(shape == number)
        placed = (_place(boxes, angle, mine, np.abs(mirror[mine] - part)) for part in (outline, front))
        footprints[mine], fronts[mine] = shapely.polygons(next(placed)), next(placed)
    return footprints, fronts


def _place(boxes: _Boxes, angle: Array, mine: Indices, part: Array) -> Array:
    """Points of the unit square (n, m, 2) set into the boxes `mine` and turned back into the town, to 1 mm."""
    x = boxes.x[mine, None] + part[..., 0] * boxes.width[mine, None]
    y = boxes.y[mine, None] + part[..., 1] * boxes.depth[mine, None]
    turn = angle[boxes.plot[mine]][:, None]
    cos, sin = np.cos(turn), np.sin(turn)
    return np.asarray(np.round(np.stack([x * cos - y * sin, x * sin + y * cos], axis=-1), 3), dtype=np.float64)

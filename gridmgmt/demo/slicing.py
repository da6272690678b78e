"""Slice the district into subdistricts, station areas, communities, cells and blocks.

Every slice is a street of a lower class than the one before, which gives the hierarchy a real town has, and members
of a 2006 station group always come off the same slice, so they are neighbours.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import atan2, cos, hypot, pi, radians, sin

import numpy as np

from gridmgmt.demo.geography import CommunitySpec, Geography
from gridmgmt.demo.mesh import Mesh, Point, Ring, Snap, Street, signed_area
from gridmgmt.demo.names import StreetNames

_BORDER = Snap(junction_m=14.0, vertex_m=2.0)  # keeps communities within their class of area
_BLOCK = Snap(junction_m=34.0, vertex_m=7.0)


@dataclass(frozen=True)
class Sliced:
    """The mesh with the rings of the district and its communities (by code)."""

    mesh: Mesh
    district: Ring
    communities: dict[str, Ring]
    river_edges: tuple[tuple[int, int], ...]


def slice_district(geography: Geography, names: StreetNames, rng: np.random.Generator) -> Sliced:
    """Cut the outline down to communities with exactly the areas drawn for them."""
    mesh = Mesh()
    district, river = _outline(mesh, geography, rng)
    rings = {frozenset(geography.groups): district}
    for cut in geography.cuts:
        ring = rings.pop(frozenset(cut.low + cut.high))
        share = _area(geography, cut.low) / _area(geography, cut.low + cut.high)
        street = mesh.add_street(Street(cut.street_class, cut.name))
        low, high = _cut_share(mesh, ring, radians(cut.towards), share, street, rng)
        rings |= {frozenset(cut.low): low, frozenset(cut.high): high}
    communities: dict[str, Ring] = {}
    for subdistricts, ring in rings.items():
        (name,) = subdistricts
        for group, part in _share_out(mesh, ring, geography.groups[name], names, rng):
            communities |= {one[0].code: r for one, r in _share_out(mesh, part, [(c,) for c in group], names, rng)}
    return Sliced(mesh, mesh.expand(district), communities, river)


def _area(geography: Geography, subdistricts: Sequence[str]) -> float:
    return sum(c.area_m2 for name in subdistricts for group in geography.groups[name] for c in group)


def _outline(mesh: Mesh, geography: Geography, rng: np.random.Generator) -> tuple[Ring, tuple[tuple[int, int], ...]]:
    """The district's ring, roughened and rounded off, scaled to the area its communities add up to."""
    wanted_m2 = _area(geography, list(geography.groups))
    rough = _roughen(_round_off(_roughen(list(geography.outline_km), rng, 0.13)), rng, 0.05)
    scale = (wanted_m2 / signed_area(rough)) ** 0.5
    ring = [mesh.add_point((x * scale, y * scale)) for x, y in rough]
    river_points = geography.river_points * 8 - 12
    streets = {k: mesh.add_street(Street(e["class"], e["name"])) for k, e in geography.edges.items()}
    edges = list(zip(ring, ring[1:] + ring[:1], strict=True))
    for i, (start, end) in enumerate(edges):
        mesh.add_chord(start, end, streets["river" if i < river_points else "land"])
    mesh.junctions.clear()
    return ring, tuple(edges[:river_points])


def _roughen(points: list[Point], rng: np.random.Generator, most: float) -> list[Point]:
    """Put a vertex beside the middle of every edge of a closed ring, off it by up to `most` of its length."""
    out: list[Point] = []
    for (x0, y0), (x1, y1) in zip(points, points[1:] + points[:1], strict=True):
        aside = float(rng.uniform(-most, most))
        out += [(x0, y0), ((x0 + x1) / 2 - aside * (y1 - y0), (y0 + y1) / 2 + aside * (x1 - x0))]
    return out


def _round_off(points: list[Point]) -> list[Point]:
    """One pass of Chaikin's corner cutting on a closed ring."""
    out: list[Point] = []
    for (x0, y0), (x1, y1) in zip(points, points[1:] + points[:1], strict=True):
        out += [(0.75 * x0 + 0.25 * x1, 0.75 * y0 + 0.25 * y1), (0.25 * x0 + 0.75 * x1, 0.25 * y0 + 0.75 * y1)]
    return out


def _share_out(
    mesh: Mesh,
    ring: Ring,
    items: Sequence[tuple[CommunitySpec, ...]],
    names: StreetNames,
    rng: np.random.Generator,
) -> list[tuple[tuple[CommunitySpec, ...], Ring]]:
    """Give each item its area, in order along the ring's long side, by recursive cuts."""
    if len(items) == 1:
        return [(items[0], ring)]
    areas = np.cumsum([sum(c.area_m2 for c in item) for item in items])
    split = int(np.argmin(np.abs(areas[:-1] - areas[-1] / 2))) + 1
    street_class = "arterial" if areas[-1] > 2.5e6 else "collector"
    street = mesh.add_street(Street(street_class, names.draw(street_class, rng)))
    angle = long_axis(mesh.coordinates(ring)) + rng.uniform(-0.16, 0.16)
    low, high = _cut_share(mesh, ring, angle, float(areas[split - 1] / areas[-1]), street, rng)
    return _share_out(mesh, low, items[:split], names, rng) + _share_out(mesh, high, items[split:], names, rng)


def _cut_share(
    mesh: Mesh, ring: Ring, angle: float, share: float, street: int, rng: np.random.Generator
) -> tuple[Ring, Ring]:
    """Cut so that the low side holds `share` of the area; turns the line a little where it does not cut cleanly."""
    bow = float(rng.uniform(-0.02, 0.02))
    for turn in (0.0, 0.1, -0.1, 0.25, -0.25, 0.5, -0.5, 0.8, -0.8, 1.57):
        normal = (cos(angle + turn), sin(angle + turn))
        points = mesh.coordinates(ring)
        halves = mesh.cut(ring, normal, _offset(points, normal, share), street, _BORDER, bow, least=0.01)
        if halves is not None:
            return halves
    raise AssertionError("a border could not be cut; the outline in geography.toml is too ragged")


def _offset(points: list[Point], normal: Point, share: float) -> float:
    """Where a line with this normal leaves `share` of the ring's area below it (bisection)."""
    heights = [normal[0] * x + normal[1] * y for x, y in points]
    low, high = min(heights), max(heights)
    wanted = share * signed_area(points)
    for _ in range(40):
        middle = (low + high) / 2
        if _area_below(points, heights, middle) < wanted:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def _area_below(points: list[Point], heights: list[float], level: float) -> float:
    """Area of the ring below a level (Sutherland-Hodgman clip; its doubled edges cancel out)."""
    clipped: list[Point] = []
    for (p, h), (q, g) in zip(zip(points, heights, strict=True), _shifted(points, heights), strict=True):
        if h < level:
            clipped.append(p)
        if (h < level) != (g < level):
            share = (level - h) / (g - h)
            clipped.append((p[0] + share * (q[0] - p[0]), p[1] + share * (q[1] - p[1])))
    return signed_area(clipped) if len(clipped) > 2 else 0.0


def _shifted(points: list[Point], heights: list[float]) -> list[tuple[Point, float]]:
    return list(zip(points[1:] + points[:1], heights[1:] + heights[:1], strict=True))


def long_axis(points: Sequence[Point]) -> float:
    """Direction of the long side of the least bounding rectangle, in radians within (-45°, 135°]."""
    best = (float("inf"), 0.0)
    coordinates = np.asarray(points)
    edges = np.roll(coordinates, -1, axis=0) - coordinates
    for dx, dy in edges[np.argsort(-np.hypot(edges[:, 0], edges[:, 1]))[:8]].tolist():
        length = hypot(dx, dy)
        axis = np.array([[dx / length, -dy / length], [dy / length, dx / length]])
        spread = np.ptp(coordinates @ axis, axis=0)
        area = float(spread[0] * spread[1])
        if area < best[0] - 1e-6:
            along = (dx, dy) if spread[0] >= spread[1] else (-dy, dx)
            best = (area, _direction(along))
    return best[1]


def _direction(along: Point) -> float:
    """The angle of a direction, turned so that it points east or north."""
    dx, dy = along
    angle = atan2(dy, dx)
    if angle <= -pi / 4:
        return angle + pi
    return angle - pi if angle > 3 * pi / 4 else angle


def halve(
    mesh: Mesh, ring: Ring, street: int, rng: np.random.Generator, jitter: float = 0.09
) -> tuple[Ring, Ring] | None:
    """Cut a ring across its long side near the middle; None where no such cut is clean."""
    points = mesh.coordinates(ring)
    base = long_axis(points) + float(rng.uniform(-jitter, jitter))
    for turn in (0.0, 0.2, -0.2, pi / 2):
        normal = (cos(base + turn), sin(base + turn))
        heights = [normal[0] * x + normal[1] * y for x, y in points]
        middle = (min(heights) + max(heights)) / 2 + float(rng.uniform(-0.06, 0.06)) * (max(heights) - min(heights))
        halves = mesh.cut(ring, normal, middle, street, _BLOCK, least=0.28)
        if halves is not None:
            return halves
    return None

"""A planar mesh that is cut, never overlaid: polygons that share a border share its vertices by construction.

Every cut is a street. Because a vertex put on an edge is remembered for both its sides, communities, blocks and street
segments come out as one exact coverage without any geometric snapping or noding.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from math import ceil
from typing import TypeVar

Point = tuple[float, float]
Ring = list[int]
T = TypeVar("T")

_STEP_M = 55.0  # new edges get a vertex at least this often, so that the later warp bends them


@dataclass(frozen=True)
class Street:
    """What a cut becomes: a street with a class and a name. `rank` orders the cuts, coarse first."""

    street_class: str
    name: str


@dataclass(frozen=True)
class Snap:
    """How far a cut's end may move to meet an existing corner (a crossing) or a mere vertex, in metres."""

    junction_m: float
    vertex_m: float


@dataclass
class Mesh:
    """Vertices, the splits of edges by later vertices, and the chords (one per cut or outline edge)."""

    points: list[Point] = field(default_factory=list)
    splits: dict[tuple[int, int], list[int]] = field(default_factory=dict)
    chords: list[tuple[int, int, int]] = field(default_factory=list)  # from, to, street number
    streets: list[Street] = field(default_factory=list)
    junctions: set[int] = field(default_factory=set)

    def add_point(self, point: Point) -> int:
        """A new vertex; returns its number."""
        self.points.append(point)
        return len(self.points) - 1

    def add_street(self, street: Street) -> int:
        """A new street; returns its number."""
        self.streets.append(street)
        return len(self.streets) - 1

    def add_chord(self, start: int, end: int, street: int, bow: float = 0.0) -> None:
        """Join two vertices by a street, bent to one side by `bow` times its length."""
        self.chords.append((start, end, street))
        self.junctions.update((start, end))
        (x0, y0), (x1, y1) = self.points[start], self.points[end]
        dx, dy = x1 - x0, y1 - y0
        steps = max(1, int((dx * dx + dy * dy) ** 0.5 / _STEP_M))
        shares = [i / steps for i in range(1, steps)]
        bends = [4 * bow * s * (1 - s) for s in shares]
        between = [
            self.add_point((x0 + s * dx - b * dy, y0 + s * dy + b * dx)) for s, b in zip(shares, bends, strict=True)
        ]
        if between:
            self.splits[_key(start, end)] = between if start < end else between[::-1]

    def chain(self, start: int, end: int) -> list[int]:
        """All vertices from `start` up to but without `end`, with whatever was put between them since."""
        between = self.splits.get(_key(start, end))
        if not between:
            return [start]
        stops = [start, *(between if start < end else reversed(between)), end]
        return [vertex for a, b in pairwise(stops) for vertex in self.chain(a, b)]

    def expand(self, ring: Sequence[int]) -> Ring:
        """The ring with every vertex that neighbours' cuts have put on its edges."""
        return [vertex for a, b in _edges(ring) for vertex in self.chain(a, b)]

    def coordinates(self, ring: Sequence[int]) -> list[Point]:
        """The points of a ring (not closed)."""
        return [self.points[vertex] for vertex in ring]

    def cut(
        self, ring: Ring, normal: Point, offset: float, street: int, snap: Snap, bow: float = 0.0, least: float = 0.1
    ) -> tuple[Ring, Ring] | None:
        """Cut a ring along the line normal·p = offset; returns the (low, high) pieces.

        None where the line does not cut it in exactly two pieces, or a piece would hold less than the share `least`.
        """
        ring = self.expand(ring)
        heights = [normal[0] * x + normal[1] * y - offset for x, y in self.coordinates(ring)]
        ends = self._crossings(ring, heights)
        if len(ends) != 2:
            return None
        least_m2 = least * abs(signed_area(self.coordinates(ring)))
        for reach in (snap, Snap(0.0, 1.5)):
            marks = sorted((self._mark(ring, index, point, reach) for index, point in ends), key=lambda mark: mark[0])
            if self._is_sound(ring, marks, least_m2):
                return self._carry_out(ring, marks, heights, street, bow)
        return None

    def _crossings(self, ring: Ring, heights: list[float]) -> list[tuple[int, Point]]:
        found = []
        for i, height in enumerate(heights):
            j = (i + 1) % len(ring)
            if (height < 0) != (heights[j] < 0):
                share = height / (height - heights[j])
                (x0, y0), (x1, y1) = self.points[ring[i]], self.points[ring[j]]
                found.append((i, (x0 + share * (x1 - x0), y0 + share * (y1 - y0))))
        return found

    def _mark(self, ring: Ring, index: int, point: Point, snap: Snap) -> tuple[float, Point]:
        """Where a cut ends: a whole position is a vertex of the ring, a half one lies on the edge after it."""
        best: tuple[float, float, Point] | None = None
        for step in range(-1, 3):
            place = (index + step) % len(ring)
            x, y = self.points[ring[place]]
            distance = ((x - point[0]) ** 2 + (y - point[1]) ** 2) ** 0.5
            reach = snap.junction_m if ring[place] in self.junctions else snap.vertex_m
            if distance <= reach and (best is None or distance < best[0]):
                best = (distance, float(place), (x, y))
        return (best[1], best[2]) if best else (index + 0.5, point)

    def _is_sound(self, ring: Ring, marks: list[tuple[float, Point]], least_m2: float) -> bool:
        (a, start), (b, end) = marks
        inner, outer = _between(ring, a, b)
        if a == b or not inner or not outer:
            return False
        pieces = ([start, *self.coordinates(inner), end], [end, *self.coordinates(outer), start])
        if min(abs(signed_area(piece)) for piece in pieces) < least_m2:
            return False
        return not any(_cross(start, end, p, q) for piece in pieces for p, q in pairwise(piece[1:-1]))

    def _carry_out(
        self, ring: Ring, marks: list[tuple[float, Point]], heights: list[float], street: int, bow: float
    ) -> tuple[Ring, Ring]:
        (a, _), (b, _) = marks
        inner, outer = _between(ring, a, b)
        inner_is_low = sum(heights[int(a) + 1 : int(a) + 1 + len(inner)]) < 0
        start, end = (self._vertex_at(ring, mark) for mark in marks)
        self.add_chord(start, end, street, bow)
        pieces = [start, *inner, end], [end, *outer, start]
        low, high = pieces if inner_is_low else pieces[::-1]
        return self.expand(low), self.expand(high)

    def _vertex_at(self, ring: Ring, mark: tuple[float, Point]) -> int:
        place, point = mark
        start = ring[int(place)]
        if place == int(place):
            return start
        vertex = self.add_point(point)
        self.splits[_key(start, ring[(int(place) + 1) % len(ring)])] = [vertex]
        return vertex


def signed_area(points: Sequence[Point]) -> float:
    """Area of a ring in the square of its unit, positive counter-clockwise (shoelace formula).

    >>> signed_area([(0, 0), (2, 0), (2, 1), (0, 1)])
    2.0
    """
    doubled = sum(x0 * y1 - x1 * y0 for (x0, y0), (x1, y1) in _edges(points))
    return doubled / 2


def _edges(ring: Sequence[T]) -> Iterator[tuple[T, T]]:
    return zip(ring, [*ring[1:], ring[0]], strict=True)


def _key(start: int, end: int) -> tuple[int, int]:
    return (start, end) if start < end else (end, start)


def _between(ring: Ring, a: float, b: float) -> tuple[Ring, Ring]:
    """The vertices strictly after `a` and before `b`, and those strictly after `b` and before `a` (round the end)."""
    return ring[int(a) + 1 : ceil(b)], ring[int(b) + 1 :] + ring[: ceil(a)]


def _cross(a: Point, b: Point, c: Point, d: Point) -> bool:
    return _turn(a, b, c) * _turn(a, b, d) < 0 and _turn(c, d, a) * _turn(c, d, b) < 0


def _turn(a: Point, b: Point, c: Point) -> float:
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])

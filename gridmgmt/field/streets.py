"""Which stretches of streets lie within a radius of points or walks, exactly, and how much of an area that is.

Streets are measured along themselves: what has been walked is a set of intervals per street, in metres from its first
vertex. So days add up by union, an area of any epoch is another set of intervals, and a share is a length over a
length. Nothing is sampled and nothing depends on the order of points.
"""

from dataclasses import dataclass
from typing import Any, Literal, Self

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray

from gridmgmt.field import street_kernels as kernels
from gridmgmt.geo.cell_kernels import cell_frame

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Geometries = NDArray[np.object_]

RADIUS_M = 25.0  # a street counts as walked where a track passes within this distance
BORDER_M = 2.0  # a street drawn along a border belongs to both sides, however the last digit falls
MOST_CELLS = 4_000_000  # of the lookup: 32 MB; a wider city gets coarser cells
# columns of a frame may be read-only, for which the loops would be compiled once more
PLAIN: tuple[Literal["C"], Literal["W"]] = ("C", "W")


@dataclass(frozen=True)
class Stretches:
    """Intervals [start_m, end_m] along streets, arrays (k,): sorted by street and start, disjoint.

    >>> twice = Stretches.of([7, 7, 3], [40.0, 0.0, 5.0], [60.0, 50.0, 6.0])
    >>> twice.street.tolist(), twice.start_m.tolist(), twice.end_m.tolist()
    ([3, 7], [5.0, 0.0], [6.0, 60.0])
    """

    street: Ints
    start_m: Floats
    end_m: Floats

    def __len__(self) -> int:
        return len(self.street)

    @classmethod
    def of(cls, street: ArrayLike, start_m: ArrayLike, end_m: ArrayLike) -> Self:
        """The union of any intervals."""
        streets = np.asarray(street, dtype=np.int64)
        starts, ends = np.asarray(start_m, dtype=float), np.asarray(end_m, dtype=float)
        order = np.lexsort((ends, starts, streets))
        return cls(*kernels.merged(streets[order], starts[order], ends[order]))

    def united(self, *others: "Stretches") -> "Stretches":
        """The union with others.

        >>> day, next_day = Stretches.of([1], [0.0], [30.0]), Stretches.of([1], [20.0], [50.0])
        >>> day.united(next_day).end_m.tolist()
        [50.0]
        """
        everything = (self, *others)
        return Stretches.of(*(np.concatenate([getattr(one, name) for one in everything]) for name in vars(self)))

    def length_m(self, streets: int) -> Floats:
        """(streets,) metres per street."""
        return np.bincount(self.street, self.end_m - self.start_m, streets).astype(float)


class StreetIndex:
    """Streets ready to be asked what lies near: built once, then every question costs as much as its points.

    >>> index = StreetIndex([shapely.LineString([(0, 0), (100, 0), (100, 100)])])
    >>> near = index.near_points([50.0], [7.0])
    >>> near.street.tolist(), near.start_m.round(1).tolist(), near.end_m.round(1).tolist()
    ([0], [26.0], [74.0])
    """

    def __init__(self, lines: Any, radius_m: float = RADIUS_M) -> None:
        """`lines` (streets,) LineStrings or MultiLineStrings in metres; a multi-line is measured part after part."""
        shapes = np.asarray(lines, dtype=object)
        self.radius_m, self.length_m = radius_m, shapely.length(shapes)
        self._street, ends, self._offset_m, length = straight_pieces(shapes)
        ax, ay, bx, by = (np.ascontiguousarray(values) for values in ends.reshape(-1, 4).T)
        self._pieces = (ax, ay, (bx - ax) / length, (by - ay) / length, length)
        self._frame = cell_frame(ends.reshape(-1, 2), radius_m, MOST_CELLS, radius_m)
        self._first, self._members = kernels.list_pieces(ax, ay, bx, by, *self._frame, radius_m)

    def near_points(self, x_m: ArrayLike, y_m: ArrayLike) -> Stretches:
        """What lies within the radius of any of (n,) points in metres.

        In one thread: most points lie where all is covered already, which two threads would have to find out twice.
        """
        x, y = np.ascontiguousarray(x_m, dtype=float), np.ascontiguousarray(y_m, dtype=float)
        lookup = (self._pieces, self._first, self._members, self._frame, self.radius_m)
        return self._stretches(*kernels.near_points(x, y, *lookup))

    def near_walks(
        self, x_m: ArrayLike, y_m: ArrayLike, walk: ArrayLike, owner: NDArray[np.int64] | None = None
    ) -> Stretches:
        """What lies within the radius of walks: (n,) vertices in walking order with the number of their walk.

        With `owner` (n,), whose each vertex is, the answer tells owners apart: a street of an owner has the number
        `owner * streets + street`.
        """
        x, y = np.require(x_m, np.float64, PLAIN), np.require(y_m, np.float64, PLAIN)
        numbers = np.require(walk, np.int64, PLAIN)
        lookup = (self._pieces, self._first, self._members, self._frame, self.radius_m)
        vertex, piece, start, end = kernels.near_walks(x, y, numbers, *lookup)
        offset, street = self._offset_m[piece], self._street[piece]
        if owner is not None:
            street = owner[vertex] * len(self.length_m) + street
        return Stretches.of(street, offset + start, offset + end)

    def _stretches(self, low: Floats, high: Floats, count: NDArray[np.int8], spilled: Floats) -> Stretches:
        """Intervals of pieces as intervals of their streets."""
        rest = spilled.reshape(-1, 3)
        filled = np.arange(kernels.ROOM) < np.where(count == kernels.FULL, 1, count)[:, None]
        piece = np.concatenate([np.nonzero(filled)[0], rest[:, 0].astype(np.int64)])
        offset = self._offset_m[piece]
        start = np.concatenate([low[filled], rest[:, 1]])
        end = np.concatenate([high[filled], rest[:, 2]])
        return Stretches.of(self._street[piece], offset + start, offset + end)


def straight_pieces(lines: Geometries) -> tuple[Ints, Floats, Floats, Floats]:
    """The straight pieces of lines: street (p,), ends (p, 2, 2), offset along the street (p,), length (p,)."""
    parts, street = shapely.get_parts(lines, return_index=True)
    xy, part = shapely.get_coordinates(parts, return_index=True)
    ends = np.stack([xy[:-1], xy[1:]], axis=1)
    length = np.hypot(*(ends[:, 1] - ends[:, 0]).T)
    real = (part[1:] == part[:-1]) & (length > 0)
    owner, ends, length = street[part[:-1][real]].astype(np.int64), ends[real], length[real]
    passed = np.concatenate([[0.0], np.cumsum(length)])
    before = passed[np.searchsorted(owner, owner)]  # length of all pieces of earlier streets
    return owner, ends, passed[:-1] - before, length


@dataclass(frozen=True)
class AreaStreets:
    """The streets inside areas: interval [start_m, end_m] of `street` belongs to `area`, arrays (k,)."""

    area: Ints
    street: Ints
    start_m: Floats
    end_m: Floats
    areas: int

    def length_m(self) -> Floats:
        """(areas,) street length of each."""
        return np.bincount(self.area, self.end_m - self.start_m, self.areas).astype(float)

    def covered_m(self, walked: Stretches) -> Floats:
        """(areas,) the part of it inside `walked`."""
        spans = (self.street, self.start_m, self.end_m)
        shared = kernels.common(*spans, walked.street, walked.start_m, walked.end_m)
        return np.bincount(self.area, shared, self.areas).astype(float)


def streets_in_areas(lines: Geometries, areas: Geometries, border_m: float = BORDER_M) -> AreaStreets:
    """Which stretches of (streets,) lines lie in each of (areas,) polygons, all in one metric CRS.

    A street on the border of two areas belongs to both, since both workers are to walk it: an area reaches
    `border_m` beyond its border.

    >>> inside = streets_in_areas(np.array([shapely.LineString([(0, 0), (100, 0)])]),
    ...                           np.array([shapely.box(40, -9, 60, 9)]))
    >>> inside.start_m.tolist(), inside.end_m.tolist()
    ([38.0], [62.0])
    """
    street, ends, offset_m, length = straight_pieces(lines)
    pieces = shapely.linestrings(ends)
    reach = shapely.buffer(areas, border_m, quad_segs=2)
    piece, area = shapely.STRtree(reach).query(pieces, predicate="intersects")
    shapely.prepare(reach)
    whole = shapely.covers(reach[area], pieces[piece])  # most are: only the others are cut
    cut, start, end = _cut(ends, length, piece[~whole], reach[area[~whole]])
    area, piece = np.concatenate([area[whole], area[~whole][cut]]), np.concatenate([piece[whole], piece[~whole][cut]])
    start = np.concatenate([np.zeros(whole.sum()), start])
    end = np.concatenate([length[piece[: whole.sum()]], end])
    return AreaStreets(area.astype(np.int64), street[piece], offset_m[piece] + start, offset_m[piece] + end, len(areas))


def _cut(ends: Floats, length: Floats, piece: Ints, reach: Geometries) -> tuple[Ints, Floats, Floats]:
    """Intervals of (k,) pieces inside an area each: which of the k, from where to where along it."""
    shapes = shapely.intersection(shapely.linestrings(ends[piece]), reach)
    parts, pair = shapely.get_parts(shapes, return_index=True)
    lying = shapely.get_type_id(parts) == shapely.GeometryType.LINESTRING
    parts, pair = parts[lying], pair[lying].astype(np.int64)
    of = piece[pair]
    along = np.stack([_along(ends[of], length[of], shapely.get_point(parts, place)) for place in (0, -1)])
    return pair, along.min(axis=0), along.max(axis=0)


def _along(ends: Floats, length: Floats, points: Geometries) -> Floats:
    """Metres along each piece at which a point on it lies."""
    ahead = (ends[:, 1] - ends[:, 0]) / length[:, None]
    return np.asarray(((shapely.get_coordinates(points) - ends[:, 0]) * ahead).sum(axis=1))

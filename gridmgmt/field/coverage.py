"""How much of a grid's streets the patrols have come past."""

import numpy as np
import shapely
from numpy.typing import NDArray

Geometries = NDArray[np.object_]

RADIUS_M = 25.0  # a street counts as walked where a track passes within this distance
BORDER_M = 2.0  # a street drawn along a border belongs to both sides, however the last digit falls
QUARTER_SEGMENTS = 8  # a 32-gon: its inscribed radius is 0.5 % (12 cm) short of the circle
PIECE_FIXES = 16  # long tracks are buffered in pieces: their boxes are small and so are the unions


def track_lines(points: Geometries, walk: NDArray[np.int64]) -> Geometries:
    """One line per walk from points (n,) in metres and their walk number (n,), both in walking order.

    A walk of a single fix becomes a point: being there once is legal and covers its surroundings.

    >>> lines = track_lines(shapely.points([[0, 0], [10, 0], [99, 99]]), np.array([0, 0, 1]))
    >>> [line.geom_type for line in lines]
    ['LineString', 'Point']
    """
    _, first, counts = np.unique(walk, return_index=True, return_counts=True)
    lines = np.empty(len(first), dtype=object)
    single = counts == 1
    lines[single] = points[first[single]]
    if not single.all():
        numbers = np.repeat(np.arange(len(first)), counts)
        many = ~single[numbers]
        _, compact = np.unique(numbers[many], return_inverse=True)
        lines[~single] = shapely.linestrings(shapely.get_coordinates(points[many]), indices=compact)
    return lines


def street_shares(
    streets: Geometries, grids: Geometries, tracks: Geometries, radius_m: float = RADIUS_M
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Street length (m) of each grid, and the part of it within `radius_m` of a track: two (grids,) arrays.

    All geometries are in one metric CRS. A street on the border of two grids counts for both, since both
    workers are to walk it. The share is `covered_m / length_m`; a grid without streets has length 0.

    >>> street = np.array([shapely.LineString([(0, 0), (100, 0)])])
    >>> grid = np.array([shapely.box(0, -50, 100, 50)])
    >>> length_m, covered_m = street_shares(street, grid, np.array([shapely.LineString([(0, 5), (50, 5)])]))
    >>> float(length_m[0]), round(float(covered_m[0]), 0)
    (100.0, 74.0)
    """
    walked = shapely.buffer(in_pieces(tracks), radius_m, quad_segs=QUARTER_SEGMENTS)
    pieces, owner = _pieces_by_grid(streets, grids)
    length_m, covered_m = np.zeros(len(grids)), np.zeros(len(grids))
    np.add.at(length_m, owner, shapely.length(pieces))
    np.add.at(covered_m, owner, _covered_m(pieces, walked))
    return length_m, covered_m


def in_pieces(tracks: Geometries, fixes: int = PIECE_FIXES) -> Geometries:
    """Lines cut into pieces of at most `fixes` vertices that share their ends; points stay. The union is the same.

    >>> [len(piece.coords) for piece in in_pieces(np.array([shapely.LineString(zip(range(5), range(5)))]), fixes=3)]
    [3, 3]
    """
    lines = shapely.get_type_id(tracks) == shapely.GeometryType.LINESTRING
    xy, line = shapely.get_coordinates(tracks[lines], return_index=True)
    place = np.arange(len(line)) - np.searchsorted(line, line)  # of a vertex within its line
    last = np.append(line[1:] != line[:-1], True)[: len(line)]
    joint = (place % (fixes - 1) == 0) & (place > 0) & ~last  # ends one piece and starts the next
    source = np.repeat(np.arange(len(line)), 1 + joint)
    again = np.zeros(len(source), dtype=bool)
    again[1:] = source[1:] == source[:-1]
    starts = (place[source] == 0) | again
    pieces = (
        shapely.linestrings(xy[source], indices=np.cumsum(starts) - 1) if len(source) else np.array([], dtype=object)
    )
    return np.concatenate([pieces, tracks[~lines]])


def _pieces_by_grid(streets: Geometries, grids: Geometries) -> tuple[Geometries, NDArray[np.intp]]:
    """The part of each street inside each grid it meets, with the grid's row."""
    areas = shapely.buffer(grids, BORDER_M, quad_segs=2)
    street, grid = shapely.STRtree(areas).query(streets, predicate="intersects")
    pieces = shapely.intersection(streets[street], areas[grid])
    kept = shapely.length(pieces) > 0
    return pieces[kept], grid[kept]


def _covered_m(pieces: Geometries, walked: Geometries) -> NDArray[np.float64]:
    """Length of each piece inside any of the buffers: what is left after taking each buffer away, one per round."""
    piece, buffer = shapely.STRtree(walked).query(pieces, predicate="intersects")
    order = np.argsort(piece, kind="stable")
    piece, buffer = piece[order], buffer[order]
    rank = np.arange(len(piece)) - np.searchsorted(piece, piece)
    left = pieces.copy()
    for number in range(int(rank.max(initial=-1)) + 1):
        turn = rank == number
        left[piece[turn]] = shapely.difference(left[piece[turn]], walked[buffer[turn]])
    return np.asarray(shapely.length(pieces) - shapely.length(left))

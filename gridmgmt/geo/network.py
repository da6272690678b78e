"""Walking along streets: a graph of street segments, and places snapped onto segments without crossing a barrier.

A place is joined to the nearest point of the nearest street *segment*, not to a node, so that nobody walks to the
corner first. The straight connector from the place to the street may not cross a barrier (river, railway, wall,
expressway): over a barrier lead only the streets that do, such as bridges. Where a barrier hides the nearest point of a
segment, the place is joined to the nearest point it sees of those every ten metres. All lengths are metres.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import dijkstra

from gridmgmt.errors import InvalidInput
from gridmgmt.messages import Words

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Geometries = NDArray[np.object_]

SAME_PLACE_M = 0.01  # vertices closer than this are one node
TOUCH_M = 0.5  # a connector may reach a street that runs along a barrier, so its last half metre is not looked at
SNAP_BATCH = 4e6  # places looked at together, times reach^1.5: the wider the reach, the more streets each one sees
PIECE_M = 10.0  # behind a barrier, how far apart the points of a street are that a place may be joined to
FIRST_REACH_M = 50.0  # where the nearest street lies beyond a barrier, others are sought this far, then twice as far


@dataclass(frozen=True)
class StreetGraph:
    """Segments between nodes: `points` (m, 2), `starts` and `ends` (e,) node numbers, `lengths_m` (e,)."""

    points: Floats
    starts: Ints
    ends: Ints
    lengths_m: Floats

    def segments(self) -> Geometries:
        """(e,) the segments as lines."""
        lines: Geometries = shapely.linestrings(np.stack([self.points[self.starts], self.points[self.ends]], axis=1))
        return lines


@dataclass(frozen=True)
class Snapped:
    """Places on the graph: segment (n,) (−1 where none can be reached), metres along it, and metres to reach it."""

    segment: Ints
    along_m: Floats
    connector_m: Floats

    def __len__(self) -> int:
        return len(self.segment)


def street_graph(lines: Any) -> StreetGraph:
    """The graph of (n,) LineStrings or MultiLineStrings in metres: every vertex is a node, streets meet in common ones.

    Lines that cross without a common vertex do not meet: one passes over the other.

    >>> graph = street_graph([shapely.LineString([(0, 0), (100, 0)]), shapely.LineString([(100, 0), (100, 50)])])
    >>> len(graph.points), graph.lengths_m.tolist()
    (3, [100.0, 50.0])
    """
    parts = shapely.get_parts(np.asarray(lines, dtype=object))
    coordinates, owner = shapely.get_coordinates(parts, return_index=True)
    grid = np.round(coordinates / SAME_PLACE_M)
    _, first, node = np.unique(grid.view(np.complex128).ravel(), return_index=True, return_inverse=True)
    same = (owner[1:] == owner[:-1]) & (node[1:] != node[:-1])
    pairs = np.unique(np.sort(np.stack([node[:-1][same], node[1:][same]], axis=1), axis=1), axis=0)
    if not len(pairs):
        raise InvalidInput(detail=Words("reasons.no_streets"))
    points = coordinates[first]
    lengths = np.hypot(*(points[pairs[:, 0]] - points[pairs[:, 1]]).T)
    return StreetGraph(points, pairs[:, 0].astype(np.int64), pairs[:, 1].astype(np.int64), lengths)


def barrier_lines(barriers: Any) -> Geometries:
    """Barriers (lines or polygons) as single segments: what a connector must not cross."""
    shapes = shapely.get_parts(shapely.get_parts(np.asarray(barriers, dtype=object)))  # collections hold collections
    outlines = np.where(shapely.get_dimensions(shapes) == 2, shapely.boundary(shapes), shapes)
    coordinates, owner = shapely.get_coordinates(shapely.get_parts(outlines), return_index=True)
    same = owner[1:] == owner[:-1]
    lines: Geometries = shapely.linestrings(np.stack([coordinates[:-1][same], coordinates[1:][same]], axis=1))
    return lines


def snap(graph: StreetGraph, places: Any, barriers: Any = (), reach_m: float = 1000.0) -> Snapped:
    """Join (n,) points to the nearest street that can be reached in a straight line without crossing a barrier.

    Parameters
    ----------
    places : points in metres (of an area, its inner point is taken)
    barriers : lines and polygons in metres
    reach_m : farther than this no street is sought; such places have segment −1

    >>> graph = street_graph([shapely.LineString([(0, 0), (100, 0)]), shapely.LineString([(0, 40), (100, 40)])])
    >>> wall = shapely.LineString([(0, 10), (100, 10)])
    >>> free, walled = (snap(graph, [shapely.Point(30, 15)], blocks) for blocks in ([], [wall]))
    >>> free.connector_m.tolist(), walled.connector_m.tolist(), walled.along_m.tolist()
    ([15.0], [25.0], [30.0])
    """
    points = _inner_points(np.asarray(places, dtype=object))
    segments, walls = graph.segments(), shapely.STRtree(barrier_lines(barriers))
    tree = shapely.STRtree(segments)
    chosen, hidden = _seen(tree, walls, points, reach_m)
    found = _Joined.to(segments, chosen, points)
    if len(hidden):
        near = _within(tree, points[hidden], np.minimum(found.connector_m[hidden], reach_m))
        pieces, owner = _pieces(segments[near])
        piece, _ = _seen(shapely.STRtree(pieces), walls, points[hidden], reach_m)
        nearer = _Joined.to(pieces, piece, points[hidden])
        better = nearer.connector_m < found.connector_m[hidden]
        chosen[hidden[better]] = near[owner[piece[better]]]
        found.end[hidden[better]], found.connector_m[hidden[better]] = nearer.end[better], nearer.connector_m[better]
    along = np.zeros(len(points))
    there = chosen >= 0
    along[there] = shapely.line_locate_point(segments[chosen[there]], shapely.points(found.end[there]))
    return Snapped(chosen, along, found.connector_m)


def _inner_points(places: Geometries) -> Floats:
    """(n, 2) a point of each place: itself, of an area one inside."""
    single = (shapely.get_type_id(places) == shapely.GeometryType.POINT).all()
    inner = places if single else shapely.point_on_surface(places)
    points: Floats = shapely.get_coordinates(inner)
    return points


@dataclass(frozen=True)
class _Joined:
    """(n, 2) where the connectors of places end, and (n,) how long they are, infinite where there is none."""

    end: Floats
    connector_m: Floats

    @classmethod
    def to(cls, lines: Geometries, chosen: Ints, points: Floats) -> "_Joined":
        end, connector_m = points.copy(), np.full(len(points), np.inf)
        there = np.flatnonzero(chosen >= 0)
        end[there], connector_m[there] = _feet(points[there], lines[chosen[there]])
        return cls(end, connector_m)


def _feet(points: Floats, lines: Geometries) -> tuple[Floats, Floats]:
    """(n, 2) the nearest point of each place's own straight line, and (n,) how far it is."""
    start, stop = shapely.get_coordinates(lines).reshape(-1, 2, 2).transpose(1, 0, 2)
    along = stop - start
    share = ((points - start) * along).sum(axis=1) / np.maximum((along**2).sum(axis=1), np.finfo(float).tiny)
    feet = np.where(share[:, None] < 1, start + np.maximum(share, 0)[:, None] * along, stop)  # at an end, just there
    return feet, np.hypot(*(points - feet).T)


def _seen(tree: shapely.STRtree, walls: shapely.STRtree, points: Floats, reach_m: float) -> tuple[Ints, Ints]:
    """(n,) the nearest line whose connector crosses no wall, −1 for none; and which places have a nearer one hidden."""
    chosen, hidden = np.full(len(points), -1, dtype=np.int64), np.zeros(len(points), dtype=bool)
    reach = 0.0
    while (left := np.flatnonzero(chosen < 0)).size and reach < reach_m:
        reach = min(max(2 * reach, FIRST_REACH_M), reach_m)
        for some in _batches(left, reach):
            chosen[some], hidden[some] = _nearest_free(tree, walls, points[some], reach)
    return chosen, np.flatnonzero(hidden)


def _batches(rows: NDArray[np.intp], reach_m: float) -> list[NDArray[np.intp]]:
    size = max(1, int(SNAP_BATCH / max(reach_m, 1.0) ** 1.5))
    return np.split(rows, range(size, len(rows), size))


def _within(tree: shapely.STRtree, points: Floats, reach_m: Floats) -> NDArray[np.intp]:
    """Which lines lie within reach of at least one of the places."""
    near = np.zeros(len(tree.geometries), dtype=bool)
    for some in _batches(np.arange(len(points)), float(reach_m.max(initial=1.0))):
        near[tree.query(shapely.points(points[some]), predicate="dwithin", distance=reach_m[some])[1]] = True
    return np.flatnonzero(near)


def _pieces(segments: Geometries) -> tuple[Geometries, NDArray[np.intp]]:
    """Segments cut into pieces of at most `PIECE_M`, and which segment each piece is of."""
    ends = shapely.get_coordinates(segments).reshape(-1, 2, 2)
    count = np.maximum(np.ceil(shapely.length(segments) / PIECE_M), 1).astype(np.intp)
    owner = np.repeat(np.arange(len(segments)), count)
    place = np.arange(len(owner)) - np.repeat(np.cumsum(count) - count, count)
    shares = np.stack([place, place + 1], axis=1) / count[owner, None]
    cuts = ends[owner, :1] + shares[:, :, None] * (ends[owner, 1:] - ends[owner, :1])
    lines: Geometries = shapely.linestrings(cuts)
    return lines, owner


def _nearest_free(
    tree: shapely.STRtree, walls: shapely.STRtree, points: Floats, reach_m: float
) -> tuple[Ints, NDArray[np.bool_]]:
    """The nearest line within reach whose connector crosses no wall, −1 for none; whether a nearer one does."""
    places = shapely.points(points)
    place, segment = tree.query(places, predicate="dwithin", distance=reach_m)
    ends, lengths = _feet(points[place], tree.geometries[segment])
    free = ~_crossing(walls, places[place], ends, lengths)
    order = np.flatnonzero(free)[np.lexsort((segment[free], lengths[free], place[free]))]
    first = order[np.unique(place[order], return_index=True)[1]]
    found, reached_m = np.full(len(points), -1, dtype=np.int64), np.full(len(points), np.inf)
    found[place[first]], reached_m[place[first]] = segment[first], lengths[first]
    hidden = np.zeros(len(points), dtype=bool)
    hidden[place[~free & (lengths < reached_m[place])]] = True
    return found, hidden


def _crossing(walls: shapely.STRtree, places: Geometries, ends: Floats, lengths: Floats) -> NDArray[np.bool_]:
    """Which connectors from places to (n, 2) ends cross a wall before their last half metre."""
    crossing = np.zeros(len(places), dtype=bool)
    if not len(walls):
        return crossing
    long = np.flatnonzero(lengths > TOUCH_M)
    near, _ = walls.query(places[long], predicate="dwithin", distance=lengths[long])
    some = long[np.unique(near)]  # where no wall is as near as the street, none lies between
    starts = shapely.get_coordinates(places[some])
    kept = ((lengths[some] - TOUCH_M) / lengths[some])[:, None]
    short = shapely.linestrings(np.stack([starts, starts + kept * (ends[some] - starts)], axis=1))
    crossing[some[np.unique(walls.query(short, predicate="intersects")[0])]] = True
    return crossing


class Walks:
    """Walking distances from sites to homes on one graph; both are snapped once.

    >>> graph = street_graph([shapely.LineString([(0, 0), (100, 0), (100, 100)])])
    >>> homes = snap(graph, shapely.points([[10.0, 5.0], [90.0, 0.0], [105.0, 80.0]]))
    >>> walks = Walks(graph, homes, snap(graph, [shapely.Point(50, 0)]))
    >>> walks.from_site(0).tolist()
    [45.0, 40.0, 135.0]
    """

    def __init__(self, graph: StreetGraph, homes: Snapped, sites: Snapped) -> None:
        self._graph, self._homes, self._sites = graph, homes, sites
        self._matrix = self._with_sites()

    def from_site(self, site: int, limit_m: float = np.inf) -> Floats:
        """(homes,) metres from one site; infinite where no street leads there.

        With a limit, homes farther away may be infinite too; that spares walking the whole city.
        """
        return self._at_homes(self._from_node(len(self._graph.points) + site, limit_m), site)

    def nearest(self) -> tuple[Floats, Ints]:
        """(homes,) metres to the nearest site, and which it is (−1 where none can be reached)."""
        if not len(self._sites):
            return np.full(len(self._homes), np.inf), np.full(len(self._homes), -1, dtype=np.int64)
        nodes = len(self._graph.points)
        starts = np.arange(nodes, nodes + len(self._sites))
        reached, _, sources = dijkstra(
            self._matrix, directed=True, indices=starts, min_only=True, return_predecessors=True
        )
        start, end = self._ways(reached)
        best = np.minimum(start, end)
        ends = np.where(start <= end, self._graph.starts[self._homes.segment], self._graph.ends[self._homes.segment])
        source = np.where(np.isfinite(best), sources[ends] - nodes, -1).astype(np.int64)
        for site in range(len(self._sites)):
            direct = self._along(site)
            closer = direct < best
            best, source = np.where(closer, direct, best), np.where(closer, site, source)
        return best, source

    def _with_sites(self) -> csr_array:
        """The graph, and one node more for each site, joined to both ends of its segment."""
        graph, sites = self._graph, self._sites
        there = np.flatnonzero(sites.segment >= 0)
        segment, nodes = sites.segment[there], len(graph.points)
        to_start = sites.connector_m[there] + sites.along_m[there]
        to_end = sites.connector_m[there] + graph.lengths_m[segment] - sites.along_m[there]
        rows = np.concatenate([graph.starts, nodes + there, nodes + there])
        columns = np.concatenate([graph.ends, graph.starts[segment], graph.ends[segment]])
        lengths = np.concatenate([graph.lengths_m, to_start, to_end])
        size = nodes + len(sites)
        pair = (np.concatenate([rows, columns]), np.concatenate([columns, rows]))
        return coo_array((np.tile(lengths, 2), pair), shape=(size, size)).tocsr()

    def _from_node(self, node: int, limit_m: float) -> Floats:
        reached: Floats = dijkstra(self._matrix, directed=True, indices=node, limit=limit_m)
        return reached

    def _ways(self, reached: Floats) -> tuple[Floats, Floats]:
        """Metres to each home over the start and over the end of its segment."""
        graph, homes = self._graph, self._homes
        start = reached[graph.starts[homes.segment]] + homes.along_m + homes.connector_m
        end = reached[graph.ends[homes.segment]] + graph.lengths_m[homes.segment] - homes.along_m + homes.connector_m
        return start, end

    def _along(self, site: int) -> Floats:
        """Metres to the homes on the site's own segment, infinite to all others."""
        homes, sites = self._homes, self._sites
        direct = np.full(len(homes), np.inf)
        same = np.flatnonzero((homes.segment == sites.segment[site]) & (homes.segment >= 0))
        apart = np.abs(homes.along_m[same] - sites.along_m[site])
        direct[same] = apart + homes.connector_m[same] + sites.connector_m[site]
        return direct

    def _at_homes(self, reached: Floats, site: int) -> Floats:
        start, end = self._ways(reached)
        return np.minimum(np.minimum(start, end), self._along(site))

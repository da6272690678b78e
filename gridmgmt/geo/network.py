"""Walking along streets: a graph of street segments, and places snapped onto segments without crossing a barrier.

A place is joined to the nearest point of the nearest street *segment*, not to a node, so that nobody walks to the
corner first. The straight connector from the place to the street may not cross a barrier (river, railway, wall,
expressway): over a barrier lead only the streets that do, such as bridges. All lengths are metres.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import dijkstra

from gridmgmt.errors import InvalidInput

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Geometries = NDArray[np.object_]

SAME_PLACE_M = 0.01  # vertices closer than this are one node
TOUCH_M = 0.5  # a connector may reach a street that runs along a barrier, so its last half metre is not looked at
SNAP_BATCH = 4e6  # places looked at together, times reach^1.5: the wider the reach, the more streets each one sees
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
        raise InvalidInput(detail="there are no streets to walk on")
    points = coordinates[first]
    lengths = np.hypot(*(points[pairs[:, 0]] - points[pairs[:, 1]]).T)
    return StreetGraph(points, pairs[:, 0].astype(np.int64), pairs[:, 1].astype(np.int64), lengths)


def barrier_lines(barriers: Any) -> Geometries:
    """Barriers (lines or polygons) as single segments: what a connector must not cross."""
    shapes = np.asarray(barriers, dtype=object)
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
    points = shapely.get_coordinates(shapely.point_on_surface(np.asarray(places, dtype=object)))
    segments = graph.segments()
    tree, walls = shapely.STRtree(segments), shapely.STRtree(barrier_lines(barriers))
    chosen = np.full(len(points), -1, dtype=np.int64)
    reach = 0.0
    while (left := np.flatnonzero(chosen < 0)).size and reach < reach_m:
        reach = min(max(2 * reach, FIRST_REACH_M), reach_m)
        batch = max(1, int(SNAP_BATCH / reach**1.5))
        for some in np.split(left, range(batch, len(left), batch)):
            chosen[some] = _nearest_free(tree, walls, points[some], reach)
    return _snapped(graph, segments, points, chosen)


def _nearest_free(tree: shapely.STRtree, walls: shapely.STRtree, points: Floats, reach_m: float) -> Ints:
    """The nearest segment of the tree within reach whose connector crosses no wall; −1 where there is none."""
    places = shapely.points(points)
    place, segment = tree.query(places, predicate="dwithin", distance=reach_m)
    lines = shapely.shortest_line(places[place], tree.geometries[segment])
    lengths = shapely.length(lines)
    free = ~_crossing(walls, lines, lengths)
    order = np.flatnonzero(free)[np.lexsort((segment[free], lengths[free], place[free]))]
    first = order[np.unique(place[order], return_index=True)[1]]
    found = np.full(len(points), -1, dtype=np.int64)
    found[place[first]] = segment[first]
    return found


def _crossing(walls: shapely.STRtree, lines: Geometries, lengths: Floats) -> NDArray[np.bool_]:
    """Which connectors cross a wall before their last half metre."""
    crossing = np.zeros(len(lines), dtype=bool)
    if not len(walls):
        return crossing
    long = np.flatnonzero(lengths > TOUCH_M)
    ends = shapely.get_coordinates(lines[long]).reshape(-1, 2, 2)
    kept = ((lengths[long] - TOUCH_M) / lengths[long])[:, None]
    short = shapely.linestrings(np.stack([ends[:, 0], ends[:, 0] + kept * (ends[:, 1] - ends[:, 0])], axis=1))
    crossing[long[np.unique(walls.query(short, predicate="intersects")[0])]] = True
    return crossing


def _snapped(graph: StreetGraph, segments: Geometries, points: Floats, chosen: Ints) -> Snapped:
    along, connector = np.zeros(len(points)), np.full(len(points), np.inf)
    there = chosen >= 0
    places, lines = shapely.points(points[there]), segments[chosen[there]]
    along[there] = shapely.line_locate_point(lines, places)
    connector[there] = shapely.distance(lines, places)
    return Snapped(chosen, along, connector)


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

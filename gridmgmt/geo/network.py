"""Walking along streets: a graph of street segments, and the distances between places snapped onto them.

All lengths are metres. How places come onto segments stands in `network_snapping`.
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

SAME_PLACE_M = 0.01  # vertices closer than this are one node


@dataclass(frozen=True)
class StreetGraph:
    """Segments between nodes: `points` (m, 2), `starts` and `ends` (e,) node numbers, `lengths_m` (e,)."""

    points: Floats
    starts: Ints
    ends: Ints
    lengths_m: Floats


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


@dataclass(frozen=True)
class Snapped:
    """Places on the graph: segment (n,) (−1 where none can be reached), metres along it, and metres to reach it."""

    segment: Ints
    along_m: Floats
    connector_m: Floats

    def __len__(self) -> int:
        return len(self.segment)

    def __getitem__(self, rows: Ints) -> "Snapped":
        return Snapped(self.segment[rows], self.along_m[rows], self.connector_m[rows])


class Walks:
    """Walking distances from sites to homes on one graph; both are snapped once.

    >>> from gridmgmt.geo.network_snapping import snap
    >>> graph = street_graph([shapely.LineString([(0, 0), (100, 0), (100, 100)])])
    >>> homes = snap(graph, shapely.points([[10.0, 5.0], [90.0, 0.0], [105.0, 80.0]]))
    >>> walks = Walks(graph, homes, snap(graph, [shapely.Point(50, 0)]))
    >>> walks.from_site(0).tolist()
    [45.0, 40.0, 135.0]
    """

    def __init__(self, graph: StreetGraph, homes: Snapped, sites: Snapped) -> None:
        self._graph, self._homes, self._sites = graph, homes, sites
        self._matrix = self._with_sites()
        self._beside_sites = np.flatnonzero(np.isin(homes.segment, sites.segment[sites.segment >= 0]))

    def from_site(self, site: int, limit_m: float = np.inf) -> Floats:
        """(homes,) metres from one site; infinite where no street leads there.

        With a limit, homes farther away may be infinite too; that spares walking the whole city.
        """
        return self._at(self._homes, self._reached(site, limit_m), site)

    def to_serving(self, site: Ints) -> Floats:
        """(homes,) metres from each home to a site of its own, by number; infinite for −1."""
        metres = np.full(len(self._homes), np.inf)
        order = np.argsort(site, kind="stable")
        numbers, first = np.unique(site[order], return_index=True)
        for number, rows in zip(numbers.tolist(), np.split(order, first[1:]), strict=True):
            if number >= 0:
                metres[rows] = self._at(self._homes[rows], self._reached(number), number)
        return metres

    def nearest(self) -> tuple[Floats, Ints]:
        """(homes,) metres to the nearest site, and which it is (−1 where none can be reached)."""
        if not len(self._sites):
            return np.full(len(self._homes), np.inf), np.full(len(self._homes), -1, dtype=np.int64)
        nodes = len(self._graph.points)
        starts = np.arange(nodes, nodes + len(self._sites))
        reached, _, sources = dijkstra(
            self._matrix, directed=True, indices=starts, min_only=True, return_predecessors=True
        )
        start, end = self._ways(self._homes, reached)
        best = np.minimum(start, end)
        ends = np.where(start <= end, self._graph.starts[self._homes.segment], self._graph.ends[self._homes.segment])
        source = np.where(np.isfinite(best), sources[ends] - nodes, -1).astype(np.int64)
        beside = self._homes[self._beside_sites]
        for site in range(len(self._sites)):
            direct = self._along(beside, site)
            closer = direct < best[self._beside_sites]
            rows = self._beside_sites[closer]
            best[rows], source[rows] = direct[closer], site
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

    def _reached(self, site: int, limit_m: float = np.inf) -> Floats:
        """(nodes,) metres from a site."""
        found: Floats = dijkstra(self._matrix, directed=True, indices=len(self._graph.points) + site, limit=limit_m)
        return found

    def _ways(self, homes: Snapped, reached: Floats) -> tuple[Floats, Floats]:
        """Metres to each home over the start and over the end of its segment."""
        graph = self._graph
        start = reached[graph.starts[homes.segment]] + homes.along_m + homes.connector_m
        end = reached[graph.ends[homes.segment]] + graph.lengths_m[homes.segment] - homes.along_m + homes.connector_m
        return start, end

    def _along(self, homes: Snapped, site: int) -> Floats:
        """Metres to the homes on the site's own segment, infinite to all others."""
        sites = self._sites
        direct = np.full(len(homes), np.inf)
        same = np.flatnonzero((homes.segment == sites.segment[site]) & (homes.segment >= 0))
        apart = np.abs(homes.along_m[same] - sites.along_m[site])
        direct[same] = apart + homes.connector_m[same] + sites.connector_m[site]
        return direct

    def _at(self, homes: Snapped, reached: Floats, site: int) -> Floats:
        start, end = self._ways(homes, reached)
        return np.minimum(np.minimum(start, end), self._along(homes, site))

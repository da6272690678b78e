"""Streets out of the mesh: segments between crossings, few in the hills, few across rails and water, all connected."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import minimum_spanning_tree

from gridmgmt.demo.mesh import Mesh, Ring

_CLASSES = ("expressway", "arterial", "collector", "local", "path")
_BRIDGED = ("expressway", "arterial", "collector")
_WILD_KEPT = 0.06


@dataclass(frozen=True)
class Segments:
    """Street segments from crossing to crossing: vertex chains of the mesh, class and name."""

    chains: list[list[int]]
    street_class: NDArray[np.object_]
    name: NDArray[np.object_]
    geometry: NDArray[np.object_]

    def pick(self, keep: NDArray[np.bool_]) -> "Segments":
        """The segments where `keep` is true."""
        chains = [chain for chain, kept in zip(self.chains, keep, strict=True) if kept]
        return Segments(chains, self.street_class[keep], self.name[keep], self.geometry[keep])


def street_segments(
    mesh: Mesh,
    points: NDArray[np.float64],
    faces: Iterable[tuple[Ring, str]],
    obstacles: NDArray[np.object_],
    rng: np.random.Generator,
) -> Segments:
    """The connected street network of the district.

    `faces` are all rings with their use, `points` the warped vertices (m), `obstacles` lines of the railway and stream,
    which only collectors and larger streets cross, or a smaller one where a quarter would be cut off.
    """
    sides = _sides(mesh, faces)
    segments, wild, drowned = _segments(mesh, points, sides)
    blocked = _blocked(segments, obstacles)
    keep = _keep(segments, wild, blocked, drowned, rng)
    return segments.pick(keep)


def _sides(mesh: Mesh, faces: Iterable[tuple[Ring, str]]) -> dict[tuple[int, int], list[str]]:
    """The uses on either side of each smallest edge."""
    sides: dict[tuple[int, int], list[str]] = {}
    for ring, use in faces:
        full = mesh.expand(ring)
        for a, b in zip(full, full[1:] + full[:1], strict=True):
            sides.setdefault((min(a, b), max(a, b)), []).append(use)
    return sides


def _segments(
    mesh: Mesh, points: NDArray[np.float64], sides: dict[tuple[int, int], list[str]]
) -> tuple[Segments, NDArray[np.bool_], NDArray[np.bool_]]:
    chords = [([*mesh.chain(a, b), b], mesh.streets[street]) for a, b, street in mesh.chords]
    degree = Counter(vertex for chain, _ in chords for edge in pairwise(chain) for vertex in edge)
    rows = []
    for chain, street in chords:
        for piece in _between_crossings(chain, degree):
            uses = [use for a, b in pairwise(piece) for use in sides.get((min(a, b), max(a, b)), [])]
            wild = all(use in ("green", "water") for use in uses)
            small = street.street_class != "expressway" and street.name not in ("罗沙路",)
            drawn = "path" if wild and small else street.street_class
            rows.append((piece, drawn, street.name, wild and small, all(use == "water" for use in uses)))
    chains = [row[0] for row in rows]
    lines = np.array([shapely.LineString(points[chain]) for chain in chains], dtype=object)
    columns = [np.array([row[k] for row in rows], dtype=object) for k in (1, 2)]
    flags = [np.array([row[k] for row in rows], dtype=bool) for k in (3, 4)]
    return Segments(chains, columns[0], columns[1], lines), flags[0], flags[1]


def _between_crossings(chain: list[int], degree: Counter[int]) -> list[list[int]]:
    stops = [i for i in range(1, len(chain) - 1) if degree[chain[i]] > 2]
    return [chain[a : b + 1] for a, b in pairwise([0, *stops, len(chain) - 1])]


def _blocked(segments: Segments, obstacles: NDArray[np.object_]) -> NDArray[np.bool_]:
    blocked = np.zeros(len(segments.chains), dtype=bool)
    if len(obstacles):
        hit = shapely.STRtree(segments.geometry).query(obstacles, predicate="intersects")[1]
        blocked[hit] = ~np.isin(segments.street_class[hit].astype(str), _BRIDGED)
    return blocked


def _keep(
    segments: Segments,
    wild: NDArray[np.bool_],
    blocked: NDArray[np.bool_],
    drowned: NDArray[np.bool_],
    rng: np.random.Generator,
) -> NDArray[np.bool_]:
    """All plain streets, and of hill paths and crossings what connects the rest (a least spanning tree)."""
    ends = np.array([(chain[0], chain[-1]) for chain in segments.chains])
    luck = rng.random(len(ends))
    cost = 1 + luck + 100 * wild + 10_000 * blocked + 1_000_000 * drowned
    tree = _spanning(ends, cost)
    keep = ~(wild | blocked | drowned) | tree | (wild & ~blocked & ~drowned & (luck < _WILD_KEPT))
    return _prune(ends, keep, wild | drowned)


def _spanning(ends: NDArray[np.int64], cost: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Which edges belong to the least spanning tree (of parallel edges, the cheapest)."""
    size = int(ends.max()) + 1
    low, high = ends.min(axis=1), ends.max(axis=1)
    order = np.lexsort((cost, high, low))
    first = np.ones(len(order), dtype=bool)
    first[1:] = (np.diff(low[order]) != 0) | (np.diff(high[order]) != 0)
    chosen = order[first]
    graph = coo_array((cost[chosen], (low[chosen], high[chosen])), shape=(size, size)).tocsr()
    tree = minimum_spanning_tree(graph).tocoo()
    keys = set((tree.row.astype(np.int64) * size + tree.col).tolist())
    inside = np.zeros(len(ends), dtype=bool)
    inside[chosen] = [key in keys for key in (low[chosen].astype(np.int64) * size + high[chosen]).tolist()]
    return inside


def _prune(ends: NDArray[np.int64], keep: NDArray[np.bool_], wild: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Drop hill paths that lead nowhere, end by end."""
    keep = keep.copy()
    while True:
        degree = np.bincount(ends[keep].ravel(), minlength=int(ends.max()) + 1)
        dead = keep & wild & (degree[ends] == 1).any(axis=1)
        if not dead.any():
            return keep
        keep &= ~dead

"""The warped town in metres: faces, communities, waters, rails and the streets between them."""

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from gridmgmt.demo.blocks import Block, lay_out
from gridmgmt.demo.geography import Geography
from gridmgmt.demo.names import StreetNames
from gridmgmt.demo.slicing import Sliced, slice_district
from gridmgmt.demo.streets import Segments, street_segments
from gridmgmt.demo.terrain import course, shore, warp

Geometries = NDArray[np.object_]
_HALF_WIDTH_M = {"expressway": 26.0, "arterial": 17.0, "collector": 10.0}
_RAIL_M, _YARD_M, _STREAM_M, _RIVER_M = 17.0, 75.0, 11.0, 70.0


@dataclass(frozen=True)
class Waters:
    """Rails and waters: centre lines and the land they take (EPSG:4547)."""

    railway: shapely.LineString
    yard: shapely.Polygon
    stream: shapely.LineString
    river: shapely.Polygon
    lakes: dict[str, shapely.Polygon]


@dataclass(frozen=True)
class Ground:
    """Everything buildings stand on: faces with use, community and block numbers, and what crosses them."""

    geography: Geography
    communities: Geometries
    blocks: list[Block]
    block_shapes: Geometries
    faces: Geometries
    face_block: NDArray[np.int64]
    segments: Segments
    waters: Waters

    @property
    def face_use(self) -> NDArray[np.str_]:
        """The use of every face."""
        return np.array([self.blocks[i].use for i in self.face_block])

    @property
    def face_community(self) -> NDArray[np.int64]:
        """The number of the community every face belongs to."""
        return np.array([self.blocks[i].community for i in self.face_block], dtype=np.int64)

    def buildable(self) -> Geometries:
        """The faces without what wide streets, rails and waters take of them."""
        corridors = [line.buffer(_RAIL_M) for line in (self.waters.railway,)]
        corridors += [self.waters.yard, self.waters.stream.buffer(_STREAM_M + 6), *self.waters.lakes.values()]
        widths = np.array([_HALF_WIDTH_M.get(c, 0.0) for c in self.segments.street_class])
        wide = widths > 0
        corridors += list(shapely.buffer(self.segments.geometry[wide], widths[wide], quad_segs=2))
        taken = np.array([c for c in corridors if not c.is_empty], dtype=object)
        hits = shapely.STRtree(self.faces).query(taken, predicate="intersects")
        free = self.faces.copy()
        for face in np.unique(hits[1]):
            free[face] = shapely.difference(free[face], shapely.union_all(taken[hits[0][hits[1] == face]]))
        return free


def survey(geography: Geography, rng: np.random.Generator) -> Ground:
    """Slice, warp and connect the town."""
    names = StreetNames()
    sliced = slice_district(geography, names, rng)
    blocks = lay_out(geography, sliced, names, rng)
    mesh = sliced.mesh
    points = warp(np.array(mesh.points))
    faces = [(face, number) for number, block in enumerate(blocks) for face in block.faces]
    shapes = np.array([shapely.Polygon(points[mesh.expand(face)]) for face, _ in faces], dtype=object)
    owner = np.array([number for _, number in faces], dtype=np.int64)
    block_shapes = np.array([shapely.Polygon(points[mesh.expand(block.ring)]) for block in blocks], dtype=object)
    rings = [sliced.communities[spec.code] for spec in geography.communities]
    communities = np.array([shapely.Polygon(points[mesh.expand(ring)]) for ring in rings], dtype=object)
    waters = _waters(geography, sliced, points, blocks, block_shapes, rng)
    uses = [(face, blocks[number].use) for face, number in faces]
    obstacles = np.array([waters.railway, waters.stream], dtype=object)
    segments = street_segments(mesh, points, uses, obstacles, rng)
    return Ground(geography, communities, blocks, block_shapes, shapes, owner, segments, waters)


def _waters(
    geography: Geography,
    sliced: Sliced,
    points: NDArray[np.float64],
    blocks: list[Block],
    block_shapes: Geometries,
    rng: np.random.Generator,
) -> Waters:
    district = shapely.Polygon(points[sliced.mesh.expand(sliced.district)])
    bank = [v for a, b in sliced.river_edges for v in sliced.mesh.chain(a, b)] + [sliced.river_edges[-1][1]]
    river = shapely.LineString(points[bank]).buffer(_RIVER_M).difference(district)
    lakes = {}
    for number, (*_, name) in enumerate(geography.lakes):
        cells = [shape for block, shape in zip(blocks, block_shapes, strict=True) if block.lake == number]
        lakes[name] = _largest(shapely.union_all(cells).buffer(-25).intersection(shore(geography, number, rng)))
    railway = _largest(shapely.intersection(course(geography.railway_km), district))
    stream = _largest(shapely.intersection(course(geography.stream_km), district))
    yard = course(geography.yard_km).buffer(_YARD_M) if geography.yard_km else shapely.Polygon()
    return Waters(railway, yard, stream, _largest(river), lakes)


def _largest(geometry: shapely.Geometry) -> shapely.Geometry:
    parts = shapely.get_parts(geometry)
    return max(parts, key=lambda part: part.length) if len(parts) else geometry

"""A cell for every site, so that the cells of an area tile it exactly and match the cells of the areas beside it.

Footprints and points do not touch, so they have no neighbours and dissolve to no clean outline. Their Voronoi cells
do: of points, or of samples along the footprints (Araldi & Fusco 2019; Fleischmann et al. 2020 call it morphological
tessellation). Cells are built as one planar graph over all areas: every border exists once, so that the result is an
edge-matched coverage, T-junctions between two areas included.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse import csgraph
from scipy.spatial import Voronoi, cKDTree

from gridmgmt.errors import InvalidInput
from gridmgmt.geo.adjacency import adjacency
from gridmgmt.geo.noding import node
from gridmgmt.messages import Words

Geometries = NDArray[np.object_]
Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

APART_M = 0.3  # sites that coincide are moved apart by this much
SNAP_M = 1e-4  # a vertex this near a border is on it


@dataclass(frozen=True)
class Samples:
    """Points that stand for the sites: xy (s, 2) in metres, their site (s,) and its area (s,), sorted by area."""

    xy: Floats
    site: Ints
    area: Ints

    def of_area(self, area: int) -> slice:
        first, last = np.searchsorted(self.area, [area, area + 1])
        return slice(int(first), int(last))


def tessellate(areas: Any, sites: Any, *, area_of: Any = None, spacing_m: float = 8.0) -> Geometries:
    """One cell per site: what of its area lies nearer to it than to the other sites of that area.

    Parameters
    ----------
    areas : (m,) Polygon or MultiPolygon, metres, not overlapping; borders need not be edge-matched
    sites : (n,) Point or Polygon, metres
    area_of : (n,) number of the area each site belongs to; by default the area it lies in, or else the nearest
    spacing_m : distance between the samples along a footprint; smaller is finer and slower

    Returns
    -------
    (n,) cells. Those of one area tile it; all together are an edge-matched coverage. A cell is in one piece unless
    its area is not.

    Raises
    ------
    InvalidInput : there are no areas, or a site is hidden entirely by others

    >>> left, right = shapely.box(0, 0, 100, 100), shapely.box(100, 0, 200, 100)
    >>> cells = tessellate([left, right], shapely.points([[50, 20], [50, 80], [150, 30], [150, 90]]))
    >>> shapely.area(cells).round().tolist()
    [5000.0, 5000.0, 6000.0, 4000.0]
    >>> bool(shapely.coverage_is_valid(cells))
    True
    """
    outlines, shapes = np.asarray(areas, dtype=object), np.asarray(sites, dtype=object)
    if not len(outlines):
        raise InvalidInput(detail=Words("reasons.no_area_to_part"))
    home = nearest_area(outlines, shapes) if area_of is None else np.asarray(area_of, dtype=np.int64)
    samples = _samples(outlines, shapes, home, spacing_m)
    used = np.unique(home)
    ridges = [_ridges(outlines[area], samples, samples.of_area(area)) for area in used]
    faces = _faces(shapely.get_parts(shapely.boundary(outlines[used])), np.concatenate([[], *ridges]))
    faces, site = _owners(faces, outlines, samples, used)
    return _dissolve(faces, _in_one_piece(faces, site, shapes, home), len(shapes))


def nearest_area(areas: Geometries, sites: Geometries) -> Ints:
    """(n,) the area that holds each site's inner point, or else the nearest one."""
    points = shapely.point_on_surface(sites)
    pairs = shapely.STRtree(areas).query_nearest(points, all_matches=False)
    home = np.zeros(len(sites), dtype=np.int64)
    home[pairs[0]] = pairs[1]
    return home


def _samples(areas: Geometries, sites: Geometries, home: Ints, spacing_m: float) -> Samples:
    """Points along the footprints, inside the area; a site that lies outside is drawn to the border."""
    lines = shapely.segmentize(np.where(shapely.get_dimensions(sites) == 2, shapely.boundary(sites), sites), spacing_m)
    xy, site = shapely.get_coordinates(lines, return_index=True)
    shapely.prepare(areas)
    inside = shapely.contains_xy(areas[home[site]], xy)
    lost = np.setdiff1d(np.arange(len(sites)), site[inside])
    drawn = shapely.get_point(shapely.shortest_line(areas[home[lost]], shapely.point_on_surface(sites[lost])), 0)
    xy = np.concatenate([xy[inside], shapely.get_coordinates(drawn)])
    site = np.concatenate([site[inside], lost])
    order = np.lexsort((site, home[site]))
    return Samples(_apart(xy[order], site[order]), site[order], home[site[order]])


def _apart(xy: Floats, site: Ints) -> Floats:
    """Samples of different sites at one place (entrances of one door) set on a small spiral around it."""
    _, place, count = np.unique(np.round(xy, 2), axis=0, return_inverse=True, return_counts=True)
    place = place.ravel()
    if count.max(initial=1) == 1:
        return xy
    order = np.lexsort((site, place))
    rank = np.empty(len(xy), dtype=np.int64)
    rank[order] = np.arange(len(xy)) - np.searchsorted(place[order], place[order])
    angle, radius = rank * 2.399963, APART_M * np.sqrt(rank)  # the golden angle: no two fall together
    moved: Floats = xy + np.column_stack([radius * np.cos(angle), radius * np.sin(angle)])
    return moved


def _ridges(area: Any, samples: Samples, rows: slice) -> Geometries:
    """The borders between the cells of different sites of one area, cut off at its outline."""
    xy, site = samples.xy[rows], samples.site[rows]
    if len(np.unique(site)) < 2:
        return np.empty(0, dtype=object)
    west, south, east, north = shapely.bounds(area)
    middle, reach = np.array([(west + east) / 2, (south + north) / 2]), 20 * max(east - west, north - south)
    frame = reach * np.array([[-1, -1], [-1, 1], [1, -1], [1, 1]])
    diagram = Voronoi(np.concatenate([xy - middle, frame]))
    pairs = diagram.ridge_points
    between = (pairs < len(site)).all(axis=1)
    between[between] = site[pairs[between, 0]] != site[pairs[between, 1]]
    corners = np.array([diagram.ridge_vertices[ridge] for ridge in np.flatnonzero(between)])
    ends = diagram.vertices[corners] + middle
    lines = shapely.linestrings(ends[(ends[:, 0] != ends[:, 1]).any(axis=1)])
    crossing = ~shapely.contains_properly(area, lines)
    pieces = shapely.get_parts(shapely.intersection(lines[crossing], area))
    return np.concatenate([lines[~crossing], pieces[shapely.get_dimensions(pieces) == 1]])


def _faces(outlines: Geometries, ridges: Geometries) -> Geometries:
    """The faces of the planar graph of outlines and ridges."""
    lines = np.concatenate([shapely.get_parts(outlines), ridges])
    noded = node(lines, SNAP_M)
    points, line = shapely.get_coordinates(noded, return_index=True)
    points = _as_one(points)
    inside = line[1:] == line[:-1]
    ends = np.stack([points[:-1][inside], points[1:][inside]], axis=1)
    vertex = np.unique(ends.reshape(-1, 2), axis=0, return_inverse=True)[1].reshape(-1, 2)
    vertex.sort(axis=1)
    _, first = np.unique(vertex, axis=0, return_index=True)
    proper = first[vertex[first, 0] != vertex[first, 1]]
    faces: Geometries = shapely.get_parts(shapely.polygonize(shapely.linestrings(ends[proper])))
    return faces


def _as_one(points: Floats) -> Floats:
    """(n, 2) points, those within SNAP_M of one another at the first of them: an end that was computed twice is one."""
    once, first, place = np.unique(points, axis=0, return_index=True, return_inverse=True)
    pairs = cKDTree(once).query_pairs(SNAP_M, output_type="ndarray")
    links = sparse.coo_array((np.ones(len(pairs), dtype=np.int8), pairs.T), shape=(len(once), len(once)))
    group = csgraph.connected_components(links, directed=False)[1]
    order = np.lexsort((first, group))
    leader = order[np.unique(group[order], return_index=True)[1]]
    merged: Floats = once[leader[group]][place.ravel()]
    return merged


def _owners(faces: Geometries, areas: Geometries, samples: Samples, used: Ints) -> tuple[Geometries, Ints]:
    """The faces inside the areas, and whose each is: of the site of the nearest sample in its area."""
    points = shapely.point_on_surface(faces)
    face, number = shapely.STRtree(areas[used]).query(points, predicate="intersects")
    face, first = np.unique(face, return_index=True)
    area = used[number[first]]
    xy = shapely.get_coordinates(points[face])
    site = np.empty(len(face), dtype=np.int64)
    order = np.argsort(area, kind="stable")
    for rows in np.split(order, np.flatnonzero(np.diff(area[order])) + 1):
        own = samples.of_area(int(area[rows[0]]))
        site[rows] = samples.site[own][cKDTree(samples.xy[own]).query(xy[rows])[1]]
    return faces[face], site


def _in_one_piece(faces: Geometries, site: Ints, sites: Geometries, home: Ints) -> Ints:
    """Give pieces cut off from that where the site lies to the neighbour with the longest common border."""
    if len(np.unique(site)) == len(faces):
        return site
    away_m, size = shapely.distance(faces, shapely.point_on_surface(sites)[site]), shapely.area(faces)
    order = np.lexsort((-size, away_m, site))
    main = np.zeros(len(faces), dtype=bool)
    main[order[np.flatnonzero(np.diff(site[order], prepend=-1))]] = True
    loose = np.flatnonzero(~main)
    borders = adjacency(faces, tolerance_m=0)
    site = site.copy()
    for _ in range(len(loose)):
        held = False
        for face in loose[~main[loose]]:
            row = slice(borders.indptr[face], borders.indptr[face + 1])
            near, length = borders.indices[row], borders.data[row]
            usable = main[near] & (home[site[near]] == home[site[face]])
            if usable.any():
                site[face] = site[near[usable][np.argmax(length[usable])]]
                main[face] = held = True
        if not held:  # islands of their own keep their site
            break
    return site


def _dissolve(faces: Geometries, site: Ints, count: int) -> Geometries:
    order = np.argsort(site, kind="stable")
    owners, first, pieces = np.unique(site[order], return_index=True, return_counts=True)
    if len(owners) < count:
        hidden = np.setdiff1d(np.arange(count), owners)
        raise InvalidInput(detail=Words("reasons.sites_hidden", count=len(hidden), row=hidden[0]))
    cells = faces[order][first]
    for owner in np.flatnonzero(pieces > 1):
        cells[owner] = shapely.coverage_union_all(faces[order][first[owner] : first[owner] + pieces[owner]])
    return cells

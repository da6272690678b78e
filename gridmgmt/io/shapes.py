"""Geometry of a file on its way into a layer: noded, in EPSG:4326, faults found; pieces of one thing joined."""

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import geopandas
import numpy as np
import pandas
import shapely
from numpy.typing import NDArray

from gridmgmt.geo.coverage import mended
from gridmgmt.geo.crs import NamedCrs, from_wgs84, metric_crs, to_wgs84
from gridmgmt.geo.faults import Fault, finite, geometry_faults
from gridmgmt.geo.noding import node
from gridmgmt.io.conform import Rows
from gridmgmt.io.files import SourceFile
from gridmgmt.io.findings import Finding, of_fault
from gridmgmt.io.layers import LINES, Layer

Geometries = NDArray[Any]


def located(source: SourceFile, layer: Layer) -> tuple[Geometries, list[Fault]]:
    """The file's geometries in EPSG:4326, and those that are nowhere on Earth (None instead of a geometry).

    Boundaries and streets are noded first, in the plane where their edges are straight.
    """
    shapes = np.array(source.frame.geometry, dtype=object)
    nowhere = [Fault(int(index), "not_finite") for index in np.flatnonzero(~finite(shapes))]
    shapes[[fault.index for fault in nowhere]] = None
    if layer.level is not None or layer.name == "streets":
        sound = np.isin(shapely.get_type_id(shapes), [shapely.GeometryType[kind.upper()] for kind in layer.shapes])
        sound &= ~shapely.is_empty(shapes)
        shapes[sound] = node(shapes[sound])
    degrees = to_wgs84(shapes, source.crs)
    outside = [Fault(int(index), "out_of_world") for index in np.flatnonzero(_outside(degrees))]
    degrees[[fault.index for fault in outside]] = None
    return degrees, nowhere + outside


def _outside(shapes: Geometries) -> NDArray[np.bool_]:
    """Geometries whose longitude or latitude no place has: the coordinate system is not what was said."""
    bounds = shapely.bounds(shapes)
    inside = (bounds[:, :2] >= (-180, -90)).all(axis=1) & (bounds[:, 2:] <= (180, 90)).all(axis=1)
    outside: NDArray[np.bool_] = ~(inside | shapely.is_empty(shapes) | shapely.is_missing(shapes))
    return outside


def metric_of(shapes: Geometries) -> NamedCrs:
    """The CRS in metres for geometries in EPSG:4326."""
    middle = shapely.total_bounds(shapes) if len(shapes) else np.zeros(4)
    if not np.isfinite(middle).all():  # nothing but empty geometries
        middle = np.zeros(4)
    crs = metric_crs(middle)
    return NamedCrs(crs.name, crs)


def areas_m2(shapes: Geometries) -> NDArray[np.float64]:
    """Areas of geometries in EPSG:4326, in m² (in their metric CRS)."""
    area: NDArray[np.float64] = shapely.area(from_wgs84(shapes, metric_of(shapes)))
    return area


def single_features(source: SourceFile, layer: Layer, rows: Rows, *, repair: bool) -> geopandas.GeoDataFrame:
    """The features of a layer that need not tile: columns of the layer, `row` (1 is the first), geometry EPSG:4326.

    Faults are added to `rows`. Features without usable geometry, or that belong elsewhere, are left out; with `repair`
    invalid ones are mended and the pieces of one code are joined.
    """
    shapes, nowhere = located(source, layer)
    gone = {fault.index for fault in nowhere}
    alone = nowhere + [fault for fault in geometry_faults(shapes, layer.shapes) if fault.index not in gone]
    rows.findings += [of_fault(fault) for fault in alone if fault.index not in rows.left_out]
    shapes[[fault.index for fault in alone if fault.kind != "invalid"]] = None
    if repair:
        broken = [fault.index for fault in alone if fault.kind == "invalid"]
        shapes[broken] = [shape if not shape.is_empty else None for shape in mended(shapes[broken])]
    frame = _frame(rows, shapes)
    frame = _joined(frame, layer, rows)
    return _streets(frame, rows) if layer.name == "streets" else frame


def _frame(rows: Rows, shapes: Geometries) -> geopandas.GeoDataFrame:
    usable = ~shapely.is_missing(shapes)
    usable[list(rows.left_out)] = False
    table = rows.table.assign(row=np.arange(1, len(rows.table) + 1))
    return geopandas.GeoDataFrame(table[usable], geometry=shapes[usable], crs=4326).reset_index(drop=True)


def _joined(frame: geopandas.GeoDataFrame, layer: Layer, rows: Rows) -> geopandas.GeoDataFrame:
    """One feature per code. Exact repeats are dropped and counted; other pieces are at fault and joined."""
    frame = _without_repeats(frame, rows)
    again = frame["code"].notna() & frame["code"].duplicated()
    if not again.any():
        return frame
    areas = areas_m2(np.asarray(frame.geometry[again]))
    first = frame.drop_duplicates("code").set_index("code")["row"]
    for (row, code), area in zip(frame.loc[again, ["row", "code"]].itertuples(index=False), areas, strict=True):
        piece = {"first": int(first[code])}
        rows.findings.append(Finding(int(row), "repeated_code", area_m2=float(area) or None, values=piece))
    return _united(frame, layer)


def _without_repeats(frame: geopandas.GeoDataFrame, rows: Rows) -> geopandas.GeoDataFrame:
    """Rows equal to an earlier one in every field and in geometry say nothing new."""
    content = pandas.DataFrame(frame.drop(columns=["row", "geometry"])).astype("string")
    content["shape"] = shapely.to_wkb(shapely.normalize(np.asarray(frame.geometry)), hex=True)
    repeats = content.duplicated()
    if repeats.any():
        rows.notes.append(("repeats", {"count": int(repeats.sum())}))
    return frame[~repeats].reset_index(drop=True)


def _united(frame: geopandas.GeoDataFrame, layer: Layer) -> geopandas.GeoDataFrame:
    """The pieces of each code as one feature in the place of the first: equal counts once, different ones added."""
    twice = frame["code"].notna() & frame["code"].duplicated(keep=False)
    parts = frame[twice].copy()
    kept = parts.drop_duplicates("code").copy()
    groups = parts.groupby("code", sort=False)
    kept["geometry"] = [_union(np.asarray(group)) for _, group in groups["geometry"]]
    for item in layer.fields:
        if item.type in ("count", "area"):
            kept[item.name] = [_together(group) for _, group in groups[item.name]]
    return geopandas.GeoDataFrame(pandas.concat([frame[~twice], kept]).sort_values("row"), crs=4326).reset_index(
        drop=True
    )


def _union(pieces: Geometries) -> Any:
    """The pieces as one; an outline drawn as a line beside its own area adds nothing."""
    dimension = shapely.get_dimensions(pieces)
    whole = shapely.union_all(pieces[dimension == dimension.max()])
    return shapely.line_merge(whole) if whole.geom_type in LINES else whole


def _together(values: pandas.Series) -> Any:
    known = values.dropna()
    if known.empty:
        return None
    return known.iloc[0] if known.nunique() == 1 else known.sum()


def _streets(frame: geopandas.GeoDataFrame, rows: Rows) -> geopandas.GeoDataFrame:
    """Streets cut where they meet, each one line between two junctions; pieces add -1, -2 … to their code."""
    pieces = list(between_junctions(np.asarray(frame.geometry)))
    owner = np.array([position for position, _ in pieces], dtype=int)
    cut = frame.iloc[owner].reset_index(drop=True)
    cut = cut.set_geometry(geopandas.GeoSeries([line for _, line in pieces], crs=4326))
    several = pandas.Series(owner).duplicated(keep=False)
    if several.any():
        rows.notes.append(("cut_at_junctions", {"count": int(cut.loc[several, "row"].nunique()), "pieces": len(cut)}))
    number = pandas.Series(owner).groupby(owner).cumcount() + 1
    coded = several & cut["code"].notna()
    cut.loc[coded, "code"] = cut.loc[coded, "code"] + "-" + number[coded].astype(str)
    return cut


def between_junctions(lines: Geometries) -> Iterator[tuple[int, Any]]:
    """(position, piece) for every piece of the lines between vertices that several lines, or several ends, share.

    >>> cross = shapely.from_wkt(["LINESTRING (0 1, 1 1, 2 1)", "LINESTRING (1 0, 1 1)"])
    >>> [(position, piece.wkt) for position, piece in between_junctions(cross)]
    [(0, 'LINESTRING (0 1, 1 1)'), (0, 'LINESTRING (1 1, 2 1)'), (1, 'LINESTRING (1 0, 1 1)')]
    """
    parts, owner = shapely.get_parts(shapely.remove_repeated_points(lines), return_index=True)
    vertices, part = shapely.get_coordinates(parts, return_index=True)
    _, place, uses = np.unique(vertices, axis=0, return_inverse=True, return_counts=True)
    shared = uses[place] > 1
    starts = np.searchsorted(part, np.arange(len(parts) + 1))
    for index, (start, end) in enumerate(pairwise(starts)):
        inner = np.flatnonzero(shared[start + 1 : end - 1]) + start + 1
        stops = [int(start), *inner.tolist(), int(end) - 1]
        for here, there in pairwise(stops):
            yield int(owner[index]), shapely.LineString(vertices[here : there + 1])

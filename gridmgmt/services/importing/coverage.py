"""The tiling of imported boundaries: faults among themselves and with what stands around them, and their repair."""

from dataclasses import asdict, replace
from typing import Any

import geopandas
import numpy as np
import shapely
from numpy.typing import NDArray

from gridmgmt.geo import coverage
from gridmgmt.geo.crs import NamedCrs, from_wgs84, to_wgs84
from gridmgmt.geo.faults import Fault
from gridmgmt.io.findings import Finding, of_fault
from gridmgmt.io.shapes import metric_of
from gridmgmt.services.boundaries.fit import fit
from gridmgmt.services.importing.report import ImportReport

Geometries = NDArray[Any]
BETWEEN = frozenset({"duplicate", "overlap", "gap", "unmatched_edge"})  # what only neighbours can have


def tiled(frame: geopandas.GeoDataFrame, report: ImportReport, *, repair: bool) -> geopandas.GeoDataFrame:
    """The features of a file as an edge-matched coverage; faults go to the report, `repair` mends them.

    Without repair, or where nothing is at fault, the geometry stays as it came (noded).
    """
    plane = metric_of(frame.geometry.to_numpy())
    shapes = from_wgs84(frame.geometry.to_numpy(), plane)
    found = [fault for fault in coverage.faults(shapes) if fault.kind in BETWEEN]
    report.findings += _findings(found, frame, plane)
    _note_parts(frame, report)
    if not (repair and (found or report.findings)):
        return frame
    clean, done = coverage.repair(shapes)
    report.repair = _figures(done, frame)
    kept = ~shapely.is_empty(clean)
    mended = frame[kept].set_geometry(
        geopandas.GeoSeries(to_wgs84(clean[kept], plane), index=frame.index[kept], crs=4326)
    )
    _remaining(mended, report)
    return mended.reset_index(drop=True)


def _findings(found: list[Fault], frame: geopandas.GeoDataFrame, plane: NamedCrs) -> list[Finding]:
    """Faults of positions in the plane as findings of rows in degrees."""
    if not found:
        return []
    places = to_wgs84(np.array([shapely.Point(fault.x, fault.y) for fault in found], dtype=object), plane)
    rows = frame["row"].to_numpy()
    return [
        of_fault(
            replace(fault, index=int(rows[fault.index]) - 1, x=place.x, y=place.y),
            area_m2=fault.area,
            other=_label(frame, fault.index if fault.other is None else fault.other),
        )
        for fault, place in zip(found, places, strict=True)
    ]


def _label(frame: geopandas.GeoDataFrame, position: int) -> str:
    """How a person finds the other feature: its code, its name, or its row."""
    feature = frame.iloc[position]
    return str(next((feature[key] for key in ("code", "name") if isinstance(feature[key], str)), f"#{feature['row']}"))


def _note_parts(frame: geopandas.GeoDataFrame, report: ImportReport) -> None:
    """Several parts are no fault (an enclave is real), but said."""
    parts = shapely.get_num_geometries(frame.geometry.to_numpy())
    if (parts > 1).any():
        report.note("multipart", count=int((parts > 1).sum()), parts=int(parts[parts > 1].sum()))


def _figures(done: coverage.Repair, frame: geopandas.GeoDataFrame) -> dict[str, Any]:
    """What repair did, in m², features named by their row."""
    rows = frame["row"].astype(int).to_list()
    changes = sorted(done.changes, key=lambda change: -(change.lost + change.gained))
    return {
        "area_before_m2": round(done.area_before, 2),
        "area_after_m2": round(done.area_after, 2),
        "overlap_removed_m2": round(done.overlap_removed, 2),
        "gaps_filled_m2": round(done.gaps_filled, 2),
        "emptied_rows": [rows[index] for index in done.emptied],
        "changes": [_change(asdict(change), rows, frame) for change in changes],
    }


def _change(change: dict[str, float], rows: list[int], frame: geopandas.GeoDataFrame) -> dict[str, Any]:
    position = int(change.pop("index"))
    named = {"row": rows[position], "label": _label(frame, position)}
    return named | {f"{key}_m2": round(value, 2) for key, value in change.items()}


def _remaining(frame: geopandas.GeoDataFrame, report: ImportReport) -> None:
    """Faults that repair left; they are rare (shapes thinner than the snapping distance) and stop the import."""
    shapes = frame.geometry.to_numpy()
    if coverage.is_coverage(shapes):
        return
    for index in np.flatnonzero(~shapely.is_valid(shapes) | ~shapely.is_empty(shapely.coverage_invalid_edges(shapes))):
        place = shapely.get_coordinates(shapes[index])[0]
        report.findings.append(Finding(int(frame["row"].iloc[index]), "unrepaired", lon=place[0], lat=place[1]))


def beside(
    frame: geopandas.GeoDataFrame, around: geopandas.GeoDataFrame, report: ImportReport, *, repair: bool
) -> tuple[geopandas.GeoDataFrame, geopandas.GeoDataFrame]:
    """The features matched to the boundaries that stand `around` them, and those of `around` that had to change.

    Borders within 3 cm are matched vertex by vertex. More is at fault; with `repair` the smaller area keeps an overlap.
    """
    if around.empty or frame.empty:
        return frame, around.iloc[:0]
    new, old = fit(frame.geometry.to_numpy(), np.empty(0, dtype=object), around.geometry.to_numpy())
    both = np.concatenate([old, new])
    plane = metric_of(both)
    shapes = from_wgs84(both, plane)
    found = _with_new(coverage.faults(shapes), len(old))
    everyone = _everyone(frame, around)
    report.findings += _findings(found, everyone, plane)
    if repair and found:
        clean, done = coverage.repair(shapes)
        report.repair = (report.repair or {}) | {"beside": _figures(done, everyone)}
        both = np.where(shapely.equals_exact(clean, shapes), both, to_wgs84(clean, plane))
    old, new = both[: len(around)], both[len(around) :]
    differs = ~shapely.equals_exact(old, around.geometry.to_numpy())
    return frame.set_geometry(_series(new, frame)), around.set_geometry(_series(old, around))[differs]


def _with_new(found: list[Fault], old: int) -> list[Fault]:
    """Faults between a new feature and an old one, told at the new one."""
    turned = [
        fault if fault.index >= old or fault.other is None else replace(fault, index=fault.other, other=fault.index)
        for fault in found
        if fault.kind in BETWEEN
    ]
    return [fault for fault in turned if fault.index >= old and (fault.other is None or fault.other < old)]


def _everyone(frame: geopandas.GeoDataFrame, around: geopandas.GeoDataFrame) -> geopandas.GeoDataFrame:
    columns = ["code", "name", "row"]
    rows = [*around.assign(row=0)[columns].itertuples(index=False), *frame[columns].itertuples(index=False)]
    return geopandas.GeoDataFrame(rows, columns=columns)


def _series(shapes: Geometries, frame: geopandas.GeoDataFrame) -> geopandas.GeoSeries:
    return geopandas.GeoSeries(shapes, index=frame.index, crs=4326)

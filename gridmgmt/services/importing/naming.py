"""Parents, identity and codes of imported boundaries and units.

A real file often has no codes. A feature without one keeps the code of the stored feature it equals; else it gets the
next free number of its parent, in reading order.
"""

from collections.abc import Iterator
from typing import Any

import geopandas
import numpy as np
import pandas
import shapely
from numpy.typing import NDArray
from sqlalchemy import select
from sqlalchemy.orm import Session

from gridmgmt.errors import InvalidInput
from gridmgmt.io.findings import Finding
from gridmgmt.io.layers import Layer
from gridmgmt.messages import Words
from gridmgmt.services.boundaries.codes import reading_order
from gridmgmt.services.importing.report import ImportReport
from gridmgmt.store.tables import BoundaryCode

Geometries = NDArray[Any]
SAME_SHARE = 0.98  # of the union that two outlines share to be the same feature
SAME_NAME_SHARE = 0.2  # with the same name


def check_parent(layer: Layer, parent: str | None) -> None:
    """InvalidInput where --parent does not fit the level."""
    wanted = layer.parent_digits
    if parent is not None and wanted is not None and not (parent.isdigit() and len(parent) == wanted):
        raise InvalidInput(detail=Words("reasons.parent_digits", layer=layer.name, digits=wanted, parent=parent))


def fitting_codes(
    frame: geopandas.GeoDataFrame, layer: Layer, report: ImportReport, by_hand: bool
) -> geopandas.GeoDataFrame:
    """Codes that fit the level; a guessed column of others is no column of codes, but names where there are none."""
    digits = layer.code_digits
    given = frame["code"].notna()
    unfit = given & ~frame["code"].astype("string").str.fullmatch(rf"\d{{{digits}}}").fillna(value=False)
    if not unfit.any():
        return frame
    if by_hand:
        report.findings += [
            Finding(int(row), "bad_code", values={"value": code, "digits": digits})
            for row, code in frame.loc[unfit, ["row", "code"]].itertuples(index=False)
        ]
        return frame
    report.note("codes_unfit", column=report.columns.get("code", ""), digits=digits)
    names = frame["name"].where(frame["name"].notna(), frame["code"])
    return frame.assign(name=names, code=frame["code"].where(~unfit, None))


def with_parents(
    frame: geopandas.GeoDataFrame,
    layer: Layer,
    parent: str | None,
    above: geopandas.GeoDataFrame,
    report: ImportReport,
) -> geopandas.GeoDataFrame:
    """The parent of each feature: its own column, the head of its code, --parent, or the stored area it lies in."""
    digits = layer.parent_digits
    own = frame["parent_code"].astype("string")
    found = own.where(own.str.fullmatch(rf"\d{{{digits}}}").fillna(value=False))
    found = found.fillna(frame["code"].astype("string").str[:digits])
    if parent is not None:
        found = found.fillna(parent)
    if found.isna().any() and not above.empty:
        found = found.where(found.notna(), containing(frame, above))
    report.findings += [
        Finding(int(row), "no_parent", values={"layer": layer.name, "digits": digits})
        for row in frame["row"][found.isna()]
    ]
    return frame.assign(parent_code=found.astype(object).where(found.notna(), None))


def containing(frame: geopandas.GeoDataFrame, above: geopandas.GeoDataFrame) -> pandas.Series:
    """Code of the stored area that holds each feature's inner point."""
    points = shapely.point_on_surface(frame.geometry.to_numpy())
    position, area = shapely.STRtree(above.geometry.to_numpy()).query(points, predicate="intersects")
    codes = pandas.Series(pandas.NA, index=frame.index, dtype="string")
    codes.iloc[position] = above["code"].to_numpy()[area]
    return codes


def nothing(frame: geopandas.GeoDataFrame) -> pandas.Series:
    """A column of None (pandas makes NaN of it unless told)."""
    return pandas.Series([None] * len(frame), index=frame.index, dtype=object)


def identified(frame: geopandas.GeoDataFrame, stored: geopandas.GeoDataFrame) -> geopandas.GeoDataFrame:
    """Features without code take that of the stored boundary they are: same outline, or same name and near it."""
    bare = frame.index[frame["code"].isna()]
    if len(bare) == 0 or stored.empty:
        return frame
    shapes, there = frame.geometry.loc[bare].to_numpy(), stored.geometry.to_numpy()
    new, old = shapely.STRtree(there).query(shapely.point_on_surface(shapes), predicate="intersects")
    shared = shapely.area(shapely.intersection(shapes[new], there[old]))
    share = shared / (shapely.area(shapes[new]) + shapely.area(there[old]) - shared)
    names, known = frame.loc[bare, "name"].to_numpy(), stored["name"].to_numpy()
    codes = stored["code"].to_numpy()
    unnamed = pandas.isna(names[new]) | (known[old] == codes[old])
    same_name = names[new] == known[old]
    sure = ((share > SAME_SHARE) & (unnamed | same_name)) | (same_name & (share > SAME_NAME_SHARE))
    taken = frame["code"].copy()
    used = set(frame["code"].dropna())
    for pair in sorted(np.flatnonzero(sure), key=lambda pair: -share[pair]):
        position, code = bare[new[pair]], codes[old[pair]]
        if taken[position] is None and code not in used:
            taken[position] = code
            used.add(code)
    return frame.assign(code=taken)


def coded(
    session: Session, frame: geopandas.GeoDataFrame, layer: Layer, report: ImportReport
) -> geopandas.GeoDataFrame:
    """Next free codes for boundaries that still have none, under their parents, west to east, north to south."""
    assert layer.level is not None
    bare = frame[frame["code"].isna() & frame["parent_code"].notna()]
    codes = frame["code"].copy()
    for parent, group in bare.groupby("parent_code", sort=True):
        free = _free_codes(session, layer, str(parent), set(frame["code"].dropna()))
        order = [group.index[position] for position in reading_order(group.geometry.to_numpy())]
        for position in order:
            codes[position] = _next(free, str(parent))
        report.note("codes_given", count=len(order), parent=parent, first=codes[order[0]], last=codes[order[-1]])
    return frame.assign(code=codes)


def _free_codes(session: Session, layer: Layer, parent: str, in_file: set[str]) -> Iterator[str]:
    """Codes of a level below `parent` that were never issued and are not in the file."""
    issued = select(BoundaryCode.code).where(
        BoundaryCode.level == layer.level, BoundaryCode.code.startswith(parent, autoescape=True)
    )
    taken = set(session.scalars(issued)) | in_file
    width = (layer.code_digits or 0) - len(parent)
    codes = (f"{parent}{number:0{width}d}" for number in range(1, 10**width))
    return (code for code in codes if code not in taken)


def _next(free: Iterator[str], parent: str) -> str:
    code = next(free, None)
    if code is None:
        raise InvalidInput(detail=Words("reasons.numbers_used_up", parent=parent))
    return code

"""Write rows with epochs: what is new is opened, what changed is closed and opened anew, what is equal stays."""

from collections.abc import Sequence
from datetime import date
from typing import Any

import geopandas
import numpy as np
import pandas
import shapely
from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from gridmgmt.io.findings import Finding
from gridmgmt.services.frames import read_frame, unwrapped
from gridmgmt.store.bulk import copy_frame
from gridmgmt.store.tables import Boundary, Station

Epochal = type[Boundary] | type[Station]
SAME_DEG = 1e-9  # 0.1 mm
NEAR_DEG = 1e-8  # 1 mm


def standing(session: Session, model: Epochal, at: date, *conditions: Any) -> geopandas.GeoDataFrame:
    """Rows in force on a day or later, with id and period, geometry in EPSG:4326."""
    columns = [column for column in model.__table__.columns if column.name != "geom"]
    shape = model.geom.ST_AsBinary().label("geometry")
    alive = or_(model.valid_to.is_(None), model.valid_to > at)
    return read_frame(session, select(*columns, shape).where(alive, *conditions).order_by(model.code))


def compare(frame: geopandas.GeoDataFrame, stored: geopandas.GeoDataFrame, fields: Sequence[str]) -> pandas.Series:
    """For each feature a verdict against the stored row of its code, by `fields` and geometry.

    "new", "equal", "changed", or "near": the same line with other vertices on it, as matching to a neighbour leaves.
    """
    there = stored.drop_duplicates("code").set_index("code")
    known = frame["code"].isin(there.index)
    verdict = pandas.Series("new", index=frame.index, dtype=object)
    if not known.any():
        return verdict
    old = there.loc[frame.loc[known, "code"]]
    says_same = np.ones(len(old), dtype=bool)
    for field in fields:
        says_same &= _text(frame.loc[known, field]) == _text(old[field])
    shapes = frame.geometry[known].to_numpy(), old.geometry.to_numpy()
    equal = _same_shapes(*shapes)
    near = equal.copy()  # how far apart they are takes long to tell: asked only of what is not the same anyway
    near[~equal] = shapely.hausdorff_distance(*(some[~equal] for some in shapes)) < NEAR_DEG
    verdict[known] = np.where(says_same & near, np.where(equal, "equal", "near"), "changed")
    return verdict


def _text(values: pandas.Series) -> np.ndarray[Any, Any]:
    return np.array(["" if pandas.isna(value) else str(plain(value)) for value in values], dtype=object)


def plain(value: Any) -> Any:
    """A value as Python has it: no NaN, whole numbers as int."""
    if pandas.isna(value):
        return None
    return int(value) if isinstance(value, float | np.floating) and float(value).is_integer() else value


def _same_shapes(new: Any, old: Any) -> np.ndarray[Any, Any]:
    """Equal up to the start of rings and 0.1 mm; a multi-geometry of one part is that part."""
    first, second = (shapely.normalize(unwrapped(shapes)) for shapes in (new, old))
    same: np.ndarray[Any, Any] = shapely.equals_exact(first, second, tolerance=SAME_DEG)
    return same


def conflicts(
    frame: geopandas.GeoDataFrame, stored: geopandas.GeoDataFrame, verdict: pandas.Series, valid_from: date
) -> list[Finding]:
    """Changed features whose stored version begins on that day or later: an epoch cannot be overwritten."""
    begins = stored.groupby("code")["valid_from"].max() if len(stored) else pandas.Series(dtype=object)
    rows = frame[verdict == "changed"]
    return [
        Finding(int(row), "conflict", code=code, values={"since": begins[code].isoformat()})
        for row, code in rows[["row", "code"]].itertuples(index=False)
        if begins[code] >= valid_from
    ]


def write(
    session: Session,
    model: Epochal,
    frame: geopandas.GeoDataFrame,
    stored: geopandas.GeoDataFrame,
    verdict: pandas.Series,
    valid_from: date,
) -> None:
    """Close the versions that changed and open those that are new or changed."""
    opened = frame[verdict.isin(["new", "changed"])]
    old = stored[stored["code"].isin(frame.loc[verdict == "changed", "code"])]
    if len(old):
        ids = [int(row_id) for row_id in old["id"]]
        session.execute(update(model).where(model.id.in_(ids)).values(valid_to=valid_from))
    if model is Boundary:
        versions = old.set_index("code")["version"] if len(old) else pandas.Series(dtype=int)
        opened = opened.assign(version=[int(versions.get(code, 0)) + 1 for code in opened["code"]])
    copy_frame(session, model, opened.drop(columns="row"), valid_from=valid_from)

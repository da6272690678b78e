"""The three layers a plan is shown by: the areas before it, its parts, and the ground that changed hands."""

import geopandas
import numpy as np
import shapely
from sqlalchemy.orm import Session

from gridmgmt.services.boundaries import boundaries_at
from gridmgmt.services.plans import PlanFrames
from gridmgmt.services.units import stations_at
from gridmgmt.store.tables import Plan

MERGES = ("merge", "replay")
RANGES = {"divide": (120, 180), "resize": (1000, 2000), "merge": (6000, 10000), "replay": (6000, 10000)}
LATTICE_DEG = 1e-7  # 1.1 cm
LEAST_DEG2 = 1e-9  # about 11 m²: what is smaller is rounding, not ground that moved


def household_range(plan: Plan) -> dict[str, int]:
    """The range of households the plan was made for."""
    low, high = RANGES[plan.task]
    return {"low": plan.parameters.get("low", low), "high": plan.parameters.get("high", high)}


def before(session: Session, plan: Plan) -> geopandas.GeoDataFrame:
    """The areas of the base date: grids for a division where there are any, communities otherwise."""
    if plan.task == "divide":
        grids = boundaries_at(session, "grid", plan.base_date, within_code=plan.scope_code)
        if len(grids):
            return grids
    return boundaries_at(session, "community", plan.base_date, within_code=plan.scope_code)


def count_before(session: Session, plan: Plan) -> int:
    """How many there were of what the plan makes: stations, communities or grids."""
    if plan.task in MERGES:
        return len(stations_at(session, plan.base_date, within_code=plan.scope_code))
    level = "grid" if plan.task == "divide" else "community"
    return len(boundaries_at(session, level, plan.base_date, within_code=plan.scope_code))  # type: ignore[arg-type]


def after(frames: PlanFrames) -> geopandas.GeoDataFrame:
    """The parts, each with `label`, a point well inside it."""
    points = shapely.point_on_surface(frames.parts.geometry.to_numpy())
    return frames.parts.assign(label=shapely.get_coordinates(points).round(6).tolist())


def changed(session: Session, frames: PlanFrames) -> geopandas.GeoDataFrame:
    """Ground that belongs to another area than before: `code` is where it was, `part` where it is.

    A merge changes the communities that come to share a station; a new division changes nothing that was there.
    """
    if frames.plan.task in MERGES:
        shared = frames.units["part"].duplicated(keep=False)
        return frames.units.loc[shared, ["unit_code", "part", "geometry"]].rename(columns={"unit_code": "code"})
    return _moved(before(session, frames.plan), frames.parts.iloc[: 0 if frames.plan.task == "divide" else None])


def _moved(old: geopandas.GeoDataFrame, new: geopandas.GeoDataFrame) -> geopandas.GeoDataFrame:
    """Pieces of `old` that lie in a part of `new` with another code."""
    into, out_of = shapely.STRtree(old.geometry.to_numpy()).query(new.geometry.to_numpy(), predicate="intersects")
    other = old["code"].to_numpy()[out_of] != new["code"].to_numpy()[into]
    into, out_of = into[other], out_of[other]
    # On a lattice of a centimetre, so that where two borders run together no slivers are left over.
    cut = shapely.intersection(old.geometry.to_numpy()[out_of], new.geometry.to_numpy()[into], grid_size=LATTICE_DEG)
    pieces = shapely.buffer(cut, 0)  # areas only, without the lines where they touch
    real = shapely.area(pieces) > LEAST_DEG2
    columns = {"code": old["code"].to_numpy()[out_of][real], "part": new["part"].to_numpy()[into][real]}
    return geopandas.GeoDataFrame(columns, geometry=np.asarray(pieces)[real], crs=old.crs)

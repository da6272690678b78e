"""What a plan does to the areas of one level: which stay, which end, which begin, and with what shape and households.

Nothing is written here; `gridmgmt.services.boundaries.publish` does that with the result.
"""

from dataclasses import dataclass
from typing import Any

import geopandas
import numpy as np
import pandas
import shapely
from numpy.typing import NDArray
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from gridmgmt.errors import BrokenCoverage, InvalidInput, NotFound
from gridmgmt.messages import Words
from gridmgmt.services.boundaries.coverage import require_coverage
from gridmgmt.services.boundaries.fit import MATCH_DEG, fit
from gridmgmt.services.boundaries.households import household_points, locate
from gridmgmt.services.boundaries.overlap import overlap
from gridmgmt.services.frames import WORLD, Box, read_frame
from gridmgmt.store.tables import WGS84_SRID, Boundary, Level, Plan, PlanPart

Geometries = NDArray[Any]

PARENT_LEVEL: dict[Level, Level] = {"grid": "community", "community": "subdistrict"}
NOT_NEEDED = ("geom", "valid_to")


@dataclass(frozen=True)
class Redraw:
    """The change of one level. Frames in EPSG:4326 with the columns of Boundary."""

    level: Level
    parents: geopandas.GeoDataFrame  # whose areas are drawn anew, where they have a boundary
    closed: geopandas.GeoDataFrame  # areas that end
    opened: geopandas.GeoDataFrame  # areas that begin; `code` is NaN for a new one
    kept: list[str]  # areas the plan leaves as they are
    rematched: geopandas.GeoDataFrame  # neighbours that got vertices: same ground, new version
    pairs: pandas.DataFrame  # what closed and opened share


def redraw(session: Session, plan: Plan, level: Level) -> Redraw:
    """Work out the change. Raises BrokenCoverage, InvalidInput, NotFound."""
    parts = _parts(session, plan)
    parents = _rows(above := open_areas(session, PARENT_LEVEL[level]), above["code"].isin(parts["parent_code"]))
    current = open_areas(session, level, _around(parents) if level == "grid" else WORLD)
    scope = _rows(current, current["parent_code"].isin(parts["parent_code"]))
    ground = _ground(level, parts, parents, scope)
    kept, parts = _split_kept(parts, scope)
    closed = _rows(scope, ~scope["code"].isin(kept))
    near = _touching(_rows(current, ~current["code"].isin(closed["code"])), parts)
    opened, neighbours = _fitted(parts, ground, near)
    _require_coverage(level, opened, neighbours)
    _require_whole(level, opened, _rows(scope, scope["code"].isin(kept)), ground)
    points = household_points(session, _around(ground))
    moved = ~shapely.equals_exact(near.geometry.to_numpy(), neighbours.geometry.to_numpy())
    opened = _counted(opened, neighbours, points)
    return Redraw(level, parents, closed, opened, kept, _rows(neighbours, moved), overlap(closed, opened, points))


def open_areas(session: Session, level: Level, box: Box = WORLD) -> geopandas.GeoDataFrame:
    """The newest boundaries of a level that touch a box: those without an end, as rows of Boundary."""
    columns = [column for column in Boundary.__table__.columns if column.name not in NOT_NEEDED]
    shape = func.ST_AsBinary(Boundary.geom).label("geometry")
    touching = Boundary.geom.op("&&")(func.ST_MakeEnvelope(*box, WGS84_SRID))
    chosen = select(*columns, shape).where(Boundary.level == level, Boundary.valid_to.is_(None), touching)
    return read_frame(session, chosen.order_by(Boundary.code))


def _parts(session: Session, plan: Plan) -> geopandas.GeoDataFrame:
    columns = (PlanPart.part, PlanPart.code, PlanPart.name, PlanPart.kind, PlanPart.parent_code, PlanPart.households)
    shape = func.ST_AsBinary(PlanPart.geom).label("geometry")
    parts = read_frame(session, select(*columns, shape).where(PlanPart.plan_id == plan.id).order_by(PlanPart.part))
    if len(parts) == 0:
        raise InvalidInput(detail=Words("reasons.plan_no_parts", plan=plan.id))
    codes = parts["code"].dropna()
    if codes.duplicated().any():
        raise InvalidInput(detail=Words("reasons.parts_continue", code=codes[codes.duplicated()].iloc[0]))
    return parts


def _ground(
    level: Level, parts: geopandas.GeoDataFrame, parents: geopandas.GeoDataFrame, scope: geopandas.GeoDataFrame
) -> geopandas.GeoSeries:
    """By the code of the parent, what its parts have to fill: a community, or what a subdistrict's communities fill."""
    ground = _unions(parents, "code")
    if level == "community":
        ground = {**ground, **_unions(scope, "parent_code")}
    wanted = sorted(set(parts["parent_code"]))
    missing = [code for code in wanted if code not in ground]
    if missing:
        raise NotFound(what=Words(f"common.{PARENT_LEVEL[level]}"), key=missing[0])
    return geopandas.GeoSeries({code: ground[code] for code in wanted}, crs=parts.crs)


def _unions(frame: geopandas.GeoDataFrame, key: str) -> dict[str, Any]:
    """The union of the shapes of each key."""
    shapes = frame.geometry.to_numpy()
    return {str(value): shapely.union_all(shapes[rows]) for value, rows in frame.groupby(key).indices.items()}


def _around(areas: geopandas.GeoSeries | geopandas.GeoDataFrame) -> Box:
    west, south, east, north = areas.total_bounds if len(areas) else WORLD
    return float(west - MATCH_DEG), float(south - MATCH_DEG), float(east + MATCH_DEG), float(north + MATCH_DEG)


def _rows(frame: geopandas.GeoDataFrame, chosen: Any) -> geopandas.GeoDataFrame:
    return frame[chosen].reset_index(drop=True)


def _touching(areas: geopandas.GeoDataFrame, parts: geopandas.GeoDataFrame) -> geopandas.GeoDataFrame:
    tree = shapely.STRtree(areas.geometry.to_numpy())
    found = tree.query(parts.geometry.to_numpy(), predicate="dwithin", distance=MATCH_DEG)
    return areas.iloc[np.unique(found[1])].reset_index(drop=True)


def _split_kept(
    parts: geopandas.GeoDataFrame, scope: geopandas.GeoDataFrame
) -> tuple[list[str], geopandas.GeoDataFrame]:
    """The codes of parts that are what they were, and the parts that are not."""
    known = parts["code"].isin(scope["code"])
    if (~known & parts["code"].notna()).any():
        unknown = parts.loc[~known & parts["code"].notna(), "code"].iloc[0]
        raise InvalidInput(detail=Words("reasons.part_continues_other", unknown=unknown))
    before = scope.set_index("code").reindex(parts.loc[known, "code"])
    after = parts[known]
    same = same_ground(before.geometry.to_numpy(), after.geometry.to_numpy())
    same &= (before["parent_code"].to_numpy() == after["parent_code"].to_numpy()) & (
        before["kind"].to_numpy() == after["kind"].to_numpy()
    )
    kept = after.index[same]
    return list(parts.loc[kept, "code"]), parts.drop(index=kept).reset_index(drop=True)


def same_ground(before: Geometries, after: Geometries) -> NDArray[np.bool_]:
    """(n,) whether two areas differ by no more than the width of a matched border."""
    same: NDArray[np.bool_] = shapely.equals_exact(before, after)
    rest = np.flatnonzero(~same)
    differing = shapely.area(shapely.symmetric_difference(before[rest], after[rest]))
    same[rest] = differing <= 2 * MATCH_DEG * shapely.length(before[rest])
    return same


def _fitted(
    parts: geopandas.GeoDataFrame, ground: geopandas.GeoSeries, near: geopandas.GeoDataFrame
) -> tuple[geopandas.GeoDataFrame, geopandas.GeoDataFrame]:
    """Parts and neighbours with matched borders."""
    shapes, beside = fit(parts.geometry.to_numpy(), ground.to_numpy(), near.geometry.to_numpy())
    return parts.set_geometry(shapes, crs=parts.crs), near.set_geometry(beside, crs=near.crs)


def _require_coverage(level: Level, opened: geopandas.GeoDataFrame, neighbours: geopandas.GeoDataFrame) -> None:
    """The new areas and what lies beside them tile, edge-matched."""
    named = opened.assign(code=[f"#{part}" for part in opened["part"]])
    require_coverage(pandas.concat([named, neighbours], ignore_index=True), level)


def _require_whole(
    level: Level, opened: geopandas.GeoDataFrame, kept: geopandas.GeoDataFrame, ground: geopandas.GeoSeries
) -> None:
    """The areas below each parent fill the ground they were cut from: no gap, nothing outside."""
    filled = _unions(pandas.concat([opened, kept], ignore_index=True), "parent_code")
    codes = ground.index.to_numpy()
    wrong = ~same_ground(ground.to_numpy(), np.array([filled[code] for code in codes], dtype=object))
    if wrong.any():
        raise BrokenCoverage(level=Words(f"common.{level}"), where=codes[wrong][0])


def _counted(
    opened: geopandas.GeoDataFrame, neighbours: geopandas.GeoDataFrame, points: geopandas.GeoDataFrame
) -> geopandas.GeoDataFrame:
    """The new areas with the households and residents that live in them; where no unit is known, the plan's figures."""
    shapes = np.concatenate([opened.geometry.to_numpy(), neighbours.geometry.to_numpy()])
    home = locate(points.geometry.to_numpy(), shapes)
    here = points[(home >= 0) & (home < len(opened))]
    if len(here) == 0:
        return opened.assign(residents=None)
    sums = here[["households", "residents"]].groupby(home[here.index]).sum()
    return opened.assign(**sums.reindex(range(len(opened)), fill_value=0))

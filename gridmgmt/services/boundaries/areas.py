"""Write the change of one level: rows closed and opened, codes issued and retired, the crosswalk, what follows."""

from collections.abc import Sequence
from datetime import date
from typing import Any

import geopandas
import pandas
from sqlalchemy import delete, insert, or_, update
from sqlalchemy.orm import Session

from gridmgmt.errors import InvalidInput
from gridmgmt.messages import Words, text
from gridmgmt.services.boundaries.codes import numbering, reading_order, retire
from gridmgmt.services.boundaries.overlap import merged
from gridmgmt.services.boundaries.redraw import Redraw, open_areas, redraw
from gridmgmt.services.boundaries.service import follow_communities
from gridmgmt.store.bulk import copy_frame
from gridmgmt.store.tables import Boundary, BoundaryCode, Crosswalk, Level, Plan, WorkerGrid

LEVEL_OF_TASK: dict[str, Level] = {"divide": "grid", "resize": "community"}


def publish_areas(session: Session, plan: Plan, effective_on: date) -> dict[str, Any]:
    """Publish a divide or resize plan; see `publish_plan`."""
    change = redraw(session, plan, LEVEL_OF_TASK[plan.task])
    opened = _coded(session, change, effective_on)
    close(session, pandas.concat([change.closed, change.rematched], ignore_index=True), effective_on)
    copy_frame(session, Boundary, opened, valid_from=effective_on)
    copy_frame(session, Boundary, _next_version(change.rematched), valid_from=effective_on)
    ended = sorted(set(change.closed["code"]) - set(opened["code"]))
    retire(session, ended, effective_on)
    record_crosswalk(session, plan, change, opened, effective_on)
    return {
        "effective_on": effective_on.isoformat(),
        "level": change.level,
        "closed": ended,
        "opened": sorted(set(opened["code"]) - set(change.closed["code"])),
        "continued": sorted(set(opened["code"]) & set(change.closed["code"])),
        "kept": len(change.kept),
        "rematched": sorted(change.rematched["code"]),
        "households": int(opened["households"].sum()),
        "codes": dict(zip(opened["part"].astype(str), opened["code"], strict=True)),
        **_consequences(session, change, opened, ended, effective_on),
    }


def _consequences(
    session: Session, change: Redraw, opened: geopandas.GeoDataFrame, ended: list[str], on: date
) -> dict[str, Any]:
    """What the change of the level brings about elsewhere."""
    if change.level == "grid":
        return {"released_workers": release_workers(session, ended, on)}
    grids = open_areas(session, "grid")
    orphaned = grids[grids["parent_code"].isin(change.closed["code"])]
    codes = sorted(orphaned["code"])
    close(session, orphaned, on)
    retire(session, codes, on)
    fresh = {new: old for new, old in _successors(change, opened).items() if new not in set(change.closed["code"])}
    moved = follow_communities(session, ended, fresh, on)
    return {"orphaned_grids": codes, "released_workers": release_workers(session, codes, on), "moved_services": moved}


def close(session: Session, rows: geopandas.GeoDataFrame, on: date) -> None:
    """End these versions on the day `on`; InvalidInput where one begins no earlier."""
    if len(rows) == 0:
        return
    latest = max(rows["valid_from"])
    if latest >= on:
        raise InvalidInput(detail=Words("reasons.areas_begin", latest=latest))
    ids = [int(row_id) for row_id in rows["id"]]
    session.execute(update(Boundary).where(Boundary.id.in_(ids)).values(valid_to=on))


def release_workers(session: Session, grid_codes: Sequence[str], on: date) -> int:
    """End the duty of workers in grids that end; returns how many duties that were."""
    here = WorkerGrid.grid_code.in_(grid_codes), or_(WorkerGrid.valid_to.is_(None), WorkerGrid.valid_to > on)
    session.execute(delete(WorkerGrid).where(*here, WorkerGrid.valid_from >= on))
    ended = session.execute(update(WorkerGrid).where(*here).values(valid_to=on).returning(WorkerGrid.grid_code))
    return len(ended.all())


def _next_version(rows: geopandas.GeoDataFrame) -> geopandas.GeoDataFrame:
    return rows.drop(columns="id").assign(version=rows["version"] + 1)


def _coded(session: Session, change: Redraw, on: date) -> geopandas.GeoDataFrame:
    """The new areas as rows of Boundary, in the order of their numbers, new codes issued."""
    opened = change.opened.assign(level=change.level, merged=merged(change.pairs, change.closed, change.opened))
    opened = opened.iloc[reading_order(opened.geometry.to_numpy())].copy()
    opened["code"] = _codes(session, change.level, opened)
    fresh = opened.loc[~opened["code"].isin(change.closed["code"]), "code"]
    rows = [{"code": code, "level": change.level, "issued_on": on} for code in fresh]
    if rows:
        session.execute(insert(BoundaryCode), rows)
    before = change.closed.set_index("code").reindex(opened["code"])
    opened["version"] = (before["version"].fillna(0).to_numpy() + 1).astype(int)
    opened["community_type"] = _community_types(change).reindex(opened.index).to_numpy()
    opened["name"] = _names(change, opened, before["name"].to_numpy())
    return opened.sort_index()


def _codes(session: Session, level: Level, opened: geopandas.GeoDataFrame) -> list[str]:
    free = {parent: numbering(session, level, parent) for parent in sorted(set(opened["parent_code"]))}
    rows = zip(opened["code"], opened["code"].isna(), opened["parent_code"], opened["merged"], strict=True)
    return [free[parent].next(merged=bool(union)) if is_new else str(code) for code, is_new, parent, union in rows]


def _names(change: Redraw, opened: geopandas.GeoDataFrame, before: Sequence[Any]) -> list[str]:
    """The plan's name, else the one the code had, else the parent's with the number."""
    parents = dict(zip(change.parents["code"], change.parents["name"], strict=True))
    rows = zip(opened["name"], before, opened["code"], opened["parent_code"], strict=True)
    key = f"database.{change.level}_name"
    return [
        next((str(name) for name in (given, old) if isinstance(name, str) and name), "")
        or text(key, parent=parents.get(parent, parent), number=int(code[len(parent) :]))
        for given, old, code, parent in rows
    ]


def _community_types(change: Redraw) -> pandas.Series:
    """The type of the old area each new one shares most with, by its position."""
    best = _best_pairs(change)
    return pandas.Series(change.closed["community_type"].to_numpy()[best["old"]], index=best["new"], dtype=object)


def _best_pairs(change: Redraw) -> pandas.DataFrame:
    """For every new area the old one it shares most households with, most ground where no household is."""
    return change.pairs.sort_values(["households", "area_m2"], ascending=False).drop_duplicates("new")


def _successors(change: Redraw, opened: geopandas.GeoDataFrame) -> dict[str, str]:
    """New code → the code of the old area it shares most with."""
    best = _best_pairs(change)
    old, new = change.closed["code"].to_numpy()[best["old"]], opened["code"].to_numpy()[best["new"]]
    return dict(zip(map(str, new), map(str, old), strict=True))


def record_crosswalk(session: Session, plan: Plan, change: Redraw, opened: geopandas.GeoDataFrame, on: date) -> None:
    """One row for every pair of an old and a new area that share ground or households."""
    pairs = change.pairs
    rows = pandas.DataFrame(
        {
            "old_code": change.closed["code"].to_numpy()[pairs["old"]],
            "new_code": opened["code"].to_numpy()[pairs["new"]],
            "shared_households": pairs["households"],
            "shared_residents": pairs["residents"],
            "shared_area_m2": pairs["area_m2"],
        }
    )
    copy_frame(session, Crosswalk, rows, changed_on=on, plan_id=plan.id)

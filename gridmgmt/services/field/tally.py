"""One cleaned patrol laid on the ground: its rows of days, grids, streets and visits."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gridmgmt.field import TrackReport
from gridmgmt.field.day import LOCAL_ZONE
from gridmgmt.field.streets import Stretches
from gridmgmt.field.visits import VisitSettings, stays, time_at_vertices
from gridmgmt.ids import PatrolId
from gridmgmt.services.field.ground import Doors, Ground
from gridmgmt.store.tables import Base, BuildingVisit, PatrolDay, PatrolGrid, PatrolTime, PlaceVisit, StreetWalk

Tally = Mapping[type[Base], list[dict[str, Any]]]
MM = 1000.0


@dataclass(frozen=True)
class _Day:
    """The part of a path that was walked on one day."""

    day: date
    path: pd.DataFrame
    xy_m: NDArray[np.float64]
    grids: NDArray[np.object_]


def tally(patrol_id: PatrolId, report: TrackReport, ground: Ground, visits: VisitSettings) -> Tally:
    """Rows per table, without the patrol's column `patrol_id` being repeated by hand: it is in every row."""
    days = list(_by_day(report, ground))
    rows: dict[type[Base], list[dict[str, Any]]] = {
        PatrolDay: _figures(report, days),
        PatrolGrid: _fixes_per_grid(report, ground),
        PatrolTime: [row for day in days for row in _times(day)],
        StreetWalk: [row for day in days for row in _streets(day, ground)],
        BuildingVisit: [row for day in days for row in _visits(day, ground.buildings, "building_code", visits)],
        PlaceVisit: [row for day in days for row in _visits(day, ground.places, "place_code", visits)],
    }
    return {table: [{"patrol_id": patrol_id, **row} for row in these] for table, these in rows.items()}


def _local_days(moments: pd.Series) -> NDArray[np.object_]:
    days: NDArray[np.object_] = moments.dt.tz_convert(LOCAL_ZONE).dt.date.to_numpy(dtype=object)
    return days


def _by_day(report: TrackReport, ground: Ground) -> "list[_Day]":
    """A walk never goes past midnight, so that each has one day."""
    days = _local_days(report.segments["started_at"])[report.path["walk"].to_numpy()]
    xy_m = ground.metres(report.path["lon"], report.path["lat"])
    found = []
    for day in sorted(set(days)):
        these = days == day
        found.append(_Day(day, report.path[these], xy_m[these], ground.grids_of(xy_m[these], day)))
    return found


def _figures(report: TrackReport, days: "list[_Day]") -> list[dict[str, Any]]:
    """One row per day on which there were fixes, kept or not."""
    fix_days = _local_days(report.points["time"])
    walk_days = _local_days(report.segments["started_at"])
    stop_days = _local_days(report.stops["started_at"])
    off_grid_s = {day.day: float(time_at_vertices(day.path)[day.grids == None].sum()) for day in days}  # noqa: E711
    rows = []
    for day in sorted(set(fix_days)):
        fixes, walks = report.points[fix_days == day], report.segments[walk_days == day]
        dropped = fixes.loc[~fixes["kept"], "reason"].value_counts()
        rows.append(
            {
                "day": day,
                "distance_m": float(walks["distance_m"].sum()),
                "moving_s": float(walks["moving_s"].sum()),
                "stop_s": float(report.stops.loc[stop_days == day, "seconds"].sum()),
                "off_grid_s": off_grid_s.get(day, 0.0),
                "fixes": len(fixes),
                "kept": int(fixes["kept"].sum()),
                "dropped": {str(reason): int(dropped[reason]) for reason in sorted(dropped.index)},
            }
        )
    return rows


def _fixes_per_grid(report: TrackReport, ground: Ground) -> list[dict[str, Any]]:
    kept = report.points[report.points["kept"]]
    days, xy_m = _local_days(kept["time"]), ground.metres(kept["lon"], kept["lat"])
    grids = np.full(len(kept), None, dtype=object)
    for day in set(days):
        grids[days == day] = ground.grids_of(xy_m[days == day], day)
    codes, counts = np.unique(grids[grids != None].astype(str), return_counts=True)  # noqa: E711 - elementwise
    return [{"grid_code": str(code), "points": int(count)} for code, count in zip(codes, counts, strict=True)]


def _times(day: _Day) -> list[dict[str, Any]]:
    seconds = pd.Series(time_at_vertices(day.path)).groupby(pd.Series(day.grids)).sum()
    return [{"day": day.day, "grid_code": code, "seconds": float(spent)} for code, spent in seconds.items()]


def _streets(day: _Day, ground: Ground) -> list[dict[str, Any]]:
    near = ground.streets.near_walks(day.xy_m[:, 0], day.xy_m[:, 1], day.path["walk"].to_numpy())
    return [
        {"day": day.day, "street_code": ground.street_codes[street], "covered": covered}
        for street, covered in multiranges(near).items()
    ]


def multiranges(stretches: Stretches) -> dict[int, str]:
    """Stretches per street as PostgreSQL writes ranges of whole millimetres.

    >>> multiranges(Stretches.of([4, 4], [0.0, 20.5], [12.3456, 30.0]))
    {4: '{[0,12346),[20500,30000)}'}
    """
    starts = np.round(stretches.start_m * MM).astype(np.int64)
    ends = np.round(stretches.end_m * MM).astype(np.int64)
    ranges: dict[int, list[str]] = {}
    for street, start, end in zip(stretches.street.tolist(), starts.tolist(), ends.tolist(), strict=True):
        if end > start:
            ranges.setdefault(street, []).append(f"[{start},{end})")
    return {street: "{" + ",".join(parts) + "}" for street, parts in ranges.items()}


def _visits(day: _Day, doors: Doors, column: str, settings: VisitSettings) -> list[dict[str, Any]]:
    """The longest stay at any door of a thing, where it is long enough."""
    stay = stays(day.path, day.xy_m, doors.places_m, doors.reach_m)
    long = stay.seconds >= settings.dwell_for(doors.reach_m[stay.place])
    frame = pd.DataFrame(
        {
            column: doors.code[stay.place[long]],
            "seconds": stay.seconds[long],
            "arrived_at": pd.to_datetime(stay.arrived_us[long].astype(np.int64), unit="us", utc=True),
        }
    )
    best = frame.sort_values([column, "seconds", "arrived_at"]).drop_duplicates(column, keep="last")
    return [{"day": day.day, **row} for row in best.to_dict("records")]

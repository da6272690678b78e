"""Cleaned patrols laid on the ground, many at once: their rows of days, grids, streets and visits.

What a patrol adds up to never depends on the others in the frame: they only share the work.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gridmgmt.field import TrackReport
from gridmgmt.field.day import LOCAL_ZONE
from gridmgmt.field.streets import Stretches
from gridmgmt.field.visits import VisitSettings, stays, time_at_vertices
from gridmgmt.services.field.ground import Doors, Ground
from gridmgmt.store.tables import Base, BuildingVisit, PatrolDay, PatrolGrid, PatrolTime, PlaceVisit, StreetWalk

Tally = Mapping[type[Base], pd.DataFrame]
OF, DAY = "patrol", "day"
LEG = [OF, DAY]
MM = 1000.0


@dataclass(frozen=True)
class _Paths:
    """The vertices of all paths with their places in metres, their grids, and the leg each belongs to.

    A leg is a day of a patrol; `legs` has a row for each.
    """

    path: pd.DataFrame
    xy_m: NDArray[np.float64]
    grids: NDArray[np.object_]
    seconds: NDArray[np.float64]
    leg: NDArray[np.int64]
    legs: pd.DataFrame


def tally(report: TrackReport, ground: Ground, visits: VisitSettings) -> Tally:
    """Rows per table of the patrols in a report of `clean_tracks` by `patrol`, which they bear too."""
    paths = _paths(report, ground)
    points = report.points.assign(day=_local_days(report.points["time"]))
    return {
        PatrolDay: _figures(report, points, paths),
        PatrolGrid: _fixes_per_grid(points[points["kept"]], ground),
        PatrolTime: _times(paths),
        StreetWalk: _streets(paths, ground),
        BuildingVisit: _visits(paths, ground.buildings, "building_code", visits),
        PlaceVisit: _visits(paths, ground.places, "place_code", visits),
    }


def _local_days(moments: pd.Series) -> NDArray[np.object_]:
    """The dates in China; each is made once, since dates are slow to make."""
    days = moments.dt.tz_convert(LOCAL_ZONE).dt.tz_localize(None).to_numpy(dtype="datetime64[D]")
    dates, number = np.unique(days, return_inverse=True)
    return np.array([*dates.tolist(), None], dtype=object)[number]


def _paths(report: TrackReport, ground: Ground) -> _Paths:
    """A walk never goes past midnight, so that each has one day."""
    walks = pd.DataFrame({OF: report.segments[OF], DAY: _local_days(report.segments["started_at"])})
    leg_of_walk = walks.groupby(LEG, sort=False).ngroup().to_numpy(dtype=np.int64)
    legs = walks.drop_duplicates(LEG, ignore_index=True)
    leg = leg_of_walk[report.path["walk"].to_numpy()]
    xy_m = ground.metres(report.path["lon"], report.path["lat"])
    grids = ground.grids_of(xy_m, legs[DAY].to_numpy(dtype=object)[leg])
    return _Paths(report.path, xy_m, grids, time_at_vertices(report.path), leg, legs)


def _figures(report: TrackReport, points: pd.DataFrame, paths: _Paths) -> pd.DataFrame:
    """One row per day on which there were fixes, kept or not."""
    rows = points.groupby(LEG).agg(fixes=("kept", "size"), kept=("kept", "sum"))
    dropped: dict[Any, dict[str, int]] = {leg: {} for leg in rows.index}
    for (patrol, day, reason), count in points[~points["kept"]].groupby([*LEG, "reason"]).size().items():
        dropped[patrol, day][str(reason)] = int(count)
    whose = report.segments[OF].to_numpy()
    walks = report.segments.assign(day=_local_days(report.segments["started_at"]))
    stops = report.stops.assign(**{OF: whose[report.stops["walk"]], DAY: _local_days(report.stops["started_at"])})
    off_grid = _legs(paths).assign(off_grid_s=paths.seconds)[paths.grids == None]  # noqa: E711 - elementwise
    sums = (
        walks.groupby(LEG)[["distance_m", "moving_s"]].sum(),
        stops.groupby(LEG)["seconds"].sum().rename("stop_s"),
        off_grid.groupby(LEG)["off_grid_s"].sum(),
    )
    table = rows.join(sums[0]).join(sums[1]).join(sums[2]).fillna(0.0)
    return table.assign(dropped=pd.Series(dropped, dtype=object).reindex(table.index)).reset_index()


def _legs(paths: _Paths) -> pd.DataFrame:
    """The leg of each vertex, as columns."""
    return paths.legs.iloc[paths.leg].reset_index(drop=True)


def _fixes_per_grid(kept: pd.DataFrame, ground: Ground) -> pd.DataFrame:
    grids = ground.grids_of(ground.metres(kept["lon"], kept["lat"]), kept[DAY].to_numpy(dtype=object))
    return _grouped(kept[[OF]].assign(grid_code=grids), [OF, "grid_code"]).size().rename("points").reset_index()


def _times(paths: _Paths) -> pd.DataFrame:
    vertices = _legs(paths).assign(grid_code=paths.grids, seconds=paths.seconds)
    return _grouped(vertices, [*LEG, "grid_code"])["seconds"].sum().reset_index()


def _grouped(frame: pd.DataFrame, by: list[str]) -> Any:
    """Grouped without the rows in no grid."""
    return frame[frame["grid_code"].notna()].groupby(by)


def _streets(paths: _Paths, ground: Ground) -> pd.DataFrame:
    walk = paths.path["walk"].to_numpy()
    near = ground.streets.near_walks(paths.xy_m[:, 0], paths.xy_m[:, 1], walk, owner=paths.leg)
    covered = multiranges(near)
    leg, street = np.divmod(np.array(list(covered), dtype=np.int64), max(1, len(ground.street_codes)))
    return paths.legs.iloc[leg].assign(street_code=ground.street_codes[street], covered=list(covered.values()))


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


def _visits(paths: _Paths, doors: Doors, column: str, settings: VisitSettings) -> pd.DataFrame:
    """The longest stay at any door of a thing, where it is long enough."""
    stay = stays(paths.path, paths.xy_m, doors.places_m, doors.reach_m, owner=paths.leg, tree=doors.tree)
    leg, place = np.divmod(stay.place, max(1, len(doors.code)))
    long = stay.seconds >= settings.dwell_for(doors.reach_m[place])
    frame = pd.DataFrame(
        {
            "leg": leg[long],
            column: doors.code[place[long]],
            "seconds": stay.seconds[long],
            "arrived_at": pd.to_datetime(stay.arrived_us[long].astype(np.int64), unit="us", utc=True),
        }
    )
    ordered = frame.sort_values(["leg", column, "seconds", "arrived_at"])
    best = ordered.drop_duplicates(["leg", column], keep="last", ignore_index=True)
    return pd.concat([paths.legs.iloc[best["leg"]].reset_index(drop=True), best.drop(columns="leg")], axis=1)

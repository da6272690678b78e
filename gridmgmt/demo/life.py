"""Days of field work for the demo: workers, patrols with their fixes, incidents with their steps.

Every day is drawn from its own seed, so a later run that adds days finds the earlier ones unchanged.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cache
from importlib.resources import files
from tomllib import loads
from typing import Any
from uuid import UUID, uuid5

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gridmgmt.demo.cases import VERSION, Made, case_steps, settings_of
from gridmgmt.demo.names import person_name
from gridmgmt.demo.rhythm import SHIFTS, incident_moment, shift_moment, weekly
from gridmgmt.demo.walks import Fixes, Footways
from gridmgmt.field.day import LOCAL_ZONE, local_day
from gridmgmt.geo.crs import gcj02_to_wgs84, wgs84_to_gcj02
from gridmgmt.services.field.content import content_hash

SOURCE = "demo"
_NAMESPACE = UUID("6f3c2a52-0d0b-5c55-9a0e-2006081400cc")
_MINUTES = (20.0, 40.0)  # on the move
_GCJ_SHARE = 0.25  # of the phones

Frames = dict[str, pd.DataFrame]


@dataclass(frozen=True)
class Workload:
    """How much happens a day: one patrol starts per `grids_per_patrol` grids, one incident per `grids_per_incident`."""

    grids_per_patrol: float = 100.0
    grids_per_incident: float = 120.0


def field_work(
    grids: gpd.GeoDataFrame,
    streets: gpd.GeoDataFrame,
    now: datetime,
    *,
    seed: int = 2006,
    days: int = 30,
    doors: gpd.GeoSeries | None = None,
    since: date | None = None,
    workload: Workload | None = None,
) -> Frames:
    """Field work of the `days` days that end with the aware moment `now`, as frames for `services.field.backfill`.

    `grids` (code, geometry; EPSG:4326) each get a worker, responsible from the day `since` (none where it is None:
    the workers are there already); `streets` as in the contract of frames, `doors` the points of entrances, where
    walkers stop. A quarter of the phones tell GCJ-02, made WGS 84 as at the edge. Nothing happens after `now`.
    """
    workers = _workers(grids, seed)
    ways = Footways(streets, doors)
    load = workload or Workload()
    dates = [local_day(now) - timedelta(days=back) for back in reversed(range(days))]
    made = [_Day(day, now, grids, workers["code"].to_numpy(), ways, load, seed) for day in dates]
    parts = [part for day in made for part in day.patrols()]
    incidents = [row for day in made for row in day.incidents()]
    appointed = workers.assign(worker_code=workers["code"], valid_from=since, valid_to=None)
    if since is None:
        workers, appointed = workers.iloc[:0], appointed.iloc[:0]
    return {
        "workers": workers[["code", "name"]],
        "worker_grids": appointed[["worker_code", "grid_code", "valid_from", "valid_to"]],
        "patrols": pd.DataFrame([patrol for patrol, _ in parts], columns=[*_PATROL]),
        "track_points": _track_points(parts, _gcj_phones(workers, seed)),
        **_incident_frames(incidents),
    }


_PATROL = ("id", "worker_code", "kind", "started_at", "ended_at", "source", "content_hash", "received_at")
_INCIDENT = (
    "id", "category", "text", "occurred_at", "received_at", "worker_code", "source", "content_hash",
    "first_asked", "severity", "workflow_version",
)  # fmt: skip


def _workers(grids: gpd.GeoDataFrame, seed: int) -> pd.DataFrame:
    """One worker per grid, in code order."""
    rng = np.random.default_rng([seed, 0])
    codes = sorted(grids["code"])
    rows = [(f"W{number:05d}", person_name(rng), code) for number, code in enumerate(codes, start=1)]
    return pd.DataFrame(rows, columns=["code", "name", "grid_code"])


class _Day:
    """What happens on one day, drawn from a seed of its own."""

    def __init__(
        self,
        day: date,
        now: datetime,
        grids: gpd.GeoDataFrame,
        workers: "np.ndarray[tuple[int, ...], np.dtype[np.object_]]",
        ways: Footways,
        load: Workload,
        seed: int,
    ) -> None:
        self.day, self.now, self.load, self.ways, self.workers = day, now, load, ways, workers
        self.grids = grids.sort_values("code", ignore_index=True)
        self.rng = np.random.default_rng([seed, day.toordinal()])

    def patrols(self) -> Iterator[tuple[dict[str, object], Fixes]]:
        """Patrols of some of the grids, each starting in its worker's own."""
        count = max(1, round(len(self.grids) / self.load.grids_per_patrol))
        chosen = np.sort(self.rng.choice(len(self.grids), min(count, len(self.grids)), replace=False))
        segments = self.ways.nearest(self.grids.geometry.iloc[chosen].representative_point())
        for place, (grid, segment) in enumerate(zip(chosen.tolist(), segments.tolist(), strict=True)):
            fixes = self.ways.walk(segment, 60 * float(self.rng.uniform(*_MINUTES)), self.rng)
            started = self._moment()
            ended = started + timedelta(seconds=float(fixes.seconds[-1]))
            if ended < self.now:
                yield self._patrol(place, str(self.workers[grid]), started, ended, fixes), fixes

    def _moment(self) -> datetime:
        """A time of day within the shifts; while today's first shift has not passed, some time since midnight."""
        moment, share = shift_moment(self.day, self.rng), float(self.rng.random())
        since_midnight = self.now - datetime.combine(self.day, time.min, LOCAL_ZONE)
        if since_midnight < timedelta(hours=SHIFTS[0][1]):
            return self.now - timedelta(seconds=round(share * since_midnight.total_seconds()))
        return moment

    def _patrol(self, place: int, worker: str, started: datetime, ended: datetime, fixes: Fixes) -> dict[str, object]:
        content = [worker, started.isoformat(), shapely.to_wkt(fixes.geometry, rounding_precision=7).tolist()]
        return {
            "id": uuid5(_NAMESPACE, f"patrol {self.day} {place}"),
            "worker_code": worker,
            "kind": "routine",
            "started_at": started,
            "ended_at": ended,
            "source": SOURCE,
            "content_hash": content_hash(content),
            "received_at": ended + timedelta(seconds=20),
        }

    def incidents(self) -> Iterator[dict[str, object]]:
        """Incidents somewhere in the grids, each seen by the worker of its grid."""
        midday = datetime.combine(self.day, time(12), LOCAL_ZONE)
        count = max(1, round(len(self.grids) / self.load.grids_per_incident * weekly(midday)))
        kinds = _incident_kinds()
        weights = np.array([kind["weight"] for kind in kinds.values()], dtype=float)
        for place in range(count):
            grid = int(self.rng.integers(len(self.grids)))
            category = str(self.rng.choice(list(kinds), p=weights / weights.sum()))
            texts = kinds[category]["texts"]
            words = str(texts[int(self.rng.integers(len(texts)))])
            occurred = incident_moment(self.day, self.rng)
            if occurred < self.now:
                point = _within(self.grids.geometry.iloc[grid], self.rng)
                code, worker = str(self.grids["code"].iloc[grid]), str(self.workers[grid])
                yield self._incident(place, category, words, occurred, code, worker, point)

    def _incident(
        self, place: int, category: str, words: str, occurred: datetime, grid: str, worker: str, point: shapely.Point
    ) -> dict[str, object]:
        content = [category, words, occurred.isoformat(), worker, point.wkt]
        received = occurred + timedelta(seconds=90)
        return {
            "id": uuid5(_NAMESPACE, f"incident {self.day} {place}"),
            "category": category,
            "text": words,
            "occurred_at": occurred,
            "received_at": min(received, self.now),
            "worker_code": worker,
            "first_asked": worker,
            "severity": settings_of(category).get("severity", "general"),
            "workflow_version": VERSION,
            "source": SOURCE,
            "content_hash": content_hash(content),
            "geometry": point,
            "steps": list(case_steps(category, received, self.now, grid, worker, self.rng)),
        }


@cache
def _incident_kinds() -> dict[str, dict[str, Any]]:
    return loads((files(__package__) / "incidents.toml").read_text("utf-8"))


def _within(area: shapely.Geometry, rng: np.random.Generator) -> shapely.Point:
    """A place drawn inside an area, rounded to about 1 cm; its middle where a narrow area is missed again and again."""
    west, south, east, north = area.bounds
    for _ in range(30):
        lon, lat = float(rng.uniform(west, east)), float(rng.uniform(south, north))
        if area.contains(shapely.Point(lon, lat)):
            return shapely.Point(round(lon, 7), round(lat, 7))
    return area.representative_point()


def _gcj_phones(workers: pd.DataFrame, seed: int) -> frozenset[str]:
    """The workers whose phones tell GCJ-02."""
    told = np.random.default_rng([seed, 1]).random(len(workers)) < _GCJ_SHARE
    return frozenset(workers["code"][told])


def _track_points(parts: list[tuple[dict[str, object], Fixes]], gcj: frozenset[str]) -> gpd.GeoDataFrame:
    sizes = [len(fixes.seconds) for _, fixes in parts]
    started = pd.to_datetime([patrol["started_at"] for patrol, _ in parts], utc=True)
    seconds = np.concatenate([fixes.seconds for _, fixes in parts]) if parts else np.empty(0)
    columns = {
        "patrol_id": np.repeat(np.array([patrol["id"] for patrol, _ in parts], dtype=object), sizes),
        "recorded_at": started.repeat(sizes) + pd.to_timedelta(seconds, unit="s"),
        "seq": np.concatenate([np.arange(size) for size in sizes]) if parts else np.empty(0, dtype=np.int64),
        "segment": 0,
        "accuracy_m": np.concatenate([fixes.accuracy_m for _, fixes in parts]) if parts else np.empty(0),
    }
    geometry = np.concatenate([fixes.geometry for _, fixes in parts]) if parts else np.empty(0, dtype=object)
    crs = np.repeat(["gcj02" if patrol["worker_code"] in gcj else "wgs84" for patrol, _ in parts], sizes)
    lon, lat = shapely.get_coordinates(geometry).T
    there_and_back = gcj02_to_wgs84(*wgs84_to_gcj02(lon, lat))
    lon, lat = np.where(crs == "gcj02", there_and_back, (lon, lat))
    return gpd.GeoDataFrame(columns | {"crs": crs.astype(object)}, geometry=shapely.points(lon, lat), crs="EPSG:4326")


def _incident_frames(rows: list[dict[str, Any]]) -> Frames:
    shapes = [row["geometry"] for row in rows]
    incidents = gpd.GeoDataFrame(rows, columns=[*_INCIDENT], geometry=shapes, crs="EPSG:4326")
    steps = [(row["id"], *step) for row in rows for step in row["steps"]]
    log = pd.DataFrame(steps, columns=["incident_id", *Made._fields]).sort_values("at", kind="stable")
    return {"incidents": incidents, "incident_steps": log.reset_index(drop=True)}

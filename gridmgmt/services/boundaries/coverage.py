"""The boundaries of one level are an edge-matched coverage: no gaps, no overlaps, every border vertex shared."""

from dataclasses import dataclass
from datetime import date
from typing import Any

import geopandas
import numpy as np
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from gridmgmt.errors import BrokenCoverage
from gridmgmt.geo.coverage import Fault, faults, is_coverage
from gridmgmt.geo.crs import metric_crs
from gridmgmt.messages import Words
from gridmgmt.services.boundaries.epochs import boundaries_at
from gridmgmt.store.tables import Level

Geometries = NDArray[Any]


@dataclass(frozen=True)
class CoverageFault:
    """What is wrong at a place (degrees): overlap and gap with `area_m2`, an unmatched edge without."""

    kind: str
    code: str
    other_code: str | None
    lon: float
    lat: float
    area_m2: float | None

    def __str__(self) -> str:
        codes = self.code if self.other_code is None else f"{self.code} / {self.other_code}"
        return f"{codes} ({self.lon:.5f}, {self.lat:.5f})"


@dataclass(frozen=True)
class CoverageCheck:
    """What a level holds on a day, and every fault of its coverage."""

    level: Level
    boundaries: int
    households: int
    faults: list[CoverageFault]


def check_coverage(session: Session, level: Level, at: date) -> CoverageCheck:
    """Look at all boundaries of one level on the day `at`; no faults means an edge-matched coverage."""
    frame = boundaries_at(session, level, at)
    return CoverageCheck(level, len(frame), int(frame["households"].fillna(0).sum()), coverage_faults(frame))


def coverage_faults(frame: geopandas.GeoDataFrame) -> list[CoverageFault]:
    """The faults of a frame with `code`, in EPSG:4326; quick where there are none."""
    shapes: Geometries = frame.geometry.to_numpy()
    if len(frame) == 0 or is_coverage(shapes):
        return []
    plane = frame.geometry.to_crs(metric_crs(frame.total_bounds))
    found = faults(plane.to_numpy())
    places = geopandas.GeoSeries.from_xy([f.x for f in found], [f.y for f in found], crs=plane.crs).to_crs(frame.crs)
    codes = frame["code"].to_numpy()
    return [_named(fault, codes, place) for fault, place in zip(found, places, strict=True)]


def require_coverage(frame: geopandas.GeoDataFrame, level: str) -> None:
    """Raise BrokenCoverage naming the first fault, where there is one."""
    found = coverage_faults(frame)
    if found:
        raise BrokenCoverage(level=Words(f"common.{level}"), where=str(found[0]))


def _named(fault: Fault, codes: NDArray[np.object_], place: Any) -> CoverageFault:
    other = None if fault.other is None else str(codes[fault.other])
    return CoverageFault(fault.kind, str(codes[fault.index]), other, place.x, place.y, fault.area)

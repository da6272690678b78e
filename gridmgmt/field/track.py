"""A patrol's track: fixes in time order, in segments that are never joined."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Self

import numpy as np
import shapely
from numpy.typing import NDArray

from gridmgmt.errors import InvalidInput
from gridmgmt.messages import Words


@dataclass(frozen=True)
class Waypoint:
    """A place somebody marked on the way, EPSG:4326: NaN where it cannot be read, no time where none was told."""

    lon: float
    lat: float
    marked_at: datetime | None = None
    name: str = ""
    text: str = ""
    link: str | None = None  # mostly of a photo


@dataclass(frozen=True)
class Track:
    """Fixes of one patrol, EPSG:4326; all arrays have shape (n,).

    A gap between segments is unknown, not a walk: nothing here connects two segments.

    >>> from datetime import UTC
    >>> times = [datetime(2026, 7, 1, 8, 0, second, tzinfo=UTC) for second in (0, 12)]
    >>> track = Track.of(times, [114.11, 114.1101], [22.54, 22.54], [0, 0])
    >>> len(track), track.started_at.isoformat()
    (2, '2026-07-01T08:00:00+00:00')
    """

    recorded_at: NDArray[np.object_]  # aware datetimes
    lon: NDArray[np.float64]
    lat: NDArray[np.float64]
    segment: NDArray[np.int32]
    accuracy_m: NDArray[np.float64]  # NaN where the device did not say
    untimed: int = 0  # positions of the source that bear no time and so are no fixes
    waypoints: tuple[Waypoint, ...] = ()  # no fixes either: candidates for incidents

    @classmethod
    def of(
        cls,
        recorded_at: list[datetime],
        lon: list[float],
        lat: list[float],
        segment: list[int],
        accuracy_m: list[float] | None = None,
        untimed: int = 0,
    ) -> Self:
        """A track from lists of equal length, sorted by segment and time; InvalidInput where a fix cannot be."""
        accuracy = accuracy_m if accuracy_m is not None else [np.nan] * len(lon)
        track = cls(
            np.array(recorded_at, dtype=object),
            np.array(lon, dtype=float),
            np.array(lat, dtype=float),
            np.array(segment, dtype=np.int32),
            np.array(accuracy, dtype=float),
            untimed,
        )
        track._require_sound()
        return track._sorted()

    def __len__(self) -> int:
        return len(self.lon)

    @property
    def started_at(self) -> datetime:
        """Time of the earliest fix."""
        earliest: datetime = min(self.recorded_at)
        return earliest

    @property
    def ended_at(self) -> datetime:
        """Time of the latest fix."""
        latest: datetime = max(self.recorded_at)
        return latest

    def points(self) -> NDArray[np.object_]:
        """The fixes as (n,) points, EPSG:4326."""
        return np.asarray(shapely.points(self.lon, self.lat))

    def _require_sound(self) -> None:
        if not len(self):
            raise InvalidInput(detail=Words("reasons.no_fix_in_patrol"))
        off_world = ~((np.abs(self.lon) <= 180) & (np.abs(self.lat) <= 90))
        if off_world.any():
            number = int(np.flatnonzero(off_world)[0])
            raise InvalidInput(
                detail=Words("reasons.fix_off_world", number=number + 1, lon=self.lon[number], lat=self.lat[number])
            )
        for number, moment in enumerate(self.recorded_at):
            if moment.tzinfo is None:
                raise InvalidInput(
                    detail=Words("reasons.fix_without_zone", number=number + 1, moment=moment.isoformat())
                )

    def _sorted(self) -> Self:
        order = np.lexsort((np.array([moment.timestamp() for moment in self.recorded_at]), self.segment))
        return replace(
            self,
            recorded_at=self.recorded_at[order],
            lon=self.lon[order],
            lat=self.lat[order],
            segment=self.segment[order],
            accuracy_m=self.accuracy_m[order],
        )

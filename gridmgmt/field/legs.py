"""The legs of a patrol: each with its own distance and time, as the phone told them or as the walks came."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from gridmgmt.field.clean import DEFAULT, clean_track
from gridmgmt.field.clean_settings import CleanSettings
from gridmgmt.field.track_report import TrackReport


@dataclass(frozen=True)
class Leg:
    """One leg: lengths in metres, times in seconds. Figures are None where it has no times, or no fixes are left."""

    started_at: datetime | None
    ended_at: datetime | None
    distance_m: float | None
    moving_s: float | None
    stop_s: float | None
    fixes: int | None
    told: Mapping[str, Any]  # what the phone said of it


def legs_of(
    report: TrackReport, told: Iterable[Mapping[str, Any]] = (), settings: CleanSettings = DEFAULT
) -> list[Leg]:
    """The legs that were told, each measured between its `started_at` and `ended_at`; else the walks, one by one.

    >>> import pandas as pd
    >>> times = pd.to_datetime(["2026-07-01T08:00:00Z", "2026-07-01T08:00:20Z", "2026-07-01T08:00:40Z"])
    >>> walk = clean_track(pd.DataFrame({"time": times, "lon": [114.11, 114.1102, 114.1104], "lat": 22.54}))
    >>> [round(leg.distance_m) for leg in legs_of(walk)]
    [41]
    >>> ride = {"mode": "e-bike", "started_at": "2026-07-01T08:00:20Z", "ended_at": "2026-07-01T09:00:00Z"}
    >>> [(leg.told["mode"], round(leg.distance_m), leg.fixes) for leg in legs_of(walk, [ride])]
    [('e-bike', 21, 2)]
    """
    told = list(told)
    return [_measured(report, one, settings) for one in told] if told else _walks(report)


def _measured(report: TrackReport, told: Mapping[str, Any], settings: CleanSettings) -> Leg:
    words = {name: value for name, value in told.items() if name not in ("started_at", "ended_at")}
    started_at, ended_at = _moment(told.get("started_at")), _moment(told.get("ended_at"))
    if started_at is None or ended_at is None or report.points.empty:
        return Leg(started_at, ended_at, None, None, None, None, words)
    kept = report.points.loc[report.points["kept"]].drop(columns=["kept", "reason", "walk"])
    part = clean_track(kept, settings, duty=[(started_at, ended_at)])
    resting_s, fixes = float(part.stops["seconds"].sum()), int(part.points["kept"].sum())
    return Leg(started_at, ended_at, part.distance_m, part.moving_s, resting_s, fixes, words)


def _walks(report: TrackReport) -> list[Leg]:
    resting_s = report.stops.groupby("walk")["seconds"].sum()
    return [
        Leg(
            row.started_at.to_pydatetime(),
            row.ended_at.to_pydatetime(),
            float(row.distance_m),
            float(row.moving_s),
            float(resting_s.get(row.Index, 0.0)),
            int(row.fixes),
            {},
        )
        for row in report.segments.itertuples()
    ]


def _moment(said: object) -> datetime | None:
    """An aware moment as ISO 8601, None where it is none."""
    try:
        moment = datetime.fromisoformat(str(said))
    except ValueError:
        return None
    return moment if moment.tzinfo is not None else None

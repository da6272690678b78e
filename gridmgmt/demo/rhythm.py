"""When things happen: incidents by the hour and the day of the week, patrols by shift."""

from datetime import date, datetime, time, timedelta

import numpy as np

from gridmgmt.field.day import LOCAL_ZONE

# Share of a day's incidents in each hour: quiet at night, a morning and an evening peak.
HOURLY = (1, 1, 1, 1, 1, 2, 3, 5, 8, 8, 7, 6, 5, 5, 6, 6, 6, 7, 8, 7, 5, 3, 2, 1)
WEEKLY = (1.1, 1.0, 1.0, 1.0, 1.05, 0.95, 0.9)  # Monday first
SHIFTS = ((8.0, 12.0), (14.0, 18.0), (19.0, 21.0))  # hours of the day
SHIFT_SHARES = (0.46, 0.42, 0.12)  # of the walks
LAST_START_H = 0.4  # before its shift ends, a walk has begun


def weekly(moment: datetime) -> float:
    """How busy a day is beside the average one."""
    return WEEKLY[moment.astimezone(LOCAL_ZONE).weekday()]


def incident_rate(moment: datetime) -> float:
    """How busy a moment is beside the average one.

    >>> from datetime import UTC
    >>> night, morning = (incident_rate(datetime(2026, 7, 10, hour, 30, tzinfo=LOCAL_ZONE)) for hour in (3, 9))
    >>> morning > 5 * night
    True
    """
    local = moment.astimezone(LOCAL_ZONE)
    return HOURLY[local.hour] * len(HOURLY) / sum(HOURLY) * weekly(moment)


def on_shift(moment: datetime) -> bool:
    """Whether workers walk at that time."""
    local = moment.astimezone(LOCAL_ZONE)
    hour = local.hour + local.minute / 60
    return any(first <= hour < last for first, last in SHIFTS)


def shift_moment(day: date, rng: np.random.Generator) -> datetime:
    """A time at which a walk of that day begins: within a shift, the evening's less often."""
    first, last = SHIFTS[int(rng.choice(len(SHIFTS), p=SHIFT_SHARES))]
    return _at(day, 3600 * float(rng.uniform(first, last - LAST_START_H)))


def incident_moment(day: date, rng: np.random.Generator) -> datetime:
    """A time of that day at which something happens, as often in each hour as `HOURLY` says."""
    hour = int(rng.choice(len(HOURLY), p=np.array(HOURLY) / sum(HOURLY)))
    return _at(day, 3600 * (hour + float(rng.random())))


def _at(day: date, seconds: float) -> datetime:
    return datetime.combine(day, time.min, LOCAL_ZONE) + timedelta(seconds=round(seconds))

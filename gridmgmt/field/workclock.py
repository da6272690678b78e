"""Working time: how long something has rested in working hours, and when its time is up.

A day is worked or not by three rules, the first that knows the day deciding: the administrator's table, the published
holidays and shifted workdays (调休, package `chinesecalendar`), Monday to Friday. `WorkCalendar.basis` says which.
Hours are local ones (Asia/Shanghai). One working day is as long as the hours of a day, so "2 working days" from 10:00
ends at 10:00 two working days later.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from typing import Literal, get_args

import chinese_calendar  # type: ignore[import-untyped]

from gridmgmt.errors import InvalidInput
from gridmgmt.field.day import LOCAL_ZONE, local_day
from gridmgmt.messages import Words

Basis = Literal["administrator", "published", "weekday"]
Unit = Literal["working_hours", "working_days", "hours"]
UNITS: tuple[Unit, ...] = get_args(Unit)
Light = Literal["green", "yellow", "red", "none"]
LIGHTS: tuple[Light, ...] = get_args(Light)
Hours = tuple[tuple[time, time], ...]
Span = tuple[datetime, datetime]

EIGHT_HOURS: Hours = ((time(8, 30), time(12)), (time(13, 30), time(18)))  # 40 a week: Beijing 2020, 第十七条
YELLOW_SHARE = 0.8
LONGEST_SEARCH = 3700  # days; a calendar without a working day in ten years is a mistake


@dataclass(frozen=True)
class WorkCalendar:
    """Working hours of every day. `overrides` is the administrator's table: a day, and whether it is worked.

    >>> calendar = WorkCalendar()
    >>> calendar.works(date(2026, 10, 1)), calendar.works(date(2026, 10, 10))  # National Day; a Saturday worked for it
    (False, True)
    """

    hours: Hours = EIGHT_HOURS
    overrides: Mapping[date, bool] = field(default_factory=dict)

    def __post_init__(self) -> None:
        edges = [edge for span in self.hours for edge in span]
        if not edges or any(late <= early for early, late in pairwise(edges)):
            raise InvalidInput(
                detail=Words(
                    "reasons.hours_order", hours=[f"{opens:%H:%M}–{closes:%H:%M}" for opens, closes in self.hours]
                )
            )

    @property
    def day_s(self) -> float:
        """Seconds of a working day."""
        return sum(_seconds(end) - _seconds(start) for start, end in self.hours)

    def works(self, day: date) -> bool:
        """Whether a day is worked."""
        if day in self.overrides:
            return self.overrides[day]
        if published(day.year):
            return bool(chinese_calendar.is_workday(day))
        return day.weekday() < 5

    def basis(self, day: date) -> Basis:
        """Which rule decides about a day.

        >>> WorkCalendar().basis(date(2026, 5, 1)), WorkCalendar().basis(date(2190, 5, 1))
        ('published', 'weekday')
        """
        if day in self.overrides:
            return "administrator"
        return "published" if published(day.year) else "weekday"

    def worked_s(self, start: datetime, end: datetime) -> float:
        """Seconds of working time between two aware moments; 0 where `end` is not after `start`.

        >>> friday = datetime(2026, 7, 3, 17, 0, tzinfo=LOCAL_ZONE)
        >>> WorkCalendar().worked_s(friday, friday + timedelta(days=3)) / 3600  # to Monday 17:00
        8.0
        """
        if end <= start:
            return 0.0
        return sum(_overlap_s(span, (start, end)) for span in self._spans(start, local_day(end)))

    def after(self, start: datetime, seconds: float) -> datetime:
        """The first moment by which so many seconds have been worked since `start`.

        >>> friday = datetime(2026, 7, 3, 17, 0, tzinfo=LOCAL_ZONE)
        >>> WorkCalendar().after(friday, 4 * 3600).isoformat()
        '2026-07-06T11:30:00+08:00'
        """
        left = seconds
        if left <= 0:
            return start
        for opens, closes in self._spans(start, local_day(start) + timedelta(days=LONGEST_SEARCH)):
            first = max(opens, start)
            here = max(0.0, (closes - first).total_seconds())
            if here >= left:
                return first + timedelta(seconds=left)
            left -= here
        raise InvalidInput(detail=Words("reasons.calendar_too_short", hours=seconds / 3600, start=start))

    def _spans(self, start: datetime, last: date) -> Iterator[Span]:
        day = local_day(start)
        while day <= last:
            if self.works(day):
                for opens, closes in self.hours:
                    yield datetime.combine(day, opens, LOCAL_ZONE), datetime.combine(day, closes, LOCAL_ZONE)
            day += timedelta(days=1)


@dataclass(frozen=True)
class TimeLimit:
    """So much time in working hours, working days, or hours around the clock (an urgent matter does not wait)."""

    amount: float
    unit: Unit = "working_hours"

    def __post_init__(self) -> None:
        if self.unit not in UNITS or not 0 < self.amount <= 10_000:
            raise InvalidInput(detail=Words("reasons.no_time_limit", amount=self.amount, unit=self.unit, units=UNITS))

    def seconds(self, calendar: WorkCalendar) -> float:
        """The limit in seconds of its own kind of time."""
        return self.amount * (calendar.day_s if self.unit == "working_days" else 3600)


@dataclass(frozen=True)
class Clock:
    """A limit running since `start`, with pauses (挂账) and further time (延时).

    `pauses` are [from, to) with None for one that still lasts; they may overlap or lie outside.
    """

    start: datetime
    limit: TimeLimit
    pauses: tuple[tuple[datetime, datetime | None], ...] = ()
    more: tuple[TimeLimit, ...] = ()

    def limit_s(self, calendar: WorkCalendar) -> float:
        """The limit with what was added to it, in seconds of the limit's own kind of time."""
        return sum(limit.seconds(calendar) for limit in (self.limit, *self.more))

    def elapsed_s(self, calendar: WorkCalendar, now: datetime) -> float:
        """Time run by `now`; pauses do not count."""
        return sum(self._run_s(calendar, begin, end or now) for begin, end in self._running(now))

    def at(self, calendar: WorkCalendar, share: float = 1.0) -> datetime | None:
        """The moment at which a share of the limit has run; None where a pause still lasts before it."""
        left = share * self.limit_s(calendar)
        for begin, end in self._running(None):
            run = None if end is None else self._run_s(calendar, begin, end)
            if run is None or run >= left:
                return self._after(calendar, begin, left)
            left -= run
        return None

    def _run_s(self, calendar: WorkCalendar, begin: datetime, end: datetime) -> float:
        return (end - begin).total_seconds() if self.limit.unit == "hours" else calendar.worked_s(begin, end)

    def _after(self, calendar: WorkCalendar, begin: datetime, seconds: float) -> datetime:
        return begin + timedelta(seconds=seconds) if self.limit.unit == "hours" else calendar.after(begin, seconds)

    def _running(self, now: datetime | None) -> Iterator[tuple[datetime, datetime | None]]:
        """What lies between the pauses, up to `now`; the last span is open (None) where `now` is None."""
        begin = self.start
        for paused, resumed in union(self.pauses):
            stop = paused if now is None else min(paused, now)
            if stop > begin:
                yield begin, stop
            if resumed is None:
                return
            begin = max(begin, resumed)
        if now is None or now > begin:
            yield begin, now


def union(pauses: Iterable[tuple[datetime, datetime | None]]) -> list[tuple[datetime, datetime | None]]:
    """Pauses in order, those that touch or overlap made one."""
    merged: list[tuple[datetime, datetime | None]] = []
    for begin, end in sorted(pauses, key=lambda pause: pause[0]):
        if merged and (merged[-1][1] is None or begin <= merged[-1][1]):
            last = merged[-1][1]
            merged[-1] = (merged[-1][0], None if last is None or end is None else max(last, end))
        elif end is None or end > begin:
            merged.append((begin, end))
    return merged


def light(now: datetime, warn_at: datetime | None, due_at: datetime | None) -> Light:
    """Green under 80 % of the limit, yellow to the end of it, red after; none where no limit runs.

    >>> noon = datetime(2026, 7, 1, 12, tzinfo=LOCAL_ZONE)
    >>> [light(noon + timedelta(hours=h), noon + timedelta(hours=4), noon + timedelta(hours=5)) for h in (3, 4, 5, 6)]
    ['green', 'yellow', 'yellow', 'red']
    """
    if due_at is None or warn_at is None:
        return "none"
    if now > due_at:
        return "red"
    return "yellow" if now >= warn_at else "green"


def published(year: int) -> bool:
    """Whether the holidays of a year are published in `chinesecalendar`."""
    days: dict[date, str] = chinese_calendar.holidays
    return min(days).year <= year <= max(days).year


def _seconds(moment: time) -> float:
    return moment.hour * 3600 + moment.minute * 60 + moment.second


def _overlap_s(one: Span, other: Span) -> float:
    return max(0.0, (min(one[1], other[1]) - max(one[0], other[0])).total_seconds())

"""The day of work: which date a moment belongs to for the people who walk the grids."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

LOCAL_ZONE = ZoneInfo("Asia/Shanghai")  # all of China keeps this one


def local_day(moment: datetime) -> date:
    """The date in China of an aware moment.

    >>> from datetime import UTC
    >>> local_day(datetime(2026, 7, 1, 16, 30, tzinfo=UTC)).isoformat()
    '2026-07-02'
    """
    return moment.astimezone(LOCAL_ZONE).date()


def day_span(first: date, last: date) -> tuple[datetime, datetime]:
    """The aware moments [start of `first`, start of the day after `last`).

    >>> start, end = day_span(date(2026, 7, 1), date(2026, 7, 7))
    >>> (end - start).days
    7
    """
    start = datetime.combine(first, time.min, LOCAL_ZONE)
    return start, datetime.combine(last + timedelta(days=1), time.min, LOCAL_ZONE)

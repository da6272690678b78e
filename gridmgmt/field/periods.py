"""Days, weeks and quarters as spans of days."""

from calendar import monthrange
from datetime import date, timedelta
from typing import Literal, get_args

from gridmgmt.errors import InvalidInput
from gridmgmt.messages import Words

Kind = Literal["day", "week", "quarter"]
KINDS: tuple[Kind, ...] = get_args(Kind)


def period_of(kind: str, day: date) -> tuple[date, date]:
    """First and last day of the day, the week from Monday, or the quarter that `day` lies in.

    >>> [str(end) for end in period_of("week", date(2026, 7, 10))]
    ['2026-07-06', '2026-07-12']
    >>> [str(end) for end in period_of("quarter", date(2026, 11, 30))]
    ['2026-10-01', '2026-12-31']
    """
    if kind == "day":
        return day, day
    if kind == "week":
        monday = day - timedelta(days=day.weekday())
        return monday, monday + timedelta(days=6)
    if kind == "quarter":
        month = 3 * ((day.month - 1) // 3) + 1
        return date(day.year, month, 1), date(day.year, month + 2, monthrange(day.year, month + 2)[1])
    raise InvalidInput(detail=Words("reasons.no_period", kind=kind, kinds=KINDS))

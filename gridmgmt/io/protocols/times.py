"""Times as clients write them: epoch seconds or milliseconds, ISO 8601, and Traccar's own form."""

from datetime import datetime

from gridmgmt.field.sent import time_us_of

LATEST_US = 7_900 * 365 * 86_400e6  # about the year 9860: a datetime reaches no further than 9999
MILLISECONDS_FROM = 1e11  # as seconds that is the year 5138, as milliseconds 1973


class NoZone(ValueError):
    """A time that does not say which zone it is in."""


def read_time_us(written: object) -> int:
    """Microseconds since 1970 of a number or a text; ValueError where it is no time, NoZone where it has no zone.

    >>> read_time_us(1783646400) == read_time_us("1783646400000") == read_time_us("2026-07-10T09:20:00+08:00")
    True
    """
    if isinstance(written, bool):
        raise ValueError(written)
    if isinstance(written, (int, float)):
        return _from_epoch(float(written))
    text = str(written).strip()
    try:
        return _from_epoch(float(text))
    except ValueError:
        return _from_iso(text)


def _from_epoch(value: float) -> int:
    time_us = value * (1e3 if abs(value) >= MILLISECONDS_FROM else 1e6)
    if not abs(time_us) < LATEST_US:
        raise ValueError(value)
    return round(time_us)


def _from_iso(text: str) -> int:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise NoZone(text)
    try:
        return time_us_of(moment)
    except OverflowError as error:
        raise ValueError(text) from error


def utc_where_unsaid(written: object) -> object:
    """The same with a zone where it has none: `yyyy-MM-dd HH:mm:ss` is UTC in Traccar's protocol.

    >>> utc_where_unsaid("2026-07-10 01:20:00")
    '2026-07-10 01:20:00+00:00'
    """
    if isinstance(written, str):
        try:
            _from_iso(written.strip())
        except NoZone:
            return f"{written.strip()}+00:00"
        except ValueError:
            return written
    return written

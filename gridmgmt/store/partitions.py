"""Monthly partitions of the track points, made before they are needed and dropped whole when they have expired."""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime

from sqlalchemy import text
from sqlalchemy.orm import Session

MONTHLY = re.compile(r"track_point_\d{4}_\d{2}")
PARTITION_LOCK = 2006_1101  # any number, the same in every process that makes partitions


def ensure_track_partitions(session: Session, first: date, last: date) -> list[str]:
    """Make the partitions of every month (UTC) from `first` to `last` that lack one; their names are returned.

    Points that came before their month had a partition are moved out of the default one. Call it before the
    transaction writes a patrol: attaching a partition waits for the writers of `patrol`, to which points refer.
    """
    wanted = {partition_name(month): month for month in months(first, last)}
    if not _missing(session, list(wanted)):
        return []  # the common case takes no lock: writers do not wait for one another
    hold_partitions(session)
    missing = [name for name in wanted if name not in _there(session)]
    for name in missing:
        _create(session, name, wanted[name])
    return missing


def months_before(session: Session, before: datetime) -> list[str]:
    """The partitions of the months (UTC) that ended by an aware moment, oldest first."""
    limit = before.astimezone(UTC).date().replace(day=1)
    return sorted(name for name in _there(session) if MONTHLY.fullmatch(name) and name < partition_name(limit))


def drop_month(session: Session, name: str) -> None:
    """Drop a partition with all its points; waits for whoever reads or writes points."""
    session.execute(text(f"drop table {name}"))


def hold_partitions(session: Session) -> None:
    """Nobody else makes or drops partitions until the transaction ends."""
    session.execute(text("select pg_advisory_xact_lock(:key)"), {"key": PARTITION_LOCK})


def _missing(session: Session, names: list[str]) -> list[str]:
    """Which of these tables are not known by name: quick, but what another transaction just made may be named too."""
    absent = text("select name from unnest(cast(:names as text[])) as name where to_regclass(name) is null")
    return list(session.scalars(absent, {"names": names}))


def _there(session: Session) -> set[str]:
    """The partitions, read from the catalogue itself."""
    attached = text("select inhrelid::regclass::text from pg_inherits where inhparent = 'track_point'::regclass")
    return set(session.scalars(attached))


def months(first: date, last: date) -> Iterator[date]:
    """The first day of every month from that of `first` to that of `last`.

    >>> [month.isoformat() for month in months(date(2006, 11, 30), date(2007, 1, 1))]
    ['2006-11-01', '2006-12-01', '2007-01-01']
    """
    for number in range(first.year * 12 + first.month - 1, last.year * 12 + last.month):
        yield date(number // 12, number % 12 + 1, 1)


def partition_name(month: date) -> str:
    """The table that holds a month.

    >>> partition_name(date(2006, 9, 1))
    'track_point_2006_09'
    """
    return f"track_point_{month:%Y_%m}"


def _create(session: Session, name: str, month: date) -> None:
    """Filled from the default partition first: one that overlaps its rows could not be attached."""
    start, end = (datetime(day.year, day.month, day.day, tzinfo=UTC) for day in (month, _next(month)))
    session.execute(text(f"create table {name} (like track_point including defaults including constraints)"))
    session.execute(
        text(f"""
            with moved as (
              delete from track_point_default where recorded_at >= :start and recorded_at < :end returning *)
            insert into {name} select * from moved"""),
        {"start": start, "end": end},
    )
    bounds = f"from ('{start.isoformat()}') to ('{end.isoformat()}')"
    session.execute(text(f"alter table track_point attach partition {name} for values {bounds}"))


def _next(month: date) -> date:
    return date(month.year + month.month // 12, month.month % 12 + 1, 1)

"""Working time: additive, monotone, blind to pauses; the moment a limit is up agrees with the time that has run."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridmgmt.errors import InvalidInput
from gridmgmt.field.day import LOCAL_ZONE
from gridmgmt.field.workclock import Clock, TimeLimit, WorkCalendar, light

CALENDAR = WorkCalendar()
OWN_WEEK = WorkCalendar(((time(9), time(12)), (time(14), time(17))), {date(2026, 7, 4): True, date(2026, 7, 6): False})
START = datetime(2026, 9, 25, tzinfo=UTC)
moments = st.integers(0, 40 * 86400).map(lambda s: START + timedelta(seconds=s))  # over National Day and its 调休
limits = st.builds(TimeLimit, st.floats(0.25, 60), st.sampled_from(["working_hours", "hours"]))
spans = st.tuples(moments, moments).map(lambda pair: (min(pair), max(pair)))


def local(day: int, hour: int, minute: int = 0, month: int = 7) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=LOCAL_ZONE)


@given(moments, moments, moments)
def test_working_time_adds_up(one: datetime, two: datetime, three: datetime) -> None:
    first, middle, last = sorted([one, two, three])
    parts = CALENDAR.worked_s(first, middle) + CALENDAR.worked_s(middle, last)
    assert parts == pytest.approx(CALENDAR.worked_s(first, last))


@given(moments, moments, moments)
def test_working_time_never_runs_backwards_or_faster_than_time(one: datetime, two: datetime, three: datetime) -> None:
    first, middle, last = sorted([one, two, three])
    assert 0 <= CALENDAR.worked_s(first, middle) <= CALENDAR.worked_s(first, last) <= (last - first).total_seconds()
    assert CALENDAR.worked_s(last, first) == 0


@given(moments, st.floats(1, 200 * 3600))
def test_a_limit_is_up_when_so_much_has_been_worked_and_not_before(start: datetime, seconds: float) -> None:
    end = CALENDAR.after(start, seconds)
    assert CALENDAR.worked_s(start, end) == pytest.approx(seconds, abs=1e-3)
    assert CALENDAR.worked_s(start, end - timedelta(seconds=1)) < seconds


@given(moments, limits, st.lists(spans, max_size=4), moments)
def test_what_is_paused_does_not_count(
    start: datetime, limit: TimeLimit, pauses: list[tuple[datetime, datetime]], now: datetime
) -> None:
    clock = Clock(start, limit, tuple(pauses))
    inside = Clock(start, limit, (*pauses, *[(a + (b - a) / 3, a + (b - a) / 2) for a, b in pauses]))
    assert inside.elapsed_s(CALENDAR, now) == pytest.approx(clock.elapsed_s(CALENDAR, now))
    assert clock.elapsed_s(CALENDAR, now) <= Clock(start, limit).elapsed_s(CALENDAR, now) + 1e-6


@given(moments, limits, st.lists(spans, max_size=4))
def test_the_due_moment_is_when_the_limit_has_run(
    start: datetime, limit: TimeLimit, pauses: list[tuple[datetime, datetime]]
) -> None:
    clock = Clock(start, limit, tuple(pauses))
    warn_at, due_at = clock.at(CALENDAR, 0.8), clock.at(CALENDAR)
    assert warn_at is not None
    assert due_at is not None
    assert start < warn_at <= due_at
    assert clock.elapsed_s(CALENDAR, due_at) == pytest.approx(clock.limit_s(CALENDAR), abs=1e-3)
    plain = Clock(start, limit).at(CALENDAR)
    assert plain is not None
    assert plain <= due_at + timedelta(milliseconds=1)


def test_a_pause_that_lasts_stops_the_clock_for_good() -> None:
    running = Clock(local(1, 9), TimeLimit(4), ((local(1, 10), None),))
    assert running.at(CALENDAR) is None
    assert running.at(CALENDAR, 0.2) == local(1, 9, 48)
    assert running.elapsed_s(CALENDAR, local(20, 9)) == 3600


def test_further_time_is_added() -> None:
    clock = Clock(local(1, 9), TimeLimit(2), more=(TimeLimit(1, "working_days"),))
    assert clock.at(CALENDAR) == local(2, 11)


@pytest.mark.parametrize(
    ("start", "limit", "due"),
    [
        (local(1, 9), TimeLimit(4), local(1, 14, 30)),  # over lunch
        (local(1, 16), TimeLimit(4), local(2, 10, 30)),  # over night
        (local(3, 17), TimeLimit(1, "working_days"), local(6, 17)),  # Friday to Monday
        (local(3, 17), TimeLimit(2, "hours"), local(3, 19)),  # around the clock
        (local(30, 17, month=9), TimeLimit(2), local(8, 9, 30, month=10)),  # National Day
        (local(9, 17, month=10), TimeLimit(2), local(10, 9, 30, month=10)),  # a Saturday worked for it
    ],
)
def test_limits_follow_hours_weeks_and_holidays(start: datetime, limit: TimeLimit, due: datetime) -> None:
    assert Clock(start, limit).at(CALENDAR) == due


def test_the_administrators_word_goes_before_what_is_published() -> None:
    assert [OWN_WEEK.works(date(2026, 7, day)) for day in (3, 4, 5, 6)] == [True, True, False, False]
    assert OWN_WEEK.basis(date(2026, 7, 6)) == "administrator"
    assert OWN_WEEK.worked_s(local(3, 16), local(7, 10)) == (1 + 6 + 1) * 3600


def test_a_year_that_is_not_published_goes_by_the_weekday() -> None:
    monday, sunday = date(2190, 1, 4), date(2190, 1, 3)
    assert (CALENDAR.works(monday), CALENDAR.works(sunday)) == (True, False)
    assert CALENDAR.basis(monday) == "weekday"


def test_lights_change_at_their_moments() -> None:
    warn, due = local(1, 9), local(1, 10)
    assert light(warn - timedelta(seconds=1), warn, due) == "green"
    assert light(warn, warn, due) == light(due, warn, due) == "yellow"
    assert light(due + timedelta(seconds=1), warn, due) == "red"
    assert light(due, None, None) == "none"


@pytest.mark.parametrize("hours", [(), ((time(12), time(9)),), ((time(9), time(12)), (time(11), time(13)))])
def test_hours_that_make_no_sense_are_refused(hours: tuple[tuple[time, time], ...]) -> None:
    with pytest.raises(InvalidInput, match="Working hours"):
        WorkCalendar(hours)


@pytest.mark.parametrize(("amount", "unit"), [(0, "hours"), (-1, "hours"), (float("nan"), "hours"), (1, "weeks")])
def test_limits_that_make_no_sense_are_refused(amount: float, unit: str) -> None:
    with pytest.raises(InvalidInput, match="no time limit"):
        TimeLimit(amount, unit)  # type: ignore[arg-type]

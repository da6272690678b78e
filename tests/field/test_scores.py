"""Scores: more good never lowers them, more missed never raises them, neither they nor their spread."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridmgmt.errors import InvalidInput
from gridmgmt.field.merits import Told, merits
from gridmgmt.field.scores import INDICATORS, Tally, Weights, bundled_weights, score
from gridmgmt.field.workclock import WorkCalendar
from gridmgmt.field.workflow import Step, bundled

FLOW, CALENDAR = bundled("2026.1"), WorkCalendar()
NINE = datetime(2026, 7, 1, 1, tzinfo=UTC)  # 09:00 on a Wednesday
GRID = "440303001001001"
WEIGHTS = bundled_weights().of["grid"]
counts = st.integers(0, 200)
tallies = st.dictionaries(st.sampled_from(INDICATORS), st.builds(Tally, counts, counts))


@given(tallies, st.sampled_from(sorted(WEIGHTS)))
def test_scores_are_monotone(of: dict[str, Tally], name: str) -> None:
    now = score(of, WEIGHTS)
    better = score(of | {name: of.get(name, Tally()) + Tally(1, 0)}, WEIGHTS)
    worse = score(of | {name: of.get(name, Tally()) + Tally(0, 1)}, WEIGHTS)
    for end in ("score", "low", "high"):
        assert getattr(worse, end) <= getattr(now, end) + 1e-9
        assert getattr(now, end) <= getattr(better, end) + 1e-9
    assert 0 <= now.low <= now.score <= now.high <= 100


@given(st.integers(1, 40), st.integers(0, 40))
def test_the_spread_shrinks_with_what_is_known(good: int, missed: int) -> None:
    few, many = Tally(good, missed).spread(), Tally(good * 10, missed * 10).spread()
    assert many[1] - many[0] < few[1] - few[0]


def test_one_good_case_is_not_surer_than_a_hundred() -> None:
    one, hundred = score({"found": Tally(1, 0)}, {"found": 1}), score({"found": Tally(98, 2)}, {"found": 1})
    assert one.low < hundred.low
    assert hundred.cases == 100


def test_weights_that_would_turn_a_score_around_are_refused() -> None:
    for of in ({"worker": {"found": -1}}, {"worker": {}}, {"worker": {"luck": 1}}, {"mayor": {"found": 1}}):
        with pytest.raises(InvalidInput, match="Weights"):
            Weights("x", NINE.date(), of)  # type: ignore[arg-type]
    with pytest.raises(InvalidInput, match="upwards"):
        Tally(-1, 0)


def told(*steps: tuple[str, float, str | None], **of: object) -> Told:
    """An incident of GRID: moves, hours after nine, where they went."""
    rows = [
        Step(number, move, NINE + timedelta(hours=hours), "x", holder)
        for number, (move, hours, holder) in enumerate([("report", 0, GRID), *steps])
    ]
    values = {"category": "rubbish", "severity": "general", "grid": GRID, "grid_worker": "W1", "reporter": "W1"} | of
    return Told(tuple(rows), **values)  # type: ignore[arg-type]


def said(incident: Told, now_h: float = 1000) -> dict[tuple[str, str, str], tuple[int, int]]:
    found: dict[tuple[str, str, str], Tally] = {}
    for merit in merits(incident, FLOW, CALENDAR, NINE + timedelta(hours=now_h)):
        key = (merit.subject, merit.code, merit.indicator)
        found[key] = found.get(key, Tally()) + merit.tally
    return {key: (tally.good, tally.missed) for key, tally in found.items()}


GOOD = (
    ("file", 1, None), ("dispatch", 2, "D01"), ("handle", 6, None), ("feed_back", 7, None), ("verify", 7.5, None),
    ("close", 8, None),
)  # fmt: skip


def test_a_case_done_in_time_is_good_for_everybody() -> None:
    assert said(told(*GOOD)) == {
        ("worker", "W1", "effective"): (1, 0),
        ("worker", "W1", "found"): (1, 0),
        ("grid", GRID, "found"): (1, 0),
        ("grid", GRID, "on_time_filing"): (1, 0),
        ("grid", GRID, "on_time_dispatch"): (1, 0),
        ("grid", GRID, "on_time_handling"): (1, 0),
        ("grid", GRID, "on_time_feedback"): (1, 0),
        ("grid", GRID, "on_time_verification"): (1, 0),
        ("grid", GRID, "lasting"): (1, 0),
        ("grid", GRID, "closed"): (1, 0),
        ("department", "D01", "on_time_handling"): (1, 0),
        ("department", "D01", "on_time_feedback"): (1, 0),
        ("department", "D01", "lasting"): (1, 0),
        ("department", "D01", "closed"): (1, 0),
    }


def test_what_others_had_to_say_is_missed_by_the_grid() -> None:
    by_public = said(told(*GOOD, public=True, reporter=None))
    assert by_public["worker", "W1", "found"] == by_public["grid", GRID, "found"] == (0, 1)
    assert ("worker", "W1", "effective") not in by_public


def test_a_linked_report_says_nothing() -> None:
    linked = told()
    step = Step(9, "link", NINE + timedelta(hours=1), "x", lead=UUID(int=1))
    assert said(Told((*linked.steps, step), "rubbish", "general", GRID, "W1", "W1")) == {}


def test_a_rejected_report_was_not_effective() -> None:
    assert said(told(("reject", 1, None))) == {
        ("worker", "W1", "effective"): (0, 1),
        ("grid", GRID, "on_time_filing"): (1, 0),
    }


def test_time_that_ran_out_is_missed_even_while_nothing_was_done() -> None:
    resting = told(("file", 1, None), ("dispatch", 2, "D01"))
    assert ("department", "D01", "on_time_handling") not in said(resting, now_h=3)
    late = said(resting)
    assert late["department", "D01", "on_time_handling"] == late["department", "D01", "closed"] == (0, 1)


def test_work_done_again_is_missed_once_and_good_once() -> None:
    again = told(
        *GOOD[:4], ("redo", 7.2, None), ("handle", 7.4, None), ("feed_back", 7.5, None), ("verify", 7.6, None),
        ("close", 8, None),
    )  # fmt: skip
    assert said(again)["department", "D01", "lasting"] == (1, 1)

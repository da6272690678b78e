"""Targets as data, and verdicts that are never met without data."""

from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridmgmt.errors import InvalidInput, UnreadableFile
from gridmgmt.field.periods import KINDS, period_of
from gridmgmt.field.targets import Outcome, judge, read_targets, usual_targets


@given(st.sampled_from(usual_targets()), st.none() | st.floats(0, 500), st.booleans(), st.integers(0, 3))
def test_nothing_is_met_without_data(target, value, over, records) -> None:  # type: ignore[no-untyped-def]
    verdict = judge(target, value, over=over, records=records)
    met = value is not None and records > 0 and value >= target.at_least - 1e-9
    assert (verdict.outcome is Outcome.MET) == met
    assert (verdict.outcome is Outcome.OPEN) <= (not over)


def test_every_usual_target_names_its_source() -> None:
    assert {target.period for target in usual_targets()} == set(KINDS)
    assert all(target.source and target.name_zh for target in usual_targets())


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("x = 1", "no \\[\\[target\\]\\]"),
        ("[[target]]\nkey = 'a'", "'a'"),
        ("quantity = 'steps'", "'steps'"),
        ("at_least = 0", "no target"),
    ],
)
def test_a_faulty_file_is_refused(tmp_path: Path, text: str, fault: str) -> None:
    row = {"key": "'k'", "quantity": "'patrol_minutes'", "period": "'day'", "at_least": "9", "name_zh": "''"}
    row |= {"name_en": "''", "source": "''"}
    if text.startswith(("quantity", "at_least")):
        name, _, value = text.partition(" = ")
        text = "[[target]]\n" + "\n".join(f"{key} = {word}" for key, word in (row | {name: value}).items())
    (tmp_path / "targets.toml").write_text(text, encoding="utf-8")
    with pytest.raises((InvalidInput, UnreadableFile), match=fault):
        read_targets(tmp_path / "targets.toml")


@given(st.dates(max_value=date(9000, 1, 1)), st.sampled_from(KINDS))
def test_periods_hold_their_day_and_follow_each_other(day: date, kind: str) -> None:
    first, last = period_of(kind, day)
    assert first <= day <= last
    assert period_of(kind, first) == period_of(kind, last) == (first, last)

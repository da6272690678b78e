"""Code lists: versions open and close codes, nothing is renamed in place, nothing comes back by accident."""

from datetime import date
from typing import Any

import pytest

from gridmgmt.errors import InvalidInput
from gridmgmt.field.codes import DEPARTMENT, EVENT, Entry, bundled_codes, read_codes, revise
from gridmgmt.field.duplicates import Nearness

JANUARY, JULY = date(2026, 1, 1), date(2026, 7, 1)


def codes(day: date, **events: Any) -> list[Entry]:
    rows = {code: {"zh": name, "en": name} if isinstance(name, str) else name for code, name in events.items()}
    return read_codes({"standard": "s", "valid_from": day, "event": rows})


def test_the_demos_list_is_sound_and_every_department_it_names_exists() -> None:
    known = {entry.code for entry in bundled_codes() if entry.kind == DEPARTMENT}
    named = {entry.settings.get("department") for entry in bundled_codes() if entry.kind == EVENT}
    assert named - {None} <= known


def test_a_version_opens_closes_and_renames() -> None:
    change = revise(codes(JANUARY, a="甲", b="乙", c="丙"), codes(JULY, a="甲", b="乙二", d="丁"))
    assert {(entry.code, entry.valid_to) for entry in change.closed} == {("b", JULY), ("c", JULY)}
    assert {(entry.code, entry.zh, entry.valid_from) for entry in change.opened} == {
        ("b", "乙二", JULY),
        ("d", "丁", JULY),
    }


def test_the_same_list_again_changes_nothing() -> None:
    change = revise(codes(JANUARY, a="甲"), codes(JANUARY, a="甲"))
    assert change.closed == change.opened == ()


def test_history_is_not_rewritten() -> None:
    with pytest.raises(InvalidInput, match="already came later"):
        revise(codes(JULY, a="甲"), codes(JANUARY, a="甲"))
    with pytest.raises(InvalidInput, match="needs a later day"):
        revise(codes(JANUARY, a="甲"), codes(JANUARY, a="甲二"))
    with pytest.raises(InvalidInput, match="empty"):
        revise(codes(JANUARY, a="甲"), [])


@pytest.mark.parametrize(
    ("data", "fault"),
    [
        ({"valid_from": JANUARY}, "lacks standard"),
        ({"standard": "s", "valid_from": JANUARY, "event": {"a": {"zh": "甲"}}}, "zh and en"),
        (
            {
                "standard": "s",
                "valid_from": JANUARY,
                "event": {"a": {"zh": "甲", "en": "A", "settings": {"radius_m": 9}}},
            },
            "radius_m must be from 50 to 250",
        ),
    ],
)
def test_an_unsound_list_is_refused(data: dict[str, Any], fault: str) -> None:
    with pytest.raises(InvalidInput, match=fault):
        read_codes(data)


def test_likeness_falls_with_distance_and_time() -> None:
    near = Nearness(100, 2)
    assert near.likeness(0, 0) == 1
    assert near.likeness(10, 0) > near.likeness(20, 0) > near.likeness(20, 3600) == near.likeness(20, -3600)
    assert near.likeness(101, 0) == near.likeness(0, 3 * 86400) == 0

"""Code lists as versioned data: what a code of a standard means, from when, and until when.

Event classes differ between cities and standards, so a code is looked up by (standard, kind, code) and a day, and is
never an enum. A newer version of a list opens what is new, closes what it leaves out, and gives a changed entry a new
row; the rows before stay, and so does what was reported under them.
"""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Any

from gridmgmt.errors import InvalidInput
from gridmgmt.messages import Words

LOCAL = "demo/local"
EVENT, DEPARTMENT = "event", "department"
RADIUS_M = (50.0, 250.0)  # how near a duplicate may be looked for
DAYS = (1.0, 366.0)
LIST_KEYS = ("standard", "valid_from")


@dataclass(frozen=True)
class Entry:
    """What a code means during [valid_from, valid_to)."""

    standard: str
    kind: str
    code: str
    zh: str
    en: str
    valid_from: date
    valid_to: date | None = None
    parent_code: str | None = None
    seq: int = 0
    settings: Mapping[str, Any] = field(default_factory=dict)

    @property
    def key(self) -> tuple[str, str, str]:
        """What it is looked up by."""
        return self.standard, self.kind, self.code

    def in_force(self, day: date) -> bool:
        """Whether it is offered on a day."""
        return self.valid_from <= day and (self.valid_to is None or day < self.valid_to)

    def means_the_same(self, other: "Entry") -> bool:
        """Whether two rows of a code say the same, whenever they hold."""
        return replace(self, valid_from=other.valid_from, valid_to=other.valid_to) == other


def read_codes(data: Mapping[str, Any]) -> list[Entry]:
    """The entries of a list from its TOML; InvalidInput where it is unsound."""
    missing = [key for key in LIST_KEYS if key not in data]
    if missing:
        raise InvalidInput(detail=Words("reasons.codes_lack", keys=LIST_KEYS, missing=missing))
    return [
        _entry(data, kind, code, row, seq)
        for kind, rows in data.items()
        if kind not in LIST_KEYS
        for seq, (code, row) in enumerate(rows.items())
    ]


def _entry(data: Mapping[str, Any], kind: str, code: str, row: Mapping[str, Any], seq: int) -> Entry:
    settings = dict(row.get("settings", {}))
    for key, (low, high) in {"radius_m": RADIUS_M, "days": DAYS}.items():
        if not low <= float(settings.get(key, low)) <= high:
            raise InvalidInput(
                detail=Words(
                    "reasons.code_setting", kind=kind, code=code, key=key, low=low, high=high, value=settings[key]
                )
            )
    words = [row.get("zh", ""), row.get("en", "")]
    if not code.strip() or not all(str(word).strip() for word in words):
        raise InvalidInput(detail=Words("reasons.code_nameless", kind=kind, code=code))
    return Entry(
        standard=str(data["standard"]),
        kind=kind,
        code=code,
        zh=words[0],
        en=words[1],
        valid_from=data["valid_from"],
        parent_code=row.get("parent"),
        seq=seq,
        settings=settings,
    )


@dataclass(frozen=True)
class Revision:
    """What a new version of a list does to the rows in force: both sides empty where nothing changed."""

    closed: tuple[Entry, ...]  # with the day they end
    opened: tuple[Entry, ...]


def revise(in_force: Iterable[Entry], version: Iterable[Entry]) -> Revision:
    """Rows to close and to open so that exactly `version` is in force from its day.

    >>> old = read_codes({"standard": "s", "valid_from": date(2026, 1, 1), "event": {"a": {"zh": "甲", "en": "A"}}})
    >>> new = read_codes({"standard": "s", "valid_from": date(2026, 7, 1), "event": {"b": {"zh": "乙", "en": "B"}}})
    >>> change = revise(old, new)
    >>> [(entry.code, str(entry.valid_to)) for entry in change.closed], [entry.code for entry in change.opened]
    ([('a', '2026-07-01')], ['b'])
    """
    wanted = {entry.key: entry for entry in version}
    if not wanted:
        raise InvalidInput(detail=Words("reasons.codes_empty"))
    day = next(iter(wanted.values())).valid_from
    old = {entry.key: entry for entry in in_force}
    late = [entry.code for entry in old.values() if entry.valid_from > day]
    if late:
        raise InvalidInput(detail=Words("reasons.codes_late", day=day, late=late))
    stale = {key: entry for key, entry in old.items() if key not in wanted or not entry.means_the_same(wanted[key])}
    same_day = [entry.code for entry in stale.values() if entry.valid_from == day]
    if same_day:
        raise InvalidInput(detail=Words("reasons.codes_same_day", codes=same_day, day=day))
    return Revision(
        closed=tuple(replace(entry, valid_to=day) for entry in stale.values()),
        opened=tuple(entry for key, entry in wanted.items() if key not in old or key in stale),
    )


@cache
def bundled_codes(name: str = "demo_local") -> tuple[Entry, ...]:
    """A list that comes with the program."""
    return tuple(read_codes(tomllib.loads((files(__package__) / f"codes_{name}.toml").read_text("utf-8"))))

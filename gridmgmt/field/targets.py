"""What a patrol system (定期巡查制度) asks for, as data with its source, and whether it was met."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from gridmgmt.errors import InvalidInput, UnreadableFile
from gridmgmt.field.periods import KINDS
from gridmgmt.messages import Words
from gridmgmt.messages.parsers import parser_fault

QUANTITIES: Mapping[str, str] = {
    "patrol_minutes": "worker",
    "key_place_visits": "grid",
    "households_visited_share": "grid",
}
"""What can be asked for, and of whom."""


class Outcome(StrEnum):
    """How a target stands. Without data nothing is ever met."""

    MET = "met"
    MISSED = "missed"
    OPEN = "open"  # not met yet, and the period is not over
    NO_DATA = "no_data"  # there is nothing it could be measured on


@dataclass(frozen=True)
class Target:
    """At least `at_least` of `quantity` in every `period`, of a worker or in a grid (by QUANTITIES)."""

    key: str
    quantity: str
    period: str
    at_least: float
    name_zh: str
    name_en: str
    source: str

    @property
    def of(self) -> str:
        """Whom it binds: worker or grid."""
        return QUANTITIES[self.quantity]


@dataclass(frozen=True)
class Verdict:
    """A target beside what was done. `missing` is how much is left to do, in the quantity's unit."""

    outcome: Outcome
    value: float | None
    at_least: float
    missing: float
    reason: str  # key of a message in the catalogue `patrols`


def judge(target: Target, value: float | None, *, over: bool, records: int) -> Verdict:
    """Whether `value` meets a target; None where there is nothing to measure it on (no such places, no households).

    `over`: the period has ended; `records`: how many patrols or visits the value rests on.

    >>> hours = Target("minutes", "patrol_minutes", "day", 120.0, "", "", "")
    >>> judge(hours, 90.0, over=True, records=2).missing
    30.0
    >>> [judge(hours, value, over=False, records=n).outcome.value for value, n in ((125.0, 2), (90.0, 2), (None, 0))]
    ['met', 'open', 'no_data']
    """
    if value is None:
        return Verdict(Outcome.NO_DATA, None, target.at_least, target.at_least, "nothing_to_measure")
    missing = max(target.at_least - value, 0.0)
    if records and missing <= 1e-9:
        return Verdict(Outcome.MET, value, target.at_least, 0.0, "reached")
    reason = "not_reached" if records else "nothing_recorded"
    return Verdict(Outcome.MISSED if over else Outcome.OPEN, value, target.at_least, missing, reason)


@cache
def usual_targets() -> tuple[Target, ...]:
    """The targets that come with the product.

    >>> [(target.key, target.of, target.at_least) for target in usual_targets()][0]
    ('daily_minutes', 'worker', 120.0)
    """
    return _read(files(__package__) / "patrol_targets.toml")


def read_targets(path: Path) -> tuple[Target, ...]:
    """Targets of a city's own, from a TOML file of the same form; InvalidInput or UnreadableFile otherwise."""
    return _read(path)


def _read(path: Traversable) -> tuple[Target, ...]:
    try:
        rows = tomllib.loads(path.read_text(encoding="utf-8"))["target"]
    except (OSError, ValueError, KeyError) as error:
        raise UnreadableFile(path=str(path), detail=Words("reasons.no_targets", error=parser_fault(error))) from error
    return tuple(_target(row) for row in rows)


def _target(row: Mapping[str, object]) -> Target:
    try:
        target = Target(**row)  # type: ignore[arg-type]
    except TypeError as error:
        raise InvalidInput(detail=Words("reasons.target_unsound", key=row.get("key"), error=error)) from error
    if target.quantity not in QUANTITIES or target.period not in KINDS:
        raise InvalidInput(
            detail=Words(
                "reasons.target_unknown",
                key=target.key,
                quantity=target.quantity,
                period=target.period,
                quantities=list(QUANTITIES),
                periods=KINDS,
            )
        )
    if not float(target.at_least) > 0:
        raise InvalidInput(detail=Words("reasons.target_nothing", key=target.key, at_least=target.at_least))
    return target

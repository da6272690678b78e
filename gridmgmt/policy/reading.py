"""Profiles read from TOML, with errors that say where the fault is, what it is, and what to do.

The format is described in docs/policy-profiles.md.
"""

import difflib
import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import MISSING, fields
from typing import Any

from gridmgmt.errors import InvalidInput
from gridmgmt.policy.model import KINDS, Growing, Norm, Profile

WORDS = ("key", "clause", "quantity", "unit", "applies_to", "quote", "quote_en", "remark")
NUMBERS = ("low", "high", "share")


def parse_profile(raw: Mapping[str, Any], name: str) -> Profile:
    """A profile from what a TOML file holds; InvalidInput at the first fault.

    >>> parse_profile({"title": "t", "place": "p", "norm": [{"key": "a", "quantiy": "x"}]}, "mine")
    Traceback (most recent call last):
    ...
    gridmgmt.errors.InvalidInput: mine, norm 1 (a): there is no 'quantiy'; did you mean 'quantity'?
    """
    _known(raw, ("title", "place", "norm"), name)
    for head in ("title", "place"):
        _word(raw, head, name)
    rows = raw.get("norm")
    if not isinstance(rows, list) or not rows:
        raise InvalidInput(detail=f"{name} has no norms. Write each as a table that begins with [[norm]]")
    norms = tuple(_norm(row, f"{name}, norm {number}") for number, row in enumerate(rows, 1))
    twice = [key for key, count in Counter(norm.key for norm in norms).items() if count > 1]
    if twice:
        raise InvalidInput(detail=f"{name} has two norms of the key {twice[0]!r}. Give each a key of its own")
    return Profile(name, raw["title"], raw["place"], norms)


def _norm(row: Any, where: str) -> Norm:
    if not isinstance(row, dict):
        raise InvalidInput(detail=f"{where} is no table. Write each norm as a table that begins with [[norm]]")
    where = f"{where} ({row['key']})" if isinstance(row.get("key"), str) else where
    _known(row, (field.name for field in fields(Norm)), where)
    for field in fields(Norm):
        if field.default is MISSING and field.default_factory is MISSING and field.name not in row:
            raise InvalidInput(detail=f"{where}: {field.name!r} is missing. Add the line {field.name} = …")
    for word in WORDS:
        if word in row:
            _word(row, word, where)
    for number in NUMBERS:
        if number in row:
            _number(row, number, where)
    grows = _growing(row["low_grows"], where) if "low_grows" in row else None
    norm = Norm(**row | {"low_grows": grows, "only_for": _only_for(row.get("only_for", {}), where)})
    _sound(norm, where)
    return norm


def _growing(row: Any, where: str) -> Growing:
    names = tuple(field.name for field in fields(Growing))
    if not isinstance(row, dict) or not {"quantity", "amount", "each"} <= set(row):
        shape = 'low_grows = { quantity = "households", amount = 30, each = 100 }'
        raise InvalidInput(detail=f"{where}: 'low_grows' is not complete. Write it as {shape}")
    _known(row, names, f"{where}, low_grows")
    _word(row, "quantity", f"{where}, low_grows")
    for number in ("amount", "each"):
        _number(row, number, f"{where}, low_grows")
    if row["each"] <= 0:
        raise InvalidInput(detail=f"{where}, low_grows: 'each' is {row['each']}; it must be more than 0")
    if not isinstance(row.get("whole", False), bool):
        raise InvalidInput(detail=f"{where}, low_grows: 'whole' is {row['whole']!r}; write true or false")
    return Growing(**row)


def _only_for(row: Any, where: str) -> dict[str, float]:
    if not isinstance(row, dict):
        raise InvalidInput(detail=f"{where}: 'only_for' is {row!r}. Write it as only_for = {{ rural = 1 }}")
    for name in row:
        _number(row, name, f"{where}, only_for")
    return dict(row)


def _sound(norm: Norm, where: str) -> None:
    """What no single field can be wrong about."""
    if norm.applies_to not in KINDS:
        raise InvalidInput(detail=f"{where}: applies_to is {norm.applies_to!r}; there are {', '.join(KINDS)}")
    if norm.low is None and norm.high is None and norm.low_grows is None:
        raise InvalidInput(detail=f"{where} has no bound. Give it low, high or low_grows")
    if norm.low is not None and norm.high is not None and norm.low > norm.high:
        raise InvalidInput(detail=f"{where}: low {norm.low:g} is above high {norm.high:g}")
    if not 0 < norm.share <= 1:
        raise InvalidInput(detail=f"{where}: share is {norm.share:g}; it must be above 0 and at most 1 (0.5 is half)")


def _known(row: Mapping[str, Any], names: Iterable[str], where: str) -> None:
    known = list(names)
    for name in row:
        if name not in known:
            close = difflib.get_close_matches(name, known, n=1)
            hint = f"did you mean {close[0]!r}?" if close else f"there are {', '.join(known)}"
            raise InvalidInput(detail=f"{where}: there is no {name!r}; {hint}")


def _word(row: Mapping[str, Any], name: str, where: str) -> None:
    value = row.get(name)
    if not isinstance(value, str) or (not value.strip() and name != "remark"):
        fault = "is missing" if value is None else f"is {value!r}, not a text"
        raise InvalidInput(detail=f'{where}: {name!r} {fault}. Write it as {name} = "…"')


def _number(row: Mapping[str, Any], name: str, where: str) -> None:
    value = row[name]
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise InvalidInput(detail=f"{where}: {name!r} is {value!r}, not a number. Write it without quotes and units")

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
from gridmgmt.messages import Words
from gridmgmt.policy.model import KINDS, Growing, Norm, Profile
from gridmgmt.policy.quantities import meant, units_of

SUFFIX = ".toml"
WORDS = ("key", "clause", "quantity", "unit", "applies_to", "quote", "quote_en", "remark", "remark_en")
MAY_BE_EMPTY = ("remark", "remark_en")
NUMBERS = ("low", "high", "share")


def parse_profile(raw: Mapping[str, Any], name: str) -> Profile:
    """A profile from what the TOML file `name` holds; InvalidInput at the first fault.

    >>> parse_profile({"title": "t", "place": "p", "norm": [{"key": "a", "quantiy": "x"}]}, "mine.toml")
    Traceback (most recent call last):
    ...
    gridmgmt.errors.InvalidInput: mine.toml, norm 1 (a): there is no 'quantiy'; did you mean 'quantity'?
    """
    _known(raw, ("title", "place", "norm"), name)
    for head in ("title", "place"):
        _word(raw, head, name)
    rows = raw.get("norm")
    if not isinstance(rows, list) or not rows:
        raise InvalidInput(detail=Words("reasons.profile_no_norms", name=name))
    norms = tuple(_norm(row, name, number) for number, row in enumerate(rows, 1))
    twice = [key for key, count in Counter(norm.key for norm in norms).items() if count > 1]
    if twice:
        raise InvalidInput(detail=Words("reasons.profile_key_twice", name=name, key=twice[0]))
    return Profile(name.removesuffix(SUFFIX), raw["title"], raw["place"], norms)


def _norm(row: Any, name: str, number: int) -> Norm:
    where = Words("reasons.profile_norm", name=name, number=number)
    if not isinstance(row, dict):
        raise InvalidInput(detail=Words("reasons.profile_no_table", where=where))
    if isinstance(row.get("key"), str):
        where = Words("reasons.profile_norm_key", name=name, number=number, key=row["key"])
    _known(row, (field.name for field in fields(Norm)), where)
    for field in fields(Norm):
        if field.default is MISSING and field.default_factory is MISSING and field.name not in row:
            raise InvalidInput(detail=Words("reasons.profile_missing", where=where, field=field.name))
    for word in WORDS:
        if word in row:
            _word(row, word, where)
    for figure in NUMBERS:
        if figure in row:
            _number(row, figure, where)
    grows = _growing(row["low_grows"], where) if "low_grows" in row else None
    norm = Norm(**row | {"low_grows": grows, "only_for": _only_for(row.get("only_for", {}), where)})
    _sound(norm, where)
    return norm


def _growing(row: Any, where: Words) -> Growing:
    names = tuple(field.name for field in fields(Growing))
    if not isinstance(row, dict) or not {"quantity", "amount", "each"} <= set(row):
        shape = 'low_grows = { quantity = "households", amount = 30, each = 100 }'
        raise InvalidInput(detail=Words("reasons.profile_grows", where=where, shape=shape))
    part = Words("reasons.profile_part", where=where, part="low_grows")
    _known(row, names, part)
    _word(row, "quantity", part)
    for number in ("amount", "each"):
        _number(row, number, part)
    for number in ("amount", "each"):
        if row[number] <= 0:
            raise InvalidInput(detail=Words("reasons.profile_each", where=part, name=number, value=row[number]))
    if not isinstance(row.get("whole", False), bool):
        raise InvalidInput(detail=Words("reasons.profile_whole", where=part, value=row["whole"]))
    return Growing(**row)


def _only_for(row: Any, where: Words) -> dict[str, float]:
    if not isinstance(row, dict):
        raise InvalidInput(detail=Words("reasons.profile_only_for", where=where, value=row))
    for name in row:
        _number(row, name, Words("reasons.profile_part", where=where, part="only_for"))
    return dict(row)


def _sound(norm: Norm, where: Words) -> None:
    """What no single field can be wrong about."""
    if norm.applies_to not in KINDS:
        raise InvalidInput(detail=Words("reasons.profile_applies_to", where=where, value=norm.applies_to, kinds=KINDS))
    for quantity in norm.reads:
        if (close := meant(quantity)) is not None:
            raise InvalidInput(detail=Words("reasons.profile_quantity", where=where, name=quantity, close=close))
    if (units := units_of(norm.quantity)) and norm.unit.strip() not in units:
        asked = {"where": where, "unit": norm.unit, "quantity": norm.quantity, "known": units}
        raise InvalidInput(detail=Words("reasons.profile_unit", **asked))
    if norm.low is None and norm.high is None and norm.low_grows is None:
        raise InvalidInput(detail=Words("reasons.profile_no_bound", where=where))
    if norm.low is not None and norm.high is not None and norm.low > norm.high:
        raise InvalidInput(detail=Words("reasons.profile_low_above_high", where=where, low=norm.low, high=norm.high))
    if not 0 < norm.share <= 1:
        raise InvalidInput(detail=Words("reasons.profile_share", where=where, share=norm.share))


def _known(row: Mapping[str, Any], names: Iterable[str], where: Words | str) -> None:
    known = list(names)
    for name in row:
        if name not in known:
            close = difflib.get_close_matches(name, known, n=1)
            if close:
                raise InvalidInput(
                    detail=Words("reasons.profile_unknown_close", where=where, name=name, close=close[0])
                )
            raise InvalidInput(detail=Words("reasons.profile_unknown", where=where, name=name, known=known))


def _word(row: Mapping[str, Any], name: str, where: Words | str) -> None:
    value = row.get(name)
    if value is None:
        raise InvalidInput(detail=Words("reasons.profile_word_missing", where=where, name=name))
    if not isinstance(value, str) or (not value.strip() and name not in MAY_BE_EMPTY):
        raise InvalidInput(detail=Words("reasons.profile_no_text", where=where, name=name, value=value))


def _number(row: Mapping[str, Any], name: str, where: Words) -> None:
    value = row[name]
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        shown = value if isinstance(value, str | bool | float) else str(value)
        raise InvalidInput(detail=Words("reasons.profile_no_number", where=where, name=name, value=shown))

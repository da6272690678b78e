"""Rows of a file as rows of a layer: values read by type, words recognised, defaults stated, faults found."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas

from gridmgmt.io.encodings import mojibake
from gridmgmt.io.findings import Finding, Note
from gridmgmt.io.layers import Field, Layer
from gridmgmt.io.words import FOREIGN, UNSAID, recognised

SAFE_DIGITS = 15  # whole numbers of more digits do not survive a floating-point column
_COUNTED = re.compile(r"^([+-]?[\d.]+)\s*(户|人|层|名|m2|平方米)$")


@dataclass
class Rows:
    """Values of a layer's fields, one row per feature of the file, and what was found on the way."""

    table: pandas.DataFrame
    left_out: set[int] = field(default_factory=set)  # positions that do not belong into the layer
    findings: list[Finding] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)

    def add(self, position: int, fault: str, **values: Any) -> None:
        """Note a fault of the feature at `position`."""
        self.findings.append(Finding(position + 1, fault, values=values))


def conform(
    source: pandas.DataFrame, layer: Layer, columns: Mapping[str, str], by_hand: Mapping[str, str] | None = None
) -> Rows:
    """The fields of `layer` from the columns that `columns` names; `by_hand` are constants, field → value.

    >>> from gridmgmt.io.layers import LAYERS
    >>> rows = conform(pandas.DataFrame({"路名": ["深南路"], "等级": ["主干道"]}), LAYERS["streets"],
    ...                {"name": "路名", "street_class": "等级"})
    >>> rows.table.to_dict("records")
    [{'code': None, 'name': '深南路', 'street_class': 'arterial'}]
    """
    rows = Rows(pandas.DataFrame(index=range(len(source))))
    for item in layer.fields:
        raw = _raw(source, columns.get(item.name), (by_hand or {}).get(item.name))
        rows.table[item.name] = pandas.Series(READERS[item.type](raw, item, rows), dtype=object)
    return rows


def _raw(source: pandas.DataFrame, column: str | None, constant: str | None) -> list[Any]:
    if constant is not None:
        return [constant] * len(source)
    if column is None:
        return [None] * len(source)
    return [None if _absent(value) else value for value in source[column]]


def _absent(value: Any) -> bool:
    if isinstance(value, str):
        return not value.strip()
    return value is None or value is pandas.NA or value is pandas.NaT or (isinstance(value, float) and np.isnan(value))


def _texts(raw: list[Any], item: Field, rows: Rows) -> list[str | None]:
    read: list[str | None] = []
    for position, value in enumerate(raw):
        words = None if value is None else str(value).strip()
        meant = mojibake(words) if words else None
        if meant is not None:
            rows.add(position, "mojibake" if meant else "mojibake_lost", field=item.name, value=words, meant=meant)
        if words is None and item.required:
            rows.add(position, "missing_value", field=item.name)
        read.append(meant or words)
    return read


def _codes(raw: list[Any], item: Field, rows: Rows) -> list[str | None]:
    return [None if value is None else _code(value, position, item, rows) for position, value in enumerate(raw)]


def _code(value: Any, position: int, item: Field, rows: Rows) -> str:
    """A code as text. Numbers of more than 15 digits, and 4.4E+14, are codes that a spreadsheet destroyed."""
    if isinstance(value, int | np.integer) and not isinstance(value, bool):
        return str(value)
    code = str(value).strip()
    if isinstance(value, float | np.floating):
        code = str(int(value)) if float(value).is_integer() else code
    mantissa, e, exponent = code.upper().partition("E+")
    too_long = isinstance(value, float | np.floating) and len(code) > SAFE_DIGITS
    if too_long or (e and exponent.isdigit() and mantissa.replace(".", "").isdigit()):
        rows.add(position, "code_destroyed", field=item.name, value=code)
    return code.removesuffix(".0") if code.removesuffix(".0").isdigit() else code


def _number(value: Any) -> float:
    """A number as people write it, NaN where it is none.

    >>> _number("1,234"), _number("122户"), _number("约百")
    (1234.0, 122.0, nan)
    """
    words = unicodedata.normalize("NFKC", str(value)).replace(",", "").strip()
    counted = _COUNTED.match(words)
    try:
        number = float(counted[1] if counted else words)
    except ValueError:
        return float("nan")
    return number if np.isfinite(number) else float("nan")


def _amounts(raw: list[Any], item: Field, rows: Rows) -> list[float | None]:
    read: list[float | None] = []
    for position, value in enumerate(raw):
        number = None if value is None else _number(value)
        if number is not None and np.isnan(number):
            rows.add(position, "not_a_number", field=item.name, value=str(value))
        elif number is not None and number < 0:
            rows.add(position, "negative", field=item.name, value=str(value))
        read.append(number)
    return _defaulted(read, item, rows)


def _counts(raw: list[Any], item: Field, rows: Rows) -> list[int | None]:
    amounts = _amounts(raw, item, rows)
    broken = sum(1 for amount in amounts if amount is not None and amount % 1 > 0)
    if broken:
        rows.notes.append(("rounded", {"field": item.name, "count": broken}))
    return [None if amount is None or np.isnan(amount) else round(amount) for amount in amounts]


def _defaulted(read: list[Any], item: Field, rows: Rows) -> list[Any]:
    """Missing values become the default, and the report says how many."""
    missing = sum(value is None for value in read)
    if missing and item.default is not None:
        rows.notes.append(("default", {"field": item.name, "value": item.default, "count": missing}))
        return [item.default if value is None else value for value in read]
    return read


def _words(raw: list[Any], item: Field, rows: Rows) -> list[str | None]:
    known = recognised(item.words, {value for value in raw if value is not None})
    read: list[str | None] = []
    for position, value in enumerate(raw):
        word = UNSAID if value is None else known[value]
        if word == FOREIGN:
            rows.add(position, "foreign", field=item.name, value=value)
            rows.left_out.add(position)
        elif word is None or (word == UNSAID and item.required):
            rows.add(position, "unknown_word", field=item.name, value="" if value is None else value)
            if item.default is None:
                rows.left_out.add(position)
        read.append(None if word in (UNSAID, FOREIGN) else word)
    return _defaulted(read, item, rows)


READERS = {"code": _codes, "text": _texts, "count": _counts, "area": _amounts, "word": _words}

"""Things with their figures, read from tables, for norms to be checked on.

A table has one row for each thing: its `code`, its `name` where it has one, and a column of numbers for each quantity.
What is empty is not known.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from gridmgmt.errors import InvalidInput
from gridmgmt.messages import Words
from gridmgmt.policy.model import KINDS, Kind, Values

RESIDENTIAL = "residential"
NAMES = ("code", "name")
APPLIES_TO = "applies_to"
PERCENT = ("%", "％")
_SHARE = re.compile(r"(^|_)share($|_)")
_REPEATED = re.compile(r"(.+)\.\d+")  # what reading a table makes of a column that stands there twice


@dataclass(frozen=True)
class Subject:
    """A station, community, grid or plan with its figures; None where a figure is not known.

    `behind` names, by quantity, the things that a figure counts, so that people can look at them.
    """

    code: str
    name: str
    values: Values
    behind: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


Subjects = Mapping[Kind, Sequence[Subject]]


def subjects_in(table: pd.DataFrame) -> list[Subject]:
    """One subject for each row of code, name and numbers; a missing name is the code.

    >>> subjects_in(pd.DataFrame({"code": ["G1"], "households": [150], "workers": [None]}))[0].values
    {'households': 150.0, 'workers': None}
    """
    figures = table.drop(columns=[name for name in NAMES if name in table]).astype(float)
    codes = table["code"].astype(str)
    names = table["name"].where(table["name"].notna(), codes).astype(str) if "name" in table else codes
    rows = [{str(key): value for key, value in row.items()} for row in figures.to_dict("records")]
    return [
        Subject(code, name, {key: None if pd.isna(value) else float(value) for key, value in row.items()})
        for code, name, row in zip(codes, names, rows, strict=True)
    ]


def read_figures(table: pd.DataFrame, name: str) -> dict[Kind, Sequence[Subject]]:
    """Subjects from a table as a user writes it: text columns, one of them `applies_to`; InvalidInput at a fault.

    >>> rows = pd.DataFrame({"applies_to": ["community"], "code": ["A1"], "police_rooms": ["1"]})
    >>> read_figures(rows, "mine.csv")["community"][0].values
    {'police_rooms': 1.0}
    """
    for column in (APPLIES_TO, "code"):
        if column not in table:
            raise InvalidInput(detail=Words("policy.figures_no_column", name=name, column=column, kinds=KINDS))
    for column in map(str, table):
        if (again := _REPEATED.fullmatch(column)) and again[1] in table:
            raise InvalidInput(detail=Words("policy.figures_column_twice", name=name, column=again[1]))
    kinds = table[APPLIES_TO].astype(str)
    for row in np.flatnonzero(~kinds.isin(KINDS))[:1]:
        raise _fault("no_kind", name, row, kind=kinds.iloc[row], kinds=KINDS)
    codes = table["code"].where(kinds != "plan", "plan")
    for row in np.flatnonzero(codes.isna())[:1]:
        raise _fault("no_code", name, row)
    for row in np.flatnonzero(pd.DataFrame({"kind": kinds, "code": codes.astype(str)}).duplicated())[:1]:
        raise _fault("twice", name, row, code=codes.iloc[row])
    quantities = [column for column in table if column not in (*NAMES, APPLIES_TO)]
    numbers = table[[column for column in NAMES if column in table]].assign(
        code=codes, **{str(column): _numbers(table[column], name) for column in quantities}
    )
    return {kind: subjects_in(numbers[kinds == kind]) for kind in KINDS if (kinds == kind).any()}


def with_figures(known: Subjects, more: Subjects) -> dict[Kind, Sequence[Subject]]:
    """What is known of things, and the figures of a table besides, which win.

    Things of a kind that nothing is known of are taken from the table as they are. Raises InvalidInput where only the
    code of one is not known.
    """
    found: dict[Kind, Sequence[Subject]] = dict(known)
    for kind, rows in more.items():
        mine = list(known.get(kind, ()))
        if not mine:
            found[kind] = rows
            continue
        place = {subject.code: number for number, subject in enumerate(mine)}
        for row in rows:
            number = 0 if kind == "plan" else place.get(row.code)
            if number is None:
                what = Words(f"policy.kind_{kind}")
                raise InvalidInput(detail=Words("policy.figures_unknown", kind=what, code=row.code))
            given = {key: value for key, value in row.values.items() if value is not None}
            mine[number] = replace(mine[number], values={**mine[number].values, **given})
        found[kind] = mine
    return found


def _numbers(column: pd.Series, name: str) -> pd.Series:
    """The figures of a column, 35 % as 0.35; InvalidInput for what is no number, or a share that is none."""
    quantity = str(column.name)
    text = column.astype("string").str.strip()
    percent = text.str.endswith(PERCENT).fillna(False).to_numpy(dtype=bool)
    numbers = pd.to_numeric(column.where(~percent, text.str.rstrip("".join(PERCENT))), errors="coerce").astype(float)
    numbers = numbers.where(~percent, numbers / 100)
    known = column.notna().to_numpy()
    for row in np.flatnonzero(~np.isfinite(numbers.to_numpy()) & known)[:1]:
        raise _fault("no_number", name, row, column=quantity, value=column.iloc[row])
    if _SHARE.search(quantity):
        for row in np.flatnonzero(~numbers.between(0, 1).to_numpy() & known)[:1]:
            raise _fault("no_share", name, row, column=quantity, value=column.iloc[row])
    return numbers


def _fault(fault: str, name: str, row: int, **values: object) -> InvalidInput:
    """What is wrong in a row, counted as spreadsheets do: the first one holds the names of the columns."""
    return InvalidInput(detail=Words(f"policy.figures_{fault}", name=name, row=int(row) + 2, **values))

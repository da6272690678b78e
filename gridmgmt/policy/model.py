"""What a norm is, and the profile it stands in.

A norm bounds one quantity of one kind of thing (a station, a community, a grid, or the plan as a whole). A bound may
grow with another quantity, as "30 m² for every 100 households, never under 300 m²" does. Some norms ask a share of
the things only ("office space in 100 % of communities, a plaza in 50 %").
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, get_args

from gridmgmt.errors import NotFound
from gridmgmt.messages import Words

Kind = Literal["station", "community", "grid", "plan"]
KINDS: tuple[Kind, ...] = get_args(Kind)
Values = Mapping[str, float | None]


def known(values: Values, name: str) -> float | None:
    """A figure by name; None where there is none, or where it is no finite number.

    >>> known({"households": 900.0, "staff": math.nan}, "households"), known({"staff": math.nan}, "staff")
    (900.0, None)
    """
    value = values.get(name)
    return value if value is not None and math.isfinite(value) else None


@dataclass(frozen=True)
class Growing:
    """A lower bound that grows: `amount` for every `each` of `quantity`, rounded up where `whole`."""

    quantity: str
    amount: float
    each: float
    whole: bool = False

    def bound(self, value: float) -> float:
        """The bound for a value of the other quantity.

        >>> Growing("households", 1, 500, whole=True).bound(2300), Growing("households", 30, 100).bound(1250)
        (5.0, 375.0)
        """
        grown = round(value * self.amount / self.each, 9)  # 0.1 × 3 is 0.3, and 0.07 × 100 no eighth person
        return float(math.ceil(grown)) if self.whole else grown


@dataclass(frozen=True)
class Norm:
    """One requirement.

    Attributes
    ----------
    key : unique in its profile
    clause : where it stands in the document
    quantity, unit : what is bounded, and in what it is counted
    applies_to : "station", "community", "grid" or "plan" (the whole)
    low, high : bounds, both included; None for none
    low_grows : a lower bound that grows with another quantity; the greater of both holds
    share : the share of things that must be within the bounds
    only_for : values of other quantities that a thing must have for the norm to concern it
    quote, quote_en : the words of the clause, and what they say
    remark, remark_en : what is ambiguous, or how it is read here
    """

    key: str
    clause: str
    quantity: str
    unit: str
    applies_to: Kind
    quote: str
    quote_en: str
    low: float | None = None
    high: float | None = None
    low_grows: Growing | None = None
    share: float = 1.0
    only_for: Mapping[str, float] = field(default_factory=dict)
    remark: str = ""
    remark_en: str = ""

    @property
    def reads(self) -> tuple[str, ...]:
        """The quantities it looks at."""
        grown = () if self.low_grows is None else (self.low_grows.quantity,)
        return (self.quantity, *self.only_for, *grown)

    def lower_bound(self, values: Values) -> float | None:
        """The lower bound for a thing; None without one, NaN where the quantity it grows with is not known."""
        if self.low_grows is None:
            return self.low
        base = known(values, self.low_grows.quantity)
        return math.nan if base is None else max(self.low_grows.bound(base), self.low or 0.0)

    def concerns(self, values: Values) -> bool | None:
        """Whether the norm is about this thing at all; None where it is not known whether it is."""
        given = [(known(values, name), wanted) for name, wanted in self.only_for.items()]
        if any(value is not None and value != wanted for value, wanted in given):
            return False
        return None if any(value is None for value, _ in given) else True


@dataclass(frozen=True)
class Profile:
    """The norms of one document."""

    name: str
    title: str
    place: str
    norms: tuple[Norm, ...]

    def norm(self, key: str) -> Norm:
        """A norm by its key; NotFound where there is none."""
        for norm in self.norms:
            if norm.key == key:
                return norm
        raise NotFound(what=Words("things.norm"), key=f"{self.name}/{key}")

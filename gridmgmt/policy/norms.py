"""Norms of the source documents as data, each with its clause and quotation, and the profiles they stand in.

A norm bounds one quantity of one kind of thing (a station, a community, a grid, or the plan as a whole). A bound may
grow with another quantity, as "30 m² for every 100 households, never under 300 m²" does. Some norms ask a share of
the things only ("office space in 100 % of communities, a plaza in 50 %").
"""

import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, Literal, get_args

from gridmgmt.errors import InvalidInput, NotFound

Kind = Literal["station", "community", "grid", "plan"]
KINDS: tuple[Kind, ...] = get_args(Kind)
Values = Mapping[str, float | None]


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
        grown = value * self.amount / self.each
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
    remark : what is ambiguous, or how it is read here
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

    def lower_bound(self, values: Values) -> float | None:
        """The lower bound for a thing; None without one, NaN where the quantity it grows with is not known."""
        if self.low_grows is None:
            return self.low
        base = values.get(self.low_grows.quantity)
        return math.nan if base is None else max(self.low_grows.bound(base), self.low or 0.0)

    def concerns(self, values: Values) -> bool:
        """Whether the norm is about this thing at all; one whose kind is not known is concerned."""
        return all(values.get(name, wanted) == wanted for name, wanted in self.only_for.items())


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
        raise NotFound(what="norm", key=f"{self.name}/{key}")


@cache
def profiles() -> dict[str, Profile]:
    """The profiles that come with the library, by name.

    >>> sorted(profiles())
    ['beijing-2020', 'hangzhou-2009', 'jianqiao-2009', 'luohu-2006', 'zhangzi-2018']
    """
    folder = files(__package__) / "profiles"
    found = (_parse(entry, entry.name.removesuffix(".toml")) for entry in folder.iterdir() if _is_profile(entry))
    return {profile.name: profile for profile in sorted(found, key=lambda profile: profile.name)}


def profile(name: str) -> Profile:
    """A profile by name, or one of the user's own from a TOML file; NotFound, InvalidInput.

    >>> profile("luohu-2006").norm("station_households").low
    6000
    """
    known = profiles()
    if name in known:
        return known[name]
    if name.endswith(".toml") and Path(name).is_file():
        return _parse(Path(name), Path(name).stem)
    raise NotFound(what="profile", key=name)


def _is_profile(entry: Traversable) -> bool:
    return entry.name.endswith(".toml")


def _parse(entry: Traversable, name: str) -> Profile:
    try:
        raw = tomllib.loads(entry.read_text(encoding="utf-8"))
        norms = tuple(_norm(row) for row in raw["norm"])
        read = Profile(name, raw["title"], raw["place"], norms)
    except (tomllib.TOMLDecodeError, KeyError, TypeError, UnicodeDecodeError) as error:
        raise InvalidInput(detail=f"{name} is no profile of norms: {error}") from error
    keys = [norm.key for norm in norms]
    if len(set(keys)) < len(keys):
        raise InvalidInput(detail=f"{name} has two norms of one key")
    return read


def _norm(row: dict[str, Any]) -> Norm:
    grows = row.pop("low_grows", None)
    norm = Norm(**row, low_grows=None if grows is None else Growing(**grows))
    if norm.applies_to not in KINDS:
        raise InvalidInput(detail=f"{norm.key} applies to {norm.applies_to!r}; there are {', '.join(KINDS)}")
    if norm.low is None and norm.high is None and norm.low_grows is None:
        raise InvalidInput(detail=f"{norm.key} has no bound")
    return norm

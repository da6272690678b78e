"""Scores that cannot be gamed: one more good case never lowers them, one more missed case never raises them.

An indicator counts good and missed cases. Its rate is the mean of what is known about it, a Beta distribution with
Jeffreys' prior: after k good and m missed cases Beta(k + 1/2, m + 1/2), mean (k + 1/2) / (k + m + 1). A score is the
weighted mean of all its indicators, those without a case too: whoever did nothing is not perfect, but unknown, and the
spread says so. Both ends of the spread are quantiles of distributions that are ordered by k and by m, so they move the
right way as well (L. D. Brown, T. T. Cai, A. DasGupta, Interval Estimation for a Binomial Proportion, 2001).
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Any, Literal, get_args

from scipy.special import betaincinv

from gridmgmt.errors import InvalidInput
from gridmgmt.messages import Words

Subject = Literal["worker", "grid", "department"]
SUBJECTS: tuple[Subject, ...] = get_args(Subject)
INDICATORS = (
    "found", "effective", "on_time_verification", "on_time_filing", "on_time_dispatch", "on_time_handling",
    "on_time_feedback", "lasting", "closed",
)  # fmt: skip
PRIOR = 0.5
CONFIDENCE = 0.9


@dataclass(frozen=True)
class Tally:
    """How often it went well, and how often not."""

    good: int = 0
    missed: int = 0

    def __post_init__(self) -> None:
        if min(self.good, self.missed) < 0:
            raise InvalidInput(detail=Words("reasons.tally_downwards", good=self.good, missed=self.missed))

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(self.good + other.good, self.missed + other.missed)

    @property
    def rate(self) -> float | None:
        """The bare share of good cases; None without a case."""
        cases = self.good + self.missed
        return self.good / cases if cases else None

    @property
    def mean(self) -> float:
        """The share to reckon with, which a single case does not carry to 0 or 1."""
        return (self.good + PRIOR) / (self.good + self.missed + 2 * PRIOR)

    def spread(self) -> tuple[float, float]:
        """Where the true share lies, with a probability of `CONFIDENCE`."""
        tail = (1 - CONFIDENCE) / 2
        low, high = betaincinv(self.good + PRIOR, self.missed + PRIOR, [tail, 1 - tail])
        return float(low), float(high)


@dataclass(frozen=True)
class Weights:
    """A version of what counts how much, by kind of subject."""

    version: str
    in_force_from: date
    of: Mapping[Subject, Mapping[str, float]]

    def __post_init__(self) -> None:
        for subject, weights in self.of.items():
            unknown = weights.keys() - set(INDICATORS)
            if subject not in SUBJECTS or unknown or not weights or min(weights.values()) <= 0:
                raise InvalidInput(detail=Words("reasons.weights_unsound", version=self.version, subject=subject))


@dataclass(frozen=True)
class Score:
    """A score of 0 to 100 with its spread: compare `low` before praising, `high` before blaming."""

    score: float
    low: float
    high: float
    tallies: Mapping[str, Tally]
    cases: int


def score(tallies: Mapping[str, Tally], weights: Mapping[str, float]) -> Score:
    """The weighted mean of the indicators that count. The spread adds up their ends, so it is wide rather than bold.

    >>> idle = score({}, {"found": 1})
    >>> idle.score, idle.low < 1, idle.high > 99
    (50.0, True, True)
    >>> score({"found": Tally(9, 0)}, {"found": 1}).score
    95.0
    """
    counted = {name: tallies.get(name, Tally()) for name in weights}
    spreads = {name: tally.spread() for name, tally in counted.items()}
    whole = sum(weights.values())

    def mean(values: Mapping[str, float]) -> float:
        return 100 * sum(weight * values[name] for name, weight in weights.items()) / whole

    return Score(
        score=mean({name: tally.mean for name, tally in counted.items()}),
        low=mean({name: low for name, (low, _) in spreads.items()}),
        high=mean({name: high for name, (_, high) in spreads.items()}),
        tallies=counted,
        cases=sum(tally.good + tally.missed for tally in counted.values()),
    )


def read_weights(data: Mapping[str, Any]) -> Weights:
    """A version from its TOML."""
    return Weights(data["version"], data["in_force_from"], {key: data[key] for key in SUBJECTS if key in data})


@cache
def bundled_weights(version: str = "2026.1") -> Weights:
    """A version that comes with the program."""
    name = f"scores_{version.replace('.', '_')}.toml"
    return read_weights(tomllib.loads((files(__package__) / name).read_text("utf-8")))

"""Colours that survive colour blindness and a grey printer, and the classes they stand for.

Categories: Okabe & Ito (2008). Sequential: cividis (Nuñez, Anderton & Renslow 2018), seven anchors, between them
linear in sRGB. Diverging: blue, white, orange, the two ends taken from Okabe & Ito.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike, NDArray

INK, MUTED, ACCENT = "#1d2529", "#66707a", "#0b6e6e"
OKABE_ITO = ("#e69f00", "#56b4e9", "#009e73", "#f0e442", "#0072b2", "#d55e00", "#cc79a7", "#000000")
BETTER, WORSE, NO_DATA = "#0072b2", "#d55e00", "#c9c6be"
ON_TIME, DUE_SOON, OVERDUE = "#009e73", "#e69f00", "#d55e00"

_CIVIDIS = ("#00204d", "#233e6c", "#575c6d", "#7c7b78", "#a69d75", "#d3c164", "#ffea46")
_DIVERGING = ("#0072b2", "#6baed2", "#c3deec", "#fbfbf9", "#fbdcb4", "#f0a34a", "#c85400")


def _channels(colour: str) -> NDArray[np.float64]:
    return np.array([int(colour[start : start + 2], 16) for start in (1, 3, 5)], dtype=float)


def _sample(anchors: Sequence[str], count: int) -> tuple[str, ...]:
    """`count` colours evenly spaced along a ramp."""
    table = np.array([_channels(anchor) for anchor in anchors])
    at = np.linspace(0, len(anchors) - 1, count)
    columns = [np.interp(at, range(len(anchors)), table[:, channel]) for channel in range(3)]
    return tuple("#{:02x}{:02x}{:02x}".format(*(round(value) for value in row)) for row in zip(*columns, strict=True))


def cividis(count: int) -> tuple[str, ...]:
    """`count` colours from light (small) to dark (large), as paper wants them.

    >>> cividis(3)
    ('#ffea46', '#7c7b78', '#00204d')
    """
    return _sample(_CIVIDIS, count)[::-1]


def diverging(count: int) -> tuple[str, ...]:
    """An odd number of colours from blue over white to orange.

    >>> diverging(3)
    ('#0072b2', '#fbfbf9', '#c85400')
    """
    return _sample(_DIVERGING, count)


@dataclass(frozen=True)
class Classes:
    """Half-open classes (lower, upper] with a colour each: k limits part the line into k + 1 classes.

    >>> Classes((300.0, 500.0), ("#ffea46", "#7c7b78", "#00204d")).codes([120, 300, 301, 9000]).tolist()
    [0, 0, 1, 2]
    """

    limits: tuple[float, ...]
    colours: tuple[str, ...]
    whole: bool = False  # values are whole numbers: the legend may say "121 – 180" for (120, 180]
    marks: tuple[str, ...] = ()  # a sign for each class where a grey printer makes two colours one

    def __post_init__(self) -> None:
        if len(self.colours) != len(self.limits) + 1:
            raise ValueError(f"{len(self.limits)} limits part the line into {len(self.limits) + 1} classes")
        if any(left >= right for left, right in pairwise(self.limits)):
            raise ValueError(f"class limits must rise: {self.limits}")

    def codes(self, values: ArrayLike) -> NDArray[np.int64]:
        """Class number of each value, shape (n,); −1 where there is no value (NaN)."""
        array = np.asarray(values, dtype=float)
        codes: NDArray[np.int64] = np.searchsorted(np.asarray(self.limits), array, side="left").astype(np.int64)
        return np.where(np.isnan(array), -1, codes)

    def signs(self, values: ArrayLike) -> list[str]:
        """The sign of each value's class, with a space behind it; nothing where the class has none."""
        marks = self.marks or ("",) * len(self.colours)
        return [f"{marks[code]} " if code >= 0 and marks[code] else "" for code in self.codes(values)]

    def counts(self, values: ArrayLike, weights: ArrayLike | None = None) -> NDArray[np.int64]:
        """How many values (or how much weight) each class holds, shape (k + 1,). Missing values count nowhere."""
        codes = self.codes(values)
        share = np.ones(len(codes)) if weights is None else np.asarray(weights, dtype=float)
        there = codes >= 0
        summed = np.bincount(codes[there], weights=share[there], minlength=len(self.colours))
        return np.rint(summed).astype(np.int64)


def symmetric(steps: Sequence[int]) -> Classes:
    """Diverging classes of a whole-numbered difference; the middle one holds −steps[0] … +steps[0].

    >>> symmetric([10, 30]).codes([-31, -30, -11, -10, 10, 11, 30, 31]).tolist()
    [0, 1, 1, 2, 2, 3, 3, 4]
    """
    limits = (*(-step - 1 for step in reversed(steps)), *steps)
    return Classes(limits, diverging(len(limits) + 1), whole=True)


OFF_RANGE = ("▼▼", "▼", "", "▲", "▲▲")


def around_range(low: int, high: int) -> Classes:
    """Five classes of a count: far below, below, in low … high, above, far above (25 % beyond the range).

    >>> around_range(120, 180).codes([119, 120, 180, 181]).tolist()
    [1, 2, 2, 3]
    """
    limits = (min(round(low * 0.75) - 1, low - 2), low - 1, high, max(round(high * 1.25), high + 1))
    return Classes(limits, diverging(5), whole=True, marks=OFF_RANGE)


def sequential(limits: Sequence[float]) -> Classes:
    """Classes of growing amount, light to dark."""
    return Classes(tuple(limits), cividis(len(limits) + 1))


def quantiles(values: ArrayLike, count: int = 6) -> Classes:
    """Sequential classes with about equally many values each; limits rounded to two figures, at most `count` classes.

    >>> quantiles([10, 20, 30, 40], 2).limits
    (25.0,)
    """
    array = np.asarray(values, dtype=float)
    array = array[~np.isnan(array)]
    if not len(array):
        return sequential(())
    cuts = np.quantile(array, np.linspace(0, 1, count + 1)[1:-1])
    return sequential(sorted({float(f"{cut:.2g}") for cut in cuts}))

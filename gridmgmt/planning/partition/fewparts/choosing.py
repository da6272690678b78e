"""The best plan from a list of parts: `parts` of them that hold every unit once, by several goals in order."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gridmgmt.planning.partition.fewparts.sets import Masks
from gridmgmt.planning.partition.problem import IntArray

MOST_STEPS = 300_000_000  # sets looked at: about a second


@dataclass(frozen=True)
class Goal:
    """Whole numbers by set: the largest of the chosen counts, or their sum."""

    prices: NDArray[np.int64]
    largest: bool


@dataclass(frozen=True)
class Choice:
    """The chosen sets as labels (None: none found), and whether nothing better, or nothing at all, can be."""

    labels: IntArray | None
    final: bool


def choose(masks: Masks, parts: int, goals: Sequence[Goal], most_steps: int = MOST_STEPS) -> Choice:
    """The lexicographically best cover by `parts` of the sets (masks: (sets, n)).

    >>> line = np.array([[1, 1, 0, 0], [0, 0, 1, 1], [1, 0, 0, 0], [0, 1, 1, 1]], dtype=bool)
    >>> choose(line, 2, [Goal(np.array([0, 1, 5, 5]), largest=True)]).labels.tolist()
    [0, 0, 1, 1]
    """
    from gridmgmt.planning.partition.fewparts import covering

    if not len(masks) or not masks.any(axis=0).all():
        return Choice(None, True)
    order = np.lexsort([goal.prices for goal in reversed(goals)])
    rarest = np.argsort(masks.sum(axis=0), kind="stable")
    chosen, whole = covering.best_cover(
        _bits(masks[order][:, rarest]),
        _bits(np.ones((1, masks.shape[1]), dtype=np.bool_))[0],
        np.array([goal.prices[order] for goal in goals], dtype=np.int64),
        np.array([goal.largest for goal in goals]),
        parts,
        most_steps,
    )
    if chosen[0] < 0:
        return Choice(None, bool(whole))
    return Choice(masks[order[chosen]].argmax(axis=0).astype(np.int64), bool(whole))


def _bits(masks: Masks) -> NDArray[np.uint64]:
    """(sets, words) the units as bits, unit 0 lowest."""
    words = -(-masks.shape[1] // 64)
    padded = np.zeros((len(masks), 64 * words), dtype=np.bool_)
    padded[:, : masks.shape[1]] = masks
    packed: NDArray[np.uint64] = np.packbits(padded, axis=1, bitorder="little").view("<u8").astype(np.uint64)
    return packed

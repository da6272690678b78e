"""How unlike two divisions are, and how uneven one is. Pure functions on arrays."""

import numpy as np
from numpy.typing import NDArray

from gridmgmt.planning.metrics import match_labels

Ints = NDArray[np.int64]


def variation_of_information(one: Ints, other: Ints, weights: Ints) -> float:
    """H(one | other) + H(other | one) in bits, units weighted (Meilă 2007): 0 only where both divide the weight alike.

    >>> one, other, weights = np.array([0, 0, 1, 1]), np.array([0, 1, 0, 1]), np.array([1, 1, 1, 1])
    >>> variation_of_information(one, other, weights), variation_of_information(one, 1 - one, weights)
    (2.0, 0.0)
    """
    total = float(weights.sum())
    if not total:
        return 0.0
    pair = np.unique(np.column_stack([one, other]), axis=0, return_inverse=True)[1].ravel()
    joint = _entropy(np.bincount(pair, weights=weights) / total)
    single = [_entropy(np.bincount(labels, weights=weights) / total) for labels in (one, other)]
    return max(0.0, round(2 * joint - single[0] - single[1], 12))


def _entropy(shares: NDArray[np.float64]) -> float:
    real = shares[shares > 0]
    return float(-(real * np.log2(real)).sum())


def matched_labels(before: Ints, after: Ints, weights: Ints) -> Ints:
    """`after` renamed so that most weight keeps its label and, of equals, most units do: a count without ties.

    >>> matched_labels(np.array([0, 0, 1]), np.array([1, 1, 0]), np.array([0, 0, 9])).tolist()
    [0, 0, 1]
    """
    return match_labels(before, after, np.asarray(weights) * (len(weights) + 1) + 1)


def gini(values: NDArray[np.integer]) -> float | None:
    """Σᵢⱼ|xᵢ − xⱼ| ÷ (2n²·mean): 0 where all are equal (Gini 1912); None where there is nothing to share.

    >>> gini(np.array([5, 5, 5])), gini(np.array([0, 0, 0, 12]))
    (0.0, 0.75)
    """
    total, count = float(values.sum()), len(values)
    if not total:
        return None
    ranks = np.arange(1, count + 1)
    return round(float(((2 * ranks - count - 1) * np.sort(values)).sum() / (count * total)), 12)

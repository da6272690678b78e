"""Staff after a merge: the total stays, people go where the households are."""

import numpy as np
from numpy.typing import ArrayLike, NDArray


def largest_remainder(total: int, weights: ArrayLike, at_least: int = 1) -> NDArray[np.int64]:
    """(n,) whole shares of `total` in proportion to (n,) weights, none below `at_least` (Hamilton's method).

    Everyone first gets `at_least`; the rest is shared by quota, and what the whole quotas leave goes to the largest
    remainders, of equals to the first. Without enough for everyone, `at_least` is lowered to what there is.

    >>> largest_remainder(10, [5000, 3000, 1000]).tolist()
    [5, 3, 2]
    >>> largest_remainder(2, [1, 1, 1]).tolist()
    [1, 1, 0]
    """
    shares = np.asarray(weights, dtype=np.float64)
    if not len(shares):
        return np.zeros(0, dtype=np.int64)
    base = min(at_least, total // len(shares))
    rest = total - base * len(shares)
    even = shares.sum() <= 0
    quota = np.full(len(shares), rest / len(shares)) if even else rest * shares / shares.sum()
    whole = np.floor(quota).astype(np.int64)
    order = np.argsort(-(quota - whole), kind="stable")
    whole[order[: rest - int(whole.sum())]] += 1
    result: NDArray[np.int64] = whole + base
    return result

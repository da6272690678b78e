"""Which units a plan moves."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


def changed_units(before: Sequence[object], after: Sequence[object], households: Sequence[float]) -> NDArray[np.bool_]:
    """Which units come to another part, where each part keeps the identity of the old part that most of it comes from.

    An old part is continued by one new part at most: of several that come mostly from it, the one with the most
    households of it; all units of the others have changed.

    >>> changed_units(["a", "a", "b", "b"], [0, 0, 0, 1], [9, 9, 5, 9]).tolist()
    [False, False, True, False]
    """
    shared: dict[tuple[object, object], float] = {}
    for old, new, count in zip(before, after, households, strict=True):
        shared[new, old] = shared.get((new, old), 0.0) + float(count)
    heir: dict[object, object] = {}
    for new, old in sorted(shared, key=lambda pair: (-shared[pair], str(pair))):
        if new not in heir and old not in heir.values():
            heir[new] = old
    return np.array([heir.get(new) != old for old, new in zip(before, after, strict=True)], dtype=bool)

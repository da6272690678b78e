"""All there is, on few units: what a search or a bound is held against."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray


def groupings(size: int) -> Iterator[NDArray[np.int64]]:
    """Every way to group the units, each once: labels in the order of their first unit."""

    def longer(labels: list[int]) -> Iterator[NDArray[np.int64]]:
        if len(labels) == size:
            yield np.array(labels)
            return
        for label in range(max(labels, default=-1) + 2):
            yield from longer([*labels, label])

    return longer([])

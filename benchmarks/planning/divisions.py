"""Invented, unbalanced divisions of today for `resize`: contiguous communities, equal seeds give equal divisions.

Communities are laid out one beside the other: each takes the nearest free units until it reaches a size drawn for it.

* `too_small`: 250–950 households each
* `too_big`: 2,050–4,000
* `mixed`: 250–4,500, as many small as large ones
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

SIZES: dict[str, Callable[[np.random.Generator], float]] = {
    "too_small": lambda rng: rng.uniform(250, 950),
    "too_big": lambda rng: rng.uniform(2050, 4000),
    "mixed": lambda rng: float(np.exp(rng.uniform(np.log(250), np.log(4500)))),
}


def division(kind: str, borders: csr_array, weights: Ints, centres: Floats, seed: int) -> Ints:
    """(n,) the community of each unit, from 0; every community is connected.

    `borders` (n, n) says who is a neighbour, `weights` (n,) households, `centres` (n, 2) metres.
    """
    rng = np.random.default_rng(seed)
    labels = np.full(len(weights), -1, dtype=np.int64)
    while (free := np.flatnonzero(labels < 0)).size:
        start = _beside_the_taken(borders, labels, free, rng)
        labels[_nearest(borders, labels, weights, centres, start, SIZES[kind](rng))] = labels.max() + 1
    return _without_crumbs(borders, labels, weights)


def _beside_the_taken(borders: csr_array, labels: Ints, free: Ints, rng: np.random.Generator) -> int:
    """The free unit with most of its border along communities laid out: no holes are left behind."""
    along = borders[free] @ (labels >= 0).astype(float)
    return int(free[np.argmax(along)]) if along.any() else int(rng.choice(free))


def _nearest(borders: csr_array, labels: Ints, weights: Ints, centres: Floats, start: int, size: float) -> list[int]:
    """Free units joined one by one, the nearest to the start first, until they hold `size`."""
    members, load = [start], int(weights[start])
    fringe = {int(u) for u in borders[[start]].indices if labels[u] < 0}
    while fringe and load < size:
        unit = min(fringe, key=lambda u: (float(np.hypot(*(centres[u] - centres[start]))), u))
        members.append(unit)
        load += int(weights[unit])
        fringe |= {int(u) for u in borders[[unit]].indices if labels[u] < 0}
        fringe -= set(members)
    return members


def _without_crumbs(borders: csr_array, labels: Ints, weights: Ints, crumb: int = 200) -> Ints:
    """Communities below `crumb`, left over between others, join the lightest neighbour."""
    labels = labels.copy()
    for label in np.argsort(np.bincount(labels, weights=weights), kind="stable"):
        members = np.flatnonzero(labels == label)
        around = np.setdiff1d(labels[borders[members].indices], [label])
        if weights[members].sum() < crumb and len(around):
            loads = np.bincount(labels, weights=weights)
            labels[members] = around[np.argmin(loads[around])]
    return np.unique(labels, return_inverse=True)[1].astype(np.int64)

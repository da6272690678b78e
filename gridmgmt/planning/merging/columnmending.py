"""Covers mended by listed columns: the communities of a few chosen groups are decided anew, the rest stays as it is.

The linear relaxation says where: a chosen group of high reduced cost is one it would rather do without, and groups that
its columns reach across belong together. What is decided anew is a set partitioning like the whole, only smaller.
"""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from gridmgmt.planning.budget import Budget
from gridmgmt.planning.merging.columngen import ZERO, Floats, Ints, Relaxation, Relaxed
from gridmgmt.planning.merging.columnkernels import within
from gridmgmt.planning.merging.listing import NOBODY, silent

TOGETHER = (4, 6)  # groups decided anew at once: first few as long as that gains, then more
TRIED = 400  # times that some are
ROWS = 150_000  # columns over which is decided at the most, the cheapest by reduced cost

Decide = Callable[[Relaxation, Ints, Ints, Floats, Budget], Ints]


def mended(
    relaxation: Relaxation,
    found: Relaxed,
    best: Ints,
    decide: Decide,
    budget: Budget,
    together: Sequence[int] = TOGETHER,
) -> Ints:
    """A cover by the columns that costs no more than the best known, as far as `decide` and the work limit lead.

    `decide` gives the best cover it finds of a smaller relaxation, from one that is known, with columns and prices to
    begin with.
    """
    tried: set[tuple[int, ...]] = set()
    budget = silent(budget)
    for count in together:
        while (step := _first_gain(relaxation, found, best, count, tried, decide, budget)) is not None:
            best = step
    return best


def _first_gain(
    relaxation: Relaxation,
    found: Relaxed,
    best: Ints,
    together: int,
    tried: set[tuple[int, ...]],
    decide: Decide,
    budget: Budget,
) -> Ints | None:
    """The cover after the first groups that can be decided better; None where there are none, or work ends."""
    links = _links(relaxation, found, best)
    for seed in np.argsort(-found.reduced[best], kind="stable").tolist():
        some = _gathered(links, seed, together)
        key = tuple(best[some].tolist())
        if key in tried:
            continue
        if len(tried) >= TRIED or budget.spent():
            return None
        tried.add(key)
        new = _decided_anew(relaxation, found, best, some, decide, budget)
        if new is not None:
            return new
    return None


def _links(relaxation: Relaxation, found: Relaxed, best: Ints) -> Floats:
    """(groups, groups) how much of the relaxed plan reaches across two groups of the cover."""
    inside = _inside(relaxation, best)
    used = found.active[found.share > ZERO]
    touched = (_inside(relaxation, used) @ inside.T > 0) * 1.0
    links: Floats = touched.T @ (touched * found.share[found.share > ZERO][:, None])
    return links


def _inside(relaxation: Relaxation, rows: Ints) -> Floats:
    """(rows, communities) 1 where a column holds a community."""
    inside = np.zeros((len(rows), relaxation.size + 1))
    np.put_along_axis(inside, np.minimum(relaxation.members[rows], relaxation.size).astype(np.int64), 1.0, axis=1)
    return inside[:, :-1]


def _gathered(links: Floats, seed: int, together: int) -> Ints:
    """Positions of a group and those most linked to it, one after the other."""
    some = [seed]
    while len(some) < min(together, len(links)):
        reach = links[some].sum(axis=0)
        reach[some] = -1.0
        some.append(int(np.argmax(reach)))
    return np.sort(np.asarray(some, dtype=np.int64))


def _decided_anew(
    relaxation: Relaxation, found: Relaxed, best: Ints, some: Ints, decide: Decide, budget: Budget
) -> Ints | None:
    """The cover with the best groups of the communities of some of it; None where they are the best already."""
    old, others = best[some], np.delete(best, some)
    rows = _rows_within(relaxation, found.reduced, old)
    communities = np.flatnonzero(_inside(relaxation, old).any(axis=0))
    small = _renumbered(relaxation, rows, communities)
    small.limits = [
        limit - float(row[others].sum()) for row, limit in zip(relaxation.extra, relaxation.limits, strict=True)
    ]
    held = relaxation.size + len(relaxation.extra)
    prices = np.concatenate([found.prices[communities], found.prices[relaxation.size : held]])
    known, active = np.searchsorted(rows, np.sort(old)), np.searchsorted(rows, np.intersect1d(found.active, rows))
    new = rows[decide(small, known, active, prices, budget)]
    if relaxation.cost[new].sum() >= relaxation.cost[old].sum():
        return None
    return np.sort(np.concatenate([others, new]))


def _rows_within(relaxation: Relaxation, reduced: Floats, old: Ints) -> Ints:
    """The columns that hold nobody but the communities of some groups, these groups among them."""
    rows: NDArray[np.int64] = np.flatnonzero(within(relaxation.members, _inside(relaxation, old).any(axis=0)))
    if len(rows) > ROWS:
        rows = rows[np.argpartition(reduced[rows], ROWS)[:ROWS]]
    return np.union1d(rows, old)


def _renumbered(relaxation: Relaxation, rows: Ints, communities: Ints) -> Relaxation:
    """The relaxation over some columns and the communities these hold, without its cuts."""
    number = np.full(int(NOBODY) + 1, NOBODY, dtype=np.uint16)
    number[communities] = np.arange(len(communities))
    extra = [row[rows] for row in relaxation.extra]
    most = min(relaxation.most, len(communities))
    return Relaxation(len(communities), number[relaxation.members[rows]], relaxation.cost[rows], most, extra)

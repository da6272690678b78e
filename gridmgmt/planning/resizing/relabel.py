"""Which communities stay, close or split when their sizes must change: a small integer programme on labels alone.

Let H be the households of each label today, of which at most K can stay together under the cap (subset sums of its
units). With kept ≤ K·y, y saying whether the label survives, and everything else flowing to labels that survive or to
new ones, the least number of moved households Σ(H − kept) is

* a *lower bound* for every plan, when any label may take from any other (`moved_bound`), and
* a *guide* for the search, when labels take from their neighbours only (`guide`).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, sparse

from gridmgmt.planning.partition.problem import FloatArray, IntArray
from gridmgmt.planning.quiet import milp

Bools = NDArray[np.bool_]

GUIDE_NODES, GUIDE_GAP = 1, 0.02  # the work on a guide, and how far (relative) it may be from the best


@dataclass(frozen=True)
class Guide:
    """(labels,) which labels survive, and how many new parts are carved from each."""

    survives: Bools
    carved: IntArray


def most_kept(weights: IntArray, labels: IntArray, high: int) -> IntArray:
    """(labels,) the largest weight of a set of a label's units that does not exceed `high`; a larger unit stays alone.

    >>> most_kept(np.array([700, 700, 900, 2500]), np.array([0, 0, 0, 1]), 2000).tolist()
    [1600, 2500]
    """
    best = np.zeros(int(labels.max(initial=-1)) + 1, dtype=np.int64)
    for label in range(len(best)):
        mine = weights[labels == label]
        sums = 1
        for weight in mine[(mine > 0) & (mine <= high)].tolist():
            sums |= (sums << weight) & ((2 << high) - 1)
        best[label] = max(sums.bit_length() - 1, int(mine.max(initial=0)) if (mine > high).any() else 0)
    return best


def moved_bound(weights: IntArray, labels: IntArray, low: int, high: int, limit_s: float = 10.0) -> int:
    """Households that move in every plan with all parts in [low, high], contiguous or not. Units above `high` stay out.

    >>> moved_bound(np.array([1000, 1000, 1000, 500]), np.array([0, 0, 0, 1]), 1000, 2000)
    1000
    """
    kept_most = most_kept(weights, labels, high)
    fits = weights <= high
    totals = np.bincount(labels, weights=weights * fits, minlength=len(kept_most)).astype(np.int64)
    kept_most = np.minimum(kept_most, totals)
    size = len(totals)
    # Columns: y (labels), kept (labels), gained (labels), new parts, households in new parts.
    eye, none, gap = sparse.eye_array(size), sparse.csr_array((size, size)), sparse.csr_array((size, 2))
    rows = [
        (sparse.hstack([-sparse.diags_array(kept_most.astype(float)), eye, none, gap]), -np.inf, 0),
        (sparse.hstack([-low * eye, eye, eye, gap]), 0, np.inf),
        (sparse.hstack([-high * eye, eye, eye, gap]), -np.inf, 0),
        (_row(size, kept=1, gained=1, new=(0, 1)), totals.sum(), totals.sum()),
        (_row(size, kept=0, gained=0, new=(-low, 1)), 0, np.inf),
        (_row(size, kept=0, gained=0, new=(-high, 1)), -np.inf, 0),
        # Follows from the others and makes the relaxation tight: no more parts than the total fills.
        (_row(size, stays=1, kept=0, gained=0, new=(1, 0)), 0, int(totals.sum()) // max(low, 1)),
    ]
    cost = np.concatenate([np.zeros(size), -np.ones(size), np.zeros(size + 2)])
    whole = np.concatenate([np.ones(size), np.zeros(2 * size), [1, 0]])
    upper = np.concatenate([np.ones(size), np.full(2 * size + 2, np.inf)])
    found = milp(
        cost,
        constraints=[optimize.LinearConstraint(matrix, low_, high_) for matrix, low_, high_ in rows],
        integrality=whole,
        bounds=optimize.Bounds(0, upper),
        options={"time_limit": limit_s},
    )
    best = found.mip_dual_bound if found.mip_dual_bound is not None else -float(kept_most.sum())
    return max(0, int(np.ceil(totals.sum() + best - 1e-6)))


def _row(size: int, kept: float, gained: float, new: tuple[float, float], stays: float = 0) -> sparse.csr_array:
    values = [np.full(size, stays), np.full(size, kept), np.full(size, gained), np.asarray(new, dtype=float)]
    return sparse.csr_array(np.concatenate(values)[None, :])


def guide(
    weights: IntArray,
    labels: IntArray,
    beside: Bools,
    low: int,
    high: int,
    margin: int = 0,
    limit_s: float = 30.0,
    worth: FloatArray | None = None,
) -> Guide:
    """Which labels survive and how many new parts each gives off, when households go to neighbouring labels only.

    `beside` (labels, labels) says which labels share a border. Units are lumps: with a `margin` every part is to hold
    that many households more than `low`, and no more parts stand than twice the margin leaves room for. `worth`
    (labels,) says what a household that stays counts for, 1 if nothing is said: other labels survive. Where no such
    flow exists (or none is found in `limit_s` seconds) every label survives and is carved by its size alone.
    """
    kept_most = most_kept(weights, labels, high)
    totals = np.bincount(labels, weights=weights, minlength=len(kept_most)).astype(np.int64)
    size = len(totals)
    source, sink = np.nonzero(beside & ~np.eye(size, dtype=bool))
    most_parts = int(totals.sum()) // max(low + 2 * margin, 1)
    # Least moved; of equals, fewest labels that close and fewest parts that open.
    stays = np.ones(size) if worth is None else worth
    cost = np.concatenate([np.full(size, -0.1), -stays, np.full(size, 0.1), np.zeros(size + len(source))])
    found = milp(
        cost,
        constraints=_flows(totals, kept_most, source, sink, (low + margin, high), most_parts),
        integrality=np.concatenate([np.ones(size), np.zeros(size), np.ones(size), np.zeros(size + len(source))]),
        bounds=optimize.Bounds(0, np.concatenate([np.ones(size), np.full(3 * size + len(source), np.inf)])),
        options={"time_limit": min(limit_s, 30.0), "node_limit": GUIDE_NODES, "mip_rel_gap": GUIDE_GAP},
    )
    if found.x is None:
        return Guide(np.ones(size, dtype=bool), np.maximum(-(-totals // high) - 1, 0))
    return Guide(np.round(found.x[:size]) > 0, np.round(found.x[2 * size : 3 * size]).astype(np.int64))


def _flows(
    totals: IntArray, kept_most: IntArray, source: IntArray, sink: IntArray, limits: tuple[int, int], most_parts: int
) -> list[optimize.LinearConstraint]:
    """Households kept, in new parts, and sent to neighbours. Columns: y, kept, new parts, in new parts, then arcs.

    Two rows follow from the others and make the relaxation tight: nothing flows to a label that closes, and no more
    parts stand than the total fills.
    """
    (low, high), size, arcs = limits, len(totals), len(source)
    eye, none, wide = sparse.eye_array(size), sparse.csr_array((size, size)), sparse.csr_array((size, arcs))
    leaves = sparse.csr_array((np.ones(arcs), (source, np.arange(arcs))), shape=(size, arcs))
    arrives = sparse.csr_array((np.ones(arcs), (sink, np.arange(arcs))), shape=(size, arcs))
    cap = -sparse.diags_array(np.minimum(totals, high)[source].astype(float)) @ arrives.T
    thin = sparse.csr_array((arcs, 3 * size))
    count = np.concatenate([np.ones(size), np.zeros(size), np.ones(size), np.zeros(size + arcs)])
    rows = [
        (sparse.hstack([none, eye, none, eye, leaves]), totals, totals),
        (sparse.hstack([-sparse.diags_array(kept_most.astype(float)), eye, none, none, wide]), -np.inf, 0),
        (sparse.hstack([-low * eye, eye, none, none, arrives]), 0, np.inf),
        (sparse.hstack([-high * eye, eye, none, none, arrives]), -np.inf, 0),
        (sparse.hstack([none, none, -low * eye, eye, wide]), 0, np.inf),
        (sparse.hstack([none, none, -high * eye, eye, wide]), -np.inf, 0),
        (sparse.hstack([cap, thin, sparse.eye_array(arcs)]), -np.inf, 0),
        (sparse.csr_array(count[None, :]), 0, most_parts),
    ]
    return [optimize.LinearConstraint(matrix, least, most) for matrix, least, most in rows]

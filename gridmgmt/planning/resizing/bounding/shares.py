"""Rows of three that a fractional answer violates (Jepsen, Petersen, Spoorendonk & Pisinger 2008)."""
# mypy: disable-error-code="no-untyped-def, no-untyped-call, untyped-decorator, assignment"

import numpy as np
from numba import njit
from numpy.typing import NDArray
from scipy.sparse import csr_array

from gridmgmt.planning.resizing.bounding.programme import Triple

LEAST_GAIN = 0.05  # violation that is worth a row
MOST_FOUND = 200_000


def violated_triples(held: csr_array, shares: NDArray[np.float64], most: int, per_element: int) -> list[Triple]:
    """The triples violated most, of each element few; `held` (columns, elements) with `shares` (columns,)."""
    used = np.unique(held.indices)
    inside = held[:, used].toarray() > 0
    together = (inside.T * shares) @ inside
    triples, violations = np.empty((MOST_FOUND, 3), dtype=np.int64), np.empty(MOST_FOUND)
    count = _triples(inside, shares, together, LEAST_GAIN, triples, violations)
    often, chosen = np.zeros(len(used), dtype=np.int64), list[Triple]()
    for place in np.argsort(-violations[:count], kind="stable"):
        triple = triples[place]
        if len(chosen) < most and (often[triple] < per_element).all():
            often[triple] += 1
            one, two, three = used[triple].tolist()
            chosen.append((one, two, three))
    return chosen


@njit(cache=True, nogil=True)
def _triples(inside, shares, together, least, triples, violations):
    """Fill in the triples of which columns with shares above 1 + `least` hold two; how many."""
    found, size = 0, inside.shape[1]
    for one in range(size):
        for two in range(one + 1, size):
            if together[one, two] < 1e-6:
                continue
            for three in range(two + 1, size):
                total = together[one, two] + together[one, three] + together[two, three]
                if total <= 1 + least or found == len(triples):
                    continue
                all_three = 0.0
                for column in range(len(shares)):
                    if inside[column, one] and inside[column, two] and inside[column, three]:
                        all_three += shares[column]
                if total - 2 * all_three > 1 + least:
                    triples[found], violations[found] = (one, two, three), total - 2 * all_three - 1
                    found += 1
    return found

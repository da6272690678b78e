"""The 115 stations of 2005: where they sit, their premises after the document's counts, and their 653 staff."""

import numpy as np
from numpy.typing import NDArray

from gridmgmt.demo.dwellings import apportion
from gridmgmt.policy.luohu2006 import PremisesNorm, read_luohu_2006

_LEAST_STAFF = 3


def staff_of(households: NDArray[np.int64], share_of_district: float = 1.0) -> NDArray[np.int64]:
    """Staff per station in proportion to households, each at least three; 653 for the whole district."""
    total = round(read_luohu_2006().staff * share_of_district)
    spare = total - _LEAST_STAFF * len(households)
    return _LEAST_STAFF + apportion(spare, households.astype(np.float64))


def premises(count: int, norm: PremisesNorm, rng: np.random.Generator) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Areas now and planned (m²) for `count` stations: reaching the norm now, within the year, or hardly.

    For the 115 of the district the three numbers are the document's; for fewer they keep its proportions.
    """
    split = apportion(count, np.array([norm.now, norm.within_year, norm.hardly], dtype=np.float64))
    state = rng.permutation(np.repeat([0, 1, 2], split))
    enough = np.round(norm.norm_m2 * rng.uniform(1.0, 2.1, count) / 5).astype(np.int64) * 5
    short = np.round(norm.norm_m2 * rng.uniform(0.3, 0.94, count) / 5).astype(np.int64) * 5
    now = np.where(state == 0, enough, short)
    planned = np.where(state == 2, short, enough)
    return now, planned

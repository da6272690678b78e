"""How many households and residents live behind each door: whole numbers that add up exactly to the community's.

Each building has a usual number of households and limits that its kind and size allow; per community one common factor
is found so that the sum fits, and the remainders go to the largest fractions.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gridmgmt.errors import InvalidInput
from gridmgmt.messages import Words

Array = NDArray[np.float64]
Whole = NDArray[np.int64]

_STAIR_M = 13.0  # one staircase serves about this length of a walk-up row, two flats a floor


@dataclass(frozen=True)
class Homes:
    """What a building can hold: flats per floor, staircases or lift halls; usual, least and greatest households."""

    flats_per_floor: Whole
    halls: Whole
    usual: Array
    least: Array
    most: Array


def homes(kind: NDArray[np.str_], width_m: Array, depth_m: Array, rng: np.random.Generator) -> Homes:
    """Room for households by building kind and size; zero for commercial and public buildings."""
    stairs = np.maximum(1, np.round(width_m / _STAIR_M)).astype(np.int64)
    area = width_m * depth_m
    luck = rng.uniform(0.8, 1.2, len(kind)) * np.where(kind == "tower", rng.uniform(0.7, 1.9, len(kind)), 1.0)
    choices = [kind == "tower", kind == "walkup", kind == "village_house", kind == "villa"]
    flats = np.select(choices, [np.clip(np.round(area / 95), 4, 11), 2 * stairs, np.where(area > 105, 2, 1), 1], 0)
    storeys = [np.select(choices, row, 0.0) for row in ((20, 7, 5, 1), (9, 4, 3, 1), (33, 9, 8, 2))]
    usual, least, most = (flats * storey for storey in storeys)
    village = choices[2]
    least = np.where(village, 4.0, least)
    most = np.where(village, 12.0, most)
    usual = np.clip(np.where(village, 5.0 * flats, usual) * luck, least, most)
    halls = np.select(choices, [np.ceil(flats / 4), stairs, 1, 1], 1).astype(np.int64)
    return Homes(flats.astype(np.int64), halls, usual, least, most)


def fit(total: int, room: Homes, members: Whole) -> Whole:
    """Whole households for the buildings `members` that sum to `total`, each near its usual number within its limits.

    Where even the limits cannot hold the total, all are stretched alike.
    """
    usual, least, most = room.usual[members], room.least[members], room.most[members]
    low, high = 0.0, 60.0
    for _ in range(60):
        factor = (low + high) / 2
        low, high = (factor, high) if np.clip(usual * factor, least, most).sum() < total else (low, factor)
    shares = np.clip(usual * high, least, most)
    return apportion(total, shares, minimum=(usual > 0).astype(np.int64))


def apportion(total: int, weights: Array, minimum: Whole | int = 0) -> Whole:
    """Whole numbers in proportion to weights that sum to `total` (largest remainder), none under `minimum`.

    Raises InvalidInput where there is nothing to give to, or less than the minima ask for.

    >>> apportion(10, np.array([1.0, 1.0, 4.0])).tolist()
    [2, 1, 7]
    """
    floor = np.broadcast_to(np.asarray(minimum, dtype=np.int64), weights.shape)
    if weights.sum() <= 0 or total < floor.sum():
        raise InvalidInput(detail=Words("reasons.share_out", total=total, count=len(weights), least=floor.sum()))
    exact: Array = total * weights / weights.sum()
    given: Whole = np.maximum(np.floor(exact).astype(np.int64), floor)
    while (rest := total - int(given.sum())) != 0:
        # what is missing goes to the largest remainders; what the minima took too much comes from those above theirs
        open_to = weights > 0 if rest > 0 else given > floor
        order = np.argsort(np.sign(rest) * (given - exact), kind="stable")
        chosen = order[open_to[order]][: abs(rest)]
        given[chosen] += np.sign(rest)
    return given


def split(totals: Whole, parts: Whole) -> Whole:
    """Share each total evenly over its parts, the first ones taking the remainder.

    >>> split(np.array([5, 4]), np.array([2, 3])).tolist()
    [3, 2, 2, 1, 1]
    """
    owner = np.repeat(np.arange(len(totals)), parts)
    rank = np.arange(len(owner)) - np.repeat(np.cumsum(parts) - parts, parts)
    return np.asarray(totals[owner] // parts[owner] + (rank < totals[owner] % parts[owner]), dtype=np.int64)

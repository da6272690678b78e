"""What `merge` asks of its input: areas, sound travel, columns for what is priced, locks inside one parent."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import shapely
from geopandas import GeoDataFrame
from numpy.typing import NDArray

from gridmgmt.errors import InfeasiblePlan, InvalidInput
from gridmgmt.planning.merging.prices import Goal, Weights

#: What of `merge` a goal or weight is read from.
NEEDED = {"upgrade": "upgrade", "type": "kinds", "staff": "staff", "premises": "site_rank"}


def require_areas(frame: GeoDataFrame) -> None:
    """Neighbours are found by the border they share, so points and lines would all be left alone without a word."""
    shapes = frame.geometry.to_numpy()
    flat = np.flatnonzero((shapely.get_dimensions(shapes) < 2) | shapely.is_empty(shapes))
    if len(flat):
        fault = f"{len(flat)} of {len(frame)} communities have no area (row {frame.index[flat[0]]}: a point or a line)"
        raise InvalidInput(detail=f"{fault}. Stations join communities that share a border: give their polygons")
    faulty = np.flatnonzero(~shapely.is_valid(shapes))
    if len(faulty):
        why = shapely.is_valid_reason(shapes[faulty[0]])
        fault = f"{len(faulty)} of {len(frame)} polygons are not valid (row {frame.index[faulty[0]]}: {why})"
        raise InvalidInput(detail=f"{fault}. Mend them first, for instance by a buffer of 0")


def require_measures(goals: Sequence[Goal], weights: Weights | None, given: Mapping[str, Any]) -> None:
    """What is priced must be given: without its column every plan would cost nothing under that goal."""
    for name in dict.fromkeys([*goals, *(weights or {})]):
        wanted = NEEDED.get(name)
        if wanted is not None and given[wanted] is None:
            raise InvalidInput(detail=f"{name!r} cannot be weighed without {wanted!r}. Give it, or leave {name!r} out")


def sound_travel(travel: NDArray[np.float64], count: int) -> NDArray[np.float64]:
    """(count, count) whole household-metres; InvalidInput for another shape, for what is negative or not finite."""
    ways = np.asarray(travel, dtype=np.float64)
    if ways.shape != (count, count) or not (np.isfinite(ways).all() and (ways >= 0).all()):
        raise InvalidInput(detail=f"travel must be ({count}, {count}) household-metres, finite and not negative")
    whole: NDArray[np.float64] = np.rint(ways)
    return whole


def sound_rank(site_rank: NDArray[np.int64], count: int) -> NDArray[np.int64]:
    """(count,) standing of each site; InvalidInput for another shape or for what is negative."""
    ranks = np.asarray(site_rank)
    if ranks.shape != (count,) or not np.issubdtype(ranks.dtype, np.integer) or (ranks < 0).any():
        raise InvalidInput(detail=f"site_rank must be ({count},) whole numbers from 0 up")
    return ranks.astype(np.int64)


def require_locks_inside(labels: NDArray[np.int64], parents: Sequence[tuple[Any, NDArray[np.intp]]]) -> None:
    """A lock across two parents could never be kept: InfeasiblePlan."""
    held: dict[int, Any] = {}
    for parent, rows in parents:
        for label in np.unique(labels[rows][labels[rows] >= 0]).tolist():
            if label in held:
                raise InfeasiblePlan(reason=f"a lock joins communities of {held[label]} and of {parent}")
            held[label] = parent

"""What `merge` asks of its input: areas, sound travel, columns for what is priced, locks inside one parent."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import shapely
from geopandas import GeoDataFrame
from numpy.typing import NDArray

from gridmgmt.errors import InfeasiblePlan, InvalidInput
from gridmgmt.messages import Words
from gridmgmt.planning.frames import names_of, require_each
from gridmgmt.planning.merging.prices import Goal, Weights

#: What of `merge` a goal or weight is read from.
NEEDED = {"upgrade": "upgrade", "type": "kinds", "staff": "staff", "premises": "site_rank"}


def require_areas(frame: GeoDataFrame) -> None:
    """Neighbours are found by the border they share, so points and lines would all be left alone without a word."""
    shapes = frame.geometry.to_numpy()
    require_each(~(shapely.is_missing(shapes) | shapely.is_empty(shapes)), "reasons.units_no_geometry", names_of(frame))
    flat = np.flatnonzero(shapely.get_dimensions(shapes) < 2)
    if len(flat):
        first = names_of(frame)[flat[0]]
        raise InvalidInput(detail=Words("reasons.communities_no_area", count=len(flat), of=len(frame), first=first))


def require_measures(goals: Sequence[Goal], weights: Weights | None, given: Mapping[str, Any]) -> None:
    """What is priced must be given: without its column every plan would cost nothing under that goal."""
    for name in dict.fromkeys([*goals, *(weights or {})]):
        wanted = NEEDED.get(name)
        if wanted is not None and given[wanted] is None:
            raise InvalidInput(detail=Words("reasons.goal_needs", name=name, wanted=wanted))


def sound_travel(travel: NDArray[np.float64], count: int) -> NDArray[np.float64]:
    """(count, count) whole household-metres; InvalidInput for another shape, for what is negative or not finite."""
    ways = np.asarray(travel, dtype=np.float64)
    if ways.shape != (count, count) or not (np.isfinite(ways).all() and (ways >= 0).all()):
        raise InvalidInput(detail=Words("reasons.travel_shape", count=count))
    whole: NDArray[np.float64] = np.rint(ways)
    return whole


def sound_rank(site_rank: NDArray[np.int64], count: int) -> NDArray[np.int64]:
    """(count,) standing of each site; InvalidInput for another shape or for what is negative."""
    ranks = np.asarray(site_rank)
    if ranks.shape != (count,) or not np.issubdtype(ranks.dtype, np.integer) or (ranks < 0).any():
        raise InvalidInput(detail=Words("reasons.site_rank_shape", count=count))
    return ranks.astype(np.int64)


def require_locks_inside(labels: NDArray[np.int64], parents: Sequence[tuple[Any, NDArray[np.intp]]]) -> None:
    """A lock across two parents could never be kept: InfeasiblePlan."""
    held: dict[int, Any] = {}
    for parent, rows in parents:
        for label in np.unique(labels[rows][labels[rows] >= 0]).tolist():
            if label in held:
                raise InfeasiblePlan(reason=Words("reasons.lock_across", one=held[label], other=parent))
            held[label] = parent

"""What a station plan can be priced by: goals in an order, or weights that make one price of several.

Every measure is a whole number per group and a plan's is their sum. The functions take a `Group` or a `Listing` alike.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from gridmgmt.errors import InvalidInput
from gridmgmt.messages import Words
from gridmgmt.planning.merging.groups import Group, SiteGoal, SiteWeights
from gridmgmt.planning.merging.listing import Listing

Goal = Literal["violation", "outside", "stations", "premises", "upgrade", "walk", "type", "staff", "weighted"]
Weights = Mapping[str, float]

#: What one group costs under each goal; the name in reports says the unit.
GOALS: dict[Goal, Callable[[Any], Any]] = {
    "violation": lambda group: group.violation,
    "outside": lambda group: group.households * (group.violation > 0),
    "stations": lambda group: 0 * group.households + 1,
    "premises": lambda group: group.households * group.site_rank,
    "upgrade": lambda group: group.upgrade,
    "walk": lambda group: group.travel,
    "type": lambda group: group.mixed,
    "staff": lambda group: group.staff_gap,
}
GOAL_NAMES: dict[Goal, str] = {
    "violation": "households_missing_or_in_excess",
    "outside": "households_in_stations_out_of_range",
    "stations": "stations",
    "premises": "household_norms_missed_at_premises",
    "upgrade": "upgrade_at_premises",
    "walk": "household_metres_to_site",
    "type": "households_of_another_type",
    "staff": "staff_hundredths_off_their_share",
    "weighted": "weighted_price_thousandths",
}
DEFAULT_GOALS: tuple[Goal, ...] = ("stations", "walk")

#: The unit that a weight is for: measures of the goal in one unit.
UNITS: dict[str, tuple[int, str]] = {
    "stations": (1, "station"),
    "walk": (1000, "household-kilometre to the site"),
    "premises": (1, "household and norm missed at its site"),
    "upgrade": (1, "unit of upgrade (m² or yuan, as the column has it)"),
    "type": (1, "household of another type than most of its station"),
    "staff": (100, "person above or below the station's share"),
    "outside": (1, "household in a station out of range"),
}
THOUSANDTHS = 1000


def goals_named(names: Sequence[str]) -> tuple[Goal, ...]:
    """Goals by name; InvalidInput for a name there is not.

    >>> goals_named(["stations", "walk"])
    ('stations', 'walk')
    """
    unknown = [name for name in names if name not in GOALS]
    if unknown:
        raise InvalidInput(detail=Words("reasons.goal_unknown", name=unknown[0], goals=list(GOALS)))
    return tuple(goal for name in names for goal in get_args(Goal) if goal == name)


def weights_named(words: str | Weights) -> dict[str, float]:
    """Weights by name from "walk=1,stations=50" or a mapping; InvalidInput for what is no weight.

    >>> weights_named("walk=1, stations=50")
    {'walk': 1.0, 'stations': 50.0}
    """
    pairs = dict(_pair(word) for word in words.split(",")) if isinstance(words, str) else dict(words)
    for name, value in pairs.items():
        if name not in UNITS:
            raise InvalidInput(detail=Words("reasons.weight_unknown", name=name, weights=list(UNITS)))
        if not (np.isfinite(value) and value >= 0):
            raise InvalidInput(detail=Words("reasons.weight_unsound", name=name, value=value))
    if not any(pairs.values()):
        raise InvalidInput(detail=Words("reasons.weights_zero"))
    return {name: float(value) for name, value in pairs.items()}


def site_order(goals: Sequence[Goal]) -> tuple[SiteGoal, ...]:
    """The order in which a group chooses its site: as the goals are asked for, then by what they do not name.

    Where no goal is about premises, these go first: of the sites that miss fewest norms, the nearest.

    >>> site_order(["stations", "walk"]), site_order(["upgrade", "walk"])
    (('premises', 'walk', 'upgrade'), ('upgrade', 'walk', 'premises'))
    """
    named: list[SiteGoal] = [site for goal in goals for site in get_args(SiteGoal) if site == goal]
    first: list[SiteGoal] = [] if {"premises", "upgrade"} & set(named) else ["premises"]
    return tuple(dict.fromkeys([*first, *named, *get_args(SiteGoal)]))


def site_weights(weights: Weights) -> SiteWeights:
    """How a group chooses its site under these weights; by the walk alone where no weight is about sites."""
    premises, walk, upgrade = (weights.get(name, 0.0) / UNITS[name][0] for name in ("premises", "walk", "upgrade"))
    return SiteWeights(premises, walk, upgrade) if premises or walk or upgrade else SiteWeights()


def cost(goal: Goal, groups: Group | Listing, weights: Weights | None = None) -> Any:
    """What a group, or each group of a listing, costs under a goal; whole."""
    if goal != "weighted":
        return GOALS[goal](groups)
    parts = (weight / UNITS[name][0] * GOALS[name](groups) for name, weight in (weights or {}).items())  # type: ignore[index]
    return np.rint(THOUSANDTHS * sum(parts)).astype(np.int64)


def costs_of(goals: Sequence[Goal], groups: Sequence[Group], weights: Weights | None = None) -> list[list[int]]:
    """(groups, goals) whole costs."""
    return [[int(cost(goal, group, weights)) for goal in goals] for group in groups]


def costs_listed(goals: Sequence[Goal], listed: Listing, weights: Weights | None = None) -> NDArray[np.int64]:
    """(groups, goals) whole costs of a listing."""
    return np.stack([np.asarray(cost(goal, listed, weights), dtype=np.int64) for goal in goals], axis=1)


def _pair(word: str) -> tuple[str, float]:
    name, _, value = word.partition("=")
    try:
        return name.strip(), float(value)
    except ValueError:
        raise InvalidInput(detail=Words("reasons.weight_form", word=word.strip())) from None

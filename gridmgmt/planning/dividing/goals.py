"""What grids are to be, by effort: the prices of what speaks against a plan, and the roundness wanted."""

from dataclasses import replace

from gridmgmt.errors import InvalidInput
from gridmgmt.messages import Words
from gridmgmt.planning.partition import Goals

#: Prices by effort; being in range outweighs everything. `fast` and `thorough` look for grids as round as
#: `round_enough`, then for even ones; `exact` puts barriers and compounds first, then evenness, then shape. `part`
#: takes off what the mean unevenness of a part costs, 15 households of 150: means are what a plan is judged by.
GOALS = {
    "fast": Goals(outside=5.0, deviation=1.0, roundness=2.2, cut=1.0, unevenness=1.2, part=-0.12, round_enough=0.671),
    "thorough": Goals(
        outside=5.0, deviation=0.0, roundness=2.2, cut=1.0, unevenness=0.3, part=-0.033, round_enough=0.69
    ),
    "exact": Goals(outside=20.0, deviation=0.0, roundness=1.0, cut=10.0, unevenness=40.0),
}


def goals_of(effort: str, roundness: float | None) -> Goals:
    """The prices of an effort, with the roundness wanted; InvalidInput for one that cannot be."""
    if effort not in GOALS:
        raise InvalidInput(detail=Words("reasons.effort_unknown", effort=effort, efforts=list(GOALS)))
    goals = GOALS[effort]
    if roundness is None:
        return goals
    if goals.round_enough == 0:
        raise InvalidInput(detail=Words("reasons.roundness_exact"))
    if not 0 < roundness <= 1:
        raise InvalidInput(detail=Words("reasons.roundness_outside", value=roundness))
    return replace(goals, round_enough=roundness)

"""All pools together as round as asked: each offers plans between even and round, of each one is taken.

Where the parts are then not as round as asked on the mean, but nearly, the searches go on, in the pools with the least
round parts first.
"""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from gridmgmt.planning.partition.balance import Offer, balanced, offer
from gridmgmt.planning.partition.front import EVENEST, ROUNDEST, Front, only, search_front
from gridmgmt.planning.partition.problem import IntArray, Problem
from gridmgmt.planning.partition.solve import Division, is_one_part
from gridmgmt.planning.partition.standing import Standing

SHARES = 4  # of the pools that are searched on at a time


def search_as_round(standing: Standing, oversize: Sequence[IntArray]) -> None:
    """A division of every pool, so that all parts, those of units alone too, are as round as asked on the mean.

    oversize : the units of each part that is alone
    """
    problem, alone = standing.task.problem, _alone(standing.task.problem, oversize)
    fronts: dict[int, Front] = {}

    def search(pool: Problem, number: int) -> Front:
        return _searched(standing, pool, number, fronts.get(number))

    for number, front in standing.each(search, range(len(standing.pools))):
        fronts[number] = front
        _choose(standing, number, max(front.offers, key=lambda one: one.met), front)
    chosen, lack = _chosen(problem, fronts, alone)
    for numbers in _least_round(fronts) if 0 < lack <= standing.task.effort.in_reach else ():
        standing.steps += len(numbers)
        fronts.update(standing.each(search, numbers))
        chosen, lack = _chosen(problem, fronts, alone)
        if lack <= 0:
            break
    for number, front in fronts.items():
        _choose(standing, number, chosen[number], front)


def _alone(problem: Problem, oversize: Sequence[IntArray]) -> list[tuple[Offer, ...]]:
    """The parts nobody chooses, as one plan; none where there are none."""
    if not oversize:
        return []
    labels = np.repeat(np.arange(len(oversize)), [len(units) for units in oversize])
    return [(offer(problem.pool(np.concatenate(oversize)), labels),)]


def _searched(standing: Standing, problem: Problem, number: int, before: Front | None) -> Front:
    """What a pool (`problem` alone) offers after one more turn."""
    if is_one_part(problem, standing.pools[number]):
        return only(problem)
    task = standing.task
    return search_front(problem, task.effort, standing.seed(number), task.budget, before)


def _chosen(
    problem: Problem, fronts: Mapping[int, Front], alone: Sequence[tuple[Offer, ...]]
) -> tuple[list[Offer], float]:
    """One of the plans that each pool offers; what the mean of all parts lacks to be as round as asked."""
    goals = problem.goals
    offers = [*(fronts[number].offers for number in range(len(fronts))), *alone]
    chosen, lack = balanced(offers, goals.round_enough, (goals.roundness * EVENEST, goals.roundness * ROUNDEST))
    return chosen, lack / sum(one.parts for one in chosen)


def _choose(standing: Standing, number: int, one: Offer, front: Front) -> None:
    pool = standing.pools[number]
    standing.take(number, Division(pool.units, one.labels, pool.outside_bound, pool.reason, front.stopped))


def _least_round(fronts: Mapping[int, Front]) -> Iterator[list[int]]:
    """Pools to be searched on, a share at a time, those with the least round parts first, turn after turn."""
    while open_ := [number for number, front in fronts.items() if front.can_go_on]:
        open_.sort(key=lambda number: max(one.roundness / one.parts for one in fronts[number].offers))
        yield from (some.tolist() for some in np.array_split(open_, min(SHARES, len(open_))))

"""All pools, in rounds: each is searched; what that missed is brought in or proven; at last all are evened out.

So every pool has its plan before the proof of one takes all the time that is left.
"""

from dataclasses import replace
from functools import partial

import numpy as np

from gridmgmt.planning.partition import certificate as why
from gridmgmt.planning.partition.fewparts.solve import divide_few, is_few
from gridmgmt.planning.partition.pools import Pool, carve, pools_of_components
from gridmgmt.planning.partition.problem import Problem, count_range
from gridmgmt.planning.partition.roundness import search_as_round
from gridmgmt.planning.partition.smallpool import decided
from gridmgmt.planning.partition.solve import Division, evened, settled, solve_pool
from gridmgmt.planning.partition.standing import Standing, Task

COUNTED_BY_PLAN = {"moved", "compactness"}  # objectives that the proofs for each pool know nothing of


def divide_pools(task: Task) -> list[Division]:
    """The divisions of all pools, and of what is carved off them."""
    if task.parts is not None:
        return _into_parts(task, task.parts)
    carving = carve(task.problem)
    alone = [Division(units, np.zeros_like(units), 0, why.OVERSIZE_UNIT) for units in carving.oversize]
    standing = Standing(task, carving.pools, len(carving.pools) * (2 if task.effort.even else 1))
    if task.problem.goals.round_enough > 0 and task.problem.areas.any():
        search_as_round(standing, carving.oversize)
    else:
        _search(standing)
    _settle(standing)
    if task.effort.even:
        _even_out(standing)
    return alone + standing.divided


def _into_parts(task: Task, parts: int) -> list[Division]:
    """The divisions of all pools into a given number of parts, which they share."""
    pools = pools_of_components(task.problem, parts)
    standing, forced = Standing(task, pools, len(pools)), _are_forced(task.problem, pools, parts)
    by_plan = len(pools) == 1 and not COUNTED_BY_PLAN.isdisjoint(task.objectives)

    def divide(problem: Problem, number: int) -> Division:
        search = partial(_searched, task, problem, pools[number], standing.seed(number))
        if by_plan:
            return decided(problem, pools[number], task.objectives, task.budget, search)
        return search() if forced else _unproven(search())

    standing.divide(divide, range(len(pools)))
    return standing.divided


def _searched(task: Task, problem: Problem, pool: Pool, seed: int) -> Division:
    """A pool (`problem` alone) with a given number of parts."""
    if is_few(problem, pool.parts):
        return divide_few(problem, pool, task.objectives, seed, task.budget)
    return solve_pool(problem, pool, task.effort, seed, task.budget)


def _search(standing: Standing) -> None:
    """A division of every pool."""
    task = standing.task

    def search(problem: Problem, number: int) -> Division:
        return solve_pool(problem, standing.pools[number], task.effort, standing.seed(number), task.budget)

    standing.divide(search, range(len(standing.pools)))


def _settle(standing: Standing) -> None:
    """Where weight is outside that nothing proves to be: better divisions, or proofs."""
    task = standing.task

    def settle(problem: Problem, number: int) -> Division:
        return settled(problem, standing.divided[number], task.effort, standing.seed(number), task.budget)

    standing.divide(settle, standing.unproven(), counted=False)


def _even_out(standing: Standing) -> None:
    """The divisions of least deviation and cuts, with what is proven of them."""
    task = standing.task

    def even(problem: Problem, number: int) -> Division:
        return evened(problem, standing.divided[number], standing.seed(number), task.budget)

    standing.divide(even, range(len(standing.pools)))


def _are_forced(problem: Problem, pools: list[Pool], parts: int) -> bool:
    """Whether what is proven with these numbers of parts holds for every sharing-out among the pools."""
    if len(pools) == 1 or not parts * problem.low <= problem.total <= parts * problem.high:
        return True
    return all(_is_forced(problem, pool) for pool in pools)


def _is_forced(problem: Problem, pool: Pool) -> bool:
    """Whether the range leaves the pool no other number of parts."""
    counts = count_range(float(problem.weights[pool.units].sum()), problem.low, problem.high)
    return list(counts) == [pool.parts]


def _unproven(division: Division) -> Division:
    """What is proven for one sharing-out of the parts among the pools does not hold for others."""
    shared = division.reason in (why.PACKING, why.NO_FEASIBLE_COUNT)
    return replace(division, bound=0.0, reason=None if shared else division.reason)

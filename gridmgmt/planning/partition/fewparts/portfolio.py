"""A portfolio of searches for few large parts, two at a time: islands for the cut, single long walks for deviation."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np

from gridmgmt.planning.budget import Budget
from gridmgmt.planning.partition.fewparts.climbing import mean_cost
from gridmgmt.planning.partition.fewparts.found import Found, measured, merged
from gridmgmt.planning.partition.fewparts.island import settle
from gridmgmt.planning.partition.fewparts.start import first_parts
from gridmgmt.planning.partition.fewparts.walking import Walk
from gridmgmt.planning.partition.problem import Problem
from gridmgmt.planning.partition.search import compact_locks

LEVELS, SLICES = 400, 20  # heats of a walk, and how often it looks at the clock
HEAT = (2.0, 0.002)
CUT_PRICE, DEVIATION_PRICE = 0.1, 50.0  # the cut, with a mean edge as the unit, breaks ties
BALANCE = (30.0, 60.0, 30.0, 30.0, 15.0, 30.0)  # edges that a whole target's weight outside the range costs
SPREAD = 1_000_003  # between the seeds of two searches


def search_few(problem: Problem, parts: int, numbers: range, seed: int, budget: Budget) -> Found:
    """The best of the searches so numbered. Equal seeds give equal labels unless the clock stops it."""
    problem = compact_locks(problem)

    def search(number: int) -> Found:
        own = seed + SPREAD * number
        if problem.first == "cut_edges":
            return settle(problem, parts, own, budget)
        return _walk(problem, parts, BALANCE[number % len(BALANCE)], own, budget)

    with ThreadPoolExecutor(max_workers=2) as threads:
        return merged(list(threads.map(search, numbers)))


def _walk(problem: Problem, parts: int, balance: float, seed: int, budget: Budget) -> Found:
    """One walk towards even parts, from parts grown at random."""
    prices = np.array([CUT_PRICE / mean_cost(problem.graph.data), DEVIATION_PRICE, balance])
    walk = Walk(problem, first_parts(problem, parts, seed), parts, prices, seed, deviation_first=True)
    stopped = False
    for heats in np.array_split(np.geomspace(*HEAT, LEVELS), SLICES):
        stopped = budget.spent()
        if stopped:
            break
        walk.go_on(heats, proposals(problem.size) // LEVELS)
    plan = measured(problem, walk.best, parts)
    return Found(plan, stopped, (walk.best,) if plan.rank[0] == 0 else ())


def proposals(units: int) -> int:
    """The work of one walk: enough to cool slowly, some seconds at most."""
    return min(max(4_000 * units, min(200 * units**2, 2_000_000)), 20_000_000)

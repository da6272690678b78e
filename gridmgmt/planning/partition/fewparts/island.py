"""A small population of plans of little cut: settlers from scratch, then children of two of them each."""

import random

from gridmgmt.planning.budget import Budget
from gridmgmt.planning.partition.fewparts.climbing import climb
from gridmgmt.planning.partition.fewparts.found import Found, Plan
from gridmgmt.planning.partition.problem import Problem

SETTLERS, CHILDREN = 4, 12
LARGE, FEW_SETTLERS, FEW_CHILDREN = 5000, 2, 2  # where a plan takes seconds
APART = 1000  # between the seeds of settlers and those of children


def settle(problem: Problem, parts: int, seed: int, budget: Budget) -> Found:
    """What one island comes to. A child takes the place of the parent that it is better than, the better one first."""
    draw = random.Random(seed)
    plans: list[Plan] = []
    settlers, children = (FEW_SETTLERS, FEW_CHILDREN) if problem.size > LARGE else (SETTLERS, CHILDREN)
    for turn in range(settlers):
        plans.append(climb(problem, parts, seed + turn, (), budget))
        if budget.spent():
            break
    for turn in range(children):
        if budget.spent():
            break
        mother, father = sorted(draw.sample(range(settlers), 2), key=lambda place: plans[place].rank)
        child = climb(problem, parts, seed + APART + turn, (plans[mother], plans[father]), budget)
        if any(child.rank == plan.rank for plan in plans):
            continue
        if child.rank < plans[mother].rank:
            plans[mother] = child
        elif child.rank < plans[father].rank:
            plans[father] = child
    best = min(plans, key=lambda plan: plan.rank)
    return Found(best, budget.spent(), tuple(plan.labels for plan in plans if plan.rank[0] == 0))

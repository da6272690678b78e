"""Plans mended by dividing the communities of a few neighbouring stations anew, each time in the best way there is.

Two or three stations hold some thirty communities: all their groups are listed and the cheapest cover is found by
search (`smallcover`). What nobody can improve so is a plan where every trade between three stations is the best. It
holds for every goal, since it asks nothing of a goal but what groups cost.
"""

import itertools
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from gridmgmt.planning.budget import Budget
from gridmgmt.planning.merging.groups import Group, Pool, bits, mask_of, sub_pool
from gridmgmt.planning.merging.listing import NOBODY, Listing, listing
from gridmgmt.planning.merging.pieces import components
from gridmgmt.planning.merging.pricedgroups import priced
from gridmgmt.planning.merging.prices import Goal, Weights, costs_listed, costs_of
from gridmgmt.planning.merging.smallcover import MOST_COMMUNITIES, cheapest_cover

Floats = NDArray[np.float64]

TOGETHER = (2, 3)  # stations divided anew at once: first two by two as long as that gains, then three by three
LISTED = 60_000  # groups of a neighbourhood above which it is left as it is
STEPS = 1_000_000  # of one search for the cheapest cover
DIVISIONS = 3_000  # neighbourhoods looked at


def improved(
    pool: Pool, plan: Sequence[Group], goals: Sequence[Goal], weights: Weights | None, budget: Budget
) -> list[Group]:
    """A plan that no other division of two or three neighbouring stations betters, or the best until a work limit."""
    best, looked_at = list(plan), set[tuple[int, ...]]()
    for count in TOGETHER:
        while (step := _first_gain(pool, best, count, goals, weights, looked_at, budget)) is not None:
            best = step
    return best


def _first_gain(
    pool: Pool,
    plan: Sequence[Group],
    count: int,
    goals: Sequence[Goal],
    weights: Weights | None,
    looked_at: set[tuple[int, ...]],
    budget: Budget,
) -> list[Group] | None:
    """The plan after the first neighbourhood that can be divided better; None where there is none or work ends."""
    for some in neighbourhoods(pool, plan, count):
        old = [plan[place] for place in some]
        key = tuple(group.mask for group in old)
        if key in looked_at:
            continue
        if len(looked_at) >= DIVISIONS or budget.spent():
            return None
        looked_at.add(key)
        new = divided_anew(pool, old, goals, weights, budget)
        if new:
            return [group for place, group in enumerate(plan) if place not in some] + new
    return None


def neighbourhoods(pool: Pool, plan: Sequence[Group], count: int) -> Iterator[tuple[int, ...]]:
    """Positions of every so many groups that hang together, each set once, in order."""
    around = [_around(pool, group.mask) for group in plan]
    beside = [
        {two for two, group in enumerate(plan) if two != one and around[one] & group.mask} for one in range(len(plan))
    ]
    sets: set[tuple[int, ...]] = {(one,) for one in range(len(plan))}
    for _ in range(count - 1):
        sets = {
            tuple(sorted({*some, other})) for some in sets for one in some for other in beside[one] if other not in some
        }
    yield from sorted(sets)


def divided_anew(
    pool: Pool, old: Sequence[Group], goals: Sequence[Goal], weights: Weights | None, budget: Budget
) -> list[Group] | None:
    """The best groups of the communities of some neighbouring groups; None where they are the best already, or no time
    is left."""
    members = np.asarray(sorted(itertools.chain.from_iterable(group.members for group in old)))
    if len(members) > MOST_COMMUNITIES:
        return None
    members = members[components(sub_pool(pool, members))[0]]
    small = sub_pool(pool, members)
    listed = listing(small, max(group.violation for group in old), LISTED, budget=budget)
    if listed is None:
        return None
    costs, now = costs_listed(goals, listed, weights), np.asarray(costs_of(goals, old, weights)).sum(axis=0)
    scale = _scale(costs, len(members))
    rows = cheapest_cover(_masks(listed), costs @ scale, len(members), float(now @ scale), STEPS)
    if not len(rows) or tuple(costs[rows].sum(axis=0)) >= tuple(now):
        return None
    return priced(pool, [mask_of(members[bits(listed.mask(row))]) for row in rows.tolist()])


def _scale(costs: NDArray[np.int64], most: int) -> Floats:
    """(goals,) what makes one price of all: a later goal never outweighs one unit of an earlier."""
    scale = np.ones(costs.shape[1])
    for goal in range(costs.shape[1] - 2, -1, -1):
        scale[goal] = scale[goal + 1] * (most * float(costs[:, goal + 1].max(initial=0)) + 1.0)
    return scale


def _masks(listed: Listing) -> NDArray[np.int64]:
    """(groups,) bit masks of a listing of few communities."""
    inside = listed.members != NOBODY
    ones = np.int64(1) << np.where(inside, listed.members, 0).astype(np.int64)
    masks: NDArray[np.int64] = np.where(inside, ones, 0).sum(axis=1)
    return masks


def _around(pool: Pool, mask: int) -> int:
    found = 0
    for node in bits(mask):
        found |= pool.neighbours[node]
    return found & ~mask

"""The fewest households moved in a pool that is not too large, proven: choose parts that cover every unit once.

Of every part that could be, under every name it could bear (`candidates`), those are left to branch and bound that a
better plan could hold by the prices of the best fractional plan; what the others could keep at most is known as well.
Where no choice covers the units, no plan has every part in the range.
"""

from dataclasses import dataclass

import numpy as np

from gridmgmt.planning.budget import Budget
from gridmgmt.planning.partition.problem import IntArray, Problem
from gridmgmt.planning.resizing.candidates import Candidates, Listed, list_all
from gridmgmt.planning.resizing.choosing import at_most, whole
from gridmgmt.planning.resizing.fractions import Relaxation, relax

COUNTS = (3000, 6000)  # candidates left to branch and bound: more where these are decided and others may be better
HALVINGS = 12  # of how far these may be from the best, until they are no more


@dataclass(frozen=True)
class Proof:
    """What is proven of a pool.

    Attributes
    ----------
    labels : (n,) a plan with every part in the range that moves fewer than was known, if one was found
    moved_bound : households that move in every plan in the range at least
    possible : False where there is no such plan
    """

    labels: IntArray | None
    moved_bound: int
    possible: bool = True


def prove(problem: Problem, labels: IntArray, known: int | None, budget: Budget) -> Proof | None:
    """The best plan of a pool, or how far from it others are; None where the pool is too large.

    problem : `home` numbers today's communities from 0; units with `locks` ≥ 0 keep their label
    labels : (n,) a plan to begin with; labels below the communities continue them
    known : households that it moves, if all its parts are in the range, else None
    """
    listed = list_all(problem)
    if listed is None:
        return None
    relaxed = relax(problem, listed, _parts_of(problem, labels), budget)
    enough = 0 if known is None else problem.total - known + 1  # households that stay in a better plan
    better, most = _decided(problem, listed, relaxed, enough, budget)
    return Proof(None, 0, possible=False) if most < 0 else Proof(better, problem.total - most)


def _parts_of(problem: Problem, labels: IntArray) -> Candidates:
    """The parts of a plan that are in the range."""
    names = np.unique(labels)
    masks = labels == names[:, None]
    loads = masks @ problem.weights
    fits = (problem.low <= loads) & (loads <= problem.high)
    return Candidates.of(problem, masks, np.minimum(names, problem.home.max() + 1)).take(np.flatnonzero(fits))


def _decided(
    problem: Problem, listed: Listed, relaxed: Relaxation, enough: int, budget: Budget
) -> tuple[IntArray | None, int]:
    """Labels that keep `enough` households, if found; how many no plan keeps more than (−1: there is no plan)."""
    labels, most = None, max(at_most(relaxed.most), enough - 1)
    for count in COUNTS:
        reach = relaxed.most - enough
        some, near = _near(listed, relaxed, reach, count)
        chosen, no_more = whole(problem, some, most, budget)
        if chosen is not None and int(chosen.kept.sum()) >= enough:
            labels, enough = chosen.labels(), int(chosen.kept.sum()) + 1
        beyond = at_most(relaxed.most - near) if near < reach else -1
        most = min(most, max(no_more, beyond, enough - 1))
        if no_more > max(beyond, enough - 1) or beyond < enough or budget.spent():
            break
    return labels, most


def _near(listed: Listed, relaxed: Relaxation, reach: float, most: int) -> tuple[Candidates, float]:
    """All candidates with which a plan loses so much at most against the bound, `reach` or less; how much it is."""
    for _ in range(HALVINGS):
        some = listed.near(relaxed.prices, relaxed.beyond - reach, most)
        if some is not None:
            return some, reach
        reach /= 2
    return Candidates(np.empty((0, len(relaxed.prices)), dtype=np.bool_), *np.empty((2, 0), dtype=np.int64)), 0.0

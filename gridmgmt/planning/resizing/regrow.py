"""The search behind `resize`: first plans, each annealed, the best annealed again; what need not move stays."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from gridmgmt.planning.metrics import part_weights
from gridmgmt.planning.partition.problem import IntArray, Problem
from gridmgmt.planning.partition.search import Budget
from gridmgmt.planning.resizing.annealing import LAST_PENALTY, WORK, Schedule, annealed, arrays
from gridmgmt.planning.resizing.starts import as_today, communities, guided

MARGINS = (0, 12, 16, 24)  # households that the guides keep above the lower limit
ENOUGH = 1.002  # of the bound: what is so near it is not searched again
REHEATINGS, PATIENCE, ELITE = 9, 3, 2  # rounds from the best plans, rounds without a better one, plans of a round
APART = 3  # rounds whose plans differ in the number of parts
MISSING = 25.0  # households moved that one household outside the range is worth in the choice of plans to go on from

SCOUTS = (Schedule(25, 2, True, 0.6, work=WORK // 10), Schedule(25, 2, True, 0.6, 8, work=WORK // 10))
FIRST = (Schedule(25, 2, True, 0.6), Schedule(25, 2, True, 0.6, 4), Schedule(50, 4, False, 0.3))
# The number of parts is settled early: then which they are, hot enough that the lumps find other places.
REHEAT = (
    Schedule(15, 8, False, 0.5, work=WORK // 2),
    Schedule(28, 6, False, 0.5, work=WORK // 2),
    Schedule(20, 4, True, 0.5, work=WORK // 2),
)
SETTLING = Schedule(1.0, LAST_PENALTY, True, 0.4, work=0)  # what a search that was cut short leaves to do

# Border alone: a household weighs as much as a hundred kilometres of it, so that none moves for a shorter one.
SMOOTHING = Schedule(2e-3, LAST_PENALTY, False, 0.5, last_heat=1e-5, edge_price=1e-5)


@dataclass(frozen=True)
class Found:
    """Labels (n,) of contiguous parts; households outside the range, and moved; communities touched; border in m.

    Labels below the number of today's communities continue them.
    """

    labels: IntArray
    violation: int
    moved: int
    touched: int
    border_m: float

    @property
    def rank(self) -> tuple[int, int, int, float]:
        return self.violation, self.moved, self.touched, self.border_m


def search(problem: Problem, seed: int, budget: Budget, bound: int = 0) -> Found:
    """The best plan found for one connected pool; `problem.home` numbers today's labels from 0 without holes.

    Units with `problem.locks` ≥ 0 keep their label. A plan in range that moves as few as `bound` ends the search;
    today's plan does where it is whole and in range.
    """
    today = measured(problem, as_today(problem))
    if today.moved == 0 and today.violation == 0:
        return today
    found = smoothed(problem, _best(problem, today, seed, budget, bound), seed, budget)
    if found.violation == 0:
        return found
    settled = restored(problem, measured(problem, annealed(problem, found.labels, SETTLING, seed)))
    return min((found, settled, *(merged_small(problem, plan) for plan in (found, settled))), key=_rank)


def merged_small(problem: Problem, found: Found) -> Found:
    """Every part still below the range joins a neighbour, the lightest, where both fit under the upper limit.

    Parts with locked units stay.
    """
    labels, edges = found.labels.copy(), problem.graph.tocoo()
    for part in np.unique(labels):
        loads, mine = part_weights(labels, problem.weights), labels == part
        around = np.setdiff1d(labels[edges.col[mine[edges.row]]], [part])
        around = around[loads[around] + loads[part] <= problem.high]
        if loads[part] < problem.low and len(around) and not (problem.locks[mine] >= 0).any():
            labels[mine] = around[np.argmin(loads[around])]
    return restored(problem, measured(problem, labels))


def smoothed(problem: Problem, found: Found, seed: int, budget: Budget) -> Found:
    """The same plan with shorter borders, where units can be exchanged without one household more on the move."""
    shorter = measured(problem, annealed(problem, found.labels, SMOOTHING, seed, budget))
    return min(found, restored(problem, shorter), shorter, key=_rank)


def _rank(found: Found) -> tuple[int, int, int, float]:
    return found.rank


def _best(problem: Problem, today: Found, seed: int, budget: Budget, bound: int) -> Found:
    """First plans, each annealed; then the best annealed again, until a round does not help."""
    pool, enough = [restored(problem, today)], (0, int(bound * ENOUGH))
    firsts = [(0, SCOUTS), *((margin, FIRST) for margin in MARGINS), (None, FIRST)]
    for round_, (margin, schedules) in enumerate(firsts):
        start = today.labels if margin is None else guided(problem, margin, seed, budget)
        pool += _annealed(problem, [(start, schedule) for schedule in schedules], seed + 100 * round_, budget)
        _tell(pool, bound, budget)
        if min(found.rank for found in pool)[:2] <= enough or budget.spent():
            return min(pool, key=_rank)
    waited = 0
    for round_ in range(REHEATINGS):
        before = min(map(_promise, pool))
        tasks = [(found.labels, schedule) for found in _elite(pool, round_ < APART) for schedule in REHEAT]
        pool += _annealed(problem, tasks, seed + 1000 * (round_ + 1), budget)
        _tell(pool, bound, budget)
        waited = 0 if min(map(_promise, pool)) < before else waited + 1
        if min(found.rank for found in pool)[:2] <= enough or budget.spent() or waited == PATIENCE:
            break
    return min(pool, key=_rank)


def _tell(pool: list[Found], bound: int, budget: Budget) -> None:
    """What the best plan in the range moves; of one outside the range the bound says nothing."""
    best = min(pool, key=_rank)
    if best.violation == 0:
        budget.so_far(best.moved, min(bound, best.moved))


def _elite(pool: list[Found], apart: bool) -> list[Found]:
    """The plans to go on from: the most promising ones; `apart`: with different numbers of parts."""
    chosen: dict[object, Found] = {}
    for found in sorted(pool, key=_promise):
        chosen.setdefault(len(np.unique(found.labels)) if apart else _promise(found), found)
    return list(chosen.values())[:ELITE]


def _promise(found: Found) -> tuple[float, int]:
    """Households moved, what the plan misses had at a price; then communities touched."""
    return found.moved + MISSING * found.violation, found.touched


def _annealed(problem: Problem, tasks: list[tuple[IntArray, Schedule]], seed: int, budget: Budget) -> list[Found]:
    """Every start under its schedule, two at a time: the compiled search lets go of the interpreter lock."""

    def one(number: int) -> Found | None:
        if number and budget.spent():
            return None
        start, schedule = tasks[number]
        return restored(problem, measured(problem, annealed(problem, start, schedule, seed + number, budget)))

    with ThreadPoolExecutor(max_workers=2) as threads:
        return [found for found in threads.map(one, range(len(tasks))) if found is not None]


def measured(problem: Problem, labels: IntArray) -> Found:
    """The labels renamed so that most households keep theirs, and what counts about them."""
    compact = np.unique(labels, return_inverse=True)[1]
    continues, moved = matched(problem.home, compact, problem.weights, problem.locks >= 0)
    names = np.where(continues >= 0, continues, 0)
    names[continues < 0] = communities(problem) + np.arange(int((continues < 0).sum()))
    named = names[compact]
    edges = problem.borders.tocoo()
    border = float(edges.data[named[edges.row] != named[edges.col]].sum()) / 2
    away = named != problem.home
    touched = np.union1d(problem.home[away], named[away & (named < communities(problem))])
    return Found(named, violation(problem, compact), moved, len(touched), border)


def restored(problem: Problem, found: Found) -> Found:
    """Units that were moved for nothing, back at home, and no part without households: both are communities touched.

    Annealing trades units without households for shorter borders at no price.
    """
    from gridmgmt.planning.resizing import mending

    graph, (weights, home) = arrays(problem)
    labels, held = found.labels.copy(), problem.locks >= 0
    mending.absorb(graph, weights, labels, held)
    mending.restore(graph, (weights, home), labels, held, float(problem.low), float(problem.high))
    return measured(problem, labels)


def violation(problem: Problem, labels: IntArray) -> int:
    """Households missing below the range or in excess of it; labels from 0 without holes."""
    loads = part_weights(labels, problem.weights)
    return int((np.maximum(problem.low - loads, 0) + np.maximum(loads - problem.high, 0)).sum())


def matched(
    home: IntArray, labels: IntArray, weights: IntArray, held: NDArray[np.bool_] | None = None
) -> tuple[IntArray, int]:
    """For each part the home label it continues (−1: a new one), so that most weight stays; and the weight that moves.

    Each label is continued by one part at most (linear assignment, Kuhn 1955). A part with units that are `held` (n,)
    continues theirs.

    >>> matched(np.array([0, 0, 0, 1]), np.array([0, 1, 1, 1]), np.array([5, 4, 4, 1]))
    (array([-1,  0]), 6)
    """
    common = np.zeros((int(labels.max()) + 1, int(home.max(initial=0)) + 1))
    known = home >= 0
    np.add.at(common, (labels[known], home[known]), weights[known])
    prizes = common.copy()
    if held is not None:
        prizes[labels[held], home[held]] += 1 + int(weights.sum())
    parts, names = linear_sum_assignment(prizes, maximize=True)
    kept = common[parts, names]
    continues = np.full(len(common), -1, dtype=np.int64)
    stays = prizes[parts, names] > 0
    continues[parts[stays]] = names[stays]
    return continues, int(weights.sum() - kept.sum())

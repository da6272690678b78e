"""The search behind `resize`: annealings of two kinds are tried, those of the better kind go on.

They set out from new plans and from the best; the most promising are gone over region by region, and the best parts of
all that was seen are brought together.
"""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from gridmgmt.planning.budget import Budget
from gridmgmt.planning.metrics import part_weights
from gridmgmt.planning.partition.problem import IntArray, Problem
from gridmgmt.planning.resizing.annealing import LAST_PENALTY, WORK, Schedule, annealed
from gridmgmt.planning.resizing.found import Found, measured, restored
from gridmgmt.planning.resizing.recombining import Seen
from gridmgmt.planning.resizing.regional import FEW, MISSING, polished
from gridmgmt.planning.resizing.starts import as_today, communities, guided

MARGINS = (0, 12, 16)  # households that the guides keep above the lower limit
MORE, TASTE = 12, 0.1  # guides that let others survive, and how unlike what they hold a household worth (log-normal)
ENOUGH = 1.002  # of the bound: what is so near it is not searched again
ROUGH, POLISHED = 2, 2  # rounds before plans are polished; plans of a round that are
PATIENCE, IN_FEW = 3, 2  # rounds without a better plan; where it is of few parts

SCOUTS = (Schedule(25, 2, True, 0.6, work=WORK // 10), Schedule(25, 2, True, 0.6, 8, work=WORK // 10))
# Parts close by themselves, or only those that the guide closed: which is better depends on the pool.
LONG = 3 * WORK
CLOSING = (Schedule(35, 1.0, True, 0.0, 8, 0.7, work=LONG), Schedule(35, 1.2, True, 0.0, 8, 0.7, work=LONG))
KEEPING = (Schedule(35, 1.0, False, 0.3), Schedule(25, 1.0, False, 0.3))
SETTLING = Schedule(1.0, LAST_PENALTY, True, 0.4, work=0)  # what a search that was cut short leaves to do

# Border alone: a household weighs as much as a hundred kilometres of it, so that none moves for a shorter one.
SMOOTHING = Schedule(2e-3, LAST_PENALTY, False, 0.5, last_heat=1e-5, edge_price=1e-5)


def search(
    problem: Problem,
    seed: int,
    budget: Budget,
    bound: int = 0,
    seen: Seen | None = None,
    midway: Callable[[Found], None] = lambda best: None,
) -> Found:
    """The best plan found for one connected pool; `problem.home` numbers today's labels from 0 without holes.

    Units with `problem.locks` ≥ 0 keep their label. A plan in range that moves as few as `bound` ends the search;
    today's plan does where it is whole and in range. `seen` takes the parts of the plans the search passes through;
    `midway` is told the best plan when there are good ones.
    """
    today = measured(problem, as_today(problem))
    if today.moved == 0 and today.violation == 0:
        return today
    best = _best(problem, today, Seen(problem) if seen is None else seen, seed, budget, bound, midway)
    found = smoothed(problem, best, seed, budget)
    if found.violation == 0:
        return found
    settled = restored(problem, measured(problem, annealed(problem, found.labels, SETTLING, seed).labels))
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
    shorter = measured(problem, annealed(problem, found.labels, SMOOTHING, seed, budget).labels)
    return min(found, restored(problem, shorter), shorter, key=_rank)


def _rank(found: Found) -> tuple[int, int, int, float]:
    return found.rank


def _best(
    problem: Problem,
    today: Found,
    seen: Seen,
    seed: int,
    budget: Budget,
    bound: int,
    midway: Callable[[Found], None],
) -> Found:
    """Plans from new starts and from the best so far, annealed and brought together, until none helps.

    After scouts both kinds of annealing are tried; the one that comes to the better plan is gone on with.
    """
    pool, enough, waited = [restored(problem, today)], (0, int(bound * ENOUGH)), 0
    schedules: Sequence[Schedule] = SCOUTS
    for round_, start in enumerate(_starts(problem, today.labels, seed, budget)):
        before, drawn = min(map(_promise, pool)), seed + 1000 * round_
        tasks = [(start, schedule) for schedule in schedules]
        if round_ >= ROUGH:
            tasks += [(min(pool, key=_promise).labels, schedule) for schedule in schedules]
        plans = _annealed(problem, tasks, seen, drawn, budget)
        if round_ == 0:
            schedules = CLOSING + KEEPING
        elif round_ == 1:
            best = int(np.argmin([_promise(plan)[0] for plan in plans]))
            schedules = CLOSING if best < len(CLOSING) else KEEPING
        else:
            plans += _polished(problem, sorted(plans, key=_promise)[:POLISHED], seen, drawn, budget)
        pool += plans
        pool += _together(problem, pool, seen, budget)
        _tell(pool, bound, budget)
        waited = 0 if min(map(_promise, pool)) < before or round_ <= ROUGH else waited + 1
        patience = PATIENCE if len(np.unique(min(pool, key=_promise).labels)) > FEW else IN_FEW
        if min(found.rank for found in pool)[:2] <= enough or budget.spent() or waited >= patience:
            break
        if round_ + 1 == ROUGH:
            midway(min(pool, key=_rank))
    return min(pool, key=_rank)


def _starts(problem: Problem, today: IntArray, seed: int, budget: Budget) -> Iterator[IntArray]:
    """The plans to set out from: guided ones, today's, and more guided ones."""
    first = guided(problem, MARGINS[0], seed, budget)
    yield from (first, first, guided(problem, MARGINS[1], seed, budget), today)
    rng = np.random.default_rng(seed)
    for number in range(MORE):
        worth = np.exp(rng.normal(0.0, TASTE, communities(problem)))
        yield guided(problem, MARGINS[number % len(MARGINS)], seed + number, budget, worth)


def _tell(pool: list[Found], bound: int, budget: Budget) -> None:
    """What the best plan in the range moves; of one outside the range the bound says nothing."""
    best = min(pool, key=_rank)
    if best.violation == 0:
        budget.so_far(best.moved, min(bound, best.moved))


def _promise(found: Found) -> tuple[float, int]:
    """Households moved, what the plan misses had at a price; then communities touched."""
    return found.moved + MISSING * found.violation, found.touched


def _annealed(
    problem: Problem, tasks: Sequence[tuple[IntArray, Schedule]], seen: Seen, seed: int, budget: Budget
) -> list[Found]:
    """Each start under its schedule, two at a time: the compiled search lets go of the interpreter lock.

    What they come to and pass through is added to `seen`.
    """

    def one(number: int) -> tuple[Found, list[IntArray]] | None:
        if number and budget.spent():
            return None
        answer = annealed(problem, *tasks[number], seed + number, budget)
        return restored(problem, measured(problem, answer.labels)), answer.passed

    return _two_at_a_time(one, len(tasks), seen)


def _polished(problem: Problem, plans: Sequence[Found], seen: Seen, seed: int, budget: Budget) -> list[Found]:
    """Each plan with region after region annealed, two at a time; `seen` takes what they pass through."""

    def one(number: int) -> tuple[Found, list[IntArray]]:
        answer = polished(problem, plans[number], seed + number, budget)
        return restored(problem, answer.found), answer.passed

    return _two_at_a_time(one, len(plans), seen)


def _two_at_a_time(one: Callable[[int], tuple[Found, list[IntArray]] | None], count: int, seen: Seen) -> list[Found]:
    with ThreadPoolExecutor(max_workers=2) as threads:
        answers = [answer for answer in threads.map(one, range(count)) if answer is not None]
    for plan, passed in answers:
        seen.add([plan.labels, *passed])
    return [plan for plan, _ in answers]


def _together(problem: Problem, pool: list[Found], seen: Seen, budget: Budget) -> list[Found]:
    """The plan made of the best parts seen so far, if it moves fewer than every plan of the pool."""
    best = min(pool, key=_rank)
    better = seen.recombined((best.labels, best.moved) if best.violation == 0 else None, budget)
    return [] if better is None else [restored(problem, measured(problem, better))]

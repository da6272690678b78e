"""Local search on one connected pool: grown seeds, annealing, a few attempts, the best kept."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from scipy.sparse import csr_array

from gridmgmt.planning.budget import UNLIMITED, Budget
from gridmgmt.planning.metrics import not_contiguous
from gridmgmt.planning.partition.effort import Effort
from gridmgmt.planning.partition.growing import grow
from gridmgmt.planning.partition.kernels import anneal_on
from gridmgmt.planning.partition.measuring import labels_of, membership, met_weight, part_prices
from gridmgmt.planning.partition.problem import FloatArray, IntArray, Problem, count_range
from gridmgmt.planning.partition.recombining import distinct_parts
from gridmgmt.planning.partition.streams import new_stream
from gridmgmt.planning.partition.tiling import cheapest_tiling

Plan = tuple[IntArray, float]  # labels, where some number may be left out, and their price

TRACED, TRACE_STEPS = 9, 30  # plans kept on the way of a search, at the last of so many steps of its passes
CHUNK = 2_000_000  # proposals between two looks at the clock: a fifth of a second


@dataclass(frozen=True)
class Search:
    """What one search ends in, and the plans (p, n) it passed through when it had cooled down, that one among them."""

    plan: Plan
    seen: IntArray


def counts_to_try(problem: Problem) -> list[int]:
    """Numbers of parts, most promising first: those nearest to total / target, feasible ones before others."""
    ideal = problem.total / problem.target
    locked = len(np.unique(problem.locks[problem.locks >= 0]))
    most = int((problem.weights > 0).sum())
    feasible = [count for count in count_range(problem.total, problem.low, problem.high) if locked <= count <= most]
    if not feasible:
        around = (int(ideal), int(ideal) + 1)
        feasible = [count for count in around if max(1, locked) <= count <= most] or [max(1, locked)]
    return sorted(feasible, key=lambda count: (abs(count - ideal), count))[:3]


def search_pool(
    problem: Problem, parts: int | None, effort: Effort, seed: int, budget: Budget
) -> tuple[IntArray, bool]:
    """Labels (n,) of a connected pool with the most weight in range, then the least price; whether the clock cut in."""
    if problem.size == 1:
        return np.zeros(1, dtype=np.int64), False
    effort = effort.for_parts(problem.size) if parts else effort.for_pool(problem.size)
    found = searched(problem, parts, effort, seed, budget)
    best = found.best
    if found.seen is not None:
        prices = part_prices(problem, found.seen)
        chosen = cheapest_tiling(found.seen, prices, best[1])
        if chosen is not None:
            best = _best(problem, [best, (labels_of(found.seen, chosen), float(prices[chosen].sum()))])
    return np.unique(best[0], return_inverse=True)[1], found.stopped


@dataclass(frozen=True)
class Searched:
    """What the searches of a pool came to.

    Attributes
    ----------
    best : of the plans they ended in the one with the most weight in range, then the least price
    seen : (sets, n) every part they passed through; None where these cannot, or by the clock may not, be put together
    stopped : the clock cut in
    """

    best: Plan
    seen: csr_array | None
    stopped: bool


def searched(problem: Problem, parts: int | None, effort: Effort, seed: int, budget: Budget) -> Searched:
    """As many searches of a connected pool as the effort has restarts, at least one; fewer where the clock cuts in."""
    problem = compact_locks(problem)
    counts = [parts] if parts else counts_to_try(problem)
    locked = bool((problem.locks >= 0).any())
    spare = 0 if parts or locked else 3 + counts[0] // 20
    today, searches = _today(problem, parts), list[Search]()
    for attempt in range(effort.restarts):
        if attempt and budget.spent():
            break
        start, count = None if attempt % 2 else today, counts[attempt % len(counts)]
        searches.append(anneal_once(problem, count, effort, seed + attempt, spare, budget, start))
    best, stopped = _best(problem, [search.plan for search in searches]), budget.spent()
    if stopped or parts or locked or (problem.home >= 0).any():  # parts of other plans have another number, or name
        return Searched(best, None, stopped)
    return Searched(best, distinct_parts(np.concatenate([search.seen for search in searches])), stopped)


def _today(problem: Problem, parts: int | None) -> IntArray | None:
    """The labels of today, where they are such a plan but for the range: every part in one piece, locks kept."""
    labels = problem.home
    if parts is None or not np.array_equal(np.unique(labels), np.arange(parts)):
        return None
    held = problem.locks >= 0
    kept = bool((labels[held] == problem.locks[held]).all())
    return labels if kept and not_contiguous(problem.graph, labels) == 0 else None


def _best(problem: Problem, plans: Sequence[Plan]) -> Plan:
    """Of labels and their prices, those with the most weight in range, then the least price; the first of equals."""
    return max(plans, key=lambda plan: (met_weight(problem, plan[0]), -plan[1]))


@lru_cache(maxsize=8)
def _heats(first: float, last: float, passes: int) -> FloatArray:
    """(passes,) falling by one factor; shared, and therefore read-only."""
    heats = np.geomspace(first, last, passes)
    heats.flags.writeable = False
    return heats


def compact_locks(problem: Problem) -> Problem:
    """Locks and homes numbered from 0 without holes, as the search wants them."""
    locks = np.full_like(problem.locks, -1)
    locked = problem.locks >= 0
    locks[locked] = np.unique(problem.locks[locked], return_inverse=True)[1]
    return replace(problem, locks=locks)


def anneal_once(
    problem: Problem,
    count: int,
    effort: Effort,
    seed: int,
    spare: int = 0,
    budget: Budget = UNLIMITED,
    start: IntArray | None = None,
) -> Search:
    """A start with `count` parts, grown unless it is given, annealed. With `spare`, as many may close, or more open.

    The budget is asked every CHUNK proposals; where it never runs out the answer depends on nothing but the arguments.
    """
    if count == 1 and (spare == 0 or problem.total <= problem.high):
        whole = np.zeros(problem.size, dtype=np.int64)
        return Search((whole, float(part_prices(problem, membership(whole))[0])), whole[None])
    arrays, units = problem.graph_arrays, problem.unit_arrays
    limits, prices = problem.limits, problem.goals.as_array()
    if start is None:
        start = grow(arrays[0], arrays[1], arrays[3], units[0], problem.locks, count, seed)
    best = start.copy()
    parts, labels, stream = int(best.max()) + 1 + spare, best.copy(), new_stream(seed)
    seen = np.repeat(best[None], 1 + TRACED, axis=0)
    state = (*np.empty((5, parts)), np.empty(parts, dtype=np.int64))
    room = tuple(np.empty((3, problem.size + 1), dtype=np.int64))
    price = np.inf
    heats = _heats(*effort.heat, effort.passes)
    step = max(1, CHUNK // max(1, problem.size))
    for first in range(0, effort.passes, step):
        if first and budget.spent():
            break
        price = anneal_on(
            arrays, units, labels, best, price, state, room, problem.locks >= 0, limits, prices,
            heats[first : first + step], effort.swaps, spare > 0, stream, seen[1:], -(-effort.passes // TRACE_STEPS),
        )  # fmt: skip
    seen[0] = best
    return Search((best, float(price)), seen)

"""One annealing of `resize`: schedules, and the chunks in which the compiled loop runs them."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from gridmgmt.planning.budget import UNLIMITED, Budget
from gridmgmt.planning.partition.problem import IntArray, Problem
from gridmgmt.planning.resizing.starts import communities

WORK = 10_000_000  # proposals of one annealing
CHUNK, CHUNKS = 1_000_000, 20  # proposals between two looks at the clock, some hundredths of a second; fewest looks
COOL = 8.0  # households: plans passed through below this heat are kept
EDGE_PRICE = 0.002  # households per m of border: half a kilometre of border weighs one household
OPENING, RENAMES = 0.03, 0.02  # shares of proposals: to open a part, to exchange names
LAST_PENALTY = 80.0


@dataclass(frozen=True)
class Schedule:
    """One annealing: first heat (households), first price of a missing household, whether parts may close.

    `work` limits its proposals (200 passes at least). With `spare` the search aims that many households above the lower
    limit, up to the share `spare_until` of its way: what it misses in the end is then less.
    """

    heat: float
    penalty: float
    closing: bool
    swaps: float
    spare: int = 0
    spare_until: float = 1.0
    work: int = WORK
    last_heat: float = 1.0
    edge_price: float = EDGE_PRICE


@dataclass(frozen=True)
class Annealed:
    """The best plan of an annealing, and some it passed through when it had cooled down."""

    labels: IntArray
    passed: list[IntArray]


def annealed(problem: Problem, start: IntArray, schedule: Schedule, seed: int, budget: Budget = UNLIMITED) -> Annealed:
    """Fewer moved households and fewer outside the range, every part whole at every step.

    The budget is asked every CHUNK proposals or sooner; where it never runs out nothing but the arguments decides.
    """
    from gridmgmt.planning.partition.streams import new_stream
    from gridmgmt.planning.resizing import kernel

    labels_today = communities(problem)
    spare = max(labels_today, int(start.max()) + 1)
    passes = min(2000 + 100 * problem.size, max(200, schedule.work // problem.size))
    ramp = np.linspace(0.0, 1.0, passes) ** 2
    graph, units = arrays(problem)
    above, with_spare = float(min(problem.low + schedule.spare, problem.high)), schedule.spare_until * passes
    shares = (OPENING if schedule.closing else 0.0, schedule.swaps, RENAMES)
    heats = np.geomspace(schedule.heat, schedule.last_heat, passes)
    penalties = schedule.penalty * (LAST_PENALTY / schedule.penalty) ** ramp
    labels, best, stream, energy = start.copy(), start.copy(), new_stream(seed), np.inf
    step, passed, low = max(1, min(CHUNK // problem.size, passes // CHUNKS)), list[IntArray](), above
    for first in range(0, passes, step):
        if first and budget.spent():
            break
        if low != (low := above if first < with_spare else float(problem.low)):
            energy = np.inf  # what is best above the limit may not be at it
        limits = (low, float(problem.high), spare + 3 + spare // 20, labels_today)
        energy = kernel.reshape_on(
            graph, units, _today(problem), labels, best, energy, problem.locks >= 0, limits,
            heats[first : first + step], penalties[first : first + step], LAST_PENALTY,
            shares, schedule.edge_price, schedule.closing, stream,
        )  # fmt: skip
        if heats[first] <= COOL:
            passed.append(labels.copy())
    return Annealed(best, passed)


def arrays(problem: Problem) -> tuple[tuple[Any, Any, Any], tuple[Any, Any]]:
    """Graph and units as the compiled loops want them."""
    graph = problem.graph
    return (
        (graph.indptr.astype(np.int64), graph.indices.astype(np.int64), problem.borders.data),
        (problem.weights.astype(np.float64), problem.home),
    )


def _today(problem: Problem) -> tuple[IntArray, IntArray]:
    """Where the units of each community start in the second array, and the units, community by community."""
    order = np.argsort(problem.home, kind="stable").astype(np.int64)
    return np.searchsorted(problem.home[order], np.arange(communities(problem) + 1)).astype(np.int64), order

"""Exact set partitioning: cover every community once by groups, at the least lexicographic cost.

Two exact solvers. The dynamic programme walks the communities in order; a state is the set already covered, and the
lowest one left open must be covered next. It proves its answer by exhaustion and is fastest to about thirty
communities. Beyond that the linear relaxation prices the groups, CP-SAT chooses among the few that are left, and the
answer carries the bound that was proven.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from ortools.sat.python import cp_model
from scipy import optimize, sparse

Columns = NDArray[np.int64]

MAX_STATES = 400_000
INFEASIBLE = 2  # scipy.optimize.linprog's status
MAX_COLUMNS = 10_000  # cheapest columns among which CP-SAT chooses
MAX_STEPS = 8_000_000  # pairs of state and group looked at: some seconds


class OutOfTime(Exception):
    """The clock ended the search before a first cover was found, and before it was proven that there is none."""


@dataclass(frozen=True)
class Cover:
    """Chosen groups (positions in the list given), the cost reached per goal, and what was proven about it."""

    chosen: tuple[int, ...]
    values: tuple[int, ...]
    bounds: tuple[int, ...]

    @property
    def optimal(self) -> bool:
        return self.values == self.bounds


def cover_by_count(
    n: int, masks: Sequence[int], costs: Sequence[Sequence[int]], max_steps: int = MAX_STEPS
) -> dict[int, Cover] | None:
    """The best cover for every possible number of groups, by dynamic programming; None where that takes too many steps.

    `costs[g]` holds the whole, not negative costs of group g, first goal first. An empty dict means no cover exists.
    """
    weights = _lexicographic(costs, n)
    scalar = [sum(c * w for c, w in zip(cost, weights, strict=True)) for cost in costs]
    steps = _walk(n, masks, scalar, max_steps)
    if steps is None:
        return None
    full = (1 << n) - 1
    covers = {}
    for key in sorted(key for key in steps[-1] if key & full == full):
        chosen = _trace(steps, masks, key, n)
        values = tuple(map(int, np.asarray([costs[g] for g in chosen], dtype=object).sum(axis=0)))
        covers[key >> n] = Cover(chosen, values, values)
    return covers


def cover(
    n: int,
    masks: Sequence[int],
    costs: Sequence[Sequence[int]],
    time_limit_s: float,
    seed: int,
    start: Sequence[int] = (),
) -> Cover | None:
    """The best cover with any number of groups; None where there is none. Large pools begin at `start`.

    Raises OutOfTime, never where a `start` is given.
    """
    covers = cover_by_count(n, masks, costs) if n <= 32 else None
    if covers is None:
        return _by_columns(n, masks, costs, time_limit_s, seed, start)
    return min(covers.values(), key=lambda found: found.values, default=None)


def _lexicographic(costs: Sequence[Sequence[int]], n: int) -> list[int]:
    """Multipliers that make one whole number of a cost vector: a later goal never outweighs one unit of an earlier."""
    weights = [1]
    for column in list(zip(*costs, strict=True))[:0:-1]:
        weights.append(weights[-1] * (n * max(column) + 1))
    return weights[::-1]


State = dict[int, tuple[int, int, int]]  # covered | count << n -> (cost, previous key, group; −1: nothing added)


def _walk(n: int, masks: Sequence[int], scalar: Sequence[int], max_steps: int) -> list[State] | None:
    by_lowest: list[list[int]] = [[] for _ in range(n)]
    for position, mask in enumerate(masks):
        by_lowest[(mask & -mask).bit_length() - 1].append(position)
    full, one_more, steps_left = (1 << n) - 1, 1 << n, max_steps
    steps: list[State] = [{0: (0, 0, -1)}]
    for node in range(n):
        now: State = {}
        steps_left -= len(steps[-1]) * len(by_lowest[node])
        if steps_left < 0:
            return None
        for key, (cost, _, _) in steps[-1].items():
            if key >> node & 1:
                _keep_less(now, key, cost, key, -1)
                continue
            for group in by_lowest[node]:
                if not masks[group] & key & full:
                    _keep_less(now, (key | masks[group]) + one_more, cost + scalar[group], key, group)
        if len(now) > MAX_STATES:
            return None
        steps.append(now)
    return steps


def _keep_less(states: State, key: int, cost: int, came_from: int, group: int) -> None:
    known = states.get(key)
    if known is None or cost < known[0]:
        states[key] = (cost, came_from, group)


def _trace(steps: Sequence[State], masks: Sequence[int], key: int, n: int) -> tuple[int, ...]:
    chosen = []
    for states in steps[:0:-1]:
        _, key, group = states[key]
        if group >= 0:
            chosen.append(group)
    return tuple(sorted(chosen))


@dataclass(frozen=True)
class _Master:
    """The choice among columns (groups): every community once, earlier goals held at the values reached."""

    covers: sparse.csc_array  # (communities, groups)
    costs: NDArray[np.int64]  # (groups, goals)
    deadline: float
    seed: int

    def value(self, chosen: Columns, goal: int) -> float:
        """What a cover costs under a goal; infinite for none."""
        return float(self.costs[chosen, goal].sum()) if len(chosen) else np.inf


def _by_columns(
    n: int, masks: Sequence[int], costs: Sequence[Sequence[int]], time_limit_s: float, seed: int, start: Sequence[int]
) -> Cover | None:
    """Goal after goal, each held at its value before the next is minimised.

    The linear relaxation bounds the goal and prices the groups: in a cover of value v every group has a reduced cost of
    at most v − bound, so that the others are left out before CP-SAT decides (reduced-cost fixing).
    """
    master = _Master(_incidence(n, masks), np.asarray(costs, dtype=np.int64), time.monotonic() + time_limit_s, seed)
    best, alive = np.asarray(start, dtype=np.int64), np.arange(len(masks))
    held: list[int] = []
    bounds: list[int] = []
    for goal in range(master.costs.shape[1]):
        relaxed, reduced = _relaxed(master, alive, goal, held)
        if np.isinf(relaxed):
            return None
        bound = int(np.ceil(relaxed - 1e-6))
        if master.value(best, goal) > bound:
            near = np.flatnonzero(reduced <= master.value(best, goal) - relaxed + 0.5)
            cheapest = near[np.argsort(reduced[near], kind="stable")[:MAX_COLUMNS]]
            best, decided = _decided(master, np.union1d(alive[cheapest], best), goal, held, best)
            bound = max(bound, decided) if len(cheapest) == len(near) else bound
        if not len(best):
            return None
        value = int(master.value(best, goal))
        bounds.append(min(bound, value))
        held.append(value)
        if bound >= value:
            alive = np.union1d(alive[reduced <= value - relaxed + 0.5], best)
    return Cover(tuple(sorted(best.tolist())), tuple(held), tuple(bounds))


def _incidence(n: int, masks: Sequence[int]) -> sparse.csc_array:
    rows = [[node for node in range(n) if mask >> node & 1] for mask in masks]
    pointers = np.cumsum([0, *map(len, rows)])
    members = np.fromiter((node for row in rows for node in row), dtype=np.int64, count=int(pointers[-1]))
    return sparse.csc_array((np.ones(len(members)), members, pointers), shape=(n, len(masks)))


def _relaxed(master: _Master, alive: Columns, goal: int, held: Sequence[int]) -> tuple[float, NDArray[np.float64]]:
    """The linear relaxation's value (∞: no cover exists, 0: not known), and the reduced cost of every column alive."""
    covers = master.covers[:, alive]
    spent = master.costs[alive].astype(np.float64)
    rows = sparse.vstack([covers, sparse.csr_array(spent[:, : len(held)].T)], format="csr") if held else covers
    scale = max(1.0, float(spent[:, goal].max()))
    found = optimize.linprog(
        spent[:, goal] / scale,
        A_eq=rows,
        b_eq=np.concatenate([np.ones(covers.shape[0]), np.asarray(held, dtype=np.float64)]),
        bounds=(0, None),
        method="highs",
        options={"time_limit": max(1.0, master.deadline - time.monotonic())},
    )
    if not found.success:
        return (np.inf if found.status == INFEASIBLE else 0.0), np.zeros(len(alive))
    prices = found.eqlin.marginals * scale
    return float(found.fun * scale), np.maximum(spent[:, goal] - rows.T @ prices, 0.0)


def _decided(master: _Master, columns: Columns, goal: int, held: Sequence[int], best: Columns) -> tuple[Columns, int]:
    """The best cover made of some columns, and a bound on all that are."""
    model = cp_model.CpModel()
    take = [model.new_bool_var("") for _ in columns]
    incidence = master.covers[:, columns].tocsr()
    for node in range(incidence.shape[0]):
        members = incidence.indices[incidence.indptr[node] : incidence.indptr[node + 1]]
        model.add_exactly_one(take[column] for column in members)
    costs = master.costs[columns].tolist()
    for position, value in enumerate(held):
        model.add(sum(cost[position] * var for cost, var in zip(costs, take, strict=True)) == value)
    model.minimize(sum(cost[goal] * var for cost, var in zip(costs, take, strict=True)))
    wanted = set(best.tolist())
    for column, var in zip(columns.tolist(), take, strict=True):
        if wanted:
            model.add_hint(var, column in wanted)
    solver = _solver(max(1.0, master.deadline - time.monotonic()), master.seed)
    status = solver.solve(model)
    if status == cp_model.UNKNOWN and not len(best):
        raise OutOfTime
    if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        return best, 0
    chosen = columns[[solver.boolean_value(var) for var in take]]
    return chosen, round(solver.best_objective_bound)


def _solver(seconds: float, seed: int) -> cp_model.CpSolver:
    solver = cp_model.CpSolver()
    solver.parameters.max_time_in_seconds = seconds
    solver.parameters.random_seed = seed
    solver.parameters.num_workers = 2
    return solver

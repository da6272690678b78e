"""Exact set partitioning: cover every community once by groups, at the least lexicographic cost.

Two exact solvers. The dynamic programme walks the communities in order; a state is the set already covered, and the
lowest one left open must be covered next. It proves its answer by exhaustion and is fastest to about thirty
communities. Beyond that CP-SAT takes over and the answer carries the bound it proved.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from ortools.sat.python import cp_model

MAX_STATES = 400_000


@dataclass(frozen=True)
class Cover:
    """Chosen groups (positions in the list given), the cost reached per goal, and what was proven about it."""

    chosen: tuple[int, ...]
    values: tuple[int, ...]
    bounds: tuple[int, ...]

    @property
    def optimal(self) -> bool:
        return self.values == self.bounds


def cover_by_count(n: int, masks: Sequence[int], costs: Sequence[Sequence[int]]) -> dict[int, Cover] | None:
    """The best cover for every possible number of groups, by dynamic programming; None where there are too many states.

    `costs[g]` holds the whole, not negative costs of group g, first goal first. An empty dict means no cover exists.
    """
    weights = _lexicographic(costs, n)
    scalar = [sum(c * w for c, w in zip(cost, weights, strict=True)) for cost in costs]
    steps = _walk(n, masks, scalar)
    if steps is None:
        return None
    full = (1 << n) - 1
    covers = {}
    for key in sorted(key for key in steps[-1] if key & full == full):
        chosen = _trace(steps, masks, key, n)
        values = tuple(map(int, np.asarray([costs[g] for g in chosen], dtype=object).sum(axis=0)))
        covers[key >> n] = Cover(chosen, values, values)
    return covers


def cover(n: int, masks: Sequence[int], costs: Sequence[Sequence[int]], time_limit_s: float, seed: int) -> Cover | None:
    """The best cover with any number of groups; None where no cover exists. CP-SAT where the pool is large."""
    covers = cover_by_count(n, masks, costs) if n <= 32 else None
    if covers is None:
        return _cp_sat(n, masks, costs, time_limit_s, seed)
    return min(covers.values(), key=lambda found: found.values, default=None)


def _lexicographic(costs: Sequence[Sequence[int]], n: int) -> list[int]:
    """Multipliers that make one whole number of a cost vector: a later goal never outweighs one unit of an earlier."""
    weights = [1]
    for column in list(zip(*costs, strict=True))[:0:-1]:
        weights.append(weights[-1] * (n * max(column) + 1))
    return weights[::-1]


State = dict[int, tuple[int, int, int]]  # covered | count << n -> (cost, previous key, group; −1: nothing added)


def _walk(n: int, masks: Sequence[int], scalar: Sequence[int]) -> list[State] | None:
    by_lowest: list[list[int]] = [[] for _ in range(n)]
    for position, mask in enumerate(masks):
        by_lowest[(mask & -mask).bit_length() - 1].append(position)
    full, one_more = (1 << n) - 1, 1 << n
    steps: list[State] = [{0: (0, 0, -1)}]
    for node in range(n):
        now: State = {}
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


def _cp_sat(
    n: int, masks: Sequence[int], costs: Sequence[Sequence[int]], time_limit_s: float, seed: int
) -> Cover | None:
    """Goal after goal, each held at the value reached before the next is minimised."""
    model = cp_model.CpModel()
    take = [model.new_bool_var("") for _ in masks]
    for node in range(n):
        model.add_exactly_one(take[g] for g, mask in enumerate(masks) if mask >> node & 1)
    bounds: list[int] = []
    chosen: tuple[int, ...] = ()
    for goal in range(len(costs[0])):
        spent = sum(int(cost[goal]) * var for cost, var in zip(costs, take, strict=True))
        model.minimize(spent)
        solver = _solver(time_limit_s / len(costs[0]), seed)
        status = solver.solve(model)
        if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
            if not chosen:
                return None
            bounds.append(0)
            continue
        chosen = tuple(g for g, var in enumerate(take) if solver.boolean_value(var))
        reached = sum(costs[g][goal] for g in chosen)
        bounds.append(min(reached, round(solver.best_objective_bound)))
        model.add(spent <= reached)
        model.clear_hints()
        for group, var in enumerate(take):
            model.add_hint(var, group in set(chosen))
    values = tuple(sum(costs[g][goal] for g in chosen) for goal in range(len(costs[0])))
    return Cover(chosen, values, tuple(bounds))


def _solver(seconds: float, seed: int) -> cp_model.CpSolver:
    solver = cp_model.CpSolver()
    solver.parameters.max_time_in_seconds = seconds
    solver.parameters.random_seed = seed
    solver.parameters.num_workers = 2
    return solver

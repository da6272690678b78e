"""Exact set partitioning: cover every community once by groups, at the least lexicographic cost.

The dynamic programme walks the communities in order; a state is the set already covered, and the lowest one left open
must be covered next. It proves its answer by exhaustion and is fastest to about thirty communities; beyond that
`columnchoice` takes over.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

MAX_STATES = 400_000
MAX_STEPS = 8_000_000  # pairs of state and group looked at: some seconds


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

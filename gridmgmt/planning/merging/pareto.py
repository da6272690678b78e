"""The Pareto front of a pool: every plan that no other beats in stations, walking and upgrade at once.

All plans of least violation count, each group at each of its sites worth having. The dynamic programme of
`setpartition` with a set of labels instead of one cost: a label that another equals or beats in all three goals can be
completed no better than that other, so it is dropped, and what is left at the end is the whole front, by exhaustion.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import reduce

import numpy as np
from numpy.typing import NDArray

from gridmgmt.errors import InvalidInput
from gridmgmt.messages import Words
from gridmgmt.planning.merging.groups import Group, Pool, bits, sub_pool
from gridmgmt.planning.merging.pieces import untorn_pieces
from gridmgmt.planning.merging.pricedgroups import group_at
from gridmgmt.planning.merging.stations import renumbered, sufficient_groups

Labels = NDArray[np.int64]  # (labels, 4): violation, stations, travel, upgrade
MAX_LABELS = 2_000_000  # in one state: more is no front to look at


@dataclass(frozen=True)
class FrontPlan:
    """A plan on the front: its groups, and what they add up to."""

    groups: tuple[Group, ...]
    violation: int
    stations: int
    travel: int  # household-metres to the sites
    upgrade: int


@dataclass(frozen=True)
class _State:
    """Labels of one covered set, with the state, label and group each came from."""

    labels: Labels
    came_from: Labels  # (labels, 3): covered set's number in the step before, label there, group (−1: nothing added)


def pareto_front(pool: Pool) -> list[FrontPlan]:
    """The complete front of a pool, by stations and then by upgrade; empty where the locks leave no plan.

    InvalidInput where the pool is too large.

    >>> far = np.array([[0, 9000], [9000, 0]])
    >>> pool = Pool((0b10, 0b01), np.array([3000, 3000]), far, np.zeros(2, int), np.full(2, -1), 2500, 7000,
    ...     upgrade=np.array([0, 40]))
    >>> [(plan.stations, plan.travel, plan.upgrade) for plan in pareto_front(pool)]
    [(1, 9000, 0), (2, 0, 40)]
    """
    pieces = untorn_pieces(pool)
    if pieces is None:
        return []
    fronts = [[_renumbered(plan, members) for plan in _front_connected(sub_pool(pool, members))] for members in pieces]
    return reduce(joined, fronts) if all(fronts) else []


def joined(left: Sequence[FrontPlan], right: Sequence[FrontPlan]) -> list[FrontPlan]:
    """The front of two pools side by side: every pair that no other pair beats."""
    sums = (_labels(left)[:, None] + _labels(right)[None, :]).reshape(-1, 4)
    kept = undominated(sums)
    pairs = [(left[number // len(right)], right[number % len(right)]) for number in kept.tolist()]
    return [_plan([*one.groups, *two.groups], sums[row]) for (one, two), row in zip(pairs, kept, strict=True)]


def combined_figures(fronts: Iterable[Sequence[FrontPlan]]) -> Labels:
    """(points, 4) violation, stations, travel, upgrade of the front of several pools together, without the plans."""

    def add(left: Labels, right: Labels) -> Labels:
        blocks = [left + row for row in right]
        total = np.concatenate(blocks)
        return total[undominated(total)]

    return reduce(add, (_labels(front) for front in fronts))


def undominated(labels: Labels) -> NDArray[np.intp]:
    """Rows that no other row equals or beats everywhere (of equals the first), in lexicographic order of columns.

    The columns are violation, stations, then two more; rows are swept class by class of the first two.

    >>> undominated(np.array([[0, 2, 5, 5], [0, 1, 9, 5], [0, 2, 9, 9], [0, 2, 5, 5]])).tolist()
    [1, 0]
    """
    order = np.lexsort((labels[:, 2], labels[:, 3], labels[:, 1], labels[:, 0]))
    _, starts = np.unique(labels[order][:, :2], axis=0, return_index=True)
    kept: list[NDArray[np.intp]] = []
    stairs: dict[tuple[int, int], Labels] = {}
    for rows in np.split(order, starts[1:]):
        some = labels[rows]
        least = np.minimum.accumulate(some[:, 2])
        better = np.concatenate([[True], some[1:, 2] < least[:-1]])
        for (violation, stations), stair in stairs.items():
            if len(stair) and violation <= some[0, 0] and stations <= some[0, 1]:
                place = np.searchsorted(stair[:, 1], some[:, 3], side="right") - 1
                better &= (place < 0) | (stair[np.maximum(place, 0), 0] > some[:, 2])
        kept.append(rows[better])
        stairs[int(some[0, 0]), int(some[0, 1])] = some[better][:, 2:]
    return np.concatenate(kept)


def _front_connected(pool: Pool) -> list[FrontPlan]:
    """The front of a connected pool, by upgrade inside each number of stations."""
    groups = sufficient_groups(pool)
    if groups is None:
        raise InvalidInput(detail=Words("reasons.front_pool_large", count=len(pool)))
    options = [option for group in groups for option in _sites(pool, group)]
    costs = np.asarray([[g.violation, 1, g.travel, g.upgrade] for g in options], dtype=np.int64).reshape(-1, 4)
    steps = _walk(len(pool), [option.mask for option in options], costs)
    last = steps[-1].get((1 << len(pool)) - 1)
    if last is None:
        return []
    least = int(last.labels[:, 0].min())
    rows = np.flatnonzero(last.labels[:, 0] == least)
    found = [
        _plan([options[number] for number in _trace(steps, len(pool), int(row))], last.labels[row]) for row in rows
    ]
    return sorted(found, key=lambda plan: (plan.stations, plan.upgrade))


def _sites(pool: Pool, group: Group) -> list[Group]:
    """The group at each of its sites that no other of its sites beats in walking and upgrade."""
    members = bits(group.mask)
    travel = pool.travel[np.ix_(members, members)].sum(axis=0)
    ranked = sorted(zip(np.rint(travel).tolist(), pool.upgrade[members].tolist(), members, strict=True))
    found: list[Group] = []
    for metres, upgrade, site in ranked:
        if not found or upgrade < found[-1].upgrade:
            found.append(group_at(pool, group.mask, site, metres))
    return found


def _walk(n: int, masks: Sequence[int], costs: Labels) -> list[dict[int, _State]]:
    by_lowest: list[list[int]] = [[] for _ in range(n)]
    for position, mask in enumerate(masks):
        by_lowest[(mask & -mask).bit_length() - 1].append(position)
    steps = [{0: _State(np.zeros((1, 4), dtype=np.int64), np.zeros((1, 3), dtype=np.int64))}]
    for node in range(n):
        gathered: dict[int, list[tuple[Labels, int, int]]] = {}
        for number, (covered, state) in enumerate(steps[-1].items()):
            if covered >> node & 1:
                gathered.setdefault(covered, []).append((state.labels, number, -1))
                continue
            for group in by_lowest[node]:
                if not masks[group] & covered:
                    gathered.setdefault(covered | masks[group], []).append((state.labels + costs[group], number, group))
        steps.append({covered: _merged(ways) for covered, ways in gathered.items()})
    return steps


def _merged(ways: Sequence[tuple[Labels, int, int]]) -> _State:
    """One state of all labels that lead to it, without those that another equals or beats."""
    labels = np.concatenate([some for some, _, _ in ways])
    if len(labels) > MAX_LABELS:
        raise InvalidInput(detail=Words("reasons.front_too_long"))
    came = [np.column_stack([np.full(len(s), n), np.arange(len(s)), np.full(len(s), g)]) for s, n, g in ways]
    kept = undominated(labels)
    return _State(labels[kept], np.concatenate(came)[kept])


def _trace(steps: Sequence[dict[int, _State]], n: int, label: int) -> list[int]:
    """The groups of one label of the last step."""
    chosen, covered = [], (1 << n) - 1
    for before, states in zip(steps[-2::-1], steps[:0:-1], strict=True):
        number, label, group = states[covered].came_from[label].tolist()
        covered = list(before)[number]
        if group >= 0:
            chosen.append(group)
    return chosen


def _plan(groups: Sequence[Group], label: NDArray[np.int64]) -> FrontPlan:
    return FrontPlan(tuple(sorted(groups, key=lambda group: group.members)), *map(int, label))


def _renumbered(plan: FrontPlan, members: NDArray[np.intp]) -> FrontPlan:
    groups = sorted(renumbered(plan.groups, members), key=lambda group: group.members)
    return FrontPlan(tuple(groups), plan.violation, plan.stations, plan.travel, plan.upgrade)


def _labels(plans: Sequence[FrontPlan]) -> Labels:
    rows = [(plan.violation, plan.stations, plan.travel, plan.upgrade) for plan in plans]
    return np.asarray(rows, dtype=np.int64).reshape(-1, 4)

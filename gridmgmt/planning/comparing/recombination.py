"""The compiled loop of the ensemble: one plan after the other, by recombination of two neighbouring parts.

Two neighbouring parts are merged, a uniform spanning tree of the ground of both is drawn (Wilson 1996), and one of its
edges that leaves both halves in range is cut (DeFord, Duchin & Solomon 2021). Where no edge does, the plan stays, and
the step counts. With `reversible` a step is accepted so that in the long run every plan comes up in proportion to the
product of its parts' numbers of spanning trees (Cannon, Duchin, Randall & Rule 2022).
"""
# mypy: disable-error-code="no-untyped-def, no-untyped-call, untyped-decorator, assignment"
# ruff: noqa: C901 - a closure is what numba does worst

import numpy as np
from numba import njit
from numpy.typing import NDArray

from gridmgmt.planning.partition.streams import below, new_stream, uniform

Ints = NDArray[np.int64]

TRIES = 64  # draws of an edge between two parts, before a step is given up


@njit(cache=True, nogil=True)
def _merged(labels, one, other, inside, nodes):
    """Marks and lists the units of both parts; how many there are."""
    count = 0
    for unit in range(len(labels)):
        if labels[unit] == one or labels[unit] == other:
            inside[unit] = True
            nodes[count] = unit
            count += 1
    return count


@njit(cache=True, nogil=True)
def _tree(indptr, indices, inside, nodes, count, parent, grown, order, path, stream):
    """A uniform spanning tree of the marked units: `parent` by unit, and the units in `order`, parents first."""
    root = nodes[below(stream, count)]
    parent[root] = -1
    grown[root] = True
    order[0] = root
    size = 1
    for start in range(count):
        here = nodes[start]
        while not grown[here]:  # the last way out of every unit: loops erase themselves
            there = indices[indptr[here] + below(stream, indptr[here + 1] - indptr[here])]
            if inside[there]:
                parent[here] = there
                here = there
        here, length = nodes[start], 0
        while not grown[here]:
            grown[here] = True
            path[length] = here
            length += 1
            here = parent[here]
        for step in range(length - 1, -1, -1):
            order[size] = path[step]
            size += 1


@njit(cache=True, nogil=True)
def _cut(weights, count, parent, order, below_weight, cuts, low, high, stream):
    """The unit above which the tree is cut so that both halves are in range, −1 for none; how many there were."""
    total = 0
    for position in range(count):
        below_weight[order[position]] = weights[order[position]]
        total += weights[order[position]]
    for position in range(count - 1, 0, -1):
        below_weight[parent[order[position]]] += below_weight[order[position]]
    found = 0
    for position in range(1, count):
        half = below_weight[order[position]]
        if low <= half <= high and low <= total - half <= high:
            cuts[found] = order[position]
            found += 1
    return (cuts[below(stream, found)] if found else -1), found


@njit(cache=True, nogil=True)
def _relabel(labels, one, other, count, parent, order, cut, grown):
    """The half below the cut becomes `one`, the rest `other`; the marks of the tree are wiped."""
    for position in range(count):
        unit = order[position]
        lower = unit == cut or (parent[unit] >= 0 and labels[parent[unit]] == -2)
        labels[unit] = -2 if lower else -3
    for position in range(count):
        labels[order[position]] = one if labels[order[position]] == -2 else other


@njit(cache=True, nogil=True)
def _between(indptr, indices, labels, nodes, count, one, other):
    """How many edges run between the two parts."""
    edges = 0
    for position in range(count):
        if labels[nodes[position]] == one:
            for edge in range(indptr[nodes[position]], indptr[nodes[position] + 1]):
                edges += labels[indices[edge]] == other
    return edges


@njit(cache=True, nogil=True)
def _pair(source, indices, labels, movable, parts, reversible, stream):
    """Two parts to merge, or −1: those of a random edge; for a reversible step any two, each pair as likely."""
    if reversible:
        one = below(stream, parts)
        other = below(stream, parts - 1)
        other += other >= one
        return (one, other) if movable[one] and movable[other] else (-1, -1)
    for _ in range(TRIES):
        edge = below(stream, len(indices))
        one, other = labels[source[edge]], labels[indices[edge]]
        if one != other and movable[one] and movable[other]:
            return one, other
    return -1, -1


def walk(
    indptr: Ints,
    indices: Ints,
    source: Ints,
    weights: Ints,
    labels: Ints,
    movable: NDArray[np.bool_],
    low: float,
    high: float,
    samples: int,
    thin: int,
    reversible: bool,
    seed: int,
) -> tuple[NDArray[np.int32], int]:
    """(samples, units) the labels after every `thin` steps from `labels`, and how many steps changed the plan."""
    units = len(labels)
    kept, marks, room = np.empty((samples, units), np.int32), np.zeros((2, units), np.bool_), np.empty((7, units), int)
    graph, limits, stream = (indptr, indices, source), (low, high), new_stream(seed)
    changed = _steps(graph, weights, labels.copy(), movable, limits, thin, reversible, kept, marks, room, stream)
    return kept, changed


@njit(cache=True, nogil=True)
def _steps(graph, weights, labels, movable, limits, thin, reversible, kept, marks, room, stream):
    """Fill `kept`; how many steps changed the plan. `marks` (2, units) are False; `room` (7, units) to work in."""
    indptr, indices, source = graph
    low, high = limits
    inside, grown = marks[0], marks[1]
    nodes, parent, order, path = room[0], room[1], room[2], room[3]
    cuts, below_weight, before = room[4], room[5], room[6]
    parts, changed = len(movable), 0
    for sample in range(len(kept)):
        for _ in range(thin):
            one, other = _pair(source, indices, labels, movable, parts, reversible, stream)
            if one < 0:
                continue
            count = _merged(labels, one, other, inside, nodes)
            if reversible and _between(indptr, indices, labels, nodes, count, one, other) == 0:
                for position in range(count):
                    inside[nodes[position]] = False
                continue
            _tree(indptr, indices, inside, nodes, count, parent, grown, order, path, stream)
            cut, found = _cut(weights, count, parent, order, below_weight, cuts, low, high, stream)
            if cut >= 0 and (not reversible or uniform(stream) * (count - 1) < found):
                for position in range(count):
                    before[nodes[position]] = labels[nodes[position]]
                _relabel(labels, one, other, count, parent, order, cut, grown)
                edges = _between(indptr, indices, labels, nodes, count, one, other) if reversible else 1
                if uniform(stream) * edges < 1:
                    changed += 1
                else:
                    for position in range(count):
                        labels[nodes[position]] = before[nodes[position]]
            for position in range(count):
                inside[nodes[position]] = False
                grown[nodes[position]] = False
        for unit in range(len(labels)):
            kept[sample, unit] = labels[unit]
    return changed

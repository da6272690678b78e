"""A first division to walk from: connected parts grown from units drawn at random, the lightest part first.

Plain Python on purpose: it takes milliseconds per walk, and compiling it would take seconds on a new machine.
"""

import random

import numpy as np

from gridmgmt.planning.partition.problem import IntArray, Problem


def first_parts(problem: Problem, parts: int, seed: int) -> IntArray:
    """Labels (n,) of `parts` connected parts of a connected graph; locked units lie in the part of their lock."""
    pointers, neighbours = problem.graph.indptr.tolist(), problem.graph.indices.tolist()
    weights, labels = problem.weights.tolist(), problem.locks.tolist()
    draw = random.Random(seed)
    free = [unit for unit, label in enumerate(labels) if label < 0]
    for part in sorted(set(range(parts)) - set(labels)):
        seed_unit = free.pop(draw.randrange(len(free)))
        labels[seed_unit] = part
    load = [0.0] * parts
    rim: list[list[int]] = [[] for _ in range(parts)]  # neighbours of each part when they were met

    def join(unit: int, part: int) -> None:
        labels[unit] = part
        load[part] += weights[unit]
        rim[part].extend(v for v in neighbours[pointers[unit] : pointers[unit + 1]] if labels[v] < 0)

    for unit, part in enumerate(labels):
        if part >= 0:
            join(unit, part)
    growing = set(range(parts))
    while growing:
        part = min(growing, key=lambda number: (load[number], number))
        unit = _drawn(rim[part], labels, draw)
        if unit < 0:
            growing.remove(part)
        else:
            join(unit, part)
    return np.array(labels, dtype=np.int64)


def _drawn(rim: list[int], labels: list[int], draw: random.Random) -> int:
    """A random unit of the rim that is still free, taken off it; −1 where there is none."""
    while rim:
        place = draw.randrange(len(rim))
        rim[place], rim[-1] = rim[-1], rim[place]
        unit = rim.pop()
        if labels[unit] < 0:
            return unit
    return -1

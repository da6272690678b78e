"""From some parts to a plan: every unit lies in a part, and every part hangs together."""

import numpy as np

from gridmgmt.planning.partition.problem import IntArray, Problem


def completed(problem: Problem, parts: list[IntArray]) -> IntArray:
    """(n,) the parts numbered, of what is left over each unit with weight alone; the rest hangs on its neighbours."""
    labels = np.full(problem.size, -1, dtype=np.int64)
    for part, members in enumerate(parts):
        labels[members] = part
    lone = np.flatnonzero((labels < 0) & (problem.weights > 0))
    labels[lone] = len(parts) + np.arange(len(lone))
    return hung(problem, labels)


def hung(problem: Problem, labels: IntArray) -> IntArray:
    """Units without a part (−1), ring after ring, join the part that they share most border with."""
    labels = labels.copy()
    graph, borders = problem.graph, problem.borders
    waiting = np.flatnonzero(labels < 0)
    while len(waiting):
        joined = np.full(len(waiting), -1)
        for number, unit in enumerate(waiting.tolist()):
            row = slice(graph.indptr[unit], graph.indptr[unit + 1])
            beside = labels[graph.indices[row]]
            taken = beside >= 0
            if taken.any():
                joined[number] = np.argmax(np.bincount(beside[taken], weights=borders.data[row][taken] + 1e-9))
        if (joined < 0).all():
            break
        labels[waiting] = joined
        waiting = waiting[joined < 0]
    return labels

"""A diagram of connected sets without the ways that are heavier than a part may be: often most of it."""

import numpy as np
from numpy.typing import NDArray

from gridmgmt.planning.partition.fewparts.frontier import Diagram
from gridmgmt.planning.partition.problem import IntArray

TOO_HEAVY = np.iinfo(np.int64).max // 4


def trimmed(diagram: Diagram, weights: IntArray, heaviest: int) -> Diagram:
    """The nodes on the way of some connected set that weighs at most `heaviest`; all such sets are kept."""
    layers = len(diagram.order)
    before, after = np.full(diagram.nodes, TOO_HEAVY), np.full(diagram.nodes, TOO_HEAVY)
    before[0], after[diagram.first[layers] :][diagram.complete] = 0, 0
    for layer in range(layers):
        nodes, to, weight = _steps(diagram, weights, layer)
        np.minimum.at(before, to, before[nodes] + weight)
    for layer in reversed(range(layers)):
        nodes, to, weight = _steps(diagram, weights, layer)
        np.minimum.at(after, nodes, after[to] + weight)
    return _only(diagram, before + after <= heaviest)


def _steps(diagram: Diagram, weights: IntArray, layer: int) -> tuple[IntArray, IntArray, IntArray]:
    """From which nodes of a layer a way leads to which, and the weight that it takes in."""
    nodes = np.tile(np.arange(diagram.first[layer], diagram.first[layer + 1]), 2)
    here = slice(diagram.first[layer], diagram.first[layer + 1])
    to = np.concatenate([diagram.out_to[here], diagram.in_to[here]])
    weight = np.repeat([0, weights[diagram.order[layer]]], len(to) // 2)
    return nodes[to >= 0], to[to >= 0], weight[to >= 0]


def _only(diagram: Diagram, kept: NDArray[np.bool_]) -> Diagram:
    """The diagram of some of the nodes, the first always among them."""
    kept[0] = True
    number = np.append(np.where(kept, np.cumsum(kept) - 1, -1), -1)  # the last for ways that lead nowhere
    last = diagram.first[-2]
    inner = kept[:last]
    return Diagram(
        order=diagram.order,
        first=np.append(0, np.cumsum(kept))[diagram.first],
        out_to=number[diagram.out_to[inner]],
        in_to=number[diagram.in_to[inner]],
        out_cost=diagram.out_cost[inner],
        in_cost=diagram.in_cost[inner],
        complete=diagram.complete[kept[last:]],
    )

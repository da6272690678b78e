"""Neighbours settled to lie together, or apart: some ways of the diagram of connected sets are closed.

The diagram (`fewparts.frontier`) decides the units one after the other, and a decided unit stays in its frontier until
all its neighbours are decided. So when the later of two neighbours is decided, every node tells whether the earlier one
is in, and settling the two closes arcs but makes no new node (Ryan & Foster 1981, on the edges of the graph).
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from gridmgmt.planning.partition.fewparts.frontier import Diagram
from gridmgmt.planning.partition.fewparts.sets import Masks
from gridmgmt.planning.partition.problem import IntArray


@dataclass(frozen=True)
class Pair:
    """Two neighbours, the one that is decided first in front, and whether they lie in one part."""

    earlier: int
    later: int
    together: bool


def agreeing(masks: Masks, pairs: tuple[Pair, ...]) -> NDArray[np.bool_]:
    """(sets,) which sets (masks: (sets, n)) a plan with these pairs can hold."""
    agree = np.ones(len(masks), dtype=np.bool_)
    for pair in pairs:
        one, other = masks[:, pair.earlier], masks[:, pair.later]
        agree &= (one == other) if pair.together else ~(one & other)
    return agree


class Settler:
    """A diagram, the edges of its graph in the order of decision, and who is in at which node.

    Attributes
    ----------
    edges : (edges, 2) neighbours, the one that is decided first in front
    """

    def __init__(self, graph: csr_array, diagram: Diagram) -> None:
        self._diagram = diagram
        self._place = np.argsort(diagram.order)
        pattern = graph.tocoo()
        forward = self._place[pattern.row] < self._place[pattern.col]
        self.edges: IntArray = np.column_stack([pattern.row, pattern.col])[forward].astype(np.int64)
        self._frontiers, self._held = _who_is_in(graph, diagram, self._place)

    def settled(self, pairs: tuple[Pair, ...]) -> Diagram:
        """The diagram of the connected sets that agree with the pairs."""
        out_to, in_to = self._diagram.out_to.copy(), self._diagram.in_to.copy()
        for pair in pairs:
            layer = self._place[pair.later]
            nodes = slice(self._diagram.first[layer], self._diagram.first[layer + 1])
            held = (self._held[nodes] >> self._frontiers[layer].index(pair.earlier)) & 1 == 1
            in_to[nodes][held != pair.together] = -1
            if pair.together:
                out_to[nodes][held] = -1
        return replace(self._diagram, out_to=out_to, in_to=in_to)


def _who_is_in(graph: csr_array, diagram: Diagram, place: IntArray) -> tuple[list[list[int]], IntArray]:
    """The frontier before each decision, and by node the units of it that are in, as bits."""
    held = np.zeros(diagram.nodes, dtype=np.int64)
    last = [
        max((int(place[v]) for v in graph.indices[graph.indptr[u] : graph.indptr[u + 1]]), default=0)
        for u in range(len(place))
    ]
    frontiers: list[list[int]] = []
    frontier: list[int] = []
    for layer, unit in enumerate(diagram.order.tolist()):
        frontiers.append(frontier)
        reach = [*frontier, unit]
        kept = [slot for slot, other in enumerate(reach) if last[other] > layer]
        nodes = slice(diagram.first[layer], diagram.first[layer + 1])
        for to, own in ((diagram.out_to[nodes], 0), (diagram.in_to[nodes], 1 << len(frontier))):
            bits = held[nodes] | own
            after = sum((((bits >> slot) & 1) << new for new, slot in enumerate(kept)), start=np.zeros_like(bits))
            held[to[to >= 0]] = after[to >= 0]
        frontier = [reach[slot] for slot in kept]
    return frontiers, held

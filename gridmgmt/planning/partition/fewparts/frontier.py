"""Every connected set of units of a graph, as the paths of one small diagram.

Units are decided one after the other, in or out. What the rest of a decision depends on is only the frontier: which
decided units with undecided neighbours are in, and which of those already hang together. Equal frontiers share a node,
so that the 10²⁷ connected sets of a map of a hundred counties are the paths through some 10⁵ nodes (frontier-based
search: Sekine, Imai & Tani 1995; Kawahara et al. 2017). The width of the frontier is what it costs: about √n on a
planar map, with a good order of the units.
"""

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array

from gridmgmt.planning.budget import Budget
from gridmgmt.planning.partition.problem import FloatArray, IntArray

WIDEST = 12  # units in the frontier; beyond it the diagram does not fit
MOST_NODES = 300_000
STARTS = 24  # first units tried for the order

State = tuple[bool, tuple[int, ...]]  # whether the set is complete; the piece of each frontier unit, 0 for out
NOT_BEGUN: State = (False, ())


@dataclass(frozen=True)
class Diagram:
    """A layered diagram; its last layer holds the nodes from `first[n]` on.

    Attributes
    ----------
    order : (n,) the unit decided in each layer
    first : (n + 2,) the number of the first node of each layer
    out_to, in_to : (nodes,) the node reached by leaving the unit out, or taking it in; −1: no connected set
    out_cost, in_cost : (nodes,) half the cost of the edges that the decision cuts
    complete : (nodes of the last layer,) whether a path that ends there is a connected set, and not empty
    """

    order: IntArray
    first: IntArray
    out_to: IntArray
    in_to: IntArray
    out_cost: FloatArray
    in_cost: FloatArray
    complete: np.ndarray[tuple[int], np.dtype[np.bool_]]

    @property
    def nodes(self) -> int:
        return int(self.first[-1])


def connected_sets(graph: csr_array, budget: Budget) -> Diagram | None:
    """The diagram of a connected graph; None where its frontier is too wide, or the budget is spent."""
    around = [set(graph.indices[graph.indptr[u] : graph.indptr[u + 1]].tolist()) for u in range(graph.shape[0])]
    order = narrow_order(around)
    if order is None:
        return None
    costs = {(u, v): cost for u, v, cost in zip(*_arcs(graph), strict=True)}
    places = {unit: place for place, unit in enumerate(order)}
    frontier: list[int] = []
    layer: dict[State, int] = {NOT_BEGUN: 0}
    rows: list[FloatArray] = []  # per layer (nodes, 4): places of out_to, in_to in the next layer; both costs
    total = 1
    for unit in order:
        reach = [*frontier, unit]
        kept = [place for place, other in enumerate(reach) if any(places[v] > places[unit] for v in around[other])]
        touching = [(place, costs[unit, other]) for place, other in enumerate(frontier) if other in around[unit]]
        layer, row = _decide(layer, touching, kept)
        rows.append(row)
        frontier = [reach[place] for place in kept]
        total += len(layer)
        if total > MOST_NODES or budget.spent():
            return None
    return _flat(order, rows, np.array([complete for complete, _ in layer]))


def _arcs(graph: csr_array) -> tuple[list[int], list[int], list[float]]:
    arcs = graph.tocoo()
    return arcs.row.tolist(), arcs.col.tolist(), arcs.data.tolist()


def _decide(
    layer: dict[State, int], touching: list[tuple[int, float]], kept: list[int]
) -> tuple[dict[State, int], FloatArray]:
    """The next layer, and of each node of this one: where out and in lead to, and half the cost that each cuts."""
    following: dict[State, int] = {}
    row = np.empty((len(layer), 4))
    whole = sum(cost for _, cost in touching)
    for node, (complete, pieces) in enumerate(layer):
        along = sum(cost for place, cost in touching if pieces[place])
        out = _forgotten(complete, (*pieces, 0), kept)
        within = None if complete else _forgotten(False, _joined(pieces, touching), kept)
        to = [-1 if state is None else following.setdefault(state, len(following)) for state in (out, within)]
        row[node] = (*to, along / 2, (whole - along) / 2)
    return following, row


def _joined(pieces: tuple[int, ...], touching: list[tuple[int, float]]) -> tuple[int, ...]:
    """The pieces with one more unit in, which joins all those it touches."""
    own = max(pieces, default=0) + 1
    met = {pieces[place] for place, _ in touching if pieces[place]}
    return (*(own if piece in met else piece for piece in pieces), own)


def _forgotten(complete: bool, pieces: tuple[int, ...], kept: list[int]) -> State | None:
    """The state once the units without undecided neighbours are forgotten; None where a piece can join no more."""
    left = [pieces[place] for place in kept]
    lost = {piece for piece in pieces if piece} - set(left)
    if lost and (len(lost) > 1 or any(left)):
        return None
    names = {0: 0}
    return complete or bool(lost), tuple(names.setdefault(piece, len(names)) for piece in left)


def _flat(order: list[int], rows: list[FloatArray], complete: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> Diagram:
    first = np.cumsum([0, *map(len, rows), len(complete)]).astype(np.int64)
    to = [np.where(row[:, :2] >= 0, row[:, :2] + first[layer + 1], -1) for layer, row in enumerate(rows)]
    out_to, in_to = np.concatenate(to).astype(np.int64).T.copy()
    out_cost, in_cost = np.concatenate(rows)[:, 2:].T.copy()
    return Diagram(np.array(order, dtype=np.int64), first, out_to, in_to, out_cost, in_cost, complete)


def narrow_order(around: list[set[int]]) -> list[int] | None:
    """An order of the units in which few decided units have undecided neighbours; None where none is narrow enough.

    Greedy from several first units: always the unit that leaves the narrowest frontier, of those the one with the
    longest-known neighbour.
    """
    starts = np.unique(np.linspace(0, len(around) - 1, STARTS).astype(int)).tolist()
    tried = [order for start in starts if (order := _greedy_order(around, start)) is not None]
    return min(tried)[1] if tried else None


def _greedy_order(around: list[set[int]], start: int) -> tuple[float, list[int]] | None:
    """The work that an order makes (its frontiers' states, roughly 2.2 ^ width each), and the order."""
    missing = [len(units) for units in around]  # undecided neighbours
    places: dict[int, int] = {}
    oldest = {start: 0}  # by reachable unit: the place of its longest-known neighbour
    width, work = 0, 0.0
    while oldest:
        _, _, unit = min((_grows(around, missing, places, unit), since, unit) for unit, since in oldest.items())
        width += _grows(around, missing, places, unit)
        work += 2.2**width
        if width > WIDEST:
            return None
        del oldest[unit]
        places[unit] = len(places)
        for other in around[unit]:
            missing[other] -= 1
            if other not in places:
                oldest.setdefault(other, places[unit])
    return work, list(places)


def _grows(around: list[set[int]], missing: list[int], places: dict[int, int], unit: int) -> int:
    """By how much the frontier grows when the unit is decided."""
    done = sum(1 for other in around[unit] if other in places and missing[other] == 1)
    return (missing[unit] > 0) - done

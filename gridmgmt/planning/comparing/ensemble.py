"""An ensemble of random valid plans: what is usual on this ground, so that a plan can be called better than usual.

Every plan of the ensemble has as many parts as the plan it starts from, all contiguous, all in range. Parts of the
start that are not (one tower above the cap) are held as they are: no plan could put them in range by a single cut.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from gridmgmt.errors import InvalidInput
from gridmgmt.messages import Words
from gridmgmt.planning.metrics import part_weights, pieces_per_part
from gridmgmt.planning.scorecard.information import gini
from gridmgmt.planning.scorecard.registry import METRICS

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

LABELS_AT_ONCE = 20_000_000  # of one stretch of the walk, 80 MB


@dataclass(frozen=True)
class Ground:
    """The ground of units that tile: (units,) area and outline, (units, units) shared border, metres."""

    area_m2: Floats
    perimeter_m: Floats
    border_m: csr_array


@dataclass(frozen=True)
class Ensemble:
    """Random valid plans.

    Attributes
    ----------
    values : (size,) values of every plan by metric key
    start : the values of the plan the walk started from, by metric key
    plans : (size, units) labels, where they were asked for
    parts, frozen : how many parts there are, and which of them were held
    accepted : share of the steps that changed the plan
    """

    values: Mapping[str, Floats]
    start: Mapping[str, float]
    plans: NDArray[np.int32] | None
    parts: int
    frozen: tuple[int, ...]
    accepted: float

    def __len__(self) -> int:
        return len(next(iter(self.values.values())))

    def better_than(self, key: str, value: float) -> float:
        """The share of the random plans that a value of a metric is better than; equal ones do not count.

        >>> found = Ensemble({"cut_edges": np.array([3.0, 5, 5, 9])}, {}, None, 2, (), 1.0)
        >>> found.better_than("cut_edges", 5), found.better_than("cut_edges", 3)
        (0.25, 0.75)
        """
        others = self.values[key]
        worse = others < value - 1e-9 if METRICS[key].better == "higher" else others > value + 1e-9
        return float(worse.mean())

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready: per metric the plan's value, the share it is better than, and the spread of the ensemble."""
        rows = {}
        for key, values in self.values.items():
            spread = np.quantile(values, [0, 0.05, 0.5, 0.95, 1]).round(6).tolist()
            rows[key] = {
                "value": self.start[key],
                "better_than": round(self.better_than(key, self.start[key]), 6),
                **dict(zip(("least", "p5", "median", "p95", "most"), spread, strict=True)),
            }
        facts = {
            "size": len(self),
            "parts": self.parts,
            "frozen": len(self.frozen),
            "accepted": round(self.accepted, 6),
        }
        return {**facts, "metrics": rows}


def ensemble(
    adjacency: csr_array,
    weights: NDArray[np.integer],
    labels: NDArray[np.integer],
    *,
    low: int,
    high: int,
    target: float | None = None,
    ground: Ground | None = None,
    size: int = 10_000,
    thin: int | None = None,
    reversible: bool = False,
    keep_plans: bool = False,
    seed: int = 0,
) -> Ensemble:
    """`size` random valid plans by a recombination chain from the plan `labels`, and the metrics of each.

    Parameters
    ----------
    adjacency : (units, units) symmetric; which units are neighbours. Parts merge only along its edges: leave out those
        that no part may reach across
    weights : (units,) households
    labels : (units,) parts of the start, from 0
    low, high : households of every part of every plan
    ground : areas and borders of units that tile; without it there are no metrics of shape
    thin : steps from one plan of the ensemble to the next; as many as there are parts by default
    reversible : walk so that plans come up in proportion to the product of their parts' spanning trees; slower
    keep_plans : keep the labels, size × units × 4 bytes

    Raises
    ------
    InvalidInput : not two parts of the start are contiguous and in range

    >>> path = csr_array(np.diag(np.ones(5), 1) + np.diag(np.ones(5), -1))
    >>> found = ensemble(path, np.ones(6, dtype=int), np.array([0, 0, 0, 1, 1, 1]), low=2, high=4, size=200)
    >>> sorted(set(found.values["deviation_max"].tolist())), found.better_than("deviation_max", 0) > 0.5
    ([0.0, 1.0], True)
    """
    from gridmgmt.planning.comparing.recombination import walk

    start, weight = np.asarray(labels, dtype=np.int64), np.asarray(weights, dtype=np.int64)
    graph = _pattern(adjacency)
    movable = _movable(graph, weight, start, low, high)
    parts = len(movable)
    steps = parts if thin is None else thin
    measure = _Measure(graph, weight, movable, (low + high) / 2 if target is None else target, ground)
    source = np.repeat(np.arange(len(start)), np.diff(graph.indptr))
    stretch = max(1, LABELS_AT_ONCE // max(len(start), 1))
    here, kept, values, changed = start, [], [], 0
    for done in range(0, size, stretch):
        samples = min(stretch, size - done)
        chain = (graph.indptr, graph.indices, source, weight, here, movable, low, high)
        plans, moves = walk(*chain, samples, steps, reversible, _seed(seed, done))
        values += [measure(plan) for plan in plans]
        kept += [plans] if keep_plans else []
        here, changed = plans[-1].astype(np.int64), changed + moves
    return Ensemble(
        values={key: np.array([row[key] for row in values]) for key in values[0]},
        start=measure(start),
        plans=np.concatenate(kept) if keep_plans else None,
        parts=parts,
        frozen=tuple(np.flatnonzero(~movable).tolist()),
        accepted=changed / (size * steps),
    )


def _pattern(adjacency: csr_array) -> csr_array:
    """Neighbours alone, with 64-bit indices, as the compiled loop takes them."""
    graph = csr_array(adjacency)
    graph.eliminate_zeros()
    ones = np.ones(len(graph.indices), dtype=np.int64)
    pointers = (graph.indices.astype(np.int64), graph.indptr.astype(np.int64))
    return csr_array((ones, *pointers), shape=graph.shape)


def _movable(graph: csr_array, weights: Ints, labels: Ints, low: int, high: int) -> NDArray[np.bool_]:
    """(parts,) those that are in one piece and in range."""
    loads = part_weights(labels, weights)
    movable: NDArray[np.bool_] = (pieces_per_part(graph, labels) == 1) & (loads >= low) & (loads <= high)
    if movable.sum() < 2:
        raise InvalidInput(detail=Words("reasons.nothing_to_sample"))
    return movable


def _seed(seed: int, done: int) -> int:
    """A stream of its own for every stretch of the walk."""
    return int(np.random.SeedSequence([seed, done]).generate_state(1, np.uint64)[0] >> np.uint64(1))


class _Measure:
    """The metrics of a plan from its labels alone: households, areas and outlines are sums over units.

    What is said of parts is said of those that may change; the others are the same in every plan.
    """

    def __init__(
        self, graph: csr_array, weights: Ints, movable: NDArray[np.bool_], target: float, ground: Ground | None
    ) -> None:
        edges = graph.tocoo()
        upper = edges.row < edges.col
        self.pairs = edges.row[upper], edges.col[upper]
        self.weights, self.movable, self.target, self.ground = weights, movable, target, ground
        self.parts = len(movable)
        if ground is not None:
            borders = ground.border_m.tocoo()
            upper = borders.row < borders.col
            self.borders = borders.row[upper], borders.col[upper], borders.data[upper]

    def __call__(self, labels: NDArray[np.integer]) -> dict[str, float]:
        loads = np.bincount(labels, weights=self.weights, minlength=self.parts)[self.movable]
        deviation = np.abs(loads - self.target)
        one, other = self.pairs
        values = {"deviation_max": float(deviation.max()), "deviation_mean": float(deviation.mean())}
        values |= {f"share_within_{p}": float((deviation <= p / 100 * self.target).mean()) for p in (10, 12, 20)}
        values |= {"workload_gini": gini(loads.astype(np.int64)) or 0.0}
        values |= {"cut_edges": float((labels[one] != labels[other]).sum())}
        return values if self.ground is None else values | self._shape(self.ground, labels)

    def _shape(self, ground: Ground, labels: NDArray[np.integer]) -> dict[str, float]:
        one, other, metres = self.borders
        inner = labels[one] == labels[other]
        outline_m = np.bincount(labels, weights=ground.perimeter_m, minlength=self.parts)
        outline_m -= 2 * np.bincount(labels[one[inner]], weights=metres[inner], minlength=self.parts)
        area_m2 = np.bincount(labels, weights=ground.area_m2, minlength=self.parts)
        round_ = (4 * np.pi * area_m2 / np.maximum(outline_m, 1e-9) ** 2)[self.movable]
        return {
            "polsby_popper_mean": float(round_.mean()),
            "polsby_popper_min": float(round_.min()),
            "shared_boundary_m": float(metres[~inner].sum()),
        }

"""Measures of a plan: range, deviation, contiguity, shape. Pure functions on arrays; units are in the docstrings."""

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.sparse import coo_array, csr_array

from gridmgmt.geo.pieces import pieces_per_part as pieces_per_part

Labels = NDArray[np.integer]


def part_weights(labels: Labels, weights: NDArray[np.integer], parts: int | None = None) -> NDArray[np.int64]:
    """(parts,) sum of the unit weights (households) in each part.

    >>> part_weights(np.array([0, 1, 0]), np.array([5, 7, 1])).tolist()
    [6, 7]
    """
    size = int(labels.max(initial=-1)) + 1 if parts is None else parts
    return np.bincount(labels, weights=weights, minlength=size).astype(np.int64)


def in_range(households: NDArray[np.integer], low: float, high: float) -> NDArray[np.bool_]:
    """(parts,) whether low ≤ households ≤ high."""
    return (households >= low) & (households <= high)


def share(which: NDArray[np.bool_], weights: NDArray[np.integer] | None = None) -> float:
    """The share of rows that are True, by count or by weight; 1 where there is nothing to count.

    >>> share(np.array([True, False]), np.array([3, 1]))
    0.75
    """
    total = len(which) if weights is None else float(weights.sum())
    part = float(which.sum()) if weights is None else float(weights[which].sum())
    return round(part / total, 6) if total else 1.0


def polsby_popper(geometries: NDArray[np.object_]) -> NDArray[np.float64]:
    """(n,) 4π·area / perimeter²: 1 for a disc, π/4 ≈ 0.785 for a square (Polsby & Popper 1991). No unit.

    >>> polsby_popper(np.array([shapely.box(0, 0, 10, 10)])).round(3).tolist()
    [0.785]
    """
    area_m2 = shapely.area(geometries)
    roundness: NDArray[np.float64] = 4 * np.pi * area_m2 / np.maximum(shapely.length(geometries), 1e-9) ** 2
    return roundness


def not_contiguous(adjacency: csr_array, labels: Labels) -> int:
    """How many parts are in more than one piece."""
    return int((pieces_per_part(adjacency, labels) > 1).sum())


def cut_cost(adjacency: csr_array, labels: Labels) -> float:
    """Sum of the edge values between different parts, each edge once."""
    edges = coo_array(adjacency)
    return float(edges.data[labels[edges.row] != labels[edges.col]].sum()) / 2


def moved(before: Labels, after: Labels, weights: NDArray[np.integer]) -> int:
    """Weight (households) whose label differs. Match the labels first (`match_labels`) where they are arbitrary."""
    return int(weights[before != after].sum())


def match_labels(before: Labels, after: Labels, weights: NDArray[np.integer]) -> NDArray[np.int64]:
    """`after` renamed so that as much weight as possible keeps its label (linear assignment, Kuhn 1955).

    >>> match_labels(np.array([0, 0, 1]), np.array([1, 1, 0]), np.array([1, 1, 1])).tolist()
    [0, 0, 1]
    """
    from scipy.optimize import linear_sum_assignment

    size = int(max(before.max(initial=-1), after.max(initial=-1))) + 1
    common = coo_array((np.asarray(weights, dtype=float), (after, before)), shape=(size, size)).toarray()
    rows, columns = linear_sum_assignment(common, maximize=True)
    names = np.empty(size, dtype=np.int64)
    names[rows] = columns
    return names[after]

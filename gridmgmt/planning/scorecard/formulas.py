"""How each metric is computed from the facts of a plan. A formula that lacks what it needs gives None."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gridmgmt.geo.adjacency import adjacency
from gridmgmt.planning import metrics, shapes
from gridmgmt.planning.scorecard.facts import Facts, Floats
from gridmgmt.planning.scorecard.information import gini, matched_labels, variation_of_information
from gridmgmt.planning.service import weighted_quantile

Compute = Callable[[Facts], float | None]


def largest_deviation(facts: Facts) -> float | None:
    return largest(facts.deviation)


def mean_deviation(facts: Facts) -> float | None:
    return mean_of(facts.deviation)


def oversize_units(facts: Facts) -> float:
    return float((facts.unit_households > facts.high).sum())


def barriers_crossed(facts: Facts) -> float | None:
    return None if facts.crossed is None else float(len(facts.crossed))


def hole_count(facts: Facts) -> float | None:
    return None if facts.shapes is None else float(shapes.holes(facts.shapes).sum())


def cut_edges(facts: Facts) -> float:
    return metrics.cut_cost(facts.graph, facts.labels)


def workload_gini(facts: Facts) -> float | None:
    return gini(facts.households[facts.counted])


def certified_gap(facts: Facts) -> float | None:
    return facts.gap


def within(share: float) -> Compute:
    return lambda facts: mean_of(facts.deviation <= share * facts.target + 1e-9)


def parts_in_range(facts: Facts) -> float | None:
    households = facts.households[facts.counted]
    return mean_of(metrics.in_range(households, facts.low, facts.high))


def households_in_range(facts: Facts) -> float | None:
    households = facts.households[facts.counted]
    inside = metrics.in_range(households, facts.low, facts.high)
    return float(households[inside].sum() / households.sum()) if households.sum() else None


def compounds_split(facts: Facts) -> float | None:
    if facts.compounds is None:
        return None
    known = np.array([compound is not None for compound in facts.compounds])
    names, number = np.unique(facts.compounds[known].astype(str), return_inverse=True)
    homes = np.unique(np.column_stack([number, facts.labels[known]]), axis=0)
    return float((np.bincount(homes[:, 0], minlength=len(names)) > 1).sum())


def not_contiguous(facts: Facts) -> float:
    if facts.shapes is not None:
        return float((shapes.pieces(facts.shapes) > 1).sum())
    return float(metrics.not_contiguous(facts.graph, facts.labels))


def over_shapes(measure: Callable[[shapes.Geometries], Floats], summary: Callable[[Floats], float]) -> Compute:
    def compute(facts: Facts) -> float | None:
        known = facts.counted_shapes
        return None if known is None or not len(known) else float(summary(measure(known)))

    return compute


def shared_boundary(facts: Facts) -> float | None:
    return None if facts.shapes is None else float(adjacency(facts.shapes).sum() / 2)


def households_moved(facts: Facts) -> float | None:
    moves = _moves(facts)
    return None if moves is None else float(facts.unit_households[moves].sum())


def units_moved(facts: Facts) -> float | None:
    moves = _moves(facts)
    return None if moves is None else float(moves.sum())


def _moves(facts: Facts) -> NDArray[np.bool_] | None:
    """(units,) whether the part is not the one matched to today's area."""
    now = facts.current_labels
    return None if now is None else now != matched_labels(now, facts.labels, facts.unit_households)


def areas_touched(facts: Facts) -> float | None:
    """An area is untouched where its units are, all and alone, the units of one part."""
    now = facts.current_labels
    if now is None:
        return None
    pairs = np.unique(np.column_stack([now, facts.labels]), axis=0)
    alone = np.bincount(pairs[:, 1])[pairs[:, 1]] == 1
    whole = np.bincount(pairs[:, 0])[pairs[:, 0]] == 1
    return float(now.max(initial=-1) + 1 - (alone & whole).sum())


def information_lost(facts: Facts) -> float | None:
    now = facts.current_labels
    return None if now is None else variation_of_information(now, facts.labels, facts.unit_households)


def walk_quantile(share: float) -> Compute:
    def compute(facts: Facts) -> float | None:
        walks = facts.walks
        return None if walks is None else weighted_quantile(walks.distance_m, walks.households, share)

    return compute


def longest_walk(facts: Facts) -> float | None:
    if facts.walks is None:
        return None
    reached = facts.walks.distance_m[(facts.walks.households > 0) & np.isfinite(facts.walks.distance_m)]
    return float(reached.max()) if len(reached) else None


def share_near(limit_m: float) -> Compute:
    def compute(facts: Facts) -> float | None:
        walks = facts.walks
        if walks is None or not walks.households.sum():
            return None
        return float(walks.households[walks.distance_m <= limit_m].sum() / walks.households.sum())

    return compute


def largest(values: Floats) -> float | None:
    return float(values.max()) if len(values) else None


def mean_of(values: NDArray[Any]) -> float | None:
    return float(values.mean()) if len(values) else None

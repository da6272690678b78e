"""What `resize` returns: the parts, and the report with its proof."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import shapely
from geopandas import GeoDataFrame
from numpy.typing import NDArray

from gridmgmt.planning import metrics
from gridmgmt.planning.frames import metric
from gridmgmt.planning.partition.certificate import OVERSIZE_UNIT
from gridmgmt.planning.partition.problem import IntArray, Problem
from gridmgmt.planning.report import Objective, Unmet, build_report
from gridmgmt.planning.resizing.found import matched, violation
from gridmgmt.planning.resizing.settle import Settled


@dataclass(frozen=True)
class Outcome:
    """A settled plan.

    Attributes
    ----------
    problem : the units; `problem.home` numbers today's communities, `problem.locks` the units that stay
    labels : (n,) parts from 0, in the order of their first unit
    continues : (parts,) the community of today that each part continues, −1 for a new one
    communities : (communities,) their names
    settled : the pools
    """

    problem: Problem
    labels: IntArray
    continues: IntArray
    communities: NDArray[np.object_]
    settled: list[Settled]

    @property
    def away(self) -> NDArray[np.bool_]:
        """(n,) units that leave their community."""
        gone: NDArray[np.bool_] = self.continues[self.labels] != self.problem.home
        return gone


def outcome(problem: Problem, communities: NDArray[np.object_], settled: list[Settled]) -> Outcome:
    """The pools under one numbering, each part matched with the community it continues."""
    labels = _numbered(problem.size, settled)
    continues, _ = matched(problem.home, labels, problem.weights, problem.locks >= 0)
    return Outcome(problem, labels, continues, communities, settled)


def _numbered(size: int, settled: list[Settled]) -> IntArray:
    labels, offset = np.empty(size, dtype=np.int64), 0
    for one in settled:
        labels[one.units] = one.labels + offset
        offset += int(one.labels.max()) + 1
    _, first, compact = np.unique(labels, return_index=True, return_inverse=True)
    ordered: IntArray = np.argsort(np.argsort(first))[compact].astype(np.int64)
    return ordered


def part_rows(plan: Outcome, units: GeoDataFrame, shapes: NDArray[np.object_], parent: str | None) -> GeoDataFrame:
    """One row per part; the areas are those of the cells, in the CRS of the units."""
    labels, weights = plan.labels, plan.problem.weights
    loads = metrics.part_weights(labels, weights)
    first = np.unique(labels, return_index=True)[1]
    members = [np.flatnonzero(labels == part) for part in range(len(loads))]
    frame = GeoDataFrame(
        {
            "part": range(len(loads)),
            "continues": [plan.communities[name] if name >= 0 else None for name in plan.continues],
            "parent": None if parent is None else units[parent].to_numpy()[first],
            "households": loads,
            "deviation": loads - plan.problem.target,
            "moved_in": metrics.part_weights(labels, weights * plan.away, len(loads)),
            "units": [len(rows) for rows in members],
        },
        geometry=[shapely.union_all(shapes[rows]) for rows in members],
        crs=metric(units).crs,
    )
    return frame.to_crs(units.crs)


def report_of(
    plan: Outcome, names: NDArray[np.object_], grids: NDArray[np.object_] | None, started: float, seed: int
) -> dict[str, Any]:
    """The report: the keys of every task, and what resizing adds. `grids` (n,) names the grids, None for none."""
    problem, labels = plan.problem, plan.labels
    loads = metrics.part_weights(labels, problem.weights)
    moved = int(problem.weights[plan.away].sum())
    bound = min(moved, sum(one.moved_bound for one in plan.settled))
    unmet = list(_unmet(plan, loads, names))
    alone = [entry.part for entry in unmet if entry.reason == OVERSIZE_UNIT]
    return build_report(
        task="resize",
        status="optimal" if moved == bound and violation(problem, labels) == 0 else "feasible",
        households=loads,
        low=problem.low,
        high=problem.high,
        target=problem.target,
        oversize=np.isin(np.arange(len(loads)), alone),
        not_contiguous=metrics.not_contiguous(problem.graph, labels),
        objective=Objective("moved_households", moved, bound),
        objectives=[goal.as_dict() for goal in _goals(plan, moved, bound)],
        moved_households=moved,
        opened=int((plan.continues < 0).sum()),
        closed=int(len(plan.communities) - (plan.continues >= 0).sum()),
        communities_touched=int(_touched(plan).sum()),
        **({} if grids is None else {"grids_split": split_grids(plan, grids)}),
        stopped=any(one.stopped for one in plan.settled),
        unmet=unmet,
        elapsed_s=time.perf_counter() - started,
        seed=seed,
    )


def _goals(plan: Outcome, moved: int, bound: int) -> Iterator[Objective]:
    """The goals in their order, each with what is proven about it: of the border, nothing."""
    yield Objective("moved_households", moved, bound)
    yield Objective("communities_touched", int(_touched(plan).sum()), int(must_be_touched(plan).sum()))
    edges = plan.problem.borders.tocoo()
    apart = plan.labels[edges.row] != plan.labels[edges.col]
    yield Objective("border_m", round(float(edges.data[apart].sum()) / 2, 1), 0.0)


def must_be_touched(plan: Outcome) -> NDArray[np.bool_]:
    """(communities,) which of today's lose or gain a unit in every plan whose parts are all in the range.

    Those that are out of the range themselves, by what they hold in one pool. Of a pool in which some part is out of
    the range nothing is said: leaving a community as it is may be a plan too.
    """
    problem, touched = plan.problem, np.zeros(len(plan.communities), dtype=bool)
    for one in plan.settled:
        weights, home = problem.weights[one.units], problem.home[one.units]
        parts = np.unique(one.labels, return_inverse=True)[1]
        if violation(replace(problem, weights=weights), parts) == 0:
            loads = np.bincount(home, weights=weights, minlength=len(touched))
            here = np.bincount(home, minlength=len(touched)) > 0
            touched |= here & ((loads < problem.low) | (loads > problem.high))
    return touched


def split_grids(plan: Outcome, grids: NDArray[np.object_]) -> list[Any]:
    """The grids whose units part ways, sorted."""
    apart: dict[Any, set[int]] = {}
    pairs: Sequence[tuple[Any, int]] = list(zip(grids.tolist(), plan.labels.tolist(), strict=True))
    for grid, part in pairs:
        apart.setdefault(grid, set()).add(part)
    return sorted((grid for grid, parts in apart.items() if len(parts) > 1), key=str)


def _touched(plan: Outcome) -> NDArray[np.bool_]:
    """(communities,) which of today's lose a unit or gain one."""
    touched = np.zeros(len(plan.communities), dtype=bool)
    touched[plan.problem.home[plan.away]] = True
    gained = plan.continues[plan.labels[plan.away]]
    touched[gained[gained >= 0]] = True
    return touched


def _unmet(plan: Outcome, loads: NDArray[np.int64], names: NDArray[np.object_]) -> Iterator[Unmet]:
    low, high = plan.problem.low, plan.problem.high
    for one in plan.settled:
        for part in np.unique(plan.labels[one.units]):
            if low <= loads[part] <= high:
                continue
            reason = one.reason or ("above_high_not_mended" if loads[part] > high else "below_low_not_mended")
            yield Unmet(int(part), reason, tuple(names[plan.labels == part]))

"""What a planning task returns: units with their part, the parts, and one report for all tasks."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np
from geopandas import GeoDataFrame
from numpy.typing import NDArray

from gridmgmt.planning import metrics

Status = Literal["optimal", "feasible", "infeasible"]


@dataclass(frozen=True)
class PlanResult:
    """A computed plan.

    Attributes
    ----------
    units : the input rows, in their order, with the integer column `part`
    parts : one row per part: `part`, `households`, `deviation` (households − target), `geometry`, and more by task
    report : JSON-ready, the same keys for every task (`build_report`)
    """

    units: GeoDataFrame
    parts: GeoDataFrame
    report: dict[str, Any]


@dataclass(frozen=True)
class Unmet:
    """A part outside the range: why (a reason code), and the units that force it."""

    part: int
    reason: str
    units: tuple[Any, ...] = ()


@dataclass(frozen=True)
class Objective:
    """What was minimised, the value reached, and a proven bound below it.

    >>> Objective("households_out_of_range", 40, 30).as_dict()["gap"]
    0.25
    >>> Objective("households_out_of_range", 0, 0).as_dict()["gap"]
    0.0
    """

    name: str
    value: float
    bound: float

    @property
    def gap(self) -> float:
        """(value − bound) / value; 0 where both are equal."""
        return 0.0 if self.value <= self.bound else (self.value - self.bound) / abs(self.value)

    def as_dict(self) -> dict[str, Any]:
        return {"name": self.name, "value": self.value, "bound": self.bound, "gap": round(self.gap, 6)}


def build_report(
    *,
    task: str,
    status: Status,
    households: NDArray[np.int64],
    low: float,
    high: float,
    target: float,
    oversize: NDArray[np.bool_],
    not_contiguous: int,
    objective: Objective,
    unmet: Iterable[Unmet] = (),
    elapsed_s: float,
    seed: int,
    **more: Any,
) -> dict[str, Any]:
    """The report of a plan, ready for JSON.

    Parameters
    ----------
    households : (parts,) households of each part
    low, high, target : households; a part is in range where low ≤ households ≤ high
    oversize : (parts,) True where one unit alone exceeds `high`: those parts are left out of
        `share_in_range_excluding_oversize`. `household_share_in_range` is the share of households that live in a part
        of low–high; those in such a lone unit count as met, for no plan could do better by them
    not_contiguous : how many parts hang together in more than one piece
    more : figures of one task, such as `moved_households`

    >>> report = build_report(task="divide", status="optimal", households=np.array([150, 200]), low=120, high=180,
    ...     target=150, oversize=np.array([False, True]), not_contiguous=0,
    ...     objective=Objective("households_out_of_range", 0, 0), elapsed_s=0.1, seed=0)
    >>> report["share_in_range"], report["share_in_range_excluding_oversize"], report["max_deviation"]
    (0.5, 1.0, 50)
    """
    in_range = metrics.in_range(households, low, high)
    deviation = np.abs(households - target)
    return {
        "task": task,
        "status": status,
        "parts": len(households),
        "share_in_range": metrics.share(in_range),
        "share_in_range_excluding_oversize": metrics.share(in_range[~oversize]),
        "household_share_in_range": metrics.share(in_range | oversize, households),
        "max_deviation": _number(deviation.max(initial=0)),
        "mean_abs_deviation": round(float(deviation.mean()), 3) if len(deviation) else 0.0,
        "not_contiguous": int(not_contiguous),
        "objective": objective.as_dict(),
        **more,
        "unmet": [_unmet_row(entry) for entry in unmet],
        "elapsed_s": round(elapsed_s, 3),
        "seed": seed,
    }


def _unmet_row(entry: Unmet) -> dict[str, Any]:
    return asdict(entry) | {"units": _plain(entry.units)}


def _plain(values: Sequence[Any]) -> list[Any]:
    return [value.item() if isinstance(value, np.generic) else value for value in values]


def _number(value: float) -> float:
    """An int where the value is whole, so that reports read well."""
    return int(value) if float(value).is_integer() else float(value)

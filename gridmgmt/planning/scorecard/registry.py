"""The registry of metrics: key, version, unit, formula, source and which way is better. One row per metric.

A formula never changes under its version: who changes one raises `version`, and stored scorecards stay readable.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from gridmgmt.messages import Language, text
from gridmgmt.planning import metrics, shapes
from gridmgmt.planning.scorecard import formulas
from gridmgmt.planning.scorecard.formulas import Compute
from gridmgmt.planning.service import FIFTEEN_MINUTES_M, THRESHOLDS_M

Better = Literal["higher", "lower", "none"]
Unit = Literal["households", "share", "parts", "units", "pairs", "areas", "compounds", "m", "ratio", "bit", "holes"]
Group = Literal["balance", "ground", "shape", "change", "walking", "work", "proof"]


@dataclass(frozen=True)
class Metric:
    """One metric; `compute` gives its value from the facts of a plan, None where there is no data for it."""

    key: str
    unit: Unit
    better: Better
    group: Group
    source: str
    compute: Compute
    version: int = 1

    def title(self, language: Language) -> str:
        """What it is called."""
        return text(f"scorecard.{self.key}", language)

    def formula(self, language: Language) -> str:
        """How it is computed."""
        return text(f"formulas.{self.key}", language)

    def shown(self, value: float | None, language: Language, *, signed: bool = False) -> str:
        """The value with its unit, as people read it; "no data" where there is none.

        >>> METRICS["share_in_range"].shown(0.9731, "en"), METRICS["walk_max_m"].shown(None, "zh")
        ('97.3 %', '无数据')
        >>> METRICS["deviation_mean"].shown(-12.34, "en", signed=True)
        '−12.3 households'
        """
        if value is None:
            return text("scorecard.no_data", language)
        sign = "−" if value < 0 else "+" if signed and value > 0 else ""
        scaled = abs(value) * (100 if self.unit == "share" else 1)
        digits = 3 if self.unit in ("ratio", "bit") else 0 if scaled == int(scaled) and self.unit != "share" else 1
        return text(f"scorecard.unit_{self.unit}", language, figure=f"{sign}{scaled:,.{digits}f}")


OWN = "gridmgmt"
ZHANGZI = "长政办〔2018〕61号 二(三)11"

_BALANCE = (
    Metric("deviation_max", "households", "lower", "balance", OWN, formulas.largest_deviation),
    Metric("deviation_mean", "households", "lower", "balance", OWN, formulas.mean_deviation),
    *(
        Metric(
            f"share_within_{percent}",
            "share",
            "higher",
            "balance",
            "Cockings et al. 2011",
            formulas.within(percent / 100),
        )
        for percent in (10, 12, 20)
    ),
    Metric("share_in_range", "share", "higher", "balance", ZHANGZI, formulas.parts_in_range),
    Metric("household_share_in_range", "share", "higher", "balance", ZHANGZI, formulas.households_in_range),
    Metric("oversize_atoms", "units", "lower", "balance", OWN, formulas.oversize_units),
)
_GROUND = (
    Metric("compounds_split", "compounds", "lower", "ground", ZHANGZI, formulas.compounds_split),
    Metric("barriers_crossed", "pairs", "lower", "ground", OWN, formulas.barriers_crossed),
    Metric("not_contiguous", "parts", "lower", "ground", "罗湖 2006 二(四)", formulas.not_contiguous),
    Metric("holes", "holes", "lower", "ground", OWN, formulas.hole_count),
)
_SHAPE = (
    Metric(
        "polsby_popper_mean",
        "ratio",
        "higher",
        "shape",
        "Polsby & Popper 1991",
        formulas.over_shapes(metrics.polsby_popper, np.mean),
    ),
    Metric(
        "polsby_popper_min",
        "ratio",
        "higher",
        "shape",
        "Polsby & Popper 1991",
        formulas.over_shapes(metrics.polsby_popper, np.min),
    ),
    Metric("reock_mean", "ratio", "higher", "shape", "Reock 1961", formulas.over_shapes(shapes.reock, np.mean)),
    Metric(
        "hull_ratio_mean",
        "ratio",
        "higher",
        "shape",
        "Niemi et al. 1990",
        formulas.over_shapes(shapes.hull_ratio, np.mean),
    ),
    Metric("cut_edges", "pairs", "lower", "shape", "DeFord et al. 2021; Gabriel & Sokal 1969", formulas.cut_edges),
    Metric("shared_boundary_m", "m", "lower", "shape", OWN, formulas.shared_boundary),
)
_CHANGE = (
    Metric("households_moved", "households", "lower", "change", "Kuhn 1955", formulas.households_moved),
    Metric("units_moved", "units", "lower", "change", "Kuhn 1955", formulas.units_moved),
    Metric("areas_touched", "areas", "lower", "change", OWN, formulas.areas_touched),
    Metric("variation_of_information", "bit", "lower", "change", "Meilă 2007", formulas.information_lost),
)
_WALKING = (
    Metric("walk_median_m", "m", "lower", "walking", OWN, formulas.walk_quantile(0.5)),
    Metric("walk_p90_m", "m", "lower", "walking", OWN, formulas.walk_quantile(0.9)),
    Metric("walk_max_m", "m", "lower", "walking", OWN, formulas.longest_walk),
    *(
        Metric(f"walk_share_{limit}_m", "share", "higher", "walking", "GB 50180-2018", formulas.share_near(limit))
        for limit in THRESHOLDS_M
    ),
    Metric(
        "walk_share_15_minutes",
        "share",
        "higher",
        "walking",
        "长政办〔2018〕61号 二(四)20; Bohannon & Andrews 2011",
        formulas.share_near(FIFTEEN_MINUTES_M),
    ),
)
_WORK = (
    Metric("workload_gini", "ratio", "lower", "work", "Gini 1912", formulas.workload_gini),
    Metric("certified_gap", "share", "lower", "proof", OWN, formulas.certified_gap),
)

METRICS = {row.key: row for row in (*_BALANCE, *_GROUND, *_SHAPE, *_CHANGE, *_WALKING, *_WORK)}
"""Every metric by key, in the order of a scorecard."""

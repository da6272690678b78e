"""The scorecard of a plan: every metric planners expect, each with its unit, formula and source.

>>> import geopandas, shapely
>>> units = geopandas.GeoDataFrame({"households": [100, 50, 60, 90], "part": [0, 0, 1, 1]},
...     geometry=shapely.box([0, 10, 20, 30], 0, [10, 20, 30, 40], 10), crs=4547)
>>> card = score(units, low=120, high=180)
>>> card.values["share_in_range"], card.values["cut_edges"], card.values["walk_median_m"]
(1.0, 1.0, None)
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from geopandas import GeoDataFrame

from gridmgmt.messages import Language
from gridmgmt.planning.scorecard.facts import Walks, read_facts, walks_to
from gridmgmt.planning.scorecard.information import gini, variation_of_information
from gridmgmt.planning.scorecard.registry import METRICS, Metric

__all__ = ["METRICS", "Metric", "Scorecard", "Walks", "gini", "score", "variation_of_information", "walks_to"]

DIGITS = 6


@dataclass(frozen=True)
class Scorecard:
    """Values by metric key, in the order of the registry; None says that there is no data for the metric."""

    values: Mapping[str, float | None]
    low: float
    high: float
    target: float

    def rows(self, language: Language) -> list[tuple[Metric, str, str]]:
        """(metric, title, value with its unit) for people."""
        return [
            (METRICS[key], METRICS[key].title(language), METRICS[key].shown(value, language))
            for key, value in self.values.items()
        ]

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready; a metric without data has the value null."""
        rows = {
            key: {
                "value": value,
                "unit": METRICS[key].unit,
                "better": METRICS[key].better,
                "version": METRICS[key].version,
            }
            for key, value in self.values.items()
        }
        return {"low": self.low, "high": self.high, "target": self.target, "metrics": rows}


def score(
    units: GeoDataFrame,
    parts: GeoDataFrame | None = None,
    *,
    low: float,
    high: float,
    target: float | None = None,
    households: str = "households",
    part: str = "part",
    current: str | None = None,
    compound: str | None = None,
    streets: GeoDataFrame | None = None,
    stations: GeoDataFrame | None = None,
    barriers: GeoDataFrame | None = None,
    serving: str | None = None,
    walks: Walks | None = None,
    gap: float | None = None,
) -> Scorecard:
    """Every metric of a plan. What a metric needs and is not given leaves it without data, never at 0.

    Parameters
    ----------
    units : rows with `part` and whole `households`, points or polygons, any CRS
    parts : one row per part with its polygon and, where they differ from the sums over units, its households; rows with
        a `kind` of market, mall, school, hospital or enterprise are dedicated grids and have no range to keep. Without
        it the units are dissolved where they tile the ground
    low, high, target : households of a part; the middle of the range is the target where none is given
    current, compound : columns of `units`: the area each is in today, the compound it belongs to
    streets, stations, barriers : for walks; barriers also for what a part reaches across
    serving : column of `units` with the serving station; the nearest one without it
    walks : walks known already, of homes that need not be the units
    gap : the plan's certified gap

    Raises
    ------
    UnknownColumn, InvalidInput : the frames are not as described
    """
    if walks is None and streets is not None and stations is not None and len(stations):
        walks = walks_to(units, households, streets, stations, barriers, serving)
    facts = read_facts(
        units,
        parts,
        households=households,
        part=part,
        low=low,
        high=high,
        target=target,
        current=current,
        compound=compound,
        barriers=barriers,
        walks=walks,
        gap=gap,
    )
    values = {key: _rounded(metric.compute(facts)) for key, metric in METRICS.items()}
    return Scorecard(values, low, high, facts.target)


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(float(value), DIGITS)

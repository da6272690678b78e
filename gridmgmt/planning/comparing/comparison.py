"""Two divisions of the same units side by side: who moves, which part became which, and every metric of both.

Labels mean nothing by themselves: the parts of the second division are matched to those of the first so that most
households keep their part (linear assignment, Kuhn 1955). A household moves where its part is not the matched one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
from geopandas import GeoDataFrame
from numpy.typing import NDArray

from gridmgmt.errors import InvalidInput
from gridmgmt.messages import Words
from gridmgmt.planning.frames import column_of, households_of
from gridmgmt.planning.scorecard import METRICS, Metric, Scorecard
from gridmgmt.planning.scorecard.information import matched_labels, variation_of_information

Outcome = Literal["same", "split", "merged", "changed"]
Winner = Literal["a", "b", "equal", "none"]


@dataclass(frozen=True)
class Division:
    """One side of a comparison.

    Attributes
    ----------
    name : what the plan is called
    units : rows with code, households, part (whatever names the part) and geometry; a `name` where there is one
    parts : one row per part: part, name, geometry; None where there are no areas to draw
    scorecard : its metrics, where they were computed
    """

    name: str
    units: GeoDataFrame
    parts: GeoDataFrame | None = None
    scorecard: Scorecard | None = None

    @property
    def part_count(self) -> int:
        """Its areas; where there are none to draw, the parts that hold units."""
        return int(self.units["part"].nunique()) if self.parts is None else len(self.parts)

    def part_names(self) -> dict[Any, str]:
        """What each part is called: its name, else its code, else its number."""
        if self.parts is None:
            return {part: str(part) for part in self.units["part"].unique()}
        columns = [column for column in ("name", "code") if column in self.parts]
        said = self.parts[columns].astype(object).bfill(axis=1).iloc[:, 0] if columns else self.parts["part"]
        pairs = zip(self.parts["part"], said, strict=True)
        return {part: f"#{part}" if pd.isna(name) else str(name) for part, name in pairs}


@dataclass(frozen=True)
class MetricPair:
    """One metric of both sides; the difference is second − first, None where either has no data."""

    metric: Metric
    a: float | None
    b: float | None

    @property
    def difference(self) -> float | None:
        return None if self.a is None or self.b is None else round(self.b - self.a, 6)

    @property
    def better(self) -> Winner:
        """Which side is better; "none" where there is no data, or the metric does not say which way is better."""
        if self.difference is None or self.metric.better == "none":
            return "none"
        if self.difference == 0:
            return "equal"
        return "b" if (self.difference > 0) == (self.metric.better == "higher") else "a"


@dataclass(frozen=True)
class Comparison:
    """What differs between two divisions.

    Attributes
    ----------
    a, b : the sides
    moved : units that change their part: code, name, households, from_part, to_part, from_name, to_name
    crosswalk : one row per pair of parts that share a unit: from_part, to_part, from_name, to_name, households, units,
        share_of_from, share_of_to, matched
    parts : one row per part of the first side: part, name, matched_part, matched_name, households_before,
        households_after, largest_heir_name and largest_heir_households (the part that got most of it, matched or not),
        outcome ("same", "split", "merged", "changed")
    metrics : every metric of both sides
    households_moved, units_moved : what changes its part
    areas_touched : parts of the first side that are not the same on the second
    variation_of_information : bits, households as weights
    only_a, only_b : units that only one side knows; they are left out of all the rest
    """

    a: Division
    b: Division
    moved: pd.DataFrame
    crosswalk: pd.DataFrame
    parts: pd.DataFrame
    metrics: Sequence[MetricPair]
    households_moved: int
    units_moved: int
    areas_touched: int
    variation_of_information: float
    only_a: int
    only_b: int

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        pairs = {
            pair.metric.key: {
                "a": pair.a,
                "b": pair.b,
                "difference": pair.difference,
                "better": pair.better,
                "unit": pair.metric.unit,
                "version": pair.metric.version,
            }
            for pair in self.metrics
        }
        return {
            "a": self.a.name,
            "b": self.b.name,
            "households_moved": self.households_moved,
            "units_moved": self.units_moved,
            "areas_touched": self.areas_touched,
            "variation_of_information": self.variation_of_information,
            "only_a": self.only_a,
            "only_b": self.only_b,
            "metrics": pairs,
            "moved": _records(self.moved),
            "crosswalk": _records(self.crosswalk),
            "parts": _records(self.parts),
        }


def compare(a: Division, b: Division) -> Comparison:
    """The second division against the first, on the units both know (by `code`).

    Raises UnknownColumn where a column is missing, InvalidInput where the two have no unit in common, or a side has a
    unit twice, without part or without whole households.

    >>> import shapely
    >>> units = GeoDataFrame({"code": list("wxyz"), "households": [5, 5, 5, 5]}, geometry=shapely.points([[0, 0]] * 4))
    >>> found = compare(Division("a", units.assign(part=[1, 1, 2, 2])), Division("b", units.assign(part=[7, 7, 7, 8])))
    >>> found.moved["code"].tolist(), found.households_moved, found.parts["outcome"].tolist()
    (['y'], 5, ['changed', 'changed'])
    """
    both = _common(a, b)
    weights = both["households"].to_numpy(dtype=np.int64)
    label_a, label_b = (pd.factorize(both[column])[0].astype(np.int64) for column in ("part_a", "part_b"))
    keeper = matched_labels(label_a, label_b, weights)
    moves = keeper != label_a
    crosswalk = _crosswalk(both, ~moves, a.part_names(), b.part_names())
    parts = _parts(crosswalk)
    return Comparison(
        a=a,
        b=b,
        moved=_moved(both[moves], a.part_names(), b.part_names()),
        crosswalk=crosswalk,
        parts=parts,
        metrics=_metric_pairs(a.scorecard, b.scorecard),
        households_moved=int(weights[moves].sum()),
        units_moved=int(moves.sum()),
        areas_touched=int((parts["outcome"] != "same").sum()),
        variation_of_information=variation_of_information(label_a, label_b, weights),
        only_a=len(a.units) - len(both),
        only_b=len(b.units) - len(both),
    )


def _common(a: Division, b: Division) -> pd.DataFrame:
    """The units of both sides with part_a and part_b; households and names as the second side has them.

    Codes are compared as they are written: a file may have read those of the one side as numbers.
    """
    left, right = (_checked(side) for side in (a, b))
    both = right.rename(columns={"part": "part_b"}).merge(
        left[["code", "part"]].rename(columns={"part": "part_a"}), on="code", sort=False
    )
    if both.empty:
        raise InvalidInput(detail=Words("reasons.units_in_common", a=a.name, b=b.name))
    return both


def _checked(side: Division) -> pd.DataFrame:
    """code, name, households and part of every unit; InvalidInput for codes that repeat and units without part."""
    units = side.units
    codes, part = column_of(units, "code").astype(str), column_of(units, "part")
    if codes.duplicated().any():
        twice = codes[codes.duplicated()].iloc[0]
        raise InvalidInput(detail=Words("reasons.unit_twice", side=side.name, unit=twice))
    if part.isna().any():
        lost = codes[part.isna()]
        raise InvalidInput(
            detail=Words("reasons.units_without_part", side=side.name, count=len(lost), unit=lost.iloc[0])
        )
    homes, names = households_of(units, "households"), units.get("name", "")
    return pd.DataFrame({"code": codes, "name": names, "households": homes, "part": part})


def _moved(rows: pd.DataFrame, names_a: dict[Any, str], names_b: dict[Any, str]) -> pd.DataFrame:
    moved = rows.rename(columns={"part_a": "from_part", "part_b": "to_part"})
    moved = moved.assign(from_name=moved["from_part"].map(names_a), to_name=moved["to_part"].map(names_b))
    columns = ["code", "name", "households", "from_part", "to_part", "from_name", "to_name"]
    return moved[columns].sort_values("code").reset_index(drop=True)


def _crosswalk(
    both: pd.DataFrame, kept: NDArray[np.bool_], names_a: dict[Any, str], names_b: dict[Any, str]
) -> pd.DataFrame:
    rows = both.assign(matched=kept).groupby(["part_a", "part_b"], sort=True)
    table = rows.agg(households=("households", "sum"), units=("code", "size"), matched=("matched", "all")).reset_index()
    table = table.rename(columns={"part_a": "from_part", "part_b": "to_part"})
    for side in ("from", "to"):
        total = table.groupby(f"{side}_part")["households"].transform("sum")
        table[f"share_of_{side}"] = (table["households"] / total.where(total > 0, 1)).round(6)
    table.insert(2, "from_name", table["from_part"].map(names_a))
    table.insert(3, "to_name", table["to_part"].map(names_b))
    return table


def _parts(crosswalk: pd.DataFrame) -> pd.DataFrame:
    """Every part of the first side with what became of it."""
    whole = crosswalk.groupby("from_part")["to_part"].transform("size") == 1
    sources = crosswalk.assign(whole=whole).groupby("to_part").agg(count=("whole", "size"), whole=("whole", "all"))
    after = crosswalk.groupby("to_part")["households"].sum()
    rows = []
    for part, own in crosswalk.groupby("from_part", sort=True):
        heir = own[own["matched"]]
        matched = None if heir.empty else heir["to_part"].iloc[0]
        largest = own.loc[own["households"].idxmax()]
        rows.append(
            {
                "part": part,
                "name": own["from_name"].iloc[0],
                "matched_part": matched,
                "matched_name": None if heir.empty else heir["to_name"].iloc[0],
                "households_before": int(own["households"].sum()),
                "households_after": None if matched is None else int(after[matched]),
                "largest_heir_name": largest["to_name"],
                "largest_heir_households": int(after[largest["to_part"]]),
                "outcome": _outcome(own, sources),
            }
        )
    # Whole numbers stay whole where some parts have no match: without this the column would become floats.
    columns = {name: pd.Series([row[name] for row in rows], dtype=object) for name in rows[0]}
    return pd.DataFrame(columns)


def _outcome(own: pd.DataFrame, sources: pd.DataFrame) -> Outcome:
    """Split: into parts of its own alone. Merged: with others that come whole, as it does."""
    heirs = sources.loc[own["to_part"]]
    alone = bool((heirs["count"] == 1).all())
    if len(own) == 1:
        return "same" if alone else "merged" if bool(heirs["whole"].all()) else "changed"
    return "split" if alone else "changed"


def _metric_pairs(a: Scorecard | None, b: Scorecard | None) -> list[MetricPair]:
    if a is None or b is None:
        return []
    return [MetricPair(metric, a.values.get(key), b.values.get(key)) for key, metric in METRICS.items()]


def _records(table: pd.DataFrame) -> list[dict[str, Any]]:
    plain = table.astype(object).where(table.notna(), None)
    return [{str(key): _plain(value) for key, value in row.items()} for row in plain.to_dict("records")]


def _plain(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else value

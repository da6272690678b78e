"""The grid sheet: every grid by its deviation from the target or by its households; dedicated grids dotted."""

from typing import Literal

import geopandas as gpd
import numpy as np
from numpy.typing import NDArray

from maps.base import FILL_PANE, LINE_PANE, Base, base_legend
from maps.context import Context
from maps.features import features
from maps.layout import single
from maps.leaflet import Features, Shapes, Style
from maps.legend import Item, Legend, class_items
from maps.palette import INK, Classes, quantiles, symmetric
from maps.text import Table, number, percent, signed

TARGET_HOUSEHOLDS, FEWEST, MOST = 150, 120, 180  # Zhangzi 2018, 二(三)11: grids of about 150 households

Measure = Literal["deviation", "households"]
_DEDICATED: Style = {"fillColor": "url(#dots)", "fillOpacity": 0.9, "color": INK, "weight": 0.7}


def grids(
    base: Base,
    frame: gpd.GeoDataFrame,
    context: Context,
    *,
    measure: Measure = "deviation",
    target: int = TARGET_HOUSEHOLDS,
    low: int = FEWEST,
    high: int = MOST,
) -> str:
    """The grid page of a frame of grids (code, name, kind, households, residents, geometry).

    Deviation is households − target, in households, for residential grids only: a dedicated grid (market, school …)
    has no target. Classes are symmetric around it, and the three in the middle are low … high where low and high are.
    """
    dedicated = (frame["kind"] != "residential").to_numpy()
    values, classes = _measured(frame, dedicated, measure, target, high - target)
    names = np.where(dedicated, "dedicated", classes.codes(values).astype(str))
    drawn = features(frame, names, _cards(frame, target, context), tolerance_m=3, coverage=True)
    margin = [
        _legend(classes, values, dedicated, measure, context),
        _figures(frame[~dedicated], target, low, high, context),
        _kinds(frame, context),
        base_legend(base, context),
    ]
    heading = context.say(f"title_grids_{measure}", target=target)
    return single(heading, base, _layers(drawn, classes, context), margin, context, frame)


def _measured(
    frame: gpd.GeoDataFrame, dedicated: NDArray[np.bool_], measure: Measure, target: int, tolerance: int
) -> tuple[NDArray[np.float64], Classes]:
    households = np.where(dedicated, np.nan, frame["households"].to_numpy(float))
    if measure == "households":
        return households, quantiles(households)
    return households - target, symmetric([max(1, tolerance // 3), max(2, tolerance), max(3, 2 * tolerance)])


def _layers(drawn: Features, classes: Classes, context: Context) -> list[Shapes]:
    styles: dict[str, Style] = {
        str(code): {"fillColor": colour, "fillOpacity": 0.78, "color": INK, "weight": 0.35, "opacity": 0.8}
        for code, colour in enumerate(classes.colours)
    }
    labels = [context.say(key) for key in ("code", "kind", "households", "deviation", "residents")]
    residential = Shapes(drawn, styles, card=labels, pane=FILL_PANE, name=context.say("layer_grids"))
    dedicated = Shapes(
        drawn, {"dedicated": _DEDICATED}, card=labels, pane=LINE_PANE - 1, name=context.say("dedicated_grids")
    )
    return [residential, dedicated]


def _cards(frame: gpd.GeoDataFrame, target: int, context: Context) -> list[list[object]]:
    kinds = {kind: context.say(f"kind_{kind}") for kind in frame["kind"].unique()}
    columns = frame[["name", "code", "kind", "households", "residents"]].itertuples(index=False)
    return [
        [
            row.name,
            row.code,
            kinds[row.kind],
            number(row.households),
            signed(row.households - target) if row.kind == "residential" else None,
            number(row.residents),
        ]
        for row in columns
    ]


def _legend(
    classes: Classes, values: NDArray[np.float64], dedicated: NDArray[np.bool_], measure: Measure, context: Context
) -> Legend:
    items = class_items(classes, values, context)
    if dedicated.any():
        count = number(int(dedicated.sum()))
        items.append(Item(context.say("dedicated_grids"), fill="url(#dots)", stroke=INK, width=1.2, count=count))
    return Legend(context.say(f"legend_grids_{measure}"), items, context.say("grids_unit"))


def _figures(frame: gpd.GeoDataFrame, target: int, low: int, high: int, context: Context) -> Table:
    households = frame["households"].to_numpy(float)
    inside = (households >= low) & (households <= high)
    total = households.sum()
    rows = [
        [context.say("grids_residential"), number(len(frame))],
        [context.say("households"), number(total)],
        [context.say("in_range", low=low, high=high), percent(inside.mean() if len(frame) else None)],
        [context.say("households_in_range"), percent(households[inside].sum() / total if total else None)],
        [context.say("mean_deviation"), number(np.abs(households - target).mean() if len(frame) else None, 1)],
        [context.say("smallest_largest"), _span(households)],
    ]
    return Table(context.say("figures"), (), rows)


def _span(values: NDArray[np.float64]) -> str:
    return f"{number(values.min())} – {number(values.max())}" if len(values) else "–"


def _kinds(frame: gpd.GeoDataFrame, context: Context) -> Table:
    counts = frame.groupby("kind")["households"].agg(["size", "sum"])
    rows = [[context.say(f"kind_{kind}"), number(row["size"]), number(row["sum"])] for kind, row in counts.iterrows()]
    head = [context.say("kind"), context.say("grids_unit"), context.say("households")]
    return Table(context.say("by_kind"), head, rows)

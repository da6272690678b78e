"""The coverage sheet: how far each building is from its station on foot, before and after, gained and lost."""

from collections.abc import Iterable, Mapping, Sequence

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import ArrayLike, NDArray

from maps.base import FILL_PANE, LINE_PANE, POINT_PANE, Base, base_legend
from maps.context import Context
from maps.features import features
from maps.layout import single
from maps.leaflet import Features, Shapes, Style
from maps.legend import CIRCLE, SQUARE, Item, Legend, class_lines
from maps.palette import BETTER, INK, NO_DATA, WORSE, Classes, sequential
from maps.text import Bar, Table, number, percent, signed

# 15 minutes at 75 m/min, a calm walk (4.5 km/h): Zhangzi 2018, 二(四)20 asks for a 15-minute circle.
FIFTEEN_MINUTES_M = 1125
LIMITS_M = (300, 500, 800, 1000, FIFTEEN_MINUTES_M)
_CLASSES: Classes = sequential(LIMITS_M)
_UNREACHED = "none"


def coverage(
    base: Base,
    buildings: gpd.GeoDataFrame,
    communities: gpd.GeoDataFrame,
    context: Context,
    *,
    stations_before: gpd.GeoDataFrame,
    stations_after: gpd.GeoDataFrame | None = None,
) -> str:
    """The coverage page.

    Parameters
    ----------
    buildings
        households, walk_before_m and, with a plan, walk_after_m (NaN: no way to any station), community_code, geometry
    communities
        code, name, geometry; hovered for their shares
    stations_after
        stations of the plan; without them the page shows one state only
    """
    planned = stations_after is not None
    walks = ["walk_before_m", "walk_after_m"] if planned else ["walk_before_m"]
    drawn = _fabric(buildings, walks)
    layers = [*_walk_layers(drawn, planned, context), _hover(communities, buildings, walks, context)]
    if planned:
        layers += _change_layers(drawn, context)
    layers += _station_layers(stations_before, stations_after, context)
    margin = [
        _shares_table(buildings, walks, context),
        _legend(buildings, walks, context),
        *([_change_legend(buildings, context)] if planned else []),
        _station_legend(stations_before, stations_after, context),
        base_legend(base, context),
    ]
    title = "title_coverage" if planned else "title_coverage_now"
    return single(context.say(title), base, layers, margin, context, communities)


def walk_classes(walk_m: ArrayLike) -> NDArray[np.object_]:
    """Class name of each walking distance: "0" (≤ 300 m) … "5" (more than 15 minutes), or "none" where no way leads."""
    codes = _CLASSES.codes(walk_m)
    return np.where(codes < 0, _UNREACHED, codes.astype(str)).astype(object)


def changes(before_m: ArrayLike, after_m: ArrayLike) -> NDArray[np.object_]:
    """ "gained" where a building comes to a nearer class of distance, "lost" where to a farther one, else "same"."""
    farthest = len(LIMITS_M) + 1
    before, after = (np.where(codes < 0, farthest, codes) for codes in map(_CLASSES.codes, (before_m, after_m)))
    change: NDArray[np.object_] = np.select([after < before, after > before], ["gained", "lost"], "same").astype(object)
    return change


def household_shares(walk_m: ArrayLike, households: ArrayLike) -> dict[int, float]:
    """Share of households within each limit; those that no way leads from count as outside."""
    walk, weight = np.asarray(walk_m, dtype=float), np.asarray(households, dtype=float)
    total = weight.sum()
    return {limit: float(weight[walk <= limit].sum() / total) if total else float("nan") for limit in LIMITS_M}


def _fabric(buildings: gpd.GeoDataFrame, walks: Sequence[str]) -> Features:
    """One multipolygon per combination of classes: twenty thousand buildings become a few dozen paths."""
    columns = {walk: walk_classes(buildings[walk]) for walk in walks}
    if len(walks) == 2:
        columns["change"] = changes(buildings[walks[0]], buildings[walks[1]])
    keyed = gpd.GeoDataFrame(columns, geometry=buildings.geometry.to_numpy(), crs=buildings.crs)
    united = keyed.groupby(list(columns), sort=True)["geometry"].agg(_collect).reset_index()
    frame = gpd.GeoDataFrame(united, geometry="geometry", crs=buildings.crs)
    return features(frame, {name: frame[name] for name in columns})


def _collect(shapes: pd.Series) -> object:
    """A multipart without dissolving: footprints do not overlap, and a union of thousands would cost seconds."""
    parts = shapely.get_parts(np.asarray(shapes.array))
    return shapely.multipoints(parts) if shapely.get_dimensions(parts).max() == 0 else shapely.multipolygons(parts)


def _walk_layers(drawn: Features, planned: bool, context: Context) -> list[Shapes]:
    styles: dict[str, Style] = {
        str(code): {"fillColor": colour, "fillOpacity": 1, "color": INK, "weight": 0.25, "radius": 2}
        for code, colour in enumerate(_CLASSES.colours)
    }
    styles[_UNREACHED] = {"fillColor": NO_DATA, "fillOpacity": 1, "color": INK, "weight": 0.6, "radius": 2}
    before = Shapes(
        drawn,
        styles,
        key="walk_before_m",
        pane=FILL_PANE + 1,
        show=not planned,
        name=context.say("layer_before" if planned else "layer_now"),
    )
    if not planned:
        return [before]
    after = Shapes(drawn, styles, key="walk_after_m", pane=FILL_PANE + 2, name=context.say("layer_after"))
    return [before, after]


def _change_layers(drawn: Features, context: Context) -> list[Shapes]:
    gained: Style = {"fillColor": BETTER, "fillOpacity": 0.9, "color": BETTER, "weight": 1.5}
    lost: Style = {"fillColor": "url(#hatch-worse)", "fillOpacity": 1, "color": WORSE, "weight": 1.5}
    return [
        Shapes(drawn, {name: style}, key="change", pane=FILL_PANE + order, show=False, name=context.say(name))
        for order, (name, style) in enumerate((("gained", gained), ("lost", lost)), start=3)
    ]


def _hover(
    communities: gpd.GeoDataFrame, buildings: gpd.GeoDataFrame, walks: Sequence[str], context: Context
) -> Shapes:
    """Invisible communities that answer the pointer with their shares."""
    by_community = dict(list(buildings.groupby("community_code")))
    cards = [
        [name, *_community_rows(by_community.get(code), walks)]
        for code, name in zip(communities["code"], communities["name"], strict=True)
    ]
    labels = [context.word("households"), *(context.say("within", metres=limit) for limit in LIMITS_M)]
    style: Style = {"fillOpacity": 0, "color": INK, "weight": 0}
    drawn = features(communities, cards=cards, tolerance_m=3, coverage=True)
    return Shapes(drawn, {"all": style}, card=labels, pane=LINE_PANE + 5)


def _community_rows(buildings: gpd.GeoDataFrame | None, walks: Sequence[str]) -> list[str]:
    if buildings is None:
        return ["0", *("–" for _ in LIMITS_M)]
    shares = [household_shares(buildings[walk], buildings["households"]) for walk in walks]
    steps = [" → ".join(percent(share[limit], 0) for share in shares) for limit in LIMITS_M]
    return [number(buildings["households"].sum()), *steps]


def _station_layers(before: gpd.GeoDataFrame, after: gpd.GeoDataFrame | None, context: Context) -> list[Shapes]:
    """Stations that stay are filled, those that close are hollow squares."""
    kept = before if after is None else after
    stay: Style = {"glyph": CIRCLE, "fill": INK, "stroke": "none"}
    shapes = [
        Shapes(
            features(kept, cards=_names(kept)), {"all": stay}, card=[""], pane=POINT_PANE, name=context.word("station")
        )
    ]
    closed = _closed(before, after)
    if len(closed):
        gone: Style = {"glyph": SQUARE, "fill": "none", "stroke": WORSE}
        shapes.append(
            Shapes(
                features(closed, cards=_names(closed)),
                {"all": gone},
                card=[""],
                pane=POINT_PANE,
                name=context.say("stations_closed"),
            )
        )
    return shapes


def _closed(before: gpd.GeoDataFrame, after: gpd.GeoDataFrame | None) -> gpd.GeoDataFrame:
    return before.iloc[:0] if after is None else before[~before["code"].isin(after["code"])]


def _names(stations: gpd.GeoDataFrame) -> list[list[object]]:
    return [[name] for name in stations["name"]]


def _shares_table(buildings: gpd.GeoDataFrame, walks: Sequence[str], context: Context) -> Table:
    shares = [household_shares(buildings[walk], buildings["households"]) for walk in walks]
    colours = (INK, BETTER)
    rows: list[list[object]] = []
    for limit in LIMITS_M:
        bars: list[object] = [Bar(share[limit], colour) for share, colour in zip(shares, colours, strict=False)]
        difference = [signed(100 * (shares[1][limit] - shares[0][limit]), 1)] if len(walks) == 2 else []
        rows.append([_limit_label(limit, context), *bars, *difference])
    head = [context.say("walk"), *(context.say(name) for name in _states(walks))]
    if len(walks) == 2:
        head.append(context.say("points"))
    return Table(context.say("shares_caption"), head, [*rows, *_median_rows(buildings, walks, context)])


def _states(walks: Sequence[str]) -> list[str]:
    return ["before", "after"] if len(walks) == 2 else ["now"]


def _limit_label(limit: int, context: Context) -> str:
    return context.say("fifteen_minutes") if limit == FIFTEEN_MINUTES_M else f"≤ {number(limit, unit='m')}"


def _median_rows(buildings: gpd.GeoDataFrame, walks: Sequence[str], context: Context) -> list[list[object]]:
    """Median and ninetieth percentile of the walk, by household."""
    rows: list[list[object]] = []
    for key, share in (("median_walk", 0.5), ("p90_walk", 0.9)):
        values = [weighted_quantile(buildings[walk], buildings["households"], share) for walk in walks]
        difference = [signed(values[1] - values[0])] if len(values) == 2 else []
        rows.append([context.say(key), *(number(value, unit="m") for value in values), *difference])
    return rows


def weighted_quantile(values: ArrayLike, weights: ArrayLike, share: float) -> float:
    """The smallest value that at least `share` of the weight does not exceed; missing values count as endless.

    >>> weighted_quantile([100, 200, 900], [50, 30, 20], 0.5)
    100.0
    """
    value, weight = np.asarray(values, dtype=float), np.asarray(weights, dtype=float)
    value = np.where(np.isnan(value), np.inf, value)
    order = np.argsort(value, kind="stable")
    running = np.cumsum(weight[order])
    if not len(running) or running[-1] == 0:
        return float("nan")
    found = float(value[order][np.searchsorted(running, share * running[-1] - 1e-9)])
    return found if np.isfinite(found) else float("nan")


def _legend(buildings: gpd.GeoDataFrame, walks: Sequence[str], context: Context) -> Legend:
    """The classes with the households in each, before → after."""
    households = buildings["households"].to_numpy(float)
    columns = [_CLASSES.counts(buildings[walk], households) for walk in walks]
    counts = [_steps(row) for row in zip(*columns, strict=True)]
    items = class_lines(_CLASSES, counts, context, unit="m")
    unreached = [households[buildings[walk].isna()].sum() for walk in walks]
    if any(unreached):
        items.append(Item(context.say("unreached"), fill=NO_DATA, stroke=INK, width=0.6, count=_steps(unreached)))
    return Legend(context.say("legend_walk"), items, context.say("households_change" if len(walks) == 2 else "homes"))


def _steps(values: Iterable[float]) -> str:
    return " → ".join(number(value) for value in values)


def _change_legend(buildings: gpd.GeoDataFrame, context: Context) -> Legend:
    change = changes(buildings["walk_before_m"], buildings["walk_after_m"])
    households = buildings["households"].to_numpy()
    looks: Mapping[str, tuple[str, str]] = {"gained": (BETTER, BETTER), "lost": ("url(#hatch-worse)", WORSE)}
    items = [
        Item(context.say(name), fill=fill, stroke=stroke, count=number(int(households[change == name].sum())))
        for name, (fill, stroke) in looks.items()
    ]
    return Legend(context.say("legend_change"), items, context.word("households"))


def _station_legend(before: gpd.GeoDataFrame, after: gpd.GeoDataFrame | None, context: Context) -> Legend:
    kept = before if after is None else after
    items = [Item(context.word("station"), fill=INK, glyph=CIRCLE, count=number(len(kept)))]
    if after is not None:
        count = number(len(_closed(before, after)))
        items.append(Item(context.say("stations_closed"), stroke=WORSE, glyph=SQUARE, count=count))
    return Legend(context.word("station"), items)

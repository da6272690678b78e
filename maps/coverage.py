"""The coverage sheet: how far each building is from its station on foot, before and after, gained and lost."""

from collections.abc import Iterable, Mapping, Sequence

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from gridmgmt.planning.service import FIFTEEN_MINUTES_M, THRESHOLDS_M, change_of, share_within, weighted_quantile
from maps.base import FILL_PANE, LINE_PANE, POINT_PANE, Base, base_legend
from maps.context import Context
from maps.features import features, multipart
from maps.layout import single
from maps.leaflet import Features, Shapes, Style
from maps.legend import CIRCLE, SQUARE, Item, Legend, class_lines
from maps.palette import BETTER, INK, NO_DATA, WORSE, Classes, sequential
from maps.text import Bar, Table, number, percent, signed

LIMITS_M = (*THRESHOLDS_M, int(FIFTEEN_MINUTES_M))
CHANGE_LIMIT_M = 500  # gained and lost on the map; the table has them for every limit
_CLASSES: Classes = sequential(LIMITS_M)
_UNREACHED, _UNINHABITED = "unreached", "uninhabited"


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
        households, walk_before_m and, with a plan, walk_after_m (metres; infinite where no way leads),
        community_code, geometry
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
    return single(context.say("title_coverage"), base, layers, margin, context, communities)


def walk_classes(walk_m: ArrayLike, households: ArrayLike) -> NDArray[np.object_]:
    """Class name per building: "0" (≤ 300 m) … "5" (more than 15 minutes), "unreached" or "uninhabited"; shape (n,)."""
    walk = np.asarray(walk_m, dtype=float)
    lost, empty = ~np.isfinite(walk), np.asarray(households) == 0
    names = _CLASSES.codes(walk).astype(str)
    return np.select([empty, lost], [_UNINHABITED, _UNREACHED], names).astype(object)


def _fabric(buildings: gpd.GeoDataFrame, walks: Sequence[str]) -> Features:
    """One multipolygon per combination of classes: twenty thousand buildings become a few dozen paths."""
    columns = {walk: walk_classes(buildings[walk], buildings["households"]) for walk in walks}
    if len(walks) == 2:
        columns["change"] = _change(buildings, CHANGE_LIMIT_M)
    keyed = gpd.GeoDataFrame(columns, geometry=buildings.geometry.to_numpy(), crs=buildings.crs)
    united = (
        keyed.groupby(list(columns), sort=True)["geometry"]
        .agg(lambda shapes: multipart(shapes.to_numpy()))
        .reset_index()
    )
    frame = gpd.GeoDataFrame(united, geometry="geometry", crs=buildings.crs)
    return features(frame, {name: frame[name] for name in columns})


def _change(buildings: gpd.GeoDataFrame, limit_m: float) -> NDArray[np.object_]:
    """(n,) "gained", "lost", "kept" or "outside"; a building without homes gains and loses nothing."""
    before, after = (buildings[walk].to_numpy(float) for walk in ("walk_before_m", "walk_after_m"))
    return np.where(buildings["households"] > 0, change_of(before, after, limit_m), "outside").astype(object)


def _walk_layers(drawn: Features, planned: bool, context: Context) -> list[Shapes]:
    styles: dict[str, Style] = {
        str(code): {"fillColor": colour, "fillOpacity": 1, "color": colour, "weight": 0.5, "className": "fabric"}
        for code, colour in enumerate(_CLASSES.colours)
    }
    styles[_UNREACHED] = {"fillColor": "url(#dots)", "fillOpacity": 1, "color": INK, "weight": 1}
    styles[_UNINHABITED] = {"fillColor": NO_DATA, "fillOpacity": 0.8, "weight": 0}
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
    gained: Style = {"fillColor": BETTER, "fillOpacity": 0.9, "color": BETTER, "weight": 1, "className": "fabric"}
    lost: Style = {
        "fillColor": "url(#hatch-worse)",
        "fillOpacity": 1,
        "color": WORSE,
        "weight": 1,
        "className": "fabric",
    }
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
    labels = [context.say("households"), *(context.say("within", metres=limit) for limit in LIMITS_M)]
    style: Style = {"fillOpacity": 0, "color": INK, "weight": 0}
    drawn = features(communities, cards=cards, tolerance_m=3, coverage=True)
    return Shapes(drawn, {"all": style}, card=labels, pane=LINE_PANE + 5)


def _community_rows(buildings: gpd.GeoDataFrame | None, walks: Sequence[str]) -> list[str]:
    if buildings is None:
        return ["0", *("–" for _ in LIMITS_M)]
    shares = [_shares(buildings, walk) for walk in walks]
    steps = [" → ".join(percent(share[limit], 0) for share in shares) for limit in LIMITS_M]
    return [number(buildings["households"].sum()), *steps]


def _shares(buildings: gpd.GeoDataFrame, walk: str) -> dict[int, float]:
    """Share of households within each limit; those that no way leads from count as outside."""
    walk_m, households = buildings[walk].to_numpy(float), buildings["households"].to_numpy(np.int64)
    return {limit: share_within(walk_m, households, limit) for limit in LIMITS_M}


def _station_layers(before: gpd.GeoDataFrame, after: gpd.GeoDataFrame | None, context: Context) -> list[Shapes]:
    """Stations that stay are filled, those that close are hollow squares."""
    kept = before if after is None else after
    stay: Style = {"glyph": CIRCLE, "fill": INK, "stroke": "none"}
    shapes = [
        Shapes(
            features(kept, cards=_names(kept)), {"all": stay}, card=[""], pane=POINT_PANE, name=context.say("stations")
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
    """Share of households within each limit; with a plan also the households that come within it or leave."""
    shares = [_shares(buildings, walk) for walk in walks]
    planned = len(walks) == 2
    rows: list[list[object]] = []
    for limit in LIMITS_M:
        bars: list[object] = [Bar(share[limit], colour) for share, colour in zip(shares, (INK, BETTER), strict=False)]
        rows.append([_limit_label(limit, context), *bars, *(_gained_and_lost(buildings, limit) if planned else [])])
    head = [context.say("walk"), *(context.say(name) for name in (["before", "after"] if planned else ["now"]))]
    head += [context.say("gained"), context.say("lost")] if planned else []
    return Table(context.say("shares_caption"), head, [*rows, *_quantile_rows(buildings, walks, context)])


def _gained_and_lost(buildings: gpd.GeoDataFrame, limit_m: float) -> list[str]:
    change, households = _change(buildings, limit_m), buildings["households"].to_numpy()
    return [signed(int(households[change == name].sum()) * sign) for name, sign in (("gained", 1), ("lost", -1))]


def _limit_label(limit: int, context: Context) -> str:
    return context.say("fifteen_minutes") if limit == FIFTEEN_MINUTES_M else f"≤ {number(limit, unit='m')}"


def _quantile_rows(buildings: gpd.GeoDataFrame, walks: Sequence[str], context: Context) -> list[list[object]]:
    """Median and ninetieth percentile of the walk, by household."""
    households = buildings["households"].to_numpy(np.int64)
    filler = [""] * (2 if len(walks) == 2 else 0)
    return [
        [
            context.say(key),
            *(_metres(weighted_quantile(buildings[walk].to_numpy(float), households, share)) for walk in walks),
            *filler,
        ]
        for key, share in (("median_walk", 0.5), ("p90_walk", 0.9))
    ]


def _metres(value: float | None) -> str:
    return "–" if value is None else number(value, unit="m")


def _legend(buildings: gpd.GeoDataFrame, walks: Sequence[str], context: Context) -> Legend:
    """The classes with the households in each, before → after."""
    households = buildings["households"].to_numpy(float)
    columns = [_CLASSES.counts(_finite(buildings[walk]), households) for walk in walks]
    counts = [_steps(row) for row in zip(*columns, strict=True)]
    items = class_lines(_CLASSES, counts, context, unit="m")
    unreached = [households[~np.isfinite(buildings[walk])].sum() for walk in walks]
    if any(unreached):
        items.append(Item(context.say("unreached"), fill="url(#dots)", stroke=INK, count=_steps(unreached)))
    if (households == 0).any():
        items.append(Item(context.say("uninhabited"), fill=NO_DATA))
    return Legend(context.say("legend_walk"), items, context.say("households_change" if len(walks) == 2 else "homes"))


def _finite(walk_m: pd.Series) -> NDArray[np.float64]:
    walk = walk_m.to_numpy(float)
    return np.where(np.isfinite(walk), walk, np.nan)


def _steps(values: Iterable[float]) -> str:
    return " → ".join(number(value) for value in values)


def _change_legend(buildings: gpd.GeoDataFrame, context: Context) -> Legend:
    change = _change(buildings, CHANGE_LIMIT_M)
    households = buildings["households"].to_numpy()
    looks: Mapping[str, tuple[str, str]] = {"gained": (BETTER, BETTER), "lost": ("url(#hatch-worse)", WORSE)}
    items = [
        Item(context.say(name), fill=fill, stroke=stroke, count=number(int(households[change == name].sum())))
        for name, (fill, stroke) in looks.items()
    ]
    return Legend(context.say("legend_change", metres=CHANGE_LIMIT_M), items, context.say("households"))


def _station_legend(before: gpd.GeoDataFrame, after: gpd.GeoDataFrame | None, context: Context) -> Legend:
    kept = before if after is None else after
    items = [Item(context.say("stations"), fill=INK, glyph=CIRCLE, count=number(len(kept)))]
    if after is not None:
        count = number(len(_closed(before, after)))
        items.append(Item(context.say("stations_closed"), stroke=WORSE, glyph=SQUARE, count=count))
    return Legend(context.say("stations"), items)

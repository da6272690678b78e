"""The plan sheet: before and after side by side, in step, with what changed hatched and the key figures beside."""

from collections.abc import Sequence

import geopandas as gpd

from maps.base import FILL_PANE, LINE_PANE, POINT_PANE, Base, base_legend
from maps.context import Context
from maps.features import features, label_rows
from maps.layout import double, single
from maps.leaflet import Labels, Shapes, Style
from maps.legend import Item, Legend, class_lines
from maps.palette import ACCENT, INK, Classes, around_range
from maps.text import Table, number, percent


def plan(
    base: Base,
    before: gpd.GeoDataFrame,
    after: gpd.GeoDataFrame,
    context: Context,
    *,
    low: int,
    high: int,
    changed: gpd.GeoDataFrame | None = None,
    heading: str | None = None,
    captions: tuple[str, str] | None = None,
    stations: tuple[gpd.GeoDataFrame | None, gpd.GeoDataFrame | None] = (None, None),
    margin: Sequence[object] = (),
) -> str:
    """Two maps of parts (name, households, geometry) by whether their households lie in low … high.

    Parameters
    ----------
    before, after
        the division now and as planned
    changed
        the units that come to another part; hatched on both maps
    stations
        premises before and after, drawn as points
    margin
        further tables for the margin, such as the verdicts of a replay
    """
    classes = around_range(low, high)
    titles = captions or (context.say("before"), context.say("after"))
    sides = [
        (title, _side(frame, classes, changed, points, context))
        for title, frame, points in zip(titles, (before, after), stations, strict=True)
    ]
    parts = [
        key_figures(before, after, low, high, titles, context),
        _legend(classes, before, after, changed, titles, context),
        *margin,
        base_legend(base, context),
    ]
    return double(heading or context.say("title_plan"), base, sides, parts, context, after)


def parts_page(
    base: Base,
    parts: gpd.GeoDataFrame,
    context: Context,
    *,
    low: int,
    high: int,
    heading: str | None = None,
    margin: Sequence[object] = (),
) -> str:
    """One map of the parts of a plan (name, households, geometry): what divide, resize or merge gave."""
    classes = around_range(low, high)
    figures = _one_sided(parts, low, high, context)
    everything = [figures, _legend_one(classes, parts, context), *margin, base_legend(base, context)]
    layers = _side(parts, classes, None, None, context)
    title = heading or context.say("title_parts")
    return single(title, base, layers, everything, context, parts, names=False)


def key_figures(
    before: gpd.GeoDataFrame, after: gpd.GeoDataFrame, low: int, high: int, titles: Sequence[str], context: Context
) -> Table:
    """Number of parts, share in range, households and spread, before beside after."""
    columns = [_summary(frame, low, high) for frame in (before, after)]
    rows = [[label, *values] for label, *values in zip(_summary_labels(low, high, context), *columns, strict=True)]
    return Table(context.say("figures"), ("", *titles), rows)


def _summary_labels(low: int, high: int, context: Context) -> list[str]:
    inside = context.say("in_range", low=number(low), high=number(high))
    keys = ("households_in_range", "mean_households", "smallest", "largest")
    return [context.say("parts"), inside, *(context.say(key) for key in keys)]


def _summary(frame: gpd.GeoDataFrame, low: int, high: int) -> list[str]:
    households = frame["households"].to_numpy(float)
    if not len(households):
        return ["0", "–", "–", "–", "–", "–"]
    inside = (households >= low) & (households <= high)
    share = households[inside].sum() / households.sum() if households.sum() else None
    spread = (number(value) for value in (households.mean(), households.min(), households.max()))
    return [number(len(frame)), f"{number(int(inside.sum()))} ({percent(inside.mean(), 0)})", percent(share), *spread]


def _side(
    frame: gpd.GeoDataFrame,
    classes: Classes,
    changed: gpd.GeoDataFrame | None,
    stations: gpd.GeoDataFrame | None,
    context: Context,
) -> list[Shapes | Labels]:
    names = list(frame["name"])
    cards = [[name, number(count)] for name, count in zip(names, frame["households"], strict=True)]
    drawn = features(frame, classes.codes(frame["households"]).astype(str), cards, tolerance_m=2, coverage=True)
    styles: dict[str, Style] = {
        str(code): {"fillColor": colour, "fillOpacity": 0.75, "color": INK, "weight": 1.6}
        for code, colour in enumerate(classes.colours)
    }
    labels = [context.say("households")]
    layers: list[Shapes | Labels] = [
        Shapes(drawn, styles, card=labels, pane=FILL_PANE, name=context.say("layer_parts"))
    ]
    if changed is not None and len(changed):
        layers.append(_hatched(changed, context))
    if stations is not None and len(stations):
        layers.append(_stations(stations, context))
    signs = classes.signs(frame["households"])
    texts = [
        f"{_short(name)}\n{sign}{number(count)}"
        for name, sign, count in zip(names, signs, frame["households"], strict=True)
    ]
    return [*layers, Labels(label_rows(frame, texts, frame["households"]), "part", context.say("layer_figures"))]


def _hatched(changed: gpd.GeoDataFrame, context: Context) -> Shapes:
    style: Style = {"fillColor": "url(#hatch)", "fillOpacity": 0.55, "weight": 0}
    drawn = features(changed, tolerance_m=2, coverage=True)
    return Shapes(drawn, {"all": style}, pane=LINE_PANE - 1, name=context.say("changed"))


def _stations(stations: gpd.GeoDataFrame, context: Context) -> Shapes:
    style: Style = {"radius": 4, "color": "#ffffff", "weight": 1.5, "fillColor": ACCENT, "fillOpacity": 1}
    drawn = features(stations, cards=[[name] for name in stations["name"]])
    return Shapes(drawn, {"all": style}, card=[""], pane=POINT_PANE, name=context.say("stations"))


def _legend(
    classes: Classes,
    before: gpd.GeoDataFrame,
    after: gpd.GeoDataFrame,
    changed: gpd.GeoDataFrame | None,
    titles: Sequence[str],
    context: Context,
) -> Legend:
    counts = zip(classes.counts(before["households"]), classes.counts(after["households"]), strict=True)
    items = class_lines(classes, [f"{number(int(old))} → {number(int(new))}" for old, new in counts], context)
    if changed is not None:
        count = number(len(changed))
        items.append(Item(context.say("changed"), fill="url(#hatch)", stroke=INK, width=0.4, count=count))
    return Legend(context.say("legend_parts"), items, " → ".join(titles))


def _one_sided(parts: gpd.GeoDataFrame, low: int, high: int, context: Context) -> Table:
    rows = list(zip(_summary_labels(low, high, context), _summary(parts, low, high), strict=True))
    return Table(context.say("figures"), (), rows)


def _legend_one(classes: Classes, parts: gpd.GeoDataFrame, context: Context) -> Legend:
    counts = [number(int(count)) for count in classes.counts(parts["households"])]
    return Legend(context.say("legend_parts"), class_lines(classes, counts, context), context.say("parts"))


def _short(name: object) -> str:
    """A name as it stands on the map: what it names is said by the line around it; of several joined, the first.

    >>> _short("港发社区+木棉花社区+木棉岭社区")
    '港发+2'
    """
    first, *others = str(name).replace("社区", "").split("+")
    return f"{first}+{len(others)}" if others else first

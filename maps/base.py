"""The base map, drawn from our own data: land, water, green, streets by class, railways, names, administrative lines.

No tile server is asked. Every layer is a handful of paths (one per class), so that it costs little to draw or print.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from maps.context import Context
from maps.features import DEGREES_PER_METRE, bounds_of, feature_json, label_rows, multipart
from maps.leaflet import Features, Labels, OfflineMap, Shapes, Style
from maps.legend import Item, Legend
from maps.palette import INK

BASE_PANE, STREET_PANE, BARRIER_PANE, FILL_PANE, LINE_PANE, POINT_PANE = 210, 220, 230, 400, 450, 600

TOLERANCE_M = 3.0  # of lines and outlines, below a pixel of a printed district

_LAND: Mapping[str, Style] = {
    "built": {"fillColor": "#eeebe3", "fillOpacity": 1, "weight": 0},
    "green": {"fillColor": "#dfe7d3", "fillOpacity": 1, "weight": 0},
    "water": {"fillColor": "#c9dde8", "fillOpacity": 1, "weight": 0.5, "color": "#9fbfd0"},
}
_STREETS: Mapping[str, Style] = {
    "path": {"color": "#e0dcd1", "weight": 0.4},
    "local": {"color": "#dcd8cc", "weight": 0.6},
    "collector": {"color": "#cfcabd", "weight": 1.0},
    "arterial": {"color": "#c0b9a8", "weight": 1.8},
    "expressway": {"color": "#b3a58a", "weight": 2.8},
}
_MINOR, _MAJOR = ("path", "local"), ("collector", "arterial", "expressway")
_BARRIERS: Mapping[str, Style] = {
    "river": {"color": "#9fbfd0", "weight": 2, "fillColor": "#c9dde8", "fillOpacity": 1},
    "railway": {"color": "#7d7f80", "weight": 2, "dashArray": "7 5", "fill": False},
    "wall": {"color": "#a8a296", "weight": 1, "dashArray": "1 3", "fill": False},
}
_COMMUNITY_LINE: Style = {"color": INK, "weight": 0.8, "opacity": 0.55, "fill": False}
_SUBDISTRICT_LINES: tuple[Style, ...] = (
    {"color": "#fbfaf7", "weight": 5, "opacity": 0.9, "fill": False},
    {"color": INK, "weight": 2, "fill": False},
)


@dataclass(frozen=True)
class Base:
    """Frames of the base map (contract vocabulary, EPSG:4326); any of them may be missing.

    `communities` and `subdistricts` draw the administrative lines and names.
    """

    subdistricts: gpd.GeoDataFrame | None = None
    communities: gpd.GeoDataFrame | None = None
    land: gpd.GeoDataFrame | None = None
    streets: gpd.GeoDataFrame | None = None
    barriers: gpd.GeoDataFrame | None = None

    @cached_property
    def _json(self) -> dict[str, str]:
        """What is drawn, by frame: simplified once, however many pages and maps show it."""
        areas = {"subdistricts": self.subdistricts, "communities": self.communities}
        classed = {
            "land": (self.land, "kind"),
            "streets": (self.streets, "street_class"),
            "barriers": (self.barriers, "kind"),
        }
        drawn = {name: feature_json(_borders(frame)) for name, frame in areas.items() if _some(frame)}
        for name, (frame, column) in classed.items():
            if _some(frame):
                merged = _by_class(frame, column)
                drawn[name] = feature_json(merged, merged[column])
        return drawn

    def features(self) -> dict[str, Features]:
        """The elements for one page; its maps share them."""
        return {name: Features(data) for name, data in self._json.items()}


def _some(frame: gpd.GeoDataFrame | None) -> bool:
    return frame is not None and len(frame) > 0


def base_map(extent: gpd.GeoDataFrame, context: Context, caption: str = "") -> OfflineMap:
    """An empty offline map that shows the extent."""
    made = OfflineMap(caption, north=context.say("north"))
    made.fit_bounds(bounds_of(extent), padding=(10, 10))
    return made


def base_layers(base: Base, drawn: Mapping[str, Features], context: Context, *, names: bool = True) -> list[Any]:
    """The layers of the base from the elements of `Base.features`, in drawing order."""
    layers: list[Any] = []
    if "land" in drawn:
        layers.append(Shapes(drawn["land"], _LAND, pane=BASE_PANE))
    if "streets" in drawn:
        for classes, pane, zoom in ((_MINOR, STREET_PANE, 13.5), (_MAJOR, STREET_PANE + 1, 0.0)):
            styles = {name: {**_STREETS[name], "fill": False} for name in classes}
            layers.append(Shapes(drawn["streets"], styles, pane=pane, minimum_zoom=zoom))
    if "barriers" in drawn:
        layers.append(Shapes(drawn["barriers"], _BARRIERS, pane=BARRIER_PANE))
    if "communities" in drawn:
        line, name = {"all": _COMMUNITY_LINE}, context.say("communities")
        layers.append(Shapes(drawn["communities"], line, pane=LINE_PANE, name=name))
    if "subdistricts" in drawn:
        layers += [Shapes(drawn["subdistricts"], {"all": style}, pane=LINE_PANE + 1) for style in _SUBDISTRICT_LINES]
    return [*layers, *(_names(base, context) if names else [])]


def _names(base: Base, context: Context) -> list[Labels]:
    labels = []
    if base.communities is not None and len(base.communities):
        names = [str(name).removesuffix("社区") for name in base.communities["name"]]  # the line says what they are
        rows = label_rows(base.communities, names, _sizes(base.communities))
        labels.append(Labels(rows, "community", name=context.say("layer_names")))
    if base.subdistricts is not None and len(base.subdistricts):
        rows = label_rows(base.subdistricts, list(base.subdistricts["name"]), 1000 + _sizes(base.subdistricts))
        labels.append(Labels(rows, "subdistrict"))
    return labels


def _sizes(frame: gpd.GeoDataFrame) -> NDArray[np.float64]:
    """Areas good for ranking labels only (square degrees)."""
    sizes: NDArray[np.float64] = shapely.area(np.asarray(frame.geometry.array))
    return sizes


def _by_class(frame: gpd.GeoDataFrame, column: str) -> gpd.GeoDataFrame:
    """One row per class: lines joined end to end and simplified, areas beside each other."""
    rows = []
    for name, group in frame.groupby(column, sort=True):
        shapes = np.asarray(group.geometry.array)
        line = shapely.get_dimensions(shapes) == 1
        joined = [shapely.line_merge(multipart(shapes[line]))] if line.any() else []
        areas = [multipart(shapes[~line])] if (~line).any() else []
        whole = [*joined, *areas]
        shape = whole[0] if len(whole) == 1 else shapely.geometrycollections(whole)
        rows.append((name, shapely.simplify(shape, TOLERANCE_M * DEGREES_PER_METRE)))
    return gpd.GeoDataFrame({column: [name for name, _ in rows]}, geometry=[shape for _, shape in rows], crs=frame.crs)


def _borders(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """All borders of a coverage as one path, each shared border once."""
    simple = shapely.coverage_simplify(np.asarray(frame.geometry.array), TOLERANCE_M * DEGREES_PER_METRE)
    lines = shapely.line_merge(shapely.union_all(shapely.boundary(simple)))
    return gpd.GeoDataFrame(geometry=[lines], crs=frame.crs)


def base_legend(base: Base, context: Context) -> Legend:
    """What the lines and colours of the base mean; only what is drawn."""
    items = []
    if base.subdistricts is not None:
        items.append(Item(context.say("line_subdistrict"), stroke=INK, width=2, line=True))
    if base.communities is not None:
        items.append(Item(context.say("line_community"), stroke=INK, width=0.8, line=True))
    if base.streets is not None:
        items.append(Item(context.say("line_street"), stroke="#b3a58a", width=2.5, line=True))
    items += _present_items(base.barriers, {"railway": ("#7d7f80", True)}, context)
    items += _present_items(base.land, {"water": ("#c9dde8", False), "green": ("#dfe7d3", False)}, context)
    return Legend(context.say("legend_base"), items)


def _present_items(frame: gpd.GeoDataFrame | None, kinds: dict[str, tuple[str, bool]], context: Context) -> list[Item]:
    there = set() if frame is None else set(frame["kind"])
    return [
        Item(context.say(f"kind_{kind}"), stroke=colour, width=2, line=True)
        if line
        else Item(context.say(f"kind_{kind}"), fill=colour)
        for kind, (colour, line) in kinds.items()
        if kind in there
    ]

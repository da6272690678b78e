"""How a page is put together: one map, or two in step, on a sheet with its margin."""

from collections.abc import Sequence
from typing import Any

import folium
import geopandas as gpd

from maps.base import Base, base_layers, base_map
from maps.context import Context
from maps.leaflet import InStep, OfflineMap, add_all
from maps.sheet import Sheet

Layers = Sequence[Any]  # Folium layers in drawing order


def single(
    heading: str,
    base: Base,
    layers: Layers,
    margin: Sequence[object],
    context: Context,
    extent: gpd.GeoDataFrame,
    *,
    names: bool = True,
) -> str:
    """A sheet with one map that fills it; `names` of the base map unless the layers bring their own."""
    sheet = Sheet(heading, context, margin)
    _place(sheet, [*base_layers(base, base.features(), context, names=names), *layers], context, extent)
    return sheet.render()


def double(
    heading: str,
    base: Base,
    sides: Sequence[tuple[str, Layers]],
    margin: Sequence[object],
    context: Context,
    extent: gpd.GeoDataFrame,
) -> str:
    """A sheet with two maps side by side, each with its caption, that move in step."""
    sheet = Sheet(heading, context, margin, pair=True)
    drawn = base.features()
    left, right = (
        _place(sheet, [*base_layers(base, drawn, context, names=False), *layers], context, extent, caption)
        for caption, layers in sides
    )
    sheet.add_child(InStep(left, right))
    return sheet.render()


def _place(sheet: Sheet, layers: Layers, context: Context, extent: gpd.GeoDataFrame, caption: str = "") -> OfflineMap:
    made = base_map(extent, context, caption)
    sheet.add_child(made)
    add_all(made, layers)
    made.add_child(folium.LayerControl(collapsed=bool(caption)))
    return made

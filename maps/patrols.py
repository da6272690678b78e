"""The patrol sheet: how much of each grid's streets was walked in a week, and the tracks themselves."""

import geopandas as gpd
import numpy as np
from numpy.typing import NDArray

from maps.base import FILL_PANE, LINE_PANE, Base, base_legend
from maps.context import Context
from maps.features import features
from maps.layout import single
from maps.leaflet import Shapes, Style
from maps.legend import Item, Legend, class_items
from maps.palette import INK, NO_DATA, WORSE, Classes, sequential
from maps.text import Bar, Table, number, percent

RADIUS_M = 25
_CLASSES: Classes = sequential((20.0, 40.0, 60.0, 80.0))
_NO_STREETS = "none"


def patrols(
    base: Base, grids: gpd.GeoDataFrame, context: Context, *, week: str, tracks: gpd.GeoDataFrame | None = None
) -> str:
    """The patrol page.

    Parameters
    ----------
    grids
        code, name, length_m (length of the grid's streets), covered_m (of it within 25 m of a track), geometry
    week
        the week shown, such as "2006-07-03 – 2006-07-09"
    tracks
        lines without names: a track belongs to the person who walked it
    """
    share = _share(grids)
    codes = _CLASSES.codes(100 * share)
    layers = [_grid_layer(grids, np.where(codes < 0, _NO_STREETS, codes.astype(str)).astype(object), context)]
    if tracks is not None and len(tracks):
        style: Style = {"color": WORSE, "weight": 1.4, "opacity": 0.8, "fill": False}
        drawn = features(tracks, tolerance_m=3)
        layers.append(Shapes(drawn, {"all": style}, pane=LINE_PANE + 3, show=False, name=context.say("layer_tracks")))
    margin = [
        _figures(grids, share, week, context),
        _legend(share, context),
        _least(grids, share, context),
        base_legend(base, context),
    ]
    return single(context.say("title_patrols", week=week), base, layers, margin, context, grids)


def _share(grids: gpd.GeoDataFrame) -> NDArray[np.float64]:
    streets, walked = grids["length_m"].to_numpy(float), grids["covered_m"].to_numpy(float)
    share: NDArray[np.float64] = np.divide(walked, streets, out=np.full(len(grids), np.nan), where=streets > 0)
    return share


def _grid_layer(grids: gpd.GeoDataFrame, classes: NDArray[np.object_], context: Context) -> Shapes:
    styles: dict[str, Style] = {
        str(code): {"fillColor": colour, "fillOpacity": 0.8, "color": INK, "weight": 0.35}
        for code, colour in enumerate(_CLASSES.colours)
    }
    styles[_NO_STREETS] = {"fillColor": NO_DATA, "fillOpacity": 0.6, "color": INK, "weight": 0.35}
    cards = [
        [row.name, row.code, number(row.length_m, unit="m"), number(row.covered_m, unit="m"), percent(share)]
        for row, share in zip(
            grids[["name", "code", "length_m", "covered_m"]].itertuples(index=False), _share(grids), strict=True
        )
    ]
    labels = [context.say(key) for key in ("code", "street_length", "walked_length", "walked_share")]
    drawn = features(grids, classes, cards, tolerance_m=3, coverage=True)
    return Shapes(drawn, styles, card=labels, pane=FILL_PANE, name=context.say("layer_grids"))


def _figures(grids: gpd.GeoDataFrame, share: NDArray[np.float64], week: str, context: Context) -> Table:
    streets, walked = float(grids["length_m"].sum()), float(grids["covered_m"].sum())
    rows: list[list[object]] = [
        [context.say("week"), week],
        [context.say("grids_unit"), number(len(grids))],
        [context.say("grids_visited"), number(int((grids["covered_m"] > 0).sum()))],
        [context.say("street_length"), number(streets / 1000, 1, "km")],
        [context.say("walked_length"), number(walked / 1000, 1, "km")],
        [context.say("walked_share"), Bar(walked / streets, INK) if streets else "–"],
        [context.say("mean_share"), percent(float(np.nanmean(share)) if np.isfinite(share).any() else None)],
    ]
    return Table(context.say("figures"), (), rows)


def _legend(share: NDArray[np.float64], context: Context) -> Legend:
    items = class_items(_CLASSES, 100 * share, context, unit="%")
    missing = int(np.isnan(share).sum())
    if missing:
        items.append(Item(context.say("no_streets"), fill=NO_DATA, stroke=INK, width=0.4, count=number(missing)))
    return Legend(context.say("legend_patrols", metres=RADIUS_M), items, context.say("grids_unit"))


def _least(grids: gpd.GeoDataFrame, share: NDArray[np.float64], context: Context) -> Table:
    """The ten grids least walked, for the next round."""
    order = [row for row in np.lexsort((grids["code"].to_numpy(str), share)) if np.isfinite(share[row])][:10]
    names, codes = list(grids["name"]), list(grids["code"])
    rows = [[f"{names[row]} {codes[row]}", percent(float(share[row]))] for row in order]
    return Table(context.say("least_walked"), [context.say("layer_grids"), context.say("walked_share")], rows)

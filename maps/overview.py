"""The overview sheet: subdistricts, communities, stations and the state of their premises."""

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from maps.base import FILL_PANE, POINT_PANE, Base, base_legend
from maps.context import Context
from maps.features import features
from maps.layout import single
from maps.leaflet import Shapes
from maps.legend import CIRCLE, SQUARE, TRIANGLE, Item, Legend
from maps.palette import DUE_SOON, ON_TIME, OVERDUE
from maps.text import Table, number

TINTS = ("#cfe3dc", "#f1e2c4", "#d6dfee", "#ecd6d6", "#e4e6c6", "#e0d7ea")
# Luohu 2006, 二(三): office 200 m², public-service facilities 900 m², outdoor plaza 1000 m².
PREMISES_M2 = {"office": 200, "service": 900, "plaza": 1000}
_STATES = {"reached": (CIRCLE, ON_TIME), "planned": (TRIANGLE, DUE_SOON), "hardly": (SQUARE, OVERDUE)}


def overview(
    base: Base,
    subdistricts: gpd.GeoDataFrame,
    communities: gpd.GeoDataFrame,
    stations: gpd.GeoDataFrame,
    context: Context,
) -> str:
    """The overview page; stations by whether their office reaches the norm now, within the year, or hardly."""
    state = premises_state(stations, "office")
    layers = [_community_layer(subdistricts, communities, context), _station_layer(stations, state, context)]
    margin = [
        _figures(subdistricts, communities, stations, context),
        _station_legend(state, context),
        _premises_table(stations, context),
        _subdistrict_table(subdistricts, communities, stations, context),
        base_legend(base, context),
    ]
    return single(context.say("title_overview"), base, layers, margin, context, communities)


def premises_state(stations: gpd.GeoDataFrame, premises: str) -> NDArray[np.object_]:
    """Per station: "reached" (the norm is met now), "planned" (by the end of the year) or "hardly"; shape (n,)."""
    norm = PREMISES_M2[premises]
    now, planned = stations[f"{premises}_m2"].to_numpy(float), stations[f"{premises}_planned_m2"].to_numpy(float)
    state: NDArray[np.object_] = np.select([now >= norm, planned >= norm], ["reached", "planned"], "hardly")
    return state.astype(object)


def tints(shapes: gpd.GeoDataFrame) -> list[str]:
    """A tint per polygon so that neighbours differ: greedy colouring in row order.

    Six tints suffice for any plane map of districts that we know; a seventh neighbour would repeat the first.
    """
    array = np.asarray(shapes.geometry.array)
    near = shapely.STRtree(array).query(array, predicate="intersects")
    chosen: list[int] = []
    for row in range(len(array)):
        taken = {chosen[other] for other in near[1][near[0] == row] if other < row}
        chosen.append(next((tint for tint in range(len(TINTS)) if tint not in taken), 0))
    return [TINTS[tint] for tint in chosen]


def _community_layer(subdistricts: gpd.GeoDataFrame, communities: gpd.GeoDataFrame, context: Context) -> Shapes:
    colours = dict(zip(subdistricts["code"], tints(subdistricts), strict=True))
    cards = [
        [row.name, row.code, number(row.households), number(row.residents)]
        for row in communities[["name", "code", "households", "residents"]].itertuples(index=False)
    ]
    labels = [context.say("code"), context.say("households"), context.say("residents")]
    drawn = features(communities, communities["parent_code"], cards, tolerance_m=3, coverage=True)
    styles = {code: {"fillColor": colour, "fillOpacity": 0.55, "weight": 0} for code, colour in colours.items()}
    name = context.say("subdistricts")
    return Shapes(drawn, styles, card=labels, pane=FILL_PANE, name=name)


def _station_layer(stations: gpd.GeoDataFrame, state: NDArray[np.object_], context: Context) -> Shapes:
    cards = [
        [row.name, context.say(f"station_{row.station_type}"), number(row.staff)]
        + [_areas(row, premises) for premises in PREMISES_M2]
        for row in stations.itertuples(index=False)
    ]
    labels = [context.say("station_type"), context.say("staff"), *(context.say(name) for name in PREMISES_M2)]
    styles = {name: {"glyph": glyph, "fill": colour, "stroke": "none"} for name, (glyph, colour) in _STATES.items()}
    return Shapes(features(stations, state, cards), styles, card=labels, pane=POINT_PANE, name=context.say("stations"))


def _areas(row: object, premises: str) -> str:
    now, planned = getattr(row, f"{premises}_m2"), getattr(row, f"{premises}_planned_m2")
    return number(now, unit="m²") + (f" → {number(planned, unit='m²')}" if planned > now else "")


def _figures(
    subdistricts: gpd.GeoDataFrame, communities: gpd.GeoDataFrame, stations: gpd.GeoDataFrame, context: Context
) -> Table:
    area_km2 = communities.geometry.to_crs(communities.estimate_utm_crs()).area.sum() / 1e6
    rows = [
        [context.say("subdistricts"), number(len(subdistricts))],
        [context.say("communities"), number(len(communities))],
        [context.say("stations"), number(len(stations))],
        [context.say("households"), number(communities["households"].sum())],
        [context.say("residents"), number(communities["residents"].sum())],
        [context.say("area"), number(area_km2, 1, "km²")],
        [context.say("staff"), number(stations["staff"].sum())],
    ]
    return Table(context.say("figures"), (), rows)


def _station_legend(state: NDArray[np.object_], context: Context) -> Legend:
    items = [
        Item(context.say(f"state_{name}"), fill=colour, glyph=glyph, count=number(int((state == name).sum())))
        for name, (glyph, colour) in _STATES.items()
    ]
    return Legend(context.say("legend_stations", norm=PREMISES_M2["office"]), items, context.say("stations"))


def _premises_table(stations: gpd.GeoDataFrame, context: Context) -> Table:
    rows = []
    for premises, norm in PREMISES_M2.items():
        state = premises_state(stations, premises)
        label = f"{context.say(premises)} ≥ {number(norm, unit='m²')}"
        rows.append([label, *(number(int((state == name).sum())) for name in _STATES)])
    head = ["", *(context.say(f"state_{name}") for name in _STATES)]
    return Table(context.say("premises_caption"), head, rows)


def _subdistrict_table(
    subdistricts: gpd.GeoDataFrame, communities: gpd.GeoDataFrame, stations: gpd.GeoDataFrame, context: Context
) -> Table:
    count = communities.groupby("parent_code").size()
    households = communities.groupby("parent_code")["households"].sum()
    served = pd.Series(1, index=stations["subdistrict_code"]).groupby(level=0).sum()
    rows = [
        [name, number(count.get(code, 0)), number(served.get(code, 0)), number(households.get(code, 0))]
        for code, name in zip(subdistricts["code"], subdistricts["name"], strict=True)
    ]
    head = [context.say("subdistricts"), context.say("communities"), context.say("stations"), context.say("households")]
    return Table(context.say("by_subdistrict"), head, rows)

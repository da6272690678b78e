"""The replay sheet: what the district really did beside the best plan for the same goals, with each norm's verdict."""

from collections.abc import Mapping, Sequence

import geopandas as gpd
from markupsafe import Markup

from maps.base import Base
from maps.context import Context
from maps.palette import DUE_SOON, MUTED, ON_TIME, OVERDUE
from maps.plan import plan
from maps.text import Table

_VERDICTS = {"met": ("●", ON_TIME), "partly": ("▲", DUE_SOON), "not_met": ("■", OVERDUE), "no_data": ("○", MUTED)}


def replay(
    base: Base,
    real: gpd.GeoDataFrame,
    optimal: gpd.GeoDataFrame,
    context: Context,
    *,
    low: int,
    high: int,
    changed: gpd.GeoDataFrame | None = None,
    stations: tuple[gpd.GeoDataFrame | None, gpd.GeoDataFrame | None] = (None, None),
    figures: Sequence[Sequence[object]] = (),
    verdicts: Sequence[Mapping[str, str]] = (),
) -> str:
    """The replay page: two maps of station areas (name, households, geometry).

    Parameters
    ----------
    changed
        units that the optimal plan serves from another station than the real one; hatched
    figures
        rows [label, real, optimal] below the key figures
    verdicts
        per norm: `title`, `clause` (where it stands), `quote` (its words, shown on hover), `real` and `optimal` ("met",
        "partly", "not_met" or "no_data"), and their figures `real_figure`, `optimal_figure` if there are any
    """
    titles = (context.say("real_2006"), context.say("optimal"))
    margin: list[object] = []
    if figures:
        margin.append(Table(context.say("replay_figures"), ("", *titles), figures))
    if verdicts:
        half = (len(verdicts) + 1) // 2
        margin += [verdict_table(rows, titles, context) for rows in (verdicts[:half], verdicts[half:]) if rows]
    return plan(
        base,
        real,
        optimal,
        context,
        low=low,
        high=high,
        changed=changed,
        heading=context.say("title_replay"),
        captions=titles,
        stations=stations,
        margin=margin,
    )


def verdict_table(verdicts: Sequence[Mapping[str, str]], titles: Sequence[str], context: Context) -> Table:
    """One row per norm: what it asks, its clause, and the verdict on either side by shape, colour and word."""
    rows = [
        [
            Markup('<span title="{}">{}<span class="clause">{}</span></span>').format(
                row.get("quote", ""), row["title"], row["clause"]
            ),
            *(_verdict(row[side], row.get(f"{side}_figure", ""), context) for side in ("real", "optimal")),
        ]
        for row in verdicts
    ]
    return Table(context.say("verdicts"), (context.say("norm"), *titles), rows)


def _verdict(verdict: str, figure: str, context: Context) -> Markup:
    glyph, colour = _VERDICTS[verdict]
    return Markup('<span style="color:{}">{}</span> {}<span class="clause">{}</span>').format(
        colour, glyph, context.say(f"verdict_{verdict}"), figure
    )

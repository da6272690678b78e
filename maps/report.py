"""The printed report of a comparison: A4 pages with maps before, after and changed, and every table. One file."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from jinja2 import Environment
from markupsafe import Markup

from gridmgmt.messages import text
from gridmgmt.planning.comparing.comparison import Comparison, Division
from gridmgmt.planning.frames import metric
from maps.context import Context
from maps.legend import PATTERNS, class_labels
from maps.palette import INK, MUTED, NO_DATA, OKABE_ITO, around_range
from maps.svg import Frame, Layer, drawing, hatch
from maps.text import number

ROWS_PRINTED = 150  # of a table; the rest is in the workbook
WIDE_MM, TALL_MM = (180.0, 104.0), (86.0, 120.0)  # maps one below the other, or two in a row: what shows more
ALONE_MM = (180.0, 150.0)
SIDE_BY_SIDE = 0.8  # of the scale that one map below the other would have
PERCENTAGE = re.compile(r"[\d.,]+%")
MOVED = OKABE_ITO[5]
PIECE_M2 = 100.0  # ground of less that changed hands is no more than a border straightened


@dataclass(frozen=True)
class LegendItem:
    """A swatch, what it means, and how many there are of it."""

    swatch: Markup
    label: str
    count: str


@dataclass(frozen=True)
class Drawing:
    """A map with its title and legend."""

    title: str
    picture: Markup
    legend: Sequence[LegendItem]


@dataclass(frozen=True)
class Section:
    """A titled table."""

    title: str
    body: Markup


def comparison_page(comparison: Comparison, tables: Mapping[str, pd.DataFrame], context: Context) -> str:
    """The report as one HTML page that needs nothing from elsewhere.

    Parameters
    ----------
    tables : as `gridmgmt.planning.comparing.comparison_tables.tables` gives them, in the language of the context
    """
    say = _Say(context)
    return _page(
        context,
        heading=say("report_title"),
        sides=(comparison.a.name, comparison.b.name),
        figures=_figures(comparison, say),
        maps_heading=f"{say('map_before')} · {say('map_after')} · {say('map_changed')}",
        drawings=_drawings(comparison, context, say),
        sections=_sections(comparison, tables, say),
    )


def plan_page(plan: Division, tables: Mapping[str, pd.DataFrame], context: Context) -> str:
    """The report of a plan that has nothing to be compared with, as `comparison_page`.

    Parameters
    ----------
    tables : as `gridmgmt.planning.comparing.comparison_tables.plan_tables` gives them, in the language of the context
    """
    say = _Say(context)
    shown = {key: tables[key] for key in ("metrics", "certificate", "parts") if key in tables}
    if "metrics" in shown:
        shown["metrics"] = shown["metrics"].iloc[:, :3]  # formulas and keys are in the workbook
    note = Section(say("note"), Markup('<p class="note">{}</p>').format(say("no_before")))
    figures = [
        (number(plan.part_count), say("parts_count")),
        (number(int(plan.units["households"].sum())), say("households")),
        (number(len(plan.units)), say("buildings")),
    ]
    return _page(
        context,
        heading=say("plan_title"),
        sides=(plan.name,),
        figures=figures,
        maps_heading=say("plan_map"),
        drawings=_lone_drawing(plan, context, say),
        sections=[note, *(Section(say(f"sheet_{key}"), _table(table, say)) for key, table in shown.items())],
    )


def _page(context: Context, **parts: object) -> str:
    environment = Environment(autoescape=True)
    page: str = environment.from_string(_resource("static/report.html")).render(
        language_tag={"zh": "zh-CN", "en": "en"}[context.language],
        subtitle=" · ".join(part for part in (context.place, context.say("epoch_line")) if part),
        stylesheet=Markup(_resource("static/report.css")),
        swatches=PATTERNS + hatch(),
        lines=context.footer,
        **parts,
    )
    return page


class _Say:
    """Messages of scorecard.toml in the reader's language."""

    def __init__(self, context: Context) -> None:
        self.language = context.language

    def __call__(self, key: str, **values: object) -> str:
        return text(f"scorecard.{key}", self.language, **values)


def _resource(name: str) -> str:
    return files(__package__).joinpath(name).read_text(encoding="utf-8")


def _figures(found: Comparison, say: _Say) -> list[tuple[str, str]]:
    counts = (int(side.units["part"].nunique()) for side in (found.a, found.b))
    return [
        (number(found.households_moved), say("moved_households")),
        (number(found.units_moved), say("moved_units")),
        (" → ".join(map(number, counts)), say("parts_count")),
        (number(found.areas_touched), say("touched")),
    ]


def _drawings(found: Comparison, context: Context, say: _Say) -> list[Drawing]:
    """Before, after and what changed, on one scale; none where a side has no areas."""
    if found.a.parts is None or found.b.parts is None:
        return []
    after = metric(found.b.parts)
    before = found.a.parts.to_crs(after.crs)
    bounds = pd.concat([before, after]).total_bounds
    frame = _frame(bounds)
    low, high = _range(found)
    sides = [
        _side(areas, side, title, (low, high), frame, context)
        for areas, side, title in ((before, found.a, say("map_before")), (after, found.b, say("map_after")))
    ]
    return [*sides, _changed(found, before, after, frame, say)]


def _lone_drawing(plan: Division, context: Context, say: _Say) -> list[Drawing]:
    if plan.parts is None or plan.scorecard is None:
        return []
    areas = metric(plan.parts)
    limits = int(plan.scorecard.low), int(plan.scorecard.high)
    return [_side(areas, plan, say("plan_map"), limits, Frame.around(areas.total_bounds, ALONE_MM), context)]


def _frame(bounds: Sequence[float]) -> Frame:
    """Two maps in a row, to be looked at side by side, where they show nearly as much as larger ones on two pages."""
    wide, tall = (Frame.around(bounds, most) for most in (WIDE_MM, TALL_MM))
    return tall if tall.mm_per_m >= SIDE_BY_SIDE * wide.mm_per_m else wide


def _range(found: Comparison) -> tuple[int, int]:
    card = found.b.scorecard or found.a.scorecard
    return (int(card.low), int(card.high)) if card else (0, 0)


def _side(
    areas: gpd.GeoDataFrame, side: Division, title: str, limits: tuple[int, int], frame: Frame, context: Context
) -> Drawing:
    """One side by whether its households lie in the range, which is asked of no dedicated grid."""
    classes = around_range(*limits)
    asked = areas["households"].where(~_dedicated(areas))
    fills = [classes.colours[code] if code >= 0 else NO_DATA for code in classes.codes(asked)]
    names = areas["part"].map(side.part_names())
    signs = classes.signs(asked)
    texts = [
        f"{_short(name)}\n{sign}{number(count)}"
        for name, sign, count in zip(names, signs, areas["households"], strict=True)
    ]
    picture = drawing([Layer(areas, fills, opacity=0.75)], frame, title, (areas, texts))
    legend = [
        LegendItem(
            _swatch(colour),
            text("scorecard.unit_households", context.language, figure=label),
            f"({number(int(count))})",
        )
        for label, colour, count in zip(
            class_labels(classes, context), classes.colours, classes.counts(asked), strict=True
        )
    ]
    if dedicated := int(_dedicated(areas).sum()):
        legend.append(LegendItem(_swatch(NO_DATA), context.say("dedicated_grids"), f"({number(dedicated)})"))
    return Drawing(f"{title} · {side.name}", picture, legend)


def _dedicated(areas: gpd.GeoDataFrame) -> "pd.Series[bool]":
    """Which areas are a market's, mall's, school's, hospital's or enterprise's own grid."""
    none = pd.Series(False, index=areas.index)
    return areas["kind"].notna() & (areas["kind"] != "residential") if "kind" in areas else none


def _changed(found: Comparison, before: gpd.GeoDataFrame, after: gpd.GeoDataFrame, frame: Frame, say: _Say) -> Drawing:
    """Ground that changed hands, hatched, under the new borders; buildings that move are filled, others only drawn."""
    ground = changed_ground(found, before, after)
    homes = found.b.units.to_crs(after.crs)
    homes = homes.set_geometry(shapely.point_on_surface(homes.geometry.to_numpy()), crs=after.crs)
    moves = homes["code"].astype(str).isin(found.moved["code"]).to_numpy()
    dot = float(np.clip(20 / np.sqrt(max(len(homes), 1)), 0.25, 0.9))
    layers = [
        Layer(after, "#ffffff", width=0.2),
        Layer(homes[~moves], NO_DATA, dot=dot),
        Layer(homes[moves], MOVED, dot=dot),
        Layer(ground, "url(#hatch-mm)", stroke="none", opacity=0.6),
        Layer(before, "none", stroke=MUTED, width=0.2),
        Layer(after, "none", width=0.45),
    ]
    legend = [
        LegendItem(_swatch("url(#hatch)"), say("map_changed"), f"({number(len(ground))})"),
        LegendItem(_dot(MOVED), say("legend_moved"), f"({number(int(moves.sum()))})"),
        LegendItem(_dot(NO_DATA), say("legend_kept"), f"({number(int((~moves).sum()))})"),
    ]
    return Drawing(say("map_changed"), drawing(layers, frame, say("map_changed")), legend)


def changed_ground(found: Comparison, before: gpd.GeoDataFrame, after: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """What of each new part was not of the area it is matched to; frames in one metric CRS."""
    heirs = found.parts.dropna(subset=["matched_part"]).set_index("matched_part")["part"]
    old = before.set_index("part").geometry.reindex(after["part"].map(heirs)).to_numpy()
    new = after.geometry.to_numpy()
    ground = [
        shape if origin is None or pd.isna(origin) else shapely.difference(shape, origin)
        for shape, origin in zip(new, old, strict=True)
    ]
    opened = shapely.buffer(shapely.buffer(ground, -1), 1)  # slivers along a border that both have are no change
    frame = gpd.GeoDataFrame(geometry=list(opened), crs=after.crs)
    return frame[frame.area > PIECE_M2].reset_index(drop=True)


def _swatch(fill: str) -> Markup:
    return Markup(
        '<svg><rect x="1" y="1" width="24" height="11" fill="{}" fill-opacity=".75" '
        'stroke="{}" stroke-width=".6"/></svg>'
    ).format(fill, INK)


def _dot(fill: str) -> Markup:
    return Markup('<svg><circle cx="13" cy="6.5" r="4" fill="{}" stroke="{}" stroke-width=".6"/></svg>').format(
        fill, INK
    )


def _sections(found: Comparison, tables: Mapping[str, pd.DataFrame], say: _Say) -> list[Section]:
    sections = [Section(say("sheet_metrics"), _metric_table(found, say))] if found.metrics else []
    known = (key for key in ("certificate", "verdicts", "parts", "crosswalk", "moved") if key in tables)
    return sections + [Section(say(f"sheet_{key}"), _table(tables[key], say)) for key in known]


def _metric_table(found: Comparison, say: _Say) -> Markup:
    head = [say("metric"), say("first_plan"), say("second_plan"), say("difference"), say("which_better")]
    rows, group = [], ""
    for pair in found.metrics:
        metric_ = pair.metric
        if metric_.group != group:
            group = metric_.group
            rows.append(Markup('<tr class="group"><td colspan="5">{}</td></tr>').format(say(f"group_{group}")))
        values = [metric_.shown(value, say.language) for value in (pair.a, pair.b)]
        change = "–" if pair.difference is None else metric_.shown(pair.difference, say.language, signed=True)
        rows.append(
            _row([metric_.title(say.language), *values, change, say(f"better_{pair.better}")], figures=(1, 2, 3))
        )
    return _framed(head, rows, figures=(1, 2, 3))


def _table(table: pd.DataFrame, say: _Say) -> Markup:
    """A table for paper: its first rows, and how many more there are."""
    if table.empty:
        return Markup('<p class="note">{}</p>').format(say("no_rows"))
    shown = table.head(ROWS_PRINTED)
    figures = [
        place
        for place, name in enumerate(table.columns)
        if len(table.columns) > 2 and any(_is_figure(value) for value in shown[name])
    ]
    rows = [_row([_cell(value) for value in row], figures) for row in shown.itertuples(index=False)]
    body = _framed([str(name) for name in table.columns], rows, figures)
    if len(table) > len(shown):
        body += Markup('<p class="note">{}</p>').format(say("more_rows", count=len(table) - len(shown)))
    return body


def _is_figure(value: object) -> bool:
    return isinstance(value, int | float) or (isinstance(value, str) and PERCENTAGE.fullmatch(value) is not None)


def _cell(value: object) -> str:
    if isinstance(value, int | float) and not pd.isna(value):
        return f"{value:,}"
    return "–" if value is None or pd.isna(value) else str(value)


def _framed(head: Sequence[str], rows: Sequence[Markup], figures: Sequence[int]) -> Markup:
    cells = Markup("").join(
        Markup('<th class="{}">{}</th>').format("figure" if place in figures else "", name)
        for place, name in enumerate(head)
    )
    return Markup("<table><thead><tr>{}</tr></thead><tbody>{}</tbody></table>").format(cells, Markup("").join(rows))


def _row(cells: Sequence[str], figures: Sequence[int]) -> Markup:
    drawn = Markup("").join(
        Markup('<td class="{}">{}</td>').format("figure" if place in figures else "", cell)
        for place, cell in enumerate(cells)
    )
    return Markup("<tr>{}</tr>").format(drawn)


def _short(name: object) -> str:
    """A name as it stands on the map: of several joined, the first.

    >>> _short("港发+木棉花+木棉岭社区工作站")
    '港发+2'
    """
    first, *others = str(name).replace("工作站", "").replace("社区", "").split("+")
    return f"{first}+{len(others)}" if others else first

"""Legends: what each colour, line and hatch means, between which limits, and how many things are in it."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from markupsafe import Markup
from numpy.typing import ArrayLike

from maps.context import Context
from maps.palette import INK, WORSE, Classes
from maps.text import number

# Hatches are SVG patterns that fill="url(#…)" finds anywhere in the page, on the map and in the legend.
PATTERNS = Markup(
    '<svg class="swatches" aria-hidden="true"><defs>'
    '<pattern id="hatch" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
    f'<line x1="0" y1="0" x2="0" y2="6" stroke="{INK}" stroke-width="1.6"/></pattern>'
    '<pattern id="hatch-worse" width="5" height="5" patternUnits="userSpaceOnUse" patternTransform="rotate(-45)">'
    f'<rect width="5" height="5" fill="{WORSE}" fill-opacity=".25"/>'
    f'<line x1="0" y1="0" x2="0" y2="5" stroke="{WORSE}" stroke-width="3"/></pattern>'
    '<pattern id="dots" width="6" height="6" patternUnits="userSpaceOnUse">'
    f'<circle cx="3" cy="3" r="1.1" fill="{INK}"/></pattern>'
    "</defs></svg>"
)


# Shapes of point signs, drawn in a box of 16 × 16, the same on the map and in the legend.
CIRCLE, TRIANGLE, SQUARE = "M8 2.5a5.5 5.5 0 1 0 .01 0z", "M8 1.5 15 14H1z", "M2.5 2.5h11v11h-11z"


@dataclass(frozen=True)
class Item:
    """One line of a legend: a swatch (area, line or glyph), its meaning, and how much of it there is."""

    label: str
    fill: str = "none"
    stroke: str = "none"
    width: float = 1
    count: str = ""
    glyph: str = ""
    line: bool = False

    def __html__(self) -> Markup:
        return Markup('<span class="swatch">{}</span><span>{}</span><span class="count">{}</span>').format(
            self._swatch(), self.label, self.count
        )

    def _swatch(self) -> Markup:
        if self.glyph:
            return Markup(
                '<svg viewBox="-6 0 28 16"><path d="{}" fill="{}" stroke="{}" stroke-width="2"/></svg>'
            ).format(self.glyph, self.fill, self.stroke)
        shape = '<line x1="2" y1="8" x2="26" y2="8"' if self.line else '<rect x="2" y="2" width="24" height="12"'
        return Markup(f'<svg>{shape} fill="{{}}" stroke="{{}}" stroke-width="{{}}"/></svg>').format(
            self.fill, self.stroke, self.width
        )


@dataclass(frozen=True)
class Legend:
    """A titled list of items; `unit` heads the column of counts."""

    title: str
    items: Sequence[Item]
    unit: str = ""

    def __html__(self) -> Markup:
        rows = Markup("").join(item.__html__() for item in self.items)
        head = Markup('<div class="head"><span></span><span>{}</span></div>').format(self.unit) if self.unit else ""
        return Markup('<h2>{}</h2><div class="legend">{}{}</div>').format(self.title, head, rows)


def class_items(
    classes: Classes, values: ArrayLike, context: Context, *, weights: ArrayLike | None = None, unit: str = ""
) -> list[Item]:
    """One item per class with its limits and its count (or the sum of `weights`, such as households)."""
    counts = [number(int(count)) for count in classes.counts(values, weights)]
    return class_lines(classes, counts, context, unit)


def class_lines(classes: Classes, counts: Sequence[str], context: Context, unit: str = "") -> list[Item]:
    """One item per class with its limits and the text that stands where the count does."""
    return [
        Item(label, fill=colour, stroke=INK, width=0.4, count=count)
        for label, colour, count in zip(class_labels(classes, context, unit), classes.colours, counts, strict=True)
    ]


def class_labels(classes: Classes, context: Context, unit: str = "") -> list[str]:
    """The limits of each class in words: "≤ 300 m", "300 – 500 m", "> 500 m"; "121 – 180" where values are whole."""
    if not classes.limits:
        return [context.say("all_values")]
    tail = f" {unit}" if unit else ""
    step = 1 if classes.whole else 0
    between = [f"{_limit(low + step)} – {_limit(high)}{tail}" for low, high in pairwise(classes.limits)]
    labels = [f"≤ {_limit(classes.limits[0])}{tail}", *between, f"> {_limit(classes.limits[-1])}{tail}"]
    return [f"{mark} {label}".strip() for mark, label in zip(classes.marks or [""] * len(labels), labels, strict=True)]


def _limit(value: float) -> str:
    return f"{value:,g}".replace("-", "−")

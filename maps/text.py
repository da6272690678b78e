"""The one place where text becomes HTML or script. What users typed stays text, whatever it contains.

Panels are built with markupsafe, which escapes every value put into a template. Cards on the map are built in the
browser from text nodes (static/sheet.js), so they need no escaping at all; folium.Popup and folium.Tooltip, which do
not escape, are banned (ruff TID251).
"""

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from markupsafe import Markup, escape

# JSON may stand inside <script> once these cannot close it, and JavaScript once the two line separators are escaped.
_SCRIPT_ESCAPES = str.maketrans(
    {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}
)
# branca compiles what plain elements write as a template once more: text must not be able to open an expression, even
# where our own elements pass it on verbatim. Only strings can hold these pairs of signs, JSON's own braces never do.
_TEMPLATE_OPENING = re.compile(r"\{(?=[{%#])")


def script_json(value: object) -> str:
    r"""Compact JSON that can stand in a <script> block.

    >>> print(script_json({"name": "</script>东门"}))
    {"name":"\u003c/script\u003e东门"}
    >>> print(script_json("{{ 7*7 }}"))
    "\u007b{ 7*7 }}"
    """
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=_plain, allow_nan=False)
    return _TEMPLATE_OPENING.sub(r"\\u007b", text.translate(_SCRIPT_ESCAPES))


def _plain(value: object) -> object:
    if isinstance(value, np.generic):
        return value.item()
    raise TypeError(f"{type(value).__name__} has no place in a page")


def number(value: float | None, digits: int = 0, unit: str = "") -> str:
    """A figure with thousands separated and its unit, or a dash where there is none.

    >>> number(1234.5), number(0.5, 2, "km²"), number(float("nan"))
    ('1,234', '0.50 km²', '–')
    """
    if value is None or np.isnan(value):
        return "–"
    return f"{value:,.{digits}f}" + (f" {unit}" if unit else "")


def signed(value: float, digits: int = 0) -> str:
    """A difference that shows its sign, with a true minus.

    >>> signed(3), signed(-12.04, 1), signed(0)
    ('+3', '−12.0', '0')
    """
    text = f"{abs(value):,.{digits}f}"
    if float(text.replace(",", "")) == 0:
        return text
    return ("+" if value > 0 else "−") + text


def percent(share: float | None, digits: int = 1) -> str:
    """A share of 1 as a percentage.

    >>> percent(0.3333), percent(None)
    ('33.3%', '–')
    """
    return "–" if share is None or np.isnan(share) else f"{100 * share:.{digits}f}%"


@dataclass(frozen=True)
class Table:
    """A small table for the margin of the sheet. The first column is text; figures stand right-aligned."""

    caption: str
    head: Sequence[str]
    rows: Sequence[Sequence[object]]

    def __html__(self) -> Markup:
        head = _cells(self.head, "th") if any(self.head) else Markup("")
        body = Markup("").join(_row(_cells(row, "td")) for row in self.rows)
        return Markup("<table><caption>{}</caption>{}<tbody>{}</tbody></table>").format(
            self.caption, Markup("<thead>{}</thead>").format(_row(head)) if head else "", body
        )


def _row(cells: Markup) -> Markup:
    return Markup("<tr>{}</tr>").format(cells)


def _cells(values: Iterable[object], tag: str) -> Markup:
    return Markup("").join(Markup(f"<{tag}>{{}}</{tag}>").format(value) for value in values)


@dataclass(frozen=True)
class Bar:
    """A share drawn as a thin bar behind its figure."""

    share: float
    colour: str

    def __html__(self) -> Markup:
        width = max(0.0, min(1.0, self.share)) * 100
        return Markup('<span class="bar" style="--share:{}%;--bar:{}">{}</span>').format(
            f"{width:.1f}", self.colour, percent(self.share)
        )


def element_html(value: str) -> str:
    """Text for an HTML place inside a Folium element: escaped for HTML, and for branca's second look as a template.

    >>> element_html("<b>{{站点}}</b>")
    '&lt;b&gt;&#123;&#123;站点}}&lt;/b&gt;'
    """
    return str(escape(value)).replace("{", "&#123;")

# mypy: disallow-subclassing-any=False
"""The sheet: one self-contained HTML page around one or two maps, that opens from a file and asks nobody for anything.

The page forbids itself every request and every script but its own (Content-Security-Policy with the digest of each
script), so even a slip in escaping could neither run nor call home. Rendering the same frames twice gives the same
bytes: Folium's random ids are numbered in drawing order.
"""

import base64
import hashlib
import re
from collections.abc import Iterator, Sequence
from functools import cache
from importlib.resources import files

from branca.element import Element, Figure
from jinja2 import Environment, Template
from markupsafe import Markup

from maps.context import Context
from maps.legend import PATTERNS

_SCRIPT = re.compile(r"<script>(.*?)</script>", re.DOTALL)
_POLICY = (
    "default-src 'none'; script-src {scripts}; style-src 'unsafe-inline'; img-src data:; "
    "base-uri 'none'; form-action 'none'"
)


@cache
def _resource(name: str) -> str:
    return files(__package__).joinpath(name).read_text(encoding="utf-8")


@cache
def _template() -> Template:
    return Environment(autoescape=True).from_string(_resource("static/sheet.html"))


@cache
def _stylesheet() -> Markup:
    """Leaflet's style without its pictures (no marker pictures are used), then our own."""
    leaflet = re.sub(r"url\(images/[^)]*\)", "none", _resource("vendor/leaflet.css"))
    return Markup(leaflet + _resource("static/sheet.css"))


@cache
def _library() -> Markup:
    leaflet = _resource("vendor/leaflet.js").partition("//# sourceMappingURL")[0]
    return Markup(leaflet + _resource("static/sheet.js"))


class Sheet(Figure):
    """A branca Figure with title, map area, margin (legend, tables) and source line.

    Add one `OfflineMap`, or a `pair`, as to any Figure; `render()` gives the page.
    """

    def __init__(self, heading: str, context: Context, margin: Sequence[object] = (), *, pair: bool = False) -> None:
        super().__init__()
        self.header = Element()  # without branca's own meta tag: the template has one
        self.header._parent = self
        self._template = _template()
        self.heading, self.place, self.epoch = heading, context.place, context.say("epoch_line")
        self.language_tag = {"zh": "zh-CN", "en": "en"}[context.language]
        self.pair, self.layers_heading = pair, context.say("layers")
        self.margin, self.lines = margin, context.footer
        self.stylesheet, self.library, self.swatches = _stylesheet(), _library(), PATTERNS

    def render(self, **kwargs: object) -> str:
        """The page as one string, the same for the same content."""
        for position, element in enumerate(_walk(self)):
            element._id = str(position)
        page: str = super().render(**kwargs)
        digests = (hashlib.sha256(body.encode()).digest() for body in _SCRIPT.findall(page))
        scripts = " ".join(f"'sha256-{base64.b64encode(digest).decode()}'" for digest in digests)
        return page.replace("__POLICY__", _POLICY.format(scripts=scripts), 1)


def _walk(element: Element) -> Iterator[Element]:
    yield element
    for child in element._children.values():
        yield from _walk(child)

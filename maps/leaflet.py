# mypy: disallow-subclassing-any=False
"""Folium elements that need no network: a map without tiles, features drawn by class, labels, and two maps in step.

Each element is a Folium/branca element like any other (LayerControl, FitBounds, FeatureGroup work with them); what they
draw is done by static/sheet.js, which stands in the page once.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import folium
from branca.element import Element, MacroElement
from folium.map import Layer
from folium.template import Template

from maps.text import element_html, script_json

Style = Mapping[str, object]  # Leaflet path options; for points also `radius` or `glyph`


class OfflineMap(folium.Map):
    """A folium.Map that links nothing, loads no tiles, and carries a metric scale bar and a north arrow."""

    default_js: list[tuple[str, str]] = []  # noqa: RUF012 (Folium's own protocol)
    default_css: list[tuple[str, str]] = []  # noqa: RUF012

    _template = Template(
        """
        {% macro html(this, kwargs) %}
        <figure class="map-frame">
            {% if this.caption %}<figcaption>{{ this.caption }}</figcaption>{% endif %}
            <div class="folium-map" id={{ this.get_name()|tojson }}></div>
        </figure>
        {% endmacro %}
        {% macro script(this, kwargs) %}
        const {{ this.get_name() }} = sheet.map({{ this.get_name()|tojson }}, {{ this.north|tojson }});
        {% endmacro %}
        """
    )

    def __init__(self, caption: str = "", north: str = "N") -> None:
        super().__init__(tiles=None)
        self.caption, self.north = element_html(caption), north


class Verbatim(Element):
    """Script that branca passes on as it is: it would compile a plain string as a template, megabytes of data too."""

    def __init__(self, script: str) -> None:
        super().__init__()
        self.script = script

    def render(self, **kwargs: object) -> str:
        return self.script


class Features(MacroElement):
    """A GeoJSON feature collection that stands in the page once, for any number of `Shapes` to draw."""

    def __init__(self, data: str) -> None:
        super().__init__()
        self._name = "Features"
        self.data = data

    def render(self, **kwargs: object) -> None:
        _say(self, f"const {self.get_name()} = {self.data};\n")


class Shapes(Layer):
    """Features drawn by the class that their property `key` names.

    A feature whose class has no style is left out, so that one set of features serves several layers (before, after,
    gained, lost). `card` names the rows of the card shown on hover; its values stand in the property `card`.
    """

    def __init__(
        self,
        features: Features,
        styles: Mapping[str, Style],
        *,
        key: str = "class",
        name: str = "",
        card: Sequence[str] = (),
        pane: int = 400,
        show: bool = True,
        minimum_zoom: float = 0,
    ) -> None:
        super().__init__(name=element_html(name), overlay=True, control=bool(name), show=show)
        self._name = "Shapes"
        self.features = features
        options = {"key": key, "styles": styles, "card": list(card), "pane": pane, "minimumZoom": minimum_zoom}
        self.options = script_json(options)

    def render(self, **kwargs: object) -> None:
        _say(self, f"const {self.get_name()} = sheet.shapes({self.features.get_name()}, {self.options});\n")
        super().render(**kwargs)


class Labels(Layer):
    """Names on the map with a halo; where two collide the one with the higher rank stays.

    `rows` holds [latitude, longitude, text, rank]; `kind` names the CSS class.
    """

    def __init__(self, rows: Sequence[Sequence[object]], kind: str, name: str = "") -> None:
        super().__init__(name=element_html(name), overlay=True, control=bool(name))
        self._name = "Labels"
        self.rows, self.kind = script_json(rows), script_json(kind)

    def render(self, **kwargs: object) -> None:
        _say(self, f"const {self.get_name()} = sheet.labels({self.rows}, {self.kind});\n")
        super().render(**kwargs)


class InStep(MacroElement):
    """Two maps that move together and show each other's pointer."""

    def __init__(self, left: OfflineMap, right: OfflineMap) -> None:
        super().__init__()
        self._name = "InStep"
        self.left, self.right = left, right

    def render(self, **kwargs: object) -> None:
        _say(self, f"sheet.inStep({self.left.get_name()}, {self.right.get_name()});\n")


def _say(element: Element, script: str) -> None:
    element.get_root().script.add_child(Verbatim(script), name=element.get_name())


def add_all(target: OfflineMap, elements: Sequence[Any]) -> None:
    """Put elements on a map in drawing order; features shared by several layers stand in the page once."""
    for element in elements:
        features = getattr(element, "features", None)
        if features is not None and features._parent is None:
            target.add_child(features)
        target.add_child(element)

"""Reading a page as a browser does: its elements, its scripts, what it would load."""

from dataclasses import dataclass, field
from html.parser import HTMLParser

LOADING = {"src", "href", "srcset", "action", "formaction", "poster", "data", "background", "xlink:href", "ping"}


@dataclass
class Page(HTMLParser):
    """Elements with their attributes, the text outside scripts, and the bodies of scripts and styles."""

    elements: list[tuple[str, dict[str, str | None]]] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    scripts: list[str] = field(default_factory=list)
    styles: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag in {"script", "style"}:
            (self.scripts if tag == "script" else self.styles).append("")

    def handle_data(self, data: str) -> None:
        inside = self.cdata_elem
        if inside is None:
            self.texts.append(data)
        else:
            (self.scripts if inside == "script" else self.styles)[-1] += data

    def loads(self) -> list[str]:
        """Every address an element names."""
        return [value or "" for _, attributes in self.elements for name, value in attributes.items() if name in LOADING]

    def handlers(self) -> list[str]:
        """Every inline event handler."""
        return [name for _, attributes in self.elements for name in attributes if name.startswith("on")]


def read_page(html: str) -> Page:
    page = Page()
    page.feed(html)
    page.close()
    return page

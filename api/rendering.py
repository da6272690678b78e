"""Pages from templates: words from the catalogue, Chinese unless the address says otherwise."""

from pathlib import Path
from typing import Annotated, Any

import jinja2
from fastapi import Depends
from starlette.requests import Request
from starlette.responses import HTMLResponse

from api.languages import DEFAULT, choose
from gridmgmt.messages import Language, text

_templates = jinja2.Environment(
    loader=jinja2.FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    undefined=jinja2.StrictUndefined,
)


def page_language(request: Request) -> Language:
    """Pages are Chinese unless the address says otherwise: what a browser prefers is often nobody's choice."""
    return choose(request.query_params.get("lang"), DEFAULT)


async def _asked(request: Request) -> Language:
    return page_language(request)


PageLang = Annotated[Language, Depends(_asked)]


def render(template: str, language: Language, status_code: int = 200, **values: Any) -> HTMLResponse:
    """The page of a template, never kept by a cache between: most pages are one person's."""
    page = _templates.get_template(template).render(
        t=lambda key, **fields: text(key, language, **fields),
        language=language,
        html_language={"zh": "zh-CN", "en": "en"}[language],
        **values,
    )
    return HTMLResponse(page, status_code, {"Cache-Control": "private, no-cache"})


def wants_page(request: Request) -> bool:
    """Whether a person looks at the answer: a browser that opens an address, not a program that calls the API."""
    return "text/html" in request.headers.get("accept", "") and not request.url.path.startswith(("/api/", "/tiles/"))

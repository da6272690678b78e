"""The Folium pages that `gridmgmt map all` wrote: a list with their titles, and the pages themselves."""

import re
from typing import Any

import orjson
from fastapi import APIRouter
from starlette.responses import FileResponse

from api.deps import Settings
from api.languages import Lang
from gridmgmt.errors import NotFound
from gridmgmt.messages import Language

router = APIRouter(tags=["maps"])

# These pages are whole documents with scripts of their own. The sandbox gives them an origin of their own,
# so that a script in one can read nothing of this application.
PAGE_CSP = (
    "sandbox allow-scripts allow-downloads allow-popups; default-src 'none'; script-src 'unsafe-inline'; "
    "style-src 'unsafe-inline'; img-src data: blob:; font-src data:; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'self'"
)
PAGE_NAME = re.compile(r"[\w-]+\.html")
INDEX = "index.json"  # written beside the pages


@router.get("/api/v1/maps")
def list_maps(settings: Settings, language: Lang) -> list[dict[str, str]]:
    """The pages of the index in the reader's language, with title, date and address; empty where none was written."""
    index = settings.maps_folder / INDEX
    if not index.is_file():
        return []
    return [_entry(page, language) for page in orjson.loads(index.read_bytes())]


@router.get("/maps/{name}")
def show_map(name: str, settings: Settings) -> FileResponse:
    """One page, in a sandbox."""
    page = settings.maps_folder / name
    if not PAGE_NAME.fullmatch(name) or not page.is_file():
        raise NotFound(what="map", key=name)
    return FileResponse(
        page,
        media_type="text/html; charset=utf-8",
        headers={"Content-Security-Policy": PAGE_CSP, "X-Frame-Options": "SAMEORIGIN", "Cache-Control": "no-cache"},
    )


def _entry(page: dict[str, Any], language: Language) -> dict[str, str]:
    drawn = language if language in page["file"] else next(iter(page["file"]))
    title = page["title"].get(language) or page["title"][drawn]
    return {"name": page["name"], "title": title, "at": page["at"], "url": f"/maps/{page['file'][drawn]}"}

"""The Folium pages that `gridmgmt map all` wrote: a list with their titles, and the pages themselves."""

import re
from html import unescape
from pathlib import Path

from fastapi import APIRouter
from starlette.responses import FileResponse

from api.deps import Settings
from gridmgmt.errors import NotFound

router = APIRouter(tags=["maps"])

# These pages are whole documents with scripts of their own. The sandbox gives them an origin of their own,
# so that a script in one can read nothing of this application.
PAGE_CSP = (
    "sandbox allow-scripts allow-downloads allow-popups; default-src 'none'; script-src 'unsafe-inline'; "
    "style-src 'unsafe-inline'; img-src data: blob:; font-src data:; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'self'"
)
PAGE_NAME = re.compile(r"[\w-]+\.html")
TITLE = re.compile(r"<title>(.*?)</title>", re.DOTALL)
HEAD_BYTES = 2**16  # the title stands within


@router.get("/api/v1/maps")
def list_maps(settings: Settings) -> list[dict[str, str]]:
    """Every page with its title and address; empty where none has been written yet."""
    pages = sorted(settings.maps_folder.glob("*.html")) if settings.maps_folder.is_dir() else []
    return [{"name": page.stem, "title": _title(page), "url": f"/maps/{page.name}"} for page in pages]


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


def _title(page: Path) -> str:
    with page.open("rb") as file:
        found = TITLE.search(file.read(HEAD_BYTES).decode("utf-8", errors="replace"))
    return unescape(found[1]).strip() if found else page.stem

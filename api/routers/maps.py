"""The Folium pages that `gridmgmt map all` wrote: a list with their titles, and the pages themselves.

Each page shows the whole district, and cannot be cut to size afterwards: it is for people whose area holds all of it.
"""

import re
from typing import Annotated, Any

import orjson
from fastapi import APIRouter
from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.responses import FileResponse

from api.deps import DbSession, Settings
from api.json import CREDENTIALS
from api.languages import Lang
from api.security import may
from gridmgmt.access import Action, Person
from gridmgmt.errors import NotFound
from gridmgmt.messages import Language, Words
from gridmgmt.store.tables import BoundaryCode

router = APIRouter(tags=["maps"])
Reader = Annotated[Person, may(Action.see_figures)]

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
def list_maps(session: DbSession, person: Reader, settings: Settings, language: Lang) -> list[dict[str, str]]:
    """The pages of the index in the reader's language, with title, date and address; empty where none was written.

    Empty, too, for whoever may not see the figures of the whole district.
    """
    index = settings.maps_folder / INDEX
    if not index.is_file() or not _sees_all(session, person):
        return []
    return [_entry(page, language) for page in orjson.loads(index.read_bytes())]


@router.get("/maps/{name}")
def show_map(session: DbSession, person: Reader, name: str, settings: Settings) -> FileResponse:
    """One page, in a sandbox."""
    page = settings.maps_folder / name
    if not PAGE_NAME.fullmatch(name) or not page.is_file() or not _sees_all(session, person):
        raise NotFound(what=Words("things.map"), key=name)
    own = {"Cache-Control": "private, no-cache", "Vary": CREDENTIALS}
    headers = {"Content-Security-Policy": PAGE_CSP, "X-Frame-Options": "SAMEORIGIN", **own}
    return FileResponse(page, media_type="text/html; charset=utf-8", headers=headers)


def _sees_all(session: Session, person: Person) -> bool:
    """Whether the person's area holds every district there ever was."""
    area = person.area(Action.see_figures)
    districts = session.scalars(select(BoundaryCode.code).where(BoundaryCode.level == "district"))
    return area.is_everything or all(area.holds(code) for code in districts)


def _entry(page: dict[str, Any], language: Language) -> dict[str, str]:
    drawn = language if language in page["file"] else next(iter(page["file"]))
    title = page["title"].get(language) or page["title"][drawn]
    return {"name": page["name"], "title": title, "at": page["at"], "url": f"/maps/{page['file'][drawn]}"}

"""The start page (a map and its panel), and the plain form for the field: for files of trackers, and without script."""

from collections.abc import Callable, Coroutine, Mapping
from datetime import UTC, datetime
from typing import Annotated, Any
from urllib.parse import urlencode
from uuid import UUID, uuid4

import orjson
from fastapi import APIRouter, File, Form, UploadFile
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from api.deps import DbSession, Settings
from api.errors import on_grid_error, on_invalid_request
from api.rendering import PageLang, page_language, render
from api.routers.incidents import IncidentBody
from api.routers.patrols import Walker, take_walk, walker
from api.routers.people import Keeper
from api.security import Signed, may
from gridmgmt.access import Action, Person
from gridmgmt.errors import Forbidden, GridError, NotSignedIn, PasswordDue
from gridmgmt.ids import IncidentId
from gridmgmt.messages import Language, catalogue, text
from gridmgmt.services.field import report_incident
from gridmgmt.services.orders.asking import usual_ranges

MAPLIBRE = "maplibre-gl-6.17.0"
CATEGORY = "web.category_"
TYPED: dict[str, Any] = dict.fromkeys(("category", "text", "lon", "lat", "worker_code"), "")


class FormRoute(APIRoute):
    """A page's form gets its answer as a page: the sentence of the problem above what was typed."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def answer(request: Request) -> Response:
            typed = dict(await request.form()) if request.method == "POST" else {}
            try:
                return await handle(request)
            except (NotSignedIn, PasswordDue, Forbidden):
                raise
            except (GridError, RequestValidationError) as error:
                refused = on_grid_error if isinstance(error, GridError) else on_invalid_request
                problem = orjson.loads(bytes(refused(request, error).body))
                return _field_page(
                    page_language(request), failed=problem["detail"], typed=typed, status_code=problem["status"]
                )

        return answer


router = APIRouter(include_in_schema=False, route_class=FormRoute)


@router.get("/")
def start(language: PageLang, settings: Settings, person: Signed) -> Response:
    """The start page. Everything on it comes from the API."""
    return render(
        "start.html",
        language,
        person=person,
        maplibre=MAPLIBRE,
        poll_seconds=settings.poll_seconds,
        map_source=settings.map_source,
        map_approval=settings.map_approval,
        ranges=usual_ranges(),
    )


@router.get("/people")
def people(language: PageLang, person: Keeper) -> Response:
    """Accounts and rights, for those who keep the one or give the other."""
    return render("people.html", language, person=person)


@router.get("/audit")
def audit(language: PageLang, person: Annotated[Person, may(Action.read_audit)]) -> Response:
    """The log, for the auditor."""
    return render("audit.html", language, person=person)


@router.get("/field/plain", dependencies=[may(Action.report_incident)])
def plain_field(language: PageLang, done: str = "", grid: str = "") -> Response:
    """The plain form; after a submission it says what was kept."""
    sentence = f"web.done_{done}"
    return _field_page(
        language, done=text(sentence, language, grid=grid or "—") if sentence in catalogue(language) else ""
    )


def _field_page(
    language: Language, *, done: str = "", failed: str = "", typed: Mapping[str, Any] = TYPED, status_code: int = 200
) -> HTMLResponse:
    categories = [
        (key.removeprefix(CATEGORY), name) for key, name in catalogue(language).items() if key.startswith(CATEGORY)
    ]
    return render(
        "field_plain.html",
        language,
        status_code,
        done=done,
        failed=failed,
        form=TYPED | {key: value for key, value in typed.items() if key in TYPED},
        categories=categories,
        incident_id=uuid4(),
        patrol_id=uuid4(),
        opened_at=datetime.now(UTC).isoformat(timespec="seconds"),
    )


@router.post("/field/incident")
def send_incident(
    session: DbSession,
    language: PageLang,
    form: Annotated[IncidentBody, Form()],
    person: Annotated[Person, may(Action.report_incident)],
) -> Response:
    """Keep the report; the id in the form makes pressing twice one report."""
    receipt = report_incident(session, IncidentId(form.id or uuid4()), form.report(), person=person)
    return _back(language, "incident", receipt.grid_code)


@router.post("/field/patrol")
def send_patrol(
    session: DbSession,
    language: PageLang,
    person: Walker,
    patrol_id: Annotated[UUID, Form(alias="id")],
    worker_code: Annotated[str, Form(min_length=1, max_length=64)],
    track: Annotated[UploadFile, File()],
) -> Response:
    """Keep the uploaded walk; the id in the form makes pressing twice one walk."""
    receipt = take_walk(session, patrol_id, walker(person, worker_code.strip(), language), track.file.read())
    return _back(language, "patrol", str(len(receipt.grids)))


def _back(language: Language, done: str, grid: str | None) -> RedirectResponse:
    return RedirectResponse(
        f"/field/plain?{urlencode({'lang': language, 'done': done, 'grid': grid or ''})}", status_code=303
    )

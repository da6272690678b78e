"""Where trackers that exist report: OsmAnd and the Traccar client, OwnTracks, Overland, a forwarding Traccar server.

Each gets exactly the answer it waits for. A fault in the data is set aside and acknowledged: a client that is refused
for one sends it for ever and blocks everything behind it. Only a credential can be refused.
"""

from typing import Annotated, Any
from urllib.parse import parse_qsl

import orjson
from fastapi import APIRouter, Depends, Header
from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from api.deps import DbSession, RawBody
from api.json import Json
from api.routers.patrols import Walker, walker
from api.security import public
from gridmgmt.errors import NotSignedIn
from gridmgmt.io.protocols import Message, read_osmand, read_overland, read_owntracks, read_traccar
from gridmgmt.services.access import device_person
from gridmgmt.services.field.trackers import keep_unreadable, take_message

router = APIRouter(prefix="/ingest", tags=["trackers"])
NOTHING_READ = object()


@router.get("/osmand", dependencies=[Depends(public)])
@router.post("/osmand", dependencies=[Depends(public)])
def osmand(session: DbSession, request: Request, body: RawBody) -> Response:
    """OsmAnd protocol: query, form, or the Traccar client's JSON. 200 without a body; 400 without a known device id.

    The id is the credential: the protocol carries nothing else. Give devices ids that cannot be guessed
    (`gridmgmt user device`).
    """
    values = _osmand_values(request, body)
    return _by_device(session, read_osmand(values), "osmand", values)


def _osmand_values(request: Request, body: bytes) -> dict[str, Any]:
    values: dict[str, Any] = dict(request.query_params)
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == "application/json":
        document = _parsed(body)
        return values | document if isinstance(document, dict) else values
    return values | dict(parse_qsl(body.decode("utf-8", "replace")))


@router.post("/owntracks")
def owntracks(
    session: DbSession,
    person: Walker,
    body: RawBody,
    x_limit_d: Annotated[str | None, Header(description="The device, as the app names it")] = None,
) -> Response:
    """OwnTracks over HTTP. Always `[]`: fixes are kept, other messages acknowledged."""
    worker = walker(person, None)
    document = _parsed(body)
    if document is NOTHING_READ:
        keep_unreadable(session, body, "owntracks", worker)
    else:
        message = read_owntracks(document, x_limit_d)
        take_message(
            session, worker, message, f"{person.name}/{message.device or ''}", source="owntracks", raw=document
        )
    return Json([])


@router.post("/overland")
def overland(session: DbSession, person: Walker, body: RawBody) -> Response:
    """Overland's batches. Always `{"result":"ok"}`."""
    worker = walker(person, None)
    document = _parsed(body)
    if document is NOTHING_READ:
        keep_unreadable(session, body, "overland", worker)
    else:
        message = read_overland(document)
        take_message(session, worker, message, f"{person.name}/{message.device or ''}", source="overland")
    return Json({"result": "ok"})


@router.post("/traccar", dependencies=[Depends(public)])
def traccar(session: DbSession, body: RawBody) -> Response:
    """What a Traccar server forwards (`forward.json`). 200 without a body; 400 without a known `uniqueId`."""
    document = _parsed(body)
    message = read_traccar(document)
    return _by_device(session, message, "traccar", document)


def _by_device(session: Session, message: Message, source: str, raw: object) -> Response:
    """Keep a message whose device id is its credential."""
    try:
        person = device_person(session, message.device or "")
    except NotSignedIn:
        return Response(status_code=400)
    if person.worker_code is None or message.device is None:
        return Response(status_code=400)
    take_message(session, person.worker_code, message, message.device, source=source, raw=raw)
    return Response(status_code=200)


def _parsed(body: bytes) -> Any:
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        return NOTHING_READ

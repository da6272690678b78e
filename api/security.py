"""Who asks, and whether they may. Every endpoint declares one of `may(...)`, `Signed` or `public`.

    @router.get("/plans")
    def plans(session: DbSession, person: Annotated[Person, may(Action.see_plans)]) -> Response:
        rows = list_plans(session, area=person.area(Action.see_plans))

Credentials, in this order: `Authorization: Bearer` (an access token, or a device's secret), `Authorization: Basic`
(an app password or a device's secret), the cookie of a web session. What a browser sends by itself, the cookie, is
taken for writing only from our own pages.
"""

import base64
import binascii
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import Depends
from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request

from api.deps import DbSession
from api.languages import Lang
from gridmgmt.access import Action, Person
from gridmgmt.errors import Forbidden, NotSignedIn, PasswordDue
from gridmgmt.messages import Language, text
from gridmgmt.services.access import (
    audit,
    person_by_access_token,
    person_by_basic,
    person_by_id,
    person_by_secret,
    person_by_web_session,
)

COOKIE = "gridmgmt_session"
PERSON_HEADER = "x-person"  # sent by the phone: whose record it is; under anybody else's session it is refused
POLL_HEADER = "x-poll"  # sent by pages that ask by themselves: such a request keeps nobody signed in
LOGGED = frozenset({Action.see_tracks, Action.read_audit, Action.erase_tracks, Action.export, Action.publish})
"""Every use of these is in the audit log with its address, in the transaction of the request."""

_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


def signed(request: Request, session: DbSession) -> Person:
    """The person who asks; NotSignedIn without a credential, or with one that is good for nothing."""
    scheme, _, value = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return _by_bearer(session, value.strip())
    if scheme.lower() == "basic":
        return person_by_basic(session, *_name_and_secret(value))
    if COOKIE in request.cookies:
        return _by_cookie(request, session)
    raise NotSignedIn


def known(request: Request, session: Session) -> Person | None:
    """Who asks, where it is somebody; for pages that look different then."""
    try:
        return signed(request, session)
    except NotSignedIn:
        return None


def access_token_of(request: Request) -> str | None:
    """The access token that came with a request, if one did."""
    scheme, _, value = request.headers.get("authorization", "").partition(" ")
    return value.strip() if scheme.lower() == "bearer" and "." in value else None


def _by_bearer(session: Session, token: str) -> Person:
    """An access token has two dots; a device's secret has none."""
    return person_by_access_token(session, token) if "." in token else person_by_secret(session, token)


def _name_and_secret(encoded: str) -> tuple[str, str]:
    try:
        name, colon, secret = base64.b64decode(encoded, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError) as error:
        raise NotSignedIn from error
    if not colon:
        raise NotSignedIn
    return name, secret


def _by_cookie(request: Request, session: Session) -> Person:
    touch = POLL_HEADER not in request.headers
    person_id = person_by_web_session(session, request.cookies[COOKIE], datetime.now(UTC), touch=touch)
    person = None if person_id is None else person_by_id(session, person_id)
    if person is None or request.headers.get(PERSON_HEADER, str(person.id)) != str(person.id):
        raise NotSignedIn
    if request.method not in _SAFE_METHODS and not _from_our_page(request):
        raise HTTPException(403)
    return person


def _from_our_page(request: Request) -> bool:
    """Whether the browser says so. One that says nothing is refused; a wrong origin never came this far."""
    return "origin" in request.headers or request.headers.get("sec-fetch-site") == "same-origin"


Signed = Annotated[Person, Depends(signed)]


async def public() -> None:
    """Declares that an endpoint is for everybody: nothing in its answer is about the district or its people."""


class May:
    """The rule of an endpoint, as a dependency that gives the person; found by the test that walks all routes."""

    def __init__(self, action: Action) -> None:
        self.action = action

    async def __call__(
        self, request: Request, session: DbSession, person: Signed, language: Lang
    ) -> AsyncIterator[Person]:
        require(person, self.action, language)
        yield person
        if self.action in LOGGED:
            asked = (self.action.value, request.url.path, dict(request.query_params))
            await run_in_threadpool(audit.record, session, person, *asked)


def may(action: Action) -> Any:
    """The person who asks, if they may: `Annotated[Person, may(Action.see_plans)]`. 401 and 403 otherwise."""
    return Depends(May(action), scope="function")


def require(person: Person, action: Action, language: Language = "zh", code: str | None = None) -> None:
    """Forbidden unless the person may do it, in the boundary `code` where one is given."""
    if person.password_due:
        raise PasswordDue
    if not person.may(action) or (code is not None and not person.area(action).holds(code)):
        raise Forbidden(action=text(f"access.may_{action.value}", language))

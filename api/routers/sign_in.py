"""Signing in and out: a page with a cookie for people, tokens for programs, and changing one's password."""

from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Form
from pydantic import BaseModel, Field
from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from api.deps import DbSession
from api.errors import STATUS
from api.json import Json
from api.refusals import HOME, own_address
from api.rendering import PageLang, render
from api.security import COOKIE, Signed, access_token_of, known, public
from gridmgmt.access import Action
from gridmgmt.errors import GridError, LockedOut, WeakPassword, WrongPassword
from gridmgmt.ids import PersonId
from gridmgmt.messages import Language, Words, error_text
from gridmgmt.services.access import (
    WebSession,
    audit,
    begin_web_session,
    change_password,
    check_password,
    end_web_session,
    find_person,
    refresh,
    sign_in,
    sign_out,
)

router = APIRouter()

Typed = Annotated[str, Form(max_length=200)]
Next = Annotated[str, Form(max_length=2000)]


def _counting(request: Request) -> Iterator[Session]:
    """A transaction that commits when it refuses, too: a failed attempt has to count."""
    with request.app.state.sessions() as session:
        try:
            yield session
        except GridError:
            session.commit()
            raise
        session.commit()


CountingSession = Annotated[Session, Depends(_counting, scope="function")]


class NameAndPassword(BaseModel):
    """What a program signs in with."""

    name: str = Field(max_length=200)
    password: str = Field(max_length=200)


class Renewal(BaseModel):
    """The refresh token of the last answer; it is good once."""

    refresh_token: str = Field(max_length=200)


@router.post("/api/v1/sign-in", tags=["access"], dependencies=[Depends(public)])
def get_tokens(session: CountingSession, body: NameAndPassword) -> Response:
    """Tokens for a program of a person: a short access token (Bearer) and a refresh token for the next pair."""
    return _tokens(sign_in(session, body.name, body.password, datetime.now(UTC)))


@router.post("/api/v1/refresh", tags=["access"], dependencies=[Depends(public)])
def renew_tokens(session: CountingSession, body: Renewal) -> Response:
    """The next pair. A refresh token that comes a second time ends the whole sign-in."""
    return _tokens(refresh(session, body.refresh_token, datetime.now(UTC)))


@router.post("/api/v1/sign-out", status_code=204, tags=["access"])
def end_tokens(request: Request, session: DbSession, person: Signed) -> Response:
    """End the sign-in that the request came with; its tokens are worth nothing from now on."""
    token = access_token_of(request)
    if token is not None:
        sign_out(session, token, datetime.now(UTC))
    elif end_web_session(session, request.cookies.get(COOKIE, ""), datetime.now(UTC)) is not None:
        audit.record(session, person, "sign_out", "web")
    return _without_cookie(Response(status_code=204))


@router.get("/api/v1/me", tags=["access"])
def show_me(person: Signed) -> Response:
    """Who I am to this application: my roles, what I may do, and where (prefixes of codes; "" is everywhere)."""
    where = {action.value: list(person.area(action).prefixes) for action in Action if person.may(action)}
    names = {"id": person.id, "name": person.name, "display_name": person.display_name}
    return Json(names | {"worker_code": person.worker_code, "roles": sorted(person.roles), "may": where}, headers=OWN)


OWN = {"Cache-Control": "private, no-store"}


@router.get("/sign-in", include_in_schema=False, dependencies=[Depends(public)])
def sign_in_page(
    request: Request,
    session: DbSession,
    language: PageLang,
    next: str = HOME,  # noqa: A002
) -> Response:
    """The page to sign in; whoever is signed in already goes on."""
    if known(request, session) is not None:
        return RedirectResponse(own_address(next), 303)
    return _page(language, next)


@router.post("/sign-in", include_in_schema=False, dependencies=[Depends(public)])
def sign_in_by_page(
    request: Request,
    session: DbSession,
    language: PageLang,
    name: Typed = "",
    password: Typed = "",
    next: Next = HOME,  # noqa: A002
) -> Response:
    """Check the pair and begin a web session."""
    now = datetime.now(UTC)
    try:
        row = check_password(session, name, password, now)
    except (WrongPassword, LockedOut) as error:
        return _page(language, next, name=name, failed=error_text(error, language), status_code=STATUS[type(error)])
    address = own_address(next)
    audit.record(session, row, "sign_in", "web")
    target = f"/password?{urlencode({'next': address, 'lang': language})}" if row.password_due else address
    return _with_cookie(request, RedirectResponse(target, 303), begin_web_session(session, PersonId(row.id), now))


@router.post("/sign-out", include_in_schema=False, dependencies=[Depends(public)])
def sign_out_by_page(request: Request, session: DbSession, language: PageLang) -> Response:
    """End the web session; the sign-in page comes next. Needs nothing: who is signed out already is signed out."""
    person_id = end_web_session(session, request.cookies.get(COOKIE, ""), datetime.now(UTC))
    if person_id is not None:
        audit.record_by_id(session, person_id, "sign_out", "web")
    return _without_cookie(RedirectResponse(f"/sign-in?{urlencode({'lang': language})}", 303))


@router.get("/password", include_in_schema=False)
def password_page(person: Signed, language: PageLang, next: str = HOME) -> Response:  # noqa: A002
    """The page to change one's password."""
    return _password_page(language, next, due=person.password_due)


@router.post("/password", include_in_schema=False)
def change_own_password(
    request: Request,
    session: DbSession,
    person: Signed,
    language: PageLang,
    old: Typed = "",
    new: Typed = "",
    again: Typed = "",
    next: Next = HOME,  # noqa: A002
) -> Response:
    """Change it: all sign-ins end, and this browser gets a new one."""
    now = datetime.now(UTC)
    try:
        row = check_password(session, person.name, old, now)
        if new != again:
            raise WeakPassword(detail=Words("access.fault_differs"))
        change_password(session, find_person(session, person.name), new, now)
    except (WrongPassword, LockedOut, WeakPassword) as error:
        # Never 401: whoever asks is signed in; it is the form that does not fit.
        failed = error_text(error, language)
        return _password_page(language, next, due=person.password_due, failed=failed, status_code=422)
    audit.record(session, row, "password_changed", row.name)
    return _with_cookie(
        request, RedirectResponse(own_address(next), 303), begin_web_session(session, PersonId(row.id), now)
    )


def _page(language: Language, next_one: str, *, name: str = "", failed: str = "", status_code: int = 200) -> Response:
    return render("sign_in.html", language, status_code, next=own_address(next_one), name=name, failed=failed)


def _password_page(
    language: Language, next_one: str, *, due: bool, failed: str = "", status_code: int = 200
) -> Response:
    return render("password.html", language, status_code, next=own_address(next_one), due=due, failed=failed)


def _tokens(tokens: Any) -> Response:
    return Json({"token_type": "Bearer", **asdict(tokens)}, headers=OWN)


def _with_cookie(request: Request, response: Response, web: WebSession) -> Response:
    """Not for scripts, not sent along by other sites' forms, and over TLS only where we are reached by it."""
    secure = request.url.scheme == "https" or request.app.state.settings.secure_cookies
    response.set_cookie(COOKIE, web.secret, httponly=True, samesite="lax", secure=secure, path="/")
    return response


def _without_cookie(response: Response) -> Response:
    response.delete_cookie(COOKIE, path="/", httponly=True, samesite="lax")
    return response

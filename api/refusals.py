"""What a person sees who may not: the sign-in page, the page to change the password, or a sentence."""

from http import HTTPStatus
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from api.rendering import page_language, render, wants_page
from gridmgmt.errors import Forbidden, GridError, LockedOut, NotSignedIn, PasswordDue, WrongPassword
from gridmgmt.messages import error_text

HOME = "/"
LEADS_TO: dict[type[GridError], str] = {NotSignedIn: "/sign-in", PasswordDue: "/password"}
REALM = 'realm="gridmgmt"'


def page_for(request: Request, error: GridError) -> Response | None:
    """The page for a refused request where a person opened it; None where the problem document serves better."""
    if not wants_page(request):
        return None
    if type(error) in LEADS_TO:
        return RedirectResponse(sign_in_address(request, LEADS_TO[type(error)]), HTTPStatus.SEE_OTHER)
    if isinstance(error, Forbidden):
        language = page_language(request)
        return render("refused.html", language, HTTPStatus.FORBIDDEN, failed=error_text(error, language))
    return None


def sign_in_address(request: Request, path: str = "/sign-in") -> str:
    """Where to sign in, so that the person comes back to the page that was asked for."""
    asked = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    back = asked if request.method == "GET" else HOME
    language = request.query_params.get("lang")
    return f"{path}?{urlencode({'next': back} | ({'lang': language} if language else {}))}"


def own_address(wanted: str) -> str:
    """`wanted` if it leads to a page of ours, else the start page: a link must not carry people off to another site.

    >>> own_address("/field?lang=en"), own_address("//evil.example"), own_address("https://evil.example")
    ('/field?lang=en', '/', '/')
    """
    plain = wanted.startswith("/") and not wanted.startswith("//")
    return wanted if plain and "\\" not in wanted and wanted.isprintable() else HOME


def headers_for(request: Request, error: GridError) -> dict[str, str]:
    """What an answer to a program must name: how to sign in (401), when to come back (429).

    A browser's own calls are not told of Basic: it would open a window of its own over the page.
    """
    if isinstance(error, LockedOut):
        return {"Retry-After": str(60 * int(str(error.context["minutes"])))}
    if not isinstance(error, NotSignedIn | WrongPassword):
        return {}
    program = "sec-fetch-mode" not in request.headers
    return {"WWW-Authenticate": f"Bearer {REALM}" + (f', Basic {REALM}, charset="UTF-8"' if program else "")}

"""The outer shell of every request: its id, its size, where it comes from, and the headers every answer carries.

Plain ASGI, so that streams stay streams. Order (outermost first): `RequestShell`, then the application.
"""

import re
from collections.abc import Mapping
from uuid import uuid4

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.errors import CODES, on_unexpected, problem
from api.settings import WebSettings

CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; "
    "worker-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
SECURITY_HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": CSP,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "geolocation=(self), camera=(), microphone=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")
_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


class RequestShell:
    """Guards and labels one request; whatever escapes the application becomes a problem document here."""

    def __init__(self, app: ASGIApp, settings: WebSettings) -> None:
        self.app = app
        self.settings = settings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        scope.setdefault("state", {})["request_id"] = _request_id(headers)
        exchange = _Exchange(scope, receive, send, self.settings.max_body_bytes)
        refusal = self._refusal(Request(scope), headers)
        if refusal is not None:
            await problem(Request(scope), refusal, CODES[refusal])(scope, receive, exchange.send)
            return
        await self._answer(scope, exchange)

    async def _answer(self, scope: Scope, exchange: "_Exchange") -> None:
        try:
            await self.app(scope, exchange.receive, exchange.send)
        except Exception as error:
            if exchange.started:
                raise
            await on_unexpected(Request(scope), error)(scope, exchange.receive, exchange.send)

    def _refusal(self, request: Request, headers: Headers) -> int | None:
        if _host(headers.get("host", "")) not in self.settings.hosts:
            return 421
        if request.method not in _SAFE_METHODS and _foreign(headers):
            return 403
        length = headers.get("content-length", "0")
        if not length.isdecimal() or int(length) > self.settings.max_body_bytes:
            return 413
        return None


class _Exchange:
    """Counts what comes in, and puts the common headers on what goes out."""

    def __init__(self, scope: Scope, receive: Receive, send: Send, max_body_bytes: int) -> None:
        self._receive, self._send, self._left = receive, send, max_body_bytes
        self._request_id: str = scope["state"]["request_id"]
        self.started = False

    async def receive(self) -> Message:
        message = await self._receive()
        self._left -= len(message.get("body", b""))
        if self._left < 0:
            raise HTTPException(413)
        return message

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.started = True
            headers = MutableHeaders(scope=message)
            headers["X-Request-ID"] = self._request_id
            for name, value in SECURITY_HEADERS.items():
                headers.setdefault(name, value)
        await self._send(message)


def _request_id(headers: Headers) -> str:
    given = headers.get("x-request-id", "")
    return given if _REQUEST_ID.fullmatch(given) else uuid4().hex


def _host(value: str) -> str:
    """The host without its port; an IPv6 address keeps its brackets.

    >>> _host("127.0.0.1:8000"), _host("[::1]:8000"), _host("localhost")
    ('127.0.0.1', '[::1]', 'localhost')
    """
    return re.sub(r":\d+$", "", value).lower()


def _foreign(headers: Headers) -> bool:
    """True where a browser says that another site's page is writing here."""
    origin = headers.get("origin")
    if origin is not None and origin.partition("://")[2] != headers.get("host"):
        return True
    return headers.get("sec-fetch-site", "same-origin") not in {"same-origin", "none"}

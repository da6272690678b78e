"""Errors as RFC 9457 problem documents. One table says which typed error is which HTTP status.

A client gets a stable `code`, a title and a sentence in its language, and the id of the request for the helpdesk.
The words of a database, a driver or a traceback never reach it: they go to the log under that id.
"""

import logging
from http import HTTPStatus
from typing import Any

import orjson
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import DataError, InterfaceError, OperationalError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from api.invalid import faults_of, listed
from api.languages import request_language
from api.refusals import headers_for, page_for
from gridmgmt import errors
from gridmgmt.errors import GridError
from gridmgmt.messages import Language, catalogue, error_text, text

log = logging.getLogger("gridmgmt.api")

STATUS: dict[type[GridError], HTTPStatus] = {
    errors.GridError: HTTPStatus.INTERNAL_SERVER_ERROR,
    errors.MissingCrs: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.GeographicCrs: HTTPStatus.INTERNAL_SERVER_ERROR,
    errors.UnreadableFile: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.UnknownColumn: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.InvalidInput: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.InvalidImport: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.InfeasiblePlan: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.NotFound: HTTPStatus.NOT_FOUND,
    errors.Conflict: HTTPStatus.CONFLICT,
    errors.StaleEpoch: HTTPStatus.CONFLICT,
    errors.BrokenCoverage: HTTPStatus.CONFLICT,
    errors.DatabaseUnavailable: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.MissingProgram: HTTPStatus.INTERNAL_SERVER_ERROR,
    errors.NotSignedIn: HTTPStatus.UNAUTHORIZED,
    errors.WrongPassword: HTTPStatus.UNAUTHORIZED,
    errors.LockedOut: HTTPStatus.TOO_MANY_REQUESTS,
    errors.PasswordDue: HTTPStatus.FORBIDDEN,
    errors.WeakPassword: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.Forbidden: HTTPStatus.FORBIDDEN,
    errors.IllegalMove: HTTPStatus.CONFLICT,
    errors.StaleStep: HTTPStatus.CONFLICT,
    errors.Gone: HTTPStatus.GONE,
}

# Refusals that are no typed error of the library; the codes are as stable as theirs.
CODES = {
    400: "bad_request",
    403: "foreign_origin",
    404: "no_such_address",
    405: "method_not_allowed",
    413: "body_too_large",
    421: "unknown_host",
    500: "internal_server_error",
}


class Problem(Response):
    """An `application/problem+json` answer."""

    media_type = "application/problem+json"

    def render(self, content: Any) -> bytes:
        return orjson.dumps(content)


def problem(
    request: Request,
    status: int,
    code: str,
    detail: str | None = None,
    *,
    language: Language | None = None,
    **more: Any,
) -> Problem:
    """The problem document of one request; `detail` falls back to the catalogue's sentence for the status."""
    language = language or request_language(request)
    body = {
        "type": f"urn:gridmgmt:problem:{code}",
        "title": _status_text("problem_title", status, language),
        "status": int(status),
        "detail": detail or _status_text("problem_detail", status, language),
        "code": code,
        "instance": request.url.path,
        "request_id": request.scope.get("state", {}).get("request_id"),
    }
    headers = {"Content-Language": {"zh": "zh-CN", "en": "en"}[language], "Cache-Control": "no-store"}
    return Problem(body | more, status_code=int(status), headers=headers)


def _status_text(kind: str, status: int, language: Language) -> str:
    known = catalogue(language)
    return known.get(f"web.{kind}_{int(status)}") or text(f"web.{kind}_{int(status) // 100}xx", language)


def on_grid_error(request: Request, error: Exception) -> Response:
    """A typed error: its own sentence, except where the fault is ours (5xx) and the sentence may quote a machine."""
    assert isinstance(error, GridError)
    page = page_for(request, error)
    if page is not None:
        return page
    status = STATUS[type(error)]
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        log.error("request %s: %s", request.scope.get("state", {}).get("request_id"), error)
        return problem(request, status, error.code)
    answer = problem(request, status, error.code, error_text(error, request_language(request)))
    answer.headers.update(headers_for(request, error))
    return answer


def on_invalid_request(request: Request, error: Exception) -> Problem:
    """Parameters or a body that do not fit the endpoint's declaration: every fault with its place."""
    assert isinstance(error, RequestValidationError)
    language = request_language(request)
    faults = faults_of(error.errors(), language)
    detail = text("web.problem_invalid_request", language, places=listed(faults, language))
    return problem(request, HTTPStatus.UNPROCESSABLE_ENTITY, "invalid_request", detail, errors=faults)


def on_http_exception(request: Request, error: Exception) -> Problem:
    """No such path (404), no such method (405), and the framework's other refusals."""
    assert isinstance(error, HTTPException)
    code = CODES.get(error.status_code) or HTTPStatus(error.status_code).name.lower()
    answer = problem(request, error.status_code, code)
    answer.headers.update(error.headers or {})
    return answer


def on_database_away(request: Request, error: Exception) -> Problem:
    """The connection failed or broke; the client may try again."""
    log.error("request %s: database away", request.scope.get("state", {}).get("request_id"), exc_info=error)
    answer = problem(request, HTTPStatus.SERVICE_UNAVAILABLE, errors.DatabaseUnavailable.code)
    answer.headers["Retry-After"] = "5"
    return answer


def on_unstorable(request: Request, error: Exception) -> Problem:
    """A value that no column can hold (a NUL in a text, a number beyond all bounds)."""
    log.info("request %s: unstorable value", request.scope.get("state", {}).get("request_id"), exc_info=error)
    return problem(request, HTTPStatus.UNPROCESSABLE_ENTITY, errors.InvalidInput.code)


def on_unexpected(request: Request, error: Exception) -> Problem:
    """Everything else is a fault of ours: one sentence, and the request id under which the log has the rest."""
    log.error("request %s failed", request.scope.get("state", {}).get("request_id"), exc_info=error)
    return problem(request, HTTPStatus.INTERNAL_SERVER_ERROR, CODES[500])


def register(app: FastAPI) -> None:
    """Every way an endpoint can fail ends in a problem document."""
    app.add_exception_handler(GridError, on_grid_error)
    app.add_exception_handler(RequestValidationError, on_invalid_request)
    app.add_exception_handler(HTTPException, on_http_exception)
    app.add_exception_handler(OperationalError, on_database_away)
    app.add_exception_handler(InterfaceError, on_database_away)
    app.add_exception_handler(DataError, on_unstorable)

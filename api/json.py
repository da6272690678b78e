"""JSON answers by orjson: dates, UUIDs, dataclasses and numpy numbers as they come, and an ETag for polling."""

from collections.abc import Mapping
from hashlib import sha256
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response

CREDENTIALS = "Authorization, Cookie"  # whose answer it is: no cache may give it to another
OPTIONS = orjson.OPT_SERIALIZE_NUMPY | orjson.OPT_NON_STR_KEYS


class Json(Response):
    """`application/json` from anything orjson knows; bytes are JSON already."""

    media_type = "application/json"

    def render(self, content: Any) -> bytes:
        return content if isinstance(content, bytes) else orjson.dumps(content, option=OPTIONS)


class GeoJson(Json):
    """`application/geo+json`."""

    media_type = "application/geo+json"


def revalidated(request: Request, response: Response, headers: Mapping[str, str] | None = None) -> Response:
    """`response` with an ETag of its bytes, or 304 where the client has exactly these."""
    etag = f'W/"{sha256(response.body).hexdigest()[:32]}"'
    kept = {"ETag": etag, "Cache-Control": "private, no-cache", "Vary": CREDENTIALS, **(headers or {})}
    if etag in {tag.strip() for tag in request.headers.get("if-none-match", "").split(",")}:
        return Response(status_code=304, headers=kept)
    response.headers.update(kept)
    return response

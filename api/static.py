"""The static files: vendored libraries never change under their versioned path, our own are asked for each time."""

from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope


class StaticFolder(StaticFiles):
    """Files with their cache rule; everything else as Starlette serves it (ETag, 304, no path outside)."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        lasting = path.startswith("vendor/")
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable" if lasting else "no-cache"
        return response

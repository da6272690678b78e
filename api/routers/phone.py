"""The field app `/field`: its page, and what makes it one that installs and works without a network."""

import orjson
from fastapi import APIRouter, Depends
from starlette.responses import FileResponse, Response

from api.deps import Settings
from api.json import Json
from api.phone import WEB_FOLDER, shell_addresses, shell_version
from api.rendering import PageLang, render
from api.routers.pages import MAPLIBRE
from api.security import may, public
from gridmgmt.access import Action
from gridmgmt.messages import text

router = APIRouter(include_in_schema=False)

SCRIPT = "text/javascript; charset=utf-8"
ICONS = (
    ("/web/field/icon-192.png", "192x192", "any"),
    ("/web/field/icon-512.png", "512x512", "any"),
    ("/web/field/icon-maskable.png", "512x512", "maskable"),
)


@router.get("/field", dependencies=[may(Action.report_incident)])
def field(language: PageLang, settings: Settings) -> Response:
    """The shell of the app: no word in it is about anybody, the phone fills it in."""
    return render(
        "field.html",
        language,
        maplibre=MAPLIBRE,
        map_source=settings.map_source,
        map_approval=settings.map_approval,
    )


@router.get("/field/sw.js", dependencies=[Depends(public)])
def service_worker() -> Response:
    """The service worker, with the version and the files of its shell put above it."""
    shell = orjson.dumps(shell_addresses(MAPLIBRE)).decode()
    own = (WEB_FOLDER / "field" / "sw.js").read_text(encoding="utf-8")
    script = f'const VERSION = "{shell_version(MAPLIBRE)}";\nconst SHELL = {shell};\n{own}'
    return Response(
        script, media_type=SCRIPT, headers={"Service-Worker-Allowed": "/field", "Cache-Control": "no-cache"}
    )


@router.get("/field/map-worker.mjs", dependencies=[Depends(public)])
def map_worker() -> Response:
    """The map library's worker, inside the service worker's scope: a worker belongs to the scope of its address."""
    path = WEB_FOLDER / "vendor" / MAPLIBRE / "maplibre-gl-worker.mjs"
    return FileResponse(path, media_type=SCRIPT, headers={"Cache-Control": "no-cache"})


@router.get("/field/manifest.webmanifest", dependencies=[Depends(public)])
def manifest(language: PageLang) -> Response:
    """What the phone needs to install the app."""
    document = {
        "id": "/field",
        "name": text("phone.app_name", language),
        "short_name": text("phone.title", language),
        "lang": {"zh": "zh-CN", "en": "en"}[language],
        "start_url": "/field",
        "scope": "/field",
        "display": "standalone",
        "orientation": "portrait",
        "background_color": "#f7f6f2",
        "theme_color": "#f7f6f2",
        "icons": [
            {"src": src, "sizes": sizes, "type": "image/png", "purpose": purpose} for src, sizes, purpose in ICONS
        ],
    }
    return Json(orjson.dumps(document), media_type="application/manifest+json", headers={"Cache-Control": "no-cache"})

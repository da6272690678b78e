"""The web application: `create_app(settings)` builds it; importing this module does nothing."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from fastapi import FastAPI
from starlette.middleware.gzip import GZipMiddleware

from api import errors
from api.kept import Kept
from api.middleware import RequestShell
from api.routers import (
    audit,
    boundaries,
    candidates,
    centre,
    duty,
    health,
    incidents,
    ingest,
    maps,
    messages,
    pages,
    patrol_coverage,
    patrols,
    people,
    phone,
    plan_orders,
    plan_reports,
    plans,
    sign_in,
    situation,
    tiles,
    workers,
)
from api.settings import WebSettings
from api.static import StaticFolder
from gridmgmt import __version__
from gridmgmt.store.engine import make_engine, session_factory

TURNS = 16  # requests that use the database at once: fewer than its connections, far fewer than the threads
WEB_FOLDER = Path(__file__).parent / "web"
ROUTERS = (
    health,
    sign_in,
    people,
    workers,
    audit,
    boundaries,
    tiles,
    plan_orders,
    plans,
    plan_reports,
    maps,
    situation,
    centre,
    patrols,
    patrol_coverage,
    ingest,
    incidents,
    candidates,
    duty,
    messages,
    phone,
    pages,
)


def create_app(settings: WebSettings | None = None) -> FastAPI:
    """A new application. Nothing connects before it starts; its engine is closed when it stops."""
    settings = settings or WebSettings.from_environment()
    app = FastAPI(
        title="gridmgmt",
        version=__version__,
        description="Boundaries with epochs, plans, patrols and incidents of a district. Errors: RFC 9457.",
        license_info={"name": "Apache-2.0", "identifier": "Apache-2.0"},
        docs_url=None,  # both viewers load their scripts from other hosts
        redoc_url=None,
        lifespan=_lifespan,
    )
    app.state.settings = settings
    app.state.visits = Kept(situation.VISITS_LAST_S)
    errors.register(app)
    for router in ROUTERS:
        app.include_router(router.router)
    app.mount("/web", StaticFolder(directory=WEB_FOLDER), name="web")
    app.add_middleware(GZipMiddleware, minimum_size=1000, compresslevel=5)
    app.add_middleware(RequestShell, settings=settings)
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    engine = make_engine(app.state.settings.database_url, pool_size=TURNS + 4)
    app.state.turns = asyncio.Semaphore(TURNS)
    app.state.engine, app.state.sessions = engine, session_factory(engine)
    yield
    engine.dispose()

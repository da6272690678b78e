"""Is the process alive, and can it serve?"""

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from api.deps import DbSession
from api.errors import problem
from api.json import Json
from api.security import public
from gridmgmt import __version__
from gridmgmt.store.revision import current_revision, head_revision

router = APIRouter(tags=["health"])


@router.get("/healthz", dependencies=[Depends(public)])
def healthz() -> dict[str, str]:
    """The process answers. Says nothing about the database."""
    return {"status": "ok", "version": __version__}


@router.get("/readyz", dependencies=[Depends(public)])
def readyz(request: Request, session: DbSession) -> Response:
    """The database answers and is at the schema of this version; 503 otherwise."""
    found, wanted = current_revision(session.connection()), head_revision()
    if found != wanted:
        return problem(request, 503, "schema_out_of_date", found=found, wanted=wanted)
    return Json({"status": "ready", "schema": found})

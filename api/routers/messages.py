"""The words of the pages, from the one catalogue."""

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from api.json import Json, revalidated
from api.security import public
from gridmgmt.messages import Language, catalogue

router = APIRouter(prefix="/api/v1", tags=["messages"])
# planning: the reasons in a plan's report
ROOMS = ("common.", "web.", "access.", "people.", "planning.", "phone.", "incidents.")


@router.get("/messages/{language}", dependencies=[Depends(public)])
def messages(request: Request, language: Language) -> Response:
    """All messages of the pages in one language, by key; placeholders as in Python's str.format."""
    return revalidated(
        request, Json({key: words for key, words in catalogue(language).items() if key.startswith(ROOMS)})
    )

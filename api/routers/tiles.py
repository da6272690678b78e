"""Vector tiles from PostGIS. Several layers in one tile: `/tiles/land,street/{z}/{x}/{y}.mvt` (tiles concatenate)."""

from typing import Annotated

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from api.deps import DbSession, Epoch
from api.json import Json, revalidated
from api.security import may
from gridmgmt.access import Action, Person
from gridmgmt.errors import NotFound
from gridmgmt.messages import Words
from gridmgmt.services.figures import figures
from gridmgmt.services.tiles import LAYERS, tile

router = APIRouter(prefix="/tiles", tags=["tiles"])

MVT = "application/vnd.mapbox-vector-tile"
Reader = Annotated[Person, may(Action.see_boundaries)]
DEEPEST_CUT = 16  # clients enlarge these beyond


@router.get("/{layers}/{z}/{x}/{y}.mvt", response_class=Response, responses={200: {"content": {MVT: {}}}})
def get_tile(
    request: Request, session: DbSession, person: Reader, layers: str, z: int, x: int, y: int, at: Epoch
) -> Response:
    """One Mapbox Vector Tile of one or several layers (comma between), boundaries and stations as on `at`."""
    area = person.area(Action.see_boundaries)
    cut = b"".join(tile(session, layer, z, x, y, at, area) for layer in dict.fromkeys(layers.split(",")))
    return revalidated(request, Response(cut, media_type=MVT))


@router.get("/{layers}.json")
def tile_json(request: Request, session: DbSession, person: Reader, layers: str, at: Epoch) -> Response:
    """TileJSON 3.0 of the same layers."""
    names = list(dict.fromkeys(layers.split(",")))
    unknown = [name for name in names if name not in LAYERS]
    if unknown:
        raise NotFound(what=Words("things.layer"), key=unknown[0])
    document = {
        "tilejson": "3.0.0",
        "name": layers,
        "tiles": [f"{request.base_url}tiles/{layers}/{{z}}/{{x}}/{{y}}.mvt?at={at}"],
        "minzoom": min(LAYERS[name][1] for name in names),
        "maxzoom": DEEPEST_CUT,
        "vector_layers": [{"id": name, "fields": {}, "minzoom": LAYERS[name][1]} for name in names],
    }
    bounds = figures(session, at, person.area(Action.see_boundaries)).bounds
    return revalidated(request, Json(document | ({"bounds": bounds} if bounds else {})))

"""Boundaries of any date as GeoJSON, and the figures of that date."""

from typing import Annotated, Literal

import geopandas
from fastapi import APIRouter, Query
from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from api.deps import DbSession, Epoch, OptionalBox
from api.geojson import collection
from api.json import GeoJson, Json, revalidated
from api.security import may
from gridmgmt.access import Action, Area, Person
from gridmgmt.errors import NotFound
from gridmgmt.ids import BoundaryCode
from gridmgmt.messages import Words
from gridmgmt.services.boundaries import boundaries_at
from gridmgmt.services.figures import figures
from gridmgmt.services.tiles import boundaries_geojson
from gridmgmt.services.units import stations_at
from gridmgmt.store.tables import Level

router = APIRouter(prefix="/api/v1", tags=["boundaries"])

Shape = Annotated[Literal["area", "point"], Query(description="point: one point well inside each area, for labels")]
Parent = Annotated[str, Query(description="Only the areas below this one, by the prefix of the code", max_length=20)]

Reader = Annotated[Person, may(Action.see_boundaries)]


@router.get("/figures")
def get_figures(
    request: Request, session: DbSession, person: Annotated[Person, may(Action.see_figures)], at: Epoch
) -> Response:
    """How many areas, households, residents and stations there were on a date; extent; dates of change."""
    return revalidated(request, Json(figures(session, at, person.area(Action.see_figures))))


@router.get("/boundaries/{level}", response_class=GeoJson)
def list_boundaries(
    request: Request,
    session: DbSession,
    person: Reader,
    level: Level,
    at: Epoch,
    bbox: OptionalBox,
    parent: Parent = "",
    geometry: Shape = "area",
) -> Response:
    """The areas of one level on a date, in a box, below a parent; an empty collection where there are none."""
    area = person.area(Action.see_boundaries)
    if geometry == "area":
        return revalidated(request, GeoJson(boundaries_geojson(session, level, at, bbox, parent, area)))
    frame = boundaries_at(session, level, at, bbox, within_code=parent, area=area)
    return revalidated(request, GeoJson(collection(frame, points=True)))


@router.get("/boundaries/{level}/{code}", response_class=GeoJson)
def get_boundary(request: Request, session: DbSession, person: Reader, level: Level, code: str, at: Epoch) -> Response:
    """One area as it was on a date; 404 where the code was not valid then."""
    frame = boundaries_at(session, level, at, codes=[BoundaryCode(code)], area=person.area(Action.see_boundaries))
    return revalidated(request, GeoJson(_only(frame, level, code)))


@router.get("/stations/{code}", response_class=GeoJson)
def get_station(request: Request, session: DbSession, person: Reader, code: str, at: Epoch) -> Response:
    """One station as it was on a date."""
    found = _station(session, code, at, person.area(Action.see_boundaries))
    return revalidated(request, GeoJson(_only(found, "station", code)))


def _station(session: Session, code: str, at: Epoch, area: Area) -> geopandas.GeoDataFrame:
    frame = stations_at(session, at, within_code=code[:9], area=area)
    return frame[frame["code"] == code]


def _only(frame: geopandas.GeoDataFrame, what: str, code: str) -> object:
    if frame.empty:
        raise NotFound(what=Words(f"common.{what}"), key=code)
    return collection(frame)["features"][0]

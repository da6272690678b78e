"""What is in the ground: compounds, buildings, entrances, streets, barriers, places, land, and the stations.

All answers are frames in EPSG:4326 ordered by code, with the columns of the vocabulary (docs/glossary.md).
"""

from datetime import date

import geopandas
import pandas
from sqlalchemy import ARRAY, ColumnElement, Text, any_, func, literal, or_, select, true
from sqlalchemy.orm import Session

from gridmgmt.access import Area
from gridmgmt.services.frames import Box, read_frame
from gridmgmt.store.tables import (
    WGS84_SRID,
    Barrier,
    Base,
    Boundary,
    Building,
    Compound,
    Entrance,
    Land,
    Place,
    Station,
    StationService,
    Street,
)

NOT_IN_FRAMES = ("id", "geom", "valid_from", "valid_to")


def compounds_frame(
    session: Session, within_code: str | None = None, bbox: Box | None = None
) -> geopandas.GeoDataFrame:
    """Compounds: code, name, kind, geometry; `within_code` and `bbox` as for buildings."""
    return _frame(session, Compound, *_inside(Compound, within_code), *_near(Compound, bbox))


def buildings_frame(
    session: Session, within_code: str | None = None, bbox: Box | None = None
) -> geopandas.GeoDataFrame:
    """Buildings: code, name, compound_code, kind, households, residents, floors, geometry.

    `within_code` keeps those whose representative point lies in the newest version of that boundary.
    """
    return _frame(session, Building, *_inside(Building, within_code), *_near(Building, bbox))


def entrances_frame(
    session: Session, within_code: str | None = None, bbox: Box | None = None
) -> geopandas.GeoDataFrame:
    """Entrances: code, building_code, number, households, residents, geometry (Point)."""
    return _frame(session, Entrance, *_inside(Entrance, within_code), *_near(Entrance, bbox))


def streets_frame(session: Session, bbox: Box | None = None) -> geopandas.GeoDataFrame:
    """Streets: code, name, street_class, geometry (LineString); `bbox` keeps those whose box touches it."""
    return _frame(session, Street, *_near(Street, bbox))


def barriers_frame(session: Session, bbox: Box | None = None) -> geopandas.GeoDataFrame:
    """Barriers: code, name, kind, geometry (line or area)."""
    return _frame(session, Barrier, *_near(Barrier, bbox))


def places_frame(session: Session, within_code: str | None = None, bbox: Box | None = None) -> geopandas.GeoDataFrame:
    """Schools, hospitals, malls, markets, offices, enterprises: code, name, kind, geometry (point or area)."""
    return _frame(session, Place, *_inside(Place, within_code), *_near(Place, bbox))


def land_frame(session: Session, bbox: Box | None = None) -> geopandas.GeoDataFrame:
    """Land cover: code, name, kind, geometry."""
    return _frame(session, Land, *_near(Land, bbox))


def stations_at(
    session: Session, at: date, within_code: str = "", area: Area = Area.everything
) -> geopandas.GeoDataFrame:
    """Stations that stood on the day `at` in the district or subdistrict `within_code`; geometry is a Point.

    `area` keeps those that lie in a subdistrict of it, or serve a community of it.
    """
    below = Station.subdistrict_code.startswith(within_code, autoescape=True)
    return _frame(session, Station, *_valid(Station, at), below, stations_inside(area, at))


def stations_inside(area: Area, at: date) -> ColumnElement[bool]:
    """Condition that a station lies in a subdistrict of the area, or served a community of it on that day."""
    if area.is_everything:
        return true()
    patterns = any_(literal(area.like_patterns(), ARRAY(Text)))
    serving = select(StationService.station_code).where(
        *_valid(StationService, at), StationService.community_code.like(patterns)
    )
    return or_(Station.subdistrict_code.like(patterns), Station.code.in_(serving))


def station_services_at(session: Session, at: date) -> pandas.DataFrame:
    """Which station served which community on the day `at`: station_code, community_code; no geometry."""
    pair = (StationService.station_code, StationService.community_code)
    rows = session.execute(select(*pair).where(*_valid(StationService, at)).order_by(*pair))
    return pandas.DataFrame(rows.all(), columns=["station_code", "community_code"])


def _frame(session: Session, model: type[Base], *conditions: ColumnElement[bool]) -> geopandas.GeoDataFrame:
    columns = [column for column in model.__table__.columns if column.name not in NOT_IN_FRAMES]
    shape = func.ST_AsBinary(model.__table__.c.geom).label("geometry")
    return read_frame(session, select(*columns, shape).where(*conditions).order_by(model.__table__.c.code))


def _near(model: type[Base], bbox: Box | None) -> list[ColumnElement[bool]]:
    if bbox is None:
        return []
    return [model.__table__.c.geom.op("&&")(func.ST_MakeEnvelope(*bbox, WGS84_SRID))]


def _inside(model: type[Base], within_code: str | None) -> list[ColumnElement[bool]]:
    """The representative point lies in the newest version of the boundary; the box test uses the index."""
    if within_code is None:
        return []
    newest = select(Boundary.geom).where(Boundary.code == within_code).order_by(Boundary.version.desc()).limit(1)
    area = newest.scalar_subquery()
    shape = model.__table__.c.geom
    return [shape.op("&&")(area), func.ST_Intersects(func.ST_PointOnSurface(shape), area)]


def _valid(model: type[Station] | type[StationService], at: date) -> list[ColumnElement[bool]]:
    return [model.valid_from <= at, or_(model.valid_to.is_(None), model.valid_to > at)]

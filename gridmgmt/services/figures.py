"""The size of what the database holds on a day: areas and households per level, stations, where it lies, its epochs."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, and_, false, func, or_, select
from sqlalchemy.orm import Session

from gridmgmt.access import Area
from gridmgmt.services.frames import Box
from gridmgmt.services.units import stations_inside
from gridmgmt.store.tables import Boundary, Station


@dataclass(frozen=True)
class LevelFigures:
    """How many areas of a level there are, and who lives in them."""

    areas: int
    households: int
    residents: int


@dataclass(frozen=True)
class Figures:
    """All levels that have areas on the day `at`; bounds in EPSG:4326, None where there is nothing."""

    at: date
    levels: dict[str, LevelFigures]
    stations: int
    bounds: Box | None
    epochs: list[date]  # days on which boundaries began, oldest first


def figures(session: Session, at: date, area: Area = Area.everything) -> Figures:
    """Count what was valid on the day `at` in an area."""
    return Figures(
        at=at,
        levels=_levels(session, at, area),
        stations=_stations(session, at, area),
        bounds=_bounds(session, at, area),
        epochs=_epochs(session, area),
    )


def _levels(session: Session, at: date, area: Area) -> dict[str, LevelFigures]:
    households, residents = func.sum(Boundary.households), func.sum(Boundary.residents)
    counted = select(Boundary.level, func.count(), households, residents).where(_valid(Boundary, at), _inside(area))
    rows = session.execute(counted.group_by(Boundary.level))
    return {level: LevelFigures(areas, int(homes or 0), int(people or 0)) for level, areas, homes, people in rows}


def _stations(session: Session, at: date, area: Area) -> int:
    counted = select(func.count()).select_from(Station).where(_valid(Station, at), stations_inside(area, at))
    return session.execute(counted).scalar_one()


def _epochs(session: Session, area: Area) -> list[date]:
    days = select(Boundary.valid_from).where(_inside(area)).distinct().order_by(Boundary.valid_from)
    return list(session.scalars(days))


def _bounds(session: Session, at: date, area: Area) -> Box | None:
    extent = func.ST_Extent(Boundary.__table__.c.geom)
    edges = [edge(extent) for edge in (func.ST_XMin, func.ST_YMin, func.ST_XMax, func.ST_YMax)]
    west, south, east, north = session.execute(select(*edges).where(_valid(Boundary, at), _inside(area))).one()
    return None if west is None else (west, south, east, north)


def _inside(area: Area) -> ColumnElement[bool]:
    return or_(false(), *(Boundary.code.startswith(prefix, autoescape=True) for prefix in area.prefixes))


def _valid(model: type[Boundary] | type[Station], at: date) -> ColumnElement[bool]:
    return and_(model.valid_from <= at, or_(model.valid_to.is_(None), model.valid_to > at))

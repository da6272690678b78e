"""The size of what the database holds on a day: areas and households per level, stations, where it lies, its epochs."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session

from gridmgmt.services.frames import Box
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


def figures(session: Session, at: date) -> Figures:
    """Count what was valid on the day `at`."""
    return Figures(
        at=at,
        levels=_levels(session, at),
        stations=session.execute(select(func.count()).select_from(Station).where(_valid(Station, at))).scalar_one(),
        bounds=_bounds(session, at),
        epochs=list(session.scalars(select(Boundary.valid_from).distinct().order_by(Boundary.valid_from))),
    )


def _levels(session: Session, at: date) -> dict[str, LevelFigures]:
    households, residents = func.sum(Boundary.households), func.sum(Boundary.residents)
    counted = select(Boundary.level, func.count(), households, residents).where(_valid(Boundary, at))
    rows = session.execute(counted.group_by(Boundary.level))
    return {level: LevelFigures(areas, int(homes or 0), int(people or 0)) for level, areas, homes, people in rows}


def _bounds(session: Session, at: date) -> Box | None:
    extent = func.ST_Extent(Boundary.__table__.c.geom)
    edges = [edge(extent) for edge in (func.ST_XMin, func.ST_YMin, func.ST_XMax, func.ST_YMax)]
    west, south, east, north = session.execute(select(*edges).where(_valid(Boundary, at))).one()
    return None if west is None else (west, south, east, north)


def _valid(model: type[Boundary] | type[Station], at: date) -> ColumnElement[bool]:
    return and_(model.valid_from <= at, or_(model.valid_to.is_(None), model.valid_to > at))

"""What patrols add up to: derived from track points by `gridmgmt.services.field.recompute`, and kept when these expire.

Stretches of street are integers in millimetres along the street, so that days add up exactly, in SQL too
(`range_agg`). All rows belong to a patrol and a day and are replaced together when late points arrive.
"""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index
from sqlalchemy.dialects.postgresql import INT4MULTIRANGE
from sqlalchemy.orm import Mapped, mapped_column

from gridmgmt.store.tables.base import Base, not_negative


class PatrolDay(Base):
    """One day of a patrol in figures, in the local day of its walks."""

    __tablename__ = "patrol_day"
    __table_args__ = (
        not_negative("distance_m", "moving_s", "stop_s", "off_grid_s", "fixes", "kept"),
        Index("ix_patrol_day_day", "day"),
    )

    patrol_id: Mapped[UUID] = mapped_column(ForeignKey("patrol.id"), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    distance_m: Mapped[float]
    moving_s: Mapped[float]
    stop_s: Mapped[float]
    off_grid_s: Mapped[float]  # in no grid at all
    fixes: Mapped[int]  # raw, of that day
    kept: Mapped[int]
    dropped: Mapped[dict[str, Any]]  # reason: fixes


class PatrolTime(Base):
    """How long a patrol was in a grid of that day."""

    __tablename__ = "patrol_time"
    __table_args__ = (not_negative("seconds"), Index("ix_patrol_time_grid_code", "grid_code", "day"))

    patrol_id: Mapped[UUID] = mapped_column(ForeignKey("patrol.id"), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    grid_code: Mapped[str] = mapped_column(ForeignKey("boundary_code.code"), primary_key=True)
    seconds: Mapped[float]


class StreetWalk(Base):
    """The stretches of a street that a patrol came within 25 m of on a day, in mm along the street."""

    __tablename__ = "street_walk"
    __table_args__ = (Index("ix_street_walk_street_code", "street_code", "day"),)

    patrol_id: Mapped[UUID] = mapped_column(ForeignKey("patrol.id"), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    street_code: Mapped[str] = mapped_column(ForeignKey("street.code"), primary_key=True)
    covered: Mapped[Any] = mapped_column(INT4MULTIRANGE, nullable=False)


class BuildingVisit(Base):
    """A patrol stayed at a door of a building. Doors that the worker noted are in `patrol_visit`."""

    __tablename__ = "building_visit"
    __table_args__ = (not_negative("seconds"), Index("ix_building_visit_building_code", "building_code", "arrived_at"))

    patrol_id: Mapped[UUID] = mapped_column(ForeignKey("patrol.id"), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    building_code: Mapped[str] = mapped_column(ForeignKey("building.code"), primary_key=True)
    arrived_at: Mapped[datetime]
    seconds: Mapped[float]


class PlaceVisit(Base):
    """A patrol stayed at a school, hospital, mall, market, office or enterprise."""

    __tablename__ = "place_visit"
    __table_args__ = (not_negative("seconds"), Index("ix_place_visit_place_code", "place_code", "arrived_at"))

    patrol_id: Mapped[UUID] = mapped_column(ForeignKey("patrol.id"), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    place_code: Mapped[str] = mapped_column(ForeignKey("place.code"), primary_key=True)
    arrived_at: Mapped[datetime]
    seconds: Mapped[float]

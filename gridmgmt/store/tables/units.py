"""What is counted and mapped: compounds, buildings, entrances; streets, barriers, places and land cover.

A building's households are the sum over its entrances where it has any.
"""

from geoalchemy2 import WKBElement
from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from gridmgmt.store.tables.base import Base, not_negative, one_of, shape_column, sound_shape

COMPOUND_KINDS = ("tower", "walkup", "villa", "urban_village", "mixed")
BUILDING_KINDS = ("tower", "walkup", "villa", "village_house", "commercial", "public")
STREET_CLASSES = ("expressway", "arterial", "collector", "local", "path")
BARRIER_KINDS = ("river", "railway", "wall", "expressway")
PLACE_KINDS = ("school", "hospital", "mall", "market", "office", "enterprise")
LAND_KINDS = ("water", "green", "built")

AREAS = ("POLYGON", "MULTIPOLYGON")
LINES = ("LINESTRING", "MULTILINESTRING")


class Compound(Base):
    """A residential compound (小区)."""

    __tablename__ = "compound"
    __table_args__ = (one_of("kind", COMPOUND_KINDS), *sound_shape("compound", *AREAS))

    code: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    kind: Mapped[str]
    geom: Mapped[WKBElement] = shape_column("GEOMETRY")


class Building(Base):
    """A building by its footprint."""

    __tablename__ = "building"
    __table_args__ = (
        one_of("kind", BUILDING_KINDS),
        not_negative("households", "residents", "floors"),
        *sound_shape("building", *AREAS),
        Index("ix_building_compound_code", "compound_code"),
    )

    code: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str | None]
    compound_code: Mapped[str | None] = mapped_column(ForeignKey("compound.code"))
    kind: Mapped[str]
    households: Mapped[int]
    residents: Mapped[int | None]
    floors: Mapped[int | None]
    geom: Mapped[WKBElement] = shape_column("GEOMETRY")


class Entrance(Base):
    """An entrance (单元) of a building, where households are counted and visited."""

    __tablename__ = "entrance"
    __table_args__ = (
        not_negative("households", "residents"),
        *sound_shape("entrance"),
        Index("ix_entrance_building_code", "building_code"),
    )

    code: Mapped[str] = mapped_column(primary_key=True)
    building_code: Mapped[str] = mapped_column(ForeignKey("building.code"))
    number: Mapped[int]
    households: Mapped[int]
    residents: Mapped[int | None]
    geom: Mapped[WKBElement] = shape_column("POINT")


class Street(Base):
    """A stretch of street between two junctions; streets meet at shared end vertices."""

    __tablename__ = "street"
    __table_args__ = (one_of("street_class", STREET_CLASSES), *sound_shape("street", *LINES))

    code: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str | None]
    street_class: Mapped[str]
    geom: Mapped[WKBElement] = shape_column("GEOMETRY")


class Barrier(Base):
    """What people do not walk across: a river, a railway, a wall, an expressway; a line or an area."""

    __tablename__ = "barrier"
    __table_args__ = (one_of("kind", BARRIER_KINDS), *sound_shape("barrier", *LINES, *AREAS))

    code: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str | None]
    kind: Mapped[str]
    geom: Mapped[WKBElement] = shape_column("GEOMETRY")


class Place(Base):
    """A school, hospital, mall, market, office or enterprise; a point or an area."""

    __tablename__ = "place"
    __table_args__ = (one_of("kind", PLACE_KINDS), *sound_shape("place", "POINT", *AREAS))

    code: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str | None]
    kind: Mapped[str]
    geom: Mapped[WKBElement] = shape_column("GEOMETRY")


class Land(Base):
    """Land cover for the base map: water, green, built-up."""

    __tablename__ = "land"
    __table_args__ = (one_of("kind", LAND_KINDS), *sound_shape("land", *AREAS))

    code: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str | None]
    kind: Mapped[str]
    geom: Mapped[WKBElement] = shape_column("GEOMETRY")

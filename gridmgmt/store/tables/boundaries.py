"""Boundaries with epochs: a code names an area for ever, a row is one version of it during [valid_from, valid_to)."""

from datetime import date, datetime
from typing import Literal, get_args
from uuid import UUID

from geoalchemy2 import WKBElement
from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Identity, Index, UniqueConstraint, func, text
from sqlalchemy.dialects.postgresql import ExcludeConstraint
from sqlalchemy.orm import Mapped, mapped_column

from gridmgmt.store.tables.base import Base, not_negative, one_of, real_period, shape_column, sound_shape

Level = Literal["district", "subdistrict", "community", "zone", "grid"]
LEVELS: tuple[Level, ...] = get_args(Level)
KINDS = ("residential", "market", "mall", "school", "hospital", "enterprise")
COMMUNITY_TYPES = ("mid_high_end", "old_residential", "urban_village", "enclave")

CODE_SHAPE = """
    CASE level WHEN 'district' THEN code ~ '^[0-9]{6}$' WHEN 'subdistrict' THEN code ~ '^[0-9]{9}$'
    WHEN 'community' THEN code ~ '^[0-9]{12}$' WHEN 'zone' THEN code ~ '^[0-9]{12}P[0-9]{2}$'
    WHEN 'grid' THEN code ~ '^[0-9]{15}$' ELSE false END"""


class BoundaryCode(Base):
    """A code that was issued. It is retired once, never reused and never deleted (triggers
    `boundary_code_kept` and `boundary_code_retired_once`)."""

    __tablename__ = "boundary_code"
    __table_args__ = (
        one_of("level", LEVELS),
        CheckConstraint(CODE_SHAPE, name="code_shape"),
        CheckConstraint("issued_on <= retired_on", name="life"),
    )

    code: Mapped[str] = mapped_column(primary_key=True)
    level: Mapped[str]
    issued_on: Mapped[date]
    retired_on: Mapped[date | None]


class Boundary(Base):
    """One version of an area: 6-digit district, 9 subdistrict, 12 community, community + P + 2 zone, 15 grid.

    The periods of one code never overlap, and lie within the life of the code (trigger `boundary_within_life`).
    """

    __tablename__ = "boundary"
    __table_args__ = (
        UniqueConstraint("code", "version"),
        ExcludeConstraint(
            ("code", "="),
            (text("daterange(valid_from, valid_to)"), "&&"),
            name="ex_boundary_period",
            using="gist",
        ),
        one_of("level", LEVELS),
        one_of("kind", KINDS),
        one_of("community_type", COMMUNITY_TYPES),
        CheckConstraint(CODE_SHAPE, name="code_shape"),
        not_negative("households", "residents"),
        real_period(),
        *sound_shape("boundary"),
        Index("ix_boundary_level_valid_from", "level", "valid_from"),
        Index("ix_boundary_parent_code", "parent_code"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    code: Mapped[str] = mapped_column(ForeignKey("boundary_code.code"))
    version: Mapped[int] = mapped_column(server_default="1")
    level: Mapped[str]
    name: Mapped[str]
    kind: Mapped[str] = mapped_column(server_default="residential")
    community_type: Mapped[str | None]
    households: Mapped[int | None]
    residents: Mapped[int | None]
    geom: Mapped[WKBElement] = shape_column("MULTIPOLYGON")
    parent_code: Mapped[str | None] = mapped_column(ForeignKey("boundary_code.code"))
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]


class Crosswalk(Base):
    """What an old code and a new one share, counted on the day of the change; station codes are listed here too."""

    __tablename__ = "crosswalk"
    __table_args__ = (
        UniqueConstraint("old_code", "new_code", "changed_on"),
        not_negative("shared_households", "shared_residents", "shared_area_m2"),
        Index("ix_crosswalk_new_code", "new_code"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    old_code: Mapped[str]
    new_code: Mapped[str]
    changed_on: Mapped[date]
    shared_households: Mapped[int]
    shared_residents: Mapped[int]
    shared_area_m2: Mapped[float]
    plan_id: Mapped[UUID | None] = mapped_column(ForeignKey("plan.id"))


class LoadReceipt(Base):
    """A load that was done, by the hash of its content: the same content again changes nothing."""

    __tablename__ = "load_receipt"

    content_hash: Mapped[str] = mapped_column(primary_key=True)
    what: Mapped[str]
    valid_from: Mapped[date | None]
    row_count: Mapped[int]
    loaded_at: Mapped[datetime] = mapped_column(server_default=func.now())

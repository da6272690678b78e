"""Community work stations (社区工作站) and the communities each serves, both with epochs."""

from datetime import date

from geoalchemy2 import WKBElement
from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Identity, Index, text
from sqlalchemy.dialects.postgresql import ExcludeConstraint
from sqlalchemy.orm import Mapped, mapped_column

from gridmgmt.store.tables.base import Base, not_negative, one_of, real_period, shape_column, sound_shape

STATION_TYPES = ("urban", "rural")
PREMISES = ("office_m2", "office_planned_m2", "service_m2", "service_planned_m2", "plaza_m2", "plaza_planned_m2")


class Station(Base):
    """One version of a station: the 9-digit subdistrict, Z and two digits; three from Z601 where stations merged.

    Premises are floor and plaza areas in m², those of today and those planned within the year.
    """

    __tablename__ = "station"
    __table_args__ = (
        ExcludeConstraint(
            ("code", "="),
            (text("daterange(valid_from, valid_to)"), "&&"),
            name="ex_station_period",
            using="gist",
        ),
        one_of("station_type", STATION_TYPES),
        CheckConstraint("code ~ '^[0-9]{9}Z[0-9]{2,3}$'", name="code_shape"),
        not_negative("staff", *PREMISES),
        real_period(),
        *sound_shape("station"),
        Index("ix_station_subdistrict_code", "subdistrict_code"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    code: Mapped[str]
    name: Mapped[str]
    station_type: Mapped[str]
    subdistrict_code: Mapped[str] = mapped_column(ForeignKey("boundary_code.code"))
    staff: Mapped[int | None]
    office_m2: Mapped[float | None]
    office_planned_m2: Mapped[float | None]
    service_m2: Mapped[float | None]
    service_planned_m2: Mapped[float | None]
    plaza_m2: Mapped[float | None]
    plaza_planned_m2: Mapped[float | None]
    geom: Mapped[WKBElement] = shape_column("POINT")
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]


class StationService(Base):
    """A station serves a community during [valid_from, valid_to)."""

    __tablename__ = "station_service"
    __table_args__ = (
        ExcludeConstraint(
            ("station_code", "="),
            ("community_code", "="),
            (text("daterange(valid_from, valid_to)"), "&&"),
            name="ex_station_service_period",
            using="gist",
        ),
        real_period(),
        Index("ix_station_service_community_code", "community_code"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    station_code: Mapped[str]
    community_code: Mapped[str] = mapped_column(ForeignKey("boundary_code.code"))
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]

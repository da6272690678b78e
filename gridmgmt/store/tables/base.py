"""What every table shares: naming, types, and the CHECKs that keep unsound geometry out.

PostGIS stores bow-ties, NaN, a longitude of 500 and empty geometries without complaint, so every geometry column
carries three CHECKs and a GiST index: valid (NaN and infinite coordinates are invalid too), filled, in the world.
The column's type modifier refuses another geometry type or reference system.
"""

from datetime import datetime
from typing import Any

from geoalchemy2 import Geometry, WKBElement
from sqlalchemy import CheckConstraint, DateTime, Index, MetaData, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

WGS84_SRID = 4326

NAMES = {
    "pk": "pk_%(table_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
}


class Base(DeclarativeBase):
    """Parent of all tables."""

    metadata = MetaData(naming_convention=NAMES)
    type_annotation_map = {  # noqa: RUF012 - SQLAlchemy's own protocol
        str: Text(),
        datetime: DateTime(timezone=True),
        dict[str, Any]: JSONB(),
    }


def shape_column(geometry_type: str) -> Mapped[WKBElement]:
    """A geometry column in WGS84 longitude and latitude; its index comes from `sound_shape`."""
    return mapped_column(Geometry(geometry_type, srid=WGS84_SRID, spatial_index=False, nullable=False), nullable=False)


def sound_shape(table: str, *types: str) -> tuple[CheckConstraint | Index, ...]:
    """CHECKs and GiST index of column `geom`; `types` narrows a column that takes any geometry."""
    checks = [
        CheckConstraint("ST_IsValid(geom)", name="geom_valid"),
        CheckConstraint("NOT ST_IsEmpty(geom)", name="geom_filled"),
        CheckConstraint(
            "ST_XMin(geom) >= -180 AND ST_XMax(geom) <= 180 AND ST_YMin(geom) >= -90 AND ST_YMax(geom) <= 90",
            name="geom_in_world",
        ),
    ]
    if types:
        checks.append(CheckConstraint(f"GeometryType(geom) IN ({quoted(types)})", name="geom_type"))
    return (*checks, Index(f"ix_{table}_geom", "geom", postgresql_using="gist"))


def one_of(column: str, values: tuple[str, ...]) -> CheckConstraint:
    """CHECK that `column` holds one of the fixed words of the vocabulary."""
    return CheckConstraint(f"{column} IN ({quoted(values)})", name=f"{column}_known")


def not_negative(*columns: str) -> CheckConstraint:
    """CHECK that counts and areas are zero or more (NULL where unknown)."""
    return CheckConstraint(" AND ".join(f"{column} >= 0" for column in columns), name="not_negative")


def real_period() -> CheckConstraint:
    """CHECK that an epoch [valid_from, valid_to) is not empty."""
    return CheckConstraint("valid_from < valid_to", name="period")


def quoted(words: tuple[str, ...]) -> str:
    """Words as a list of SQL literals; only for constants of this package."""
    return ", ".join(f"'{word}'" for word in words)

"""Plans (scenarios): computed on the boundaries of one date, published once or discarded."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from geoalchemy2 import WKBElement
from sqlalchemy import ForeignKey, ForeignKeyConstraint, func, text
from sqlalchemy.orm import Mapped, mapped_column

from gridmgmt.store.tables.base import Base, not_negative, one_of, shape_column, sound_shape
from gridmgmt.store.tables.boundaries import KINDS

TASKS = ("divide", "resize", "merge", "replay")
STATES = ("computed", "published", "discarded")


class Plan(Base):
    """A plan for the area `scope_code`, made on the boundaries of `base_date`.

    `report` is the report of the planning function; publishing adds the key `publication` (what was closed and opened).
    """

    __tablename__ = "plan"
    __table_args__ = (one_of("task", TASKS), one_of("state", STATES))

    id: Mapped[UUID] = mapped_column(primary_key=True, server_default=text("gen_random_uuid()"))
    task: Mapped[str]
    name: Mapped[str]
    scope_code: Mapped[str] = mapped_column(ForeignKey("boundary_code.code"))
    base_date: Mapped[date]
    effective_on: Mapped[date | None]
    parameters: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'::jsonb"))
    report: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'::jsonb"))
    author: Mapped[str]
    state: Mapped[str] = mapped_column(server_default="computed")
    created_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
    published_at: Mapped[datetime | None]


class PlanPart(Base):
    """One area of a plan: a grid (divide), a community (resize) or a station's area (merge, replay).

    `code` is the code of today that the part continues, NULL for a new one; of a station's area it is the station
    whose premises serve it, NULL for the largest ones. `parent_code` is the community of a grid, the subdistrict of a
    community or station.
    """

    __tablename__ = "plan_part"
    __table_args__ = (one_of("kind", KINDS), not_negative("households"), *sound_shape("plan_part"))

    plan_id: Mapped[UUID] = mapped_column(ForeignKey("plan.id", ondelete="CASCADE"), primary_key=True)
    part: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    code: Mapped[str | None]
    name: Mapped[str | None]
    kind: Mapped[str] = mapped_column(server_default="residential")
    parent_code: Mapped[str] = mapped_column(ForeignKey("boundary_code.code"))
    households: Mapped[int]
    geom: Mapped[WKBElement] = shape_column("MULTIPOLYGON")


class PlanAssignment(Base):
    """A unit (entrance, building, grid or community code) and the part it belongs to."""

    __tablename__ = "plan_assignment"
    __table_args__ = (
        ForeignKeyConstraint(["plan_id", "part"], ["plan_part.plan_id", "plan_part.part"], ondelete="CASCADE"),
    )

    plan_id: Mapped[UUID] = mapped_column(primary_key=True)
    unit_code: Mapped[str] = mapped_column(primary_key=True)
    part: Mapped[int]

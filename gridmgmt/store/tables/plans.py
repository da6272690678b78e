"""Plans (scenarios): computed on the boundaries of one date, published once or discarded."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from geoalchemy2 import WKBElement
from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, func, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from gridmgmt.store.tables.base import Base, not_negative, one_of, quoted, shape_column, sound_shape
from gridmgmt.store.tables.boundaries import KINDS

TASKS = ("divide", "resize", "merge", "replay")
STATES = ("computed", "published", "discarded")
ORDERED_TASKS = ("divide", "resize", "merge")
OPEN_STATES = ("asked", "running")
ORDER_STATES = (*OPEN_STATES, "done", "failed", "cancelled")


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


class PlanOrder(Base):
    """A plan that was asked for, and how far it is.

    `parameters` are those of the service that computes the task (low, high, seed, time_limit_s, …). `progress` holds
    `done` and `of` (pools), `value` and `bound` of the first objective as far as they are known. `attempts` counts how
    often the computation was begun: more than once where the process that did it died. `fault` says why it failed:
    `code`, and the sentence as `zh` and `en`.
    """

    __tablename__ = "plan_order"
    __table_args__ = (
        one_of("task", ORDERED_TASKS),
        one_of("state", ORDER_STATES),
        CheckConstraint(f"(ended_at IS NULL) = (state IN ({quoted(OPEN_STATES)}))", name="ended"),
        CheckConstraint("(fault IS NOT NULL) = (state = 'failed')", name="fault"),
        Index(None, "asked_at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, server_default=text("gen_random_uuid()"))
    task: Mapped[str]
    scope_code: Mapped[str] = mapped_column(ForeignKey("boundary_code.code"))
    base_date: Mapped[date]
    parameters: Mapped[dict[str, Any]]
    author: Mapped[str]
    asked_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
    state: Mapped[str] = mapped_column(server_default="asked")
    attempts: Mapped[int] = mapped_column(server_default="0")
    begun_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    progress: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'::jsonb"))
    fault: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    plan_id: Mapped[UUID | None] = mapped_column(ForeignKey("plan.id", ondelete="SET NULL"))

"""Field work: workers and their grids, patrols with points partitioned by month, incidents with a step log."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from geoalchemy2 import WKBElement
from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Identity, Index, column, func, table, text
from sqlalchemy.dialects.postgresql import ExcludeConstraint
from sqlalchemy.orm import Mapped, mapped_column

from gridmgmt.store.tables.base import Base, not_negative, real_period, shape_column, sound_shape


class Worker(Base):
    """A grid worker (网格员)."""

    __tablename__ = "worker"

    code: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]


class WorkerGrid(Base):
    """A worker is responsible for a grid during [valid_from, valid_to): one main worker at a time, others part-time."""

    __tablename__ = "worker_grid"
    __table_args__ = (
        ExcludeConstraint(
            ("worker_code", "="),
            ("grid_code", "="),
            (text("daterange(valid_from, valid_to)"), "&&"),
            name="ex_worker_grid_period",
            using="gist",
        ),
        ExcludeConstraint(
            ("grid_code", "="),
            (text("daterange(valid_from, valid_to)"), "&&"),
            name="ex_worker_grid_main",
            using="gist",
            where=text("main"),
        ),
        real_period(),
        Index("ix_worker_grid_grid_code", "grid_code"),
    )

    worker_code: Mapped[str] = mapped_column(ForeignKey("worker.code"), primary_key=True)
    grid_code: Mapped[str] = mapped_column(ForeignKey("boundary_code.code"), primary_key=True)
    valid_from: Mapped[date] = mapped_column(primary_key=True)
    valid_to: Mapped[date | None]
    main: Mapped[bool] = mapped_column(server_default="true")


class Patrol(Base):
    """One walk of a worker; its id is made by the phone, `content_hash` tells a repeat from a conflict."""

    __tablename__ = "patrol"
    __table_args__ = (
        CheckConstraint("started_at <= ended_at", name="period"),
        Index("ix_patrol_started_at", "started_at"),
        Index("ix_patrol_worker_code", "worker_code"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    worker_code: Mapped[str] = mapped_column(ForeignKey("worker.code"))
    kind: Mapped[str] = mapped_column(server_default="routine")
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime]
    source: Mapped[str]
    content_hash: Mapped[str]
    received_at: Mapped[datetime] = mapped_column(server_default=func.now())


class TrackPoint(Base):
    """A fix of a patrol. Partitioned by month of `recorded_at` (UTC); see `gridmgmt.store.partitions`."""

    __tablename__ = "track_point"
    __table_args__ = (
        CheckConstraint("accuracy_m >= 0", name="accuracy"),
        *sound_shape("track_point"),
        {"postgresql_partition_by": "RANGE (recorded_at)"},
    )

    patrol_id: Mapped[UUID] = mapped_column(ForeignKey("patrol.id"), primary_key=True)
    recorded_at: Mapped[datetime] = mapped_column(primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    segment: Mapped[int] = mapped_column(server_default="0")
    geom: Mapped[WKBElement] = shape_column("POINT")
    accuracy_m: Mapped[float | None]


class PatrolGrid(Base):
    """How many points of a patrol lie in a grid of its date."""

    __tablename__ = "patrol_grid"
    __table_args__ = (not_negative("points"), Index("ix_patrol_grid_grid_code", "grid_code"))

    patrol_id: Mapped[UUID] = mapped_column(ForeignKey("patrol.id"), primary_key=True)
    grid_code: Mapped[str] = mapped_column(ForeignKey("boundary_code.code"), primary_key=True)
    points: Mapped[int]


class Incident(Base):
    """Something seen in a grid. What happened to it since stands in its steps."""

    __tablename__ = "incident"
    __table_args__ = (
        *sound_shape("incident"),
        Index("ix_incident_occurred_at", "occurred_at"),
        Index("ix_incident_grid_code", "grid_code"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    category: Mapped[str]
    text: Mapped[str]
    occurred_at: Mapped[datetime]
    received_at: Mapped[datetime] = mapped_column(server_default=func.now())
    worker_code: Mapped[str | None] = mapped_column(ForeignKey("worker.code"))
    grid_code: Mapped[str | None] = mapped_column(ForeignKey("boundary_code.code"))
    geom: Mapped[WKBElement] = shape_column("POINT")
    source: Mapped[str]
    content_hash: Mapped[str]


class IncidentStep(Base):
    """One step in the life of an incident. Append-only: a trigger refuses UPDATE, DELETE and TRUNCATE."""

    __tablename__ = "incident_step"
    __table_args__ = (
        CheckConstraint("step <> ''", name="step_named"),
        Index("ix_incident_step_incident_id", "incident_id"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    incident_id: Mapped[UUID] = mapped_column(ForeignKey("incident.id"))
    step: Mapped[str]
    at: Mapped[datetime]
    actor: Mapped[str]
    note: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'::jsonb"))


incident_state = table("incident_state", column("incident_id"), column("state"), column("since"), column("actor"))
"""View: the state of an incident is its last step."""

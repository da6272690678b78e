"""Field work: workers and their grids, patrols with points partitioned by month."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from geoalchemy2 import WKBElement
from sqlalchemy import CheckConstraint, ForeignKey, Index, func, text
from sqlalchemy.dialects.postgresql import JSONB, REAL, ExcludeConstraint
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


class DutyPeriod(Base):
    """A time on duty, under the id the phone gave it; NULL until its end was told."""

    __tablename__ = "duty_period"
    __table_args__ = (
        CheckConstraint("started_at <= ended_at", name="period"),
        Index("ix_duty_period_worker_code_started_at", "worker_code", "started_at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    worker_code: Mapped[str] = mapped_column(ForeignKey("worker.code"))
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    received_at: Mapped[datetime] = mapped_column(server_default=func.now())


class Patrol(Base):
    """One walk of a worker; its id is made by the phone, `content_hash` tells a repeat from a conflict."""

    __tablename__ = "patrol"
    __table_args__ = (
        CheckConstraint("started_at <= ended_at", name="period"),
        Index("ix_patrol_started_at", "started_at"),
        Index("ix_patrol_worker_code", "worker_code"),
        Index("ix_patrol_stale", "id", postgresql_where=text("stale")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    worker_code: Mapped[str] = mapped_column(ForeignKey("worker.code"))
    kind: Mapped[str] = mapped_column(server_default="routine")
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime]
    source: Mapped[str]
    content_hash: Mapped[str]
    received_at: Mapped[datetime] = mapped_column(server_default=func.now())
    device: Mapped[str | None]
    declared_end: Mapped[datetime | None]  # as the phone told it; NULL while it walks, and for trackers
    stale: Mapped[bool] = mapped_column(server_default="false")  # points came since its figures were counted
    legs: Mapped[list[Any]] = mapped_column(JSONB, server_default=text("'[]'::jsonb"))


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
    speed_mps: Mapped[float | None] = mapped_column(REAL)
    heading_deg: Mapped[float | None] = mapped_column(REAL)
    altitude_m: Mapped[float | None] = mapped_column(REAL)
    crs: Mapped[str] = mapped_column(server_default="wgs84")  # as sent; `geom` is WGS 84 always
    source: Mapped[str] = mapped_column(server_default="track")
    mock: Mapped[bool] = mapped_column(server_default="false")
    twin: Mapped[bool] = mapped_column(
        server_default="false"
    )  # another patrol of the worker had it before: not counted


class PatrolGrid(Base):
    """How many points of a patrol lie in a grid of its date."""

    __tablename__ = "patrol_grid"
    __table_args__ = (not_negative("points"), Index("ix_patrol_grid_grid_code", "grid_code"))

    patrol_id: Mapped[UUID] = mapped_column(ForeignKey("patrol.id"), primary_key=True)
    grid_code: Mapped[str] = mapped_column(ForeignKey("boundary_code.code"), primary_key=True)
    points: Mapped[int]

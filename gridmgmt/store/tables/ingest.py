"""What comes in from the field beside the fixes: who walked along, visits, links, latest places, and quarantine."""

from datetime import datetime
from typing import Any
from uuid import UUID

from geoalchemy2 import WKBElement
from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Identity, Index, UniqueConstraint, func
from sqlalchemy.orm import Mapped, mapped_column

from gridmgmt.store.tables.base import Base, one_of, shape_column, sound_shape


class PatrolMember(Base):
    """Somebody who walked along. A team is a relation: it never multiplies the distance."""

    __tablename__ = "patrol_member"

    patrol_id: Mapped[UUID] = mapped_column(ForeignKey("patrol.id"), primary_key=True)
    worker_code: Mapped[str] = mapped_column(ForeignKey("worker.code"), primary_key=True)


class PatrolVisit(Base):
    """A door the worker knocked at. Its id is made by the phone; it may come before the patrol's points."""

    __tablename__ = "patrol_visit"
    __table_args__ = (Index("ix_patrol_visit_patrol_id", "patrol_id"), Index("ix_patrol_visit_unit_code", "unit_code"))

    id: Mapped[UUID] = mapped_column(primary_key=True)
    patrol_id: Mapped[UUID] = mapped_column(ForeignKey("patrol.id"))
    unit_code: Mapped[str]  # of a building or an entrance, as it was called then
    visited_at: Mapped[datetime]
    note: Mapped[str] = mapped_column(server_default="")
    content_hash: Mapped[str]
    received_at: Mapped[datetime] = mapped_column(server_default=func.now())


class PatrolIncident(Base):
    """An incident reported on a patrol. No foreign key: the link may come before the incident."""

    __tablename__ = "patrol_incident"
    __table_args__ = (Index("ix_patrol_incident_incident_id", "incident_id"),)

    patrol_id: Mapped[UUID] = mapped_column(ForeignKey("patrol.id"), primary_key=True)
    incident_id: Mapped[UUID] = mapped_column(primary_key=True)


class LatestPosition(Base):
    """Where a worker was last: it only moves forward in fix time."""

    __tablename__ = "latest_position"
    __table_args__ = (
        CheckConstraint("accuracy_m >= 0", name="accuracy"),
        *sound_shape("latest_position"),
    )

    worker_code: Mapped[str] = mapped_column(ForeignKey("worker.code"), primary_key=True)
    patrol_id: Mapped[UUID] = mapped_column(ForeignKey("patrol.id"))
    recorded_at: Mapped[datetime]
    received_at: Mapped[datetime] = mapped_column(server_default=func.now())
    geom: Mapped[WKBElement] = shape_column("POINT")
    accuracy_m: Mapped[float | None]
    battery_percent: Mapped[float | None]


class IncidentCandidate(Base):
    """A mark from the way that may be an incident; accepted, it is the incident of the same id."""

    __tablename__ = "incident_candidate"
    __table_args__ = (
        *sound_shape("incident_candidate"),
        one_of("decision", ("accepted", "dismissed")),
        CheckConstraint("(decision IS NULL) = (decided_at IS NULL)", name="decided"),
        Index("ix_incident_candidate_received_at", "received_at"),
        Index("ix_incident_candidate_worker_code", "worker_code"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)  # made of what it says: the same mark again is the same row
    worker_code: Mapped[str] = mapped_column(ForeignKey("worker.code"))
    patrol_id: Mapped[UUID | None] = mapped_column(ForeignKey("patrol.id"))
    occurred_at: Mapped[datetime | None]
    received_at: Mapped[datetime] = mapped_column(server_default=func.now())
    geom: Mapped[WKBElement] = shape_column("POINT")
    grid_code: Mapped[str | None]
    name: Mapped[str] = mapped_column(server_default="")
    text: Mapped[str] = mapped_column(server_default="")
    link: Mapped[str | None]
    source: Mapped[str]
    decision: Mapped[str | None]
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[str | None]
    reason: Mapped[str] = mapped_column(server_default="")


class Quarantine(Base):
    """A row that could not be taken as what it should be, kept as it came, once, with the reason."""

    __tablename__ = "quarantine"
    __table_args__ = (
        UniqueConstraint("content_hash"),
        Index("ix_quarantine_received_at", "received_at"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    received_at: Mapped[datetime] = mapped_column(server_default=func.now())
    source: Mapped[str]
    device: Mapped[str | None]
    worker_code: Mapped[str | None]
    patrol_id: Mapped[UUID | None]
    reason: Mapped[str]
    raw: Mapped[dict[str, Any]]
    content_hash: Mapped[str]

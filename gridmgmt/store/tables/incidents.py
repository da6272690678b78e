"""Incidents: what was said, who is involved, photos, the append-only log, and how each stands now."""

from datetime import datetime
from typing import Any
from uuid import UUID

from geoalchemy2 import WKBElement
from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Identity,
    Index,
    LargeBinary,
    Text,
    UniqueConstraint,
    column,
    func,
    table,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from gridmgmt.store.tables.base import Base, one_of, shape_column, sound_shape

SEVERITIES = ("general", "urgent")
NO_WORDS = text("'{}'::text[]")


class Incident(Base):
    """Something seen in a grid. What happened to it since stands in its steps."""

    __tablename__ = "incident"
    __table_args__ = (
        *sound_shape("incident"),
        one_of("severity", SEVERITIES),
        Index("ix_incident_occurred_at", "occurred_at"),
        Index("ix_incident_received_at", "received_at", "id"),
        Index("ix_incident_grid_code", "grid_code", postgresql_ops={"grid_code": "text_pattern_ops"}),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    standard: Mapped[str] = mapped_column(server_default="demo/local")  # of the category; see code_entry
    kind: Mapped[str] = mapped_column(server_default="event")
    category: Mapped[str]
    severity: Mapped[str] = mapped_column(server_default="general")
    text: Mapped[str]
    occurred_at: Mapped[datetime]  # as said, even where it cannot be: see flags
    received_at: Mapped[datetime] = mapped_column(server_default=func.now())
    worker_code: Mapped[str | None] = mapped_column(ForeignKey("worker.code"))
    reporter_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    first_asked: Mapped[str | None] = mapped_column(ForeignKey("worker.code"))  # 首问责任
    grid_code: Mapped[str | None] = mapped_column(ForeignKey("boundary_code.code"))
    address: Mapped[str | None]
    unit_code: Mapped[str | None]  # of the building or entrance, as it was called then
    geom: Mapped[WKBElement] = shape_column("POINT")
    source: Mapped[str]
    flags: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=NO_WORDS)  # faults it was kept with
    workflow_version: Mapped[str] = mapped_column(ForeignKey("workflow.version"))
    content_hash: Mapped[str]
    deleted_at: Mapped[datetime | None]
    deleted_by: Mapped[str | None]


class IncidentPerson(Base):
    """Somebody involved in an incident. Read by those who handle it; masked for everybody else."""

    __tablename__ = "incident_person"

    incident_id: Mapped[UUID] = mapped_column(ForeignKey("incident.id"), primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    role: Mapped[str]
    name: Mapped[str] = mapped_column(server_default="")
    phone: Mapped[str] = mapped_column(server_default="")


class IncidentStep(Base):
    """One move in the life of an incident. Append-only: a trigger refuses UPDATE, DELETE and TRUNCATE."""

    __tablename__ = "incident_step"
    __table_args__ = (
        CheckConstraint("move <> ''", name="move_named"),
        UniqueConstraint("key"),
        Index("ix_incident_step_incident_id", "incident_id"),
        Index("ix_incident_step_lead_id", "lead_id", postgresql_where=text("lead_id is not null")),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    incident_id: Mapped[UUID] = mapped_column(ForeignKey("incident.id"))
    move: Mapped[str]
    at: Mapped[datetime]
    actor: Mapped[str]
    actor_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    holder: Mapped[str | None]  # where it went by this move
    lead_id: Mapped[UUID | None] = mapped_column(ForeignKey("incident.id"))
    note: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'::jsonb"))
    key: Mapped[UUID | None]  # the phone's id of the move, so that a repeat is the same move


class IncidentNow(Base):
    """How an incident stands: the view `incident_state` and its clock, kept for lists. It can be made anew."""

    __tablename__ = "incident_now"
    __table_args__ = (
        Index("ix_incident_now_open", "due_at", postgresql_where=text("open")),
        Index("ix_incident_now_holder", "holder", postgresql_where=text("open")),
        Index("ix_incident_now_lead_id", "lead_id", postgresql_where=text("lead_id is not null")),
    )

    incident_id: Mapped[UUID] = mapped_column(ForeignKey("incident.id"), primary_key=True)
    step_id: Mapped[int] = mapped_column(BigInteger)  # the step that led to the state
    state: Mapped[str]
    since: Mapped[datetime]
    actor: Mapped[str]
    open: Mapped[bool]
    holder: Mapped[str | None]
    paused: Mapped[bool]
    lead_id: Mapped[UUID | None]
    clock: Mapped[str | None]
    warn_at: Mapped[datetime | None]  # 80 % of the limit; None where nothing runs
    due_at: Mapped[datetime | None]


class Photo(Base):
    """A picture as it is shown: made anew without what the camera wrote into it. `sha256` is of the file as sent."""

    __tablename__ = "photo"
    __table_args__ = (CheckConstraint("sha256 ~ '^[0-9a-f]{64}$'", name="sha256"),)

    sha256: Mapped[str] = mapped_column(primary_key=True)
    media_type: Mapped[str]
    width: Mapped[int]
    height: Mapped[int]
    content: Mapped[bytes] = mapped_column(LargeBinary)
    taken_at: Mapped[datetime | None]
    taken_lon: Mapped[float | None]
    taken_lat: Mapped[float | None]
    received_at: Mapped[datetime] = mapped_column(server_default=func.now())
    sender_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))


class IncidentPhoto(Base):
    """A photo of an incident, and the step it came with."""

    __tablename__ = "incident_photo"
    __table_args__ = (Index("ix_incident_photo_sha256", "sha256"),)

    incident_id: Mapped[UUID] = mapped_column(ForeignKey("incident.id"), primary_key=True)
    sha256: Mapped[str] = mapped_column(ForeignKey("photo.sha256"), primary_key=True)
    step_id: Mapped[int] = mapped_column(ForeignKey("incident_step.id"))


class SubmissionConflict(Base):
    """What came under an id that already held something else: refused, and kept, once."""

    __tablename__ = "submission_conflict"
    __table_args__ = (
        UniqueConstraint("kind", "subject_id", "content_hash"),
        Index("ix_submission_conflict_received_at", "received_at"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    kind: Mapped[str]
    subject_id: Mapped[UUID]
    content_hash: Mapped[str]
    body: Mapped[dict[str, Any]]
    actor: Mapped[str]
    received_at: Mapped[datetime] = mapped_column(server_default=func.now())


incident_state = table(
    "incident_state",
    *(column(name) for name in ("incident_id", "step_id", "state", "since", "actor", "open")),
    *(column(name) for name in ("clock", "holder", "paused", "lead_id", "reworks")),
)
"""View: what the log of each incident adds up to by its version of the workflow."""

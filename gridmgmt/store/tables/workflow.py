"""The rules of incidents as rows: workflow versions, code lists, the administrator's calendar."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, func, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, ExcludeConstraint
from sqlalchemy.orm import Mapped, mapped_column

from gridmgmt.store.tables.base import Base, real_period

NO_WORDS = text("'{}'::text[]")


class WorkflowVersion(Base):
    """A version of the workflow. Incidents keep the one they came in under."""

    __tablename__ = "workflow"

    version: Mapped[str] = mapped_column(primary_key=True)
    title: Mapped[str]
    in_force_from: Mapped[date] = mapped_column(unique=True)
    hours: Mapped[list[Any]] = mapped_column(JSONB)
    loaded_at: Mapped[datetime] = mapped_column(server_default=func.now())


class WorkflowState(Base):
    """A state of a version."""

    __tablename__ = "workflow_state"

    version: Mapped[str] = mapped_column(ForeignKey("workflow.version"), primary_key=True)
    state: Mapped[str] = mapped_column(primary_key=True)
    seq: Mapped[int]
    stage: Mapped[str]
    clock: Mapped[str | None]
    open: Mapped[bool]


class WorkflowMove(Base):
    """A move of a version; see the TOML for what the columns say."""

    __tablename__ = "workflow_move"

    version: Mapped[str] = mapped_column(ForeignKey("workflow.version"), primary_key=True)
    move: Mapped[str] = mapped_column(primary_key=True)
    seq: Mapped[int]
    from_states: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=NO_WORDS)
    to_state: Mapped[str | None]
    effect: Mapped[str] = mapped_column(server_default="")
    acting: Mapped[str] = mapped_column(server_default="holder")
    levels: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=NO_WORDS)
    holder: Mapped[str] = mapped_column(server_default="")
    roles: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=NO_WORDS)
    needs: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=NO_WORDS)
    unconfirmed: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=NO_WORDS)


class WorkflowLimit(Base):
    """A time limit of a version; "*" for any category or severity."""

    __tablename__ = "workflow_limit"
    __table_args__ = (CheckConstraint("amount > 0", name="amount"),)

    version: Mapped[str] = mapped_column(ForeignKey("workflow.version"), primary_key=True)
    clock: Mapped[str] = mapped_column(primary_key=True)
    category: Mapped[str] = mapped_column(primary_key=True)
    severity: Mapped[str] = mapped_column(primary_key=True)
    amount: Mapped[float]
    unit: Mapped[str]


class CodeEntry(Base):
    """What a code of a list means during [valid_from, valid_to). A retired code is not offered; incidents keep it."""

    __tablename__ = "code_entry"
    __table_args__ = (
        real_period(),
        CheckConstraint("code <> ''", name="code_filled"),
        ExcludeConstraint(
            ("standard", "="),
            ("kind", "="),
            ("code", "="),
            (text("daterange(valid_from, valid_to)"), "&&"),
            name="ex_code_entry_period",
            using="gist",
        ),
        Index("ix_code_entry_code", "code"),
    )

    standard: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(primary_key=True)
    valid_from: Mapped[date] = mapped_column(primary_key=True)
    valid_to: Mapped[date | None]
    seq: Mapped[int] = mapped_column(server_default="0")
    parent_code: Mapped[str | None]
    zh: Mapped[str]
    en: Mapped[str]
    settings: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'::jsonb"))


class CalendarDay(Base):
    """The administrator's word on a day: worked or not, whatever is published."""

    __tablename__ = "calendar_day"

    day: Mapped[date] = mapped_column(primary_key=True)
    works: Mapped[bool]
    name: Mapped[str] = mapped_column(server_default="")
    set_by: Mapped[str]
    set_at: Mapped[datetime] = mapped_column(server_default=func.now())

"""People and what they may do; how they sign in; the log of who did what."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, BigInteger, CheckConstraint, ForeignKey, Index, LargeBinary, func, text
from sqlalchemy.dialects.postgresql import ExcludeConstraint
from sqlalchemy.orm import Mapped, mapped_column

from gridmgmt.store.tables.base import Base, one_of, real_period

ROLES = ("worker", "planner", "dispatcher", "department", "administrator", "security", "auditor", "viewer")
CREDENTIAL_KINDS = ("app", "device")
SIGN_IN_KINDS = ("web", "token")
PERIOD = text("daterange(valid_from, valid_to)")


class Person(Base):
    """Someone who can sign in. Never deleted: the log speaks of them; `disabled_at` ends their access."""

    __tablename__ = "person"
    __table_args__ = (CheckConstraint("name = lower(name) AND name <> ''", name="name_lower"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, server_default=func.gen_random_uuid())
    name: Mapped[str] = mapped_column(unique=True)
    display_name: Mapped[str]
    worker_code: Mapped[str | None] = mapped_column(ForeignKey("worker.code"), unique=True)
    password_hash: Mapped[str | None]
    password_set_at: Mapped[datetime | None]
    password_due: Mapped[bool] = mapped_column(server_default="false")
    demo: Mapped[bool] = mapped_column(server_default="false")
    disabled_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


class RoleGrant(Base):
    """A role in a scope (NULL: everywhere) during [valid_from, valid_to).

    The same grant never overlaps itself, and nobody holds two of the three separated roles (三员) on one day.
    """

    __tablename__ = "role_grant"
    __table_args__ = (
        one_of("role", ROLES),
        CheckConstraint("department_code IS NULL OR role = 'department'", name="department"),
        real_period(),
        ExcludeConstraint(
            ("person_id", "="),
            ("role", "="),
            (text("coalesce(scope_code, '')"), "="),
            (PERIOD, "&&"),
            name="ex_role_grant_period",
            using="gist",
        ),
        ExcludeConstraint(
            ("person_id", "="),
            ("role", "<>"),
            (PERIOD, "&&"),
            name="ex_role_grant_separated",
            using="gist",
            where=text("role IN ('administrator', 'security', 'auditor')"),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, server_default=func.gen_random_uuid())
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    role: Mapped[str]
    department_code: Mapped[str | None]  # of the code list; the role `department` is for one of them
    scope_code: Mapped[str | None] = mapped_column(ForeignKey("boundary_code.code"))
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]


class StandIn(Base):
    """A/B岗: during [valid_from, valid_to) the substitute has the rights of the absent one, who has one at a time."""

    __tablename__ = "stand_in"
    __table_args__ = (
        real_period(),
        CheckConstraint("absent_id <> substitute_id", name="two_people"),
        ExcludeConstraint(("absent_id", "="), (PERIOD, "&&"), name="ex_stand_in_period", using="gist"),
        Index("ix_stand_in_substitute_id", "substitute_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, server_default=func.gen_random_uuid())
    absent_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    substitute_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    valid_from: Mapped[date]
    valid_to: Mapped[date]


class SignIn(Base):
    """A sign-in that lasts until it expires, rests too long or is revoked. A web page's cookie is `secret_hash`."""

    __tablename__ = "sign_in"
    __table_args__ = (one_of("kind", SIGN_IN_KINDS), Index("ix_sign_in_person_id", "person_id"))

    id: Mapped[UUID] = mapped_column(primary_key=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    kind: Mapped[str]
    secret_hash: Mapped[bytes | None] = mapped_column(LargeBinary, unique=True)
    began_at: Mapped[datetime]
    used_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]


class RefreshToken(Base):
    """A refresh token by its hash; each is good once. A second use means it was stolen: the sign-in is revoked."""

    __tablename__ = "refresh_token"
    __table_args__ = (Index("ix_refresh_token_sign_in_id", "sign_in_id"),)

    token_hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    sign_in_id: Mapped[UUID] = mapped_column(ForeignKey("sign_in.id", ondelete="CASCADE"))
    issued_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class FailedSignIn(Base):
    """Failures in a row under a name, known or not, by the hash of the name."""

    __tablename__ = "failed_sign_in"
    __table_args__ = (CheckConstraint("failures >= 0", name="counted"),)

    name_hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    failures: Mapped[int]
    last_at: Mapped[datetime]
    locked_until: Mapped[datetime | None]


class Credential(Base):
    """A secret for a program: `app` reads for its person (GIS), `device` reports for its worker (trackers)."""

    __tablename__ = "credential"
    __table_args__ = (
        one_of("kind", CREDENTIAL_KINDS),
        CheckConstraint("(kind = 'device') = (device_id IS NOT NULL)", name="device_named"),
        Index("ix_credential_person_id", "person_id"),
        Index("ix_credential_device_id_live", "device_id", unique=True, postgresql_where=text("revoked_at IS NULL")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, server_default=func.gen_random_uuid())
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    kind: Mapped[str]
    label: Mapped[str] = mapped_column(server_default="")
    device_id: Mapped[str | None]
    secret_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    revoked_at: Mapped[datetime | None]


class SigningKey(Base):
    """The secret that signs access tokens, made once by the first sign-in."""

    __tablename__ = "signing_key"
    __table_args__ = (CheckConstraint("id = 1", name="one"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    secret: Mapped[bytes] = mapped_column(LargeBinary)
    made_at: Mapped[datetime] = mapped_column(server_default=func.now())


class AuditEntry(Base):
    """Who did or saw what. Append-only by trigger; each row's hash covers its content and the hash before it."""

    __tablename__ = "audit_entry"
    __table_args__ = (Index("ix_audit_entry_at", "at"), Index("ix_audit_entry_object", "object"))

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    at: Mapped[datetime]
    actor_id: Mapped[UUID | None]  # no foreign key: the log stands by itself
    actor: Mapped[str]
    action: Mapped[str]
    object: Mapped[str]
    detail: Mapped[dict[str, Any]] = mapped_column(JSON)  # not jsonb: the text that was hashed is the text kept
    previous_hash: Mapped[bytes] = mapped_column(LargeBinary)
    hash: Mapped[bytes] = mapped_column(LargeBinary)

"""Sign-ins that last: a web page's cookie, and the family that a program's refresh tokens belong to."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from gridmgmt.ids import PersonId
from gridmgmt.services.access.secrets import hashed, new_secret
from gridmgmt.store import tables

WEB_LASTS = timedelta(hours=12)  # a day's work
WEB_RESTS = timedelta(minutes=30)  # idle time-out
TOUCH_EVERY = timedelta(minutes=1)


@dataclass(frozen=True)
class WebSession:
    """A web sign-in just begun: the secret for the cookie, and when it ends at the latest."""

    id: UUID
    person_id: PersonId
    secret: str
    expires_at: datetime


def begin_web_session(session: Session, person_id: PersonId, now: datetime) -> WebSession:
    """A new sign-in for a browser."""
    secret, ends = new_secret(), now + WEB_LASTS
    row = tables.SignIn(
        id=uuid4(),
        person_id=person_id,
        kind="web",
        secret_hash=hashed(secret),
        began_at=now,
        used_at=now,
        expires_at=ends,
    )
    session.add(row)
    session.flush()
    return WebSession(row.id, person_id, secret, ends)


def person_by_web_session(session: Session, secret: str, now: datetime, *, touch: bool = True) -> PersonId | None:
    """Whose cookie it is; None where it has ended, rested too long or never was.

    `touch` keeps it awake, written at most once a minute; a page that only polls does not touch.
    """
    row = session.scalar(select(tables.SignIn).where(tables.SignIn.secret_hash == hashed(secret)))
    if row is None or not alive(row, now) or now - row.used_at > WEB_RESTS:
        return None
    if touch and now - row.used_at > TOUCH_EVERY:
        _touch(session, row.id, now)
    return PersonId(row.person_id)


def alive(row: tables.SignIn, now: datetime) -> bool:
    """Whether a sign-in has neither been revoked nor expired."""
    return row.revoked_at is None and now < row.expires_at


def end_web_session(session: Session, secret: str, now: datetime) -> PersonId | None:
    """Sign out; whose it was."""
    ended = (
        update(tables.SignIn)
        .where(tables.SignIn.secret_hash == hashed(secret), tables.SignIn.revoked_at.is_(None))
        .values(revoked_at=now)
        .returning(tables.SignIn.person_id)
    )
    person_id = session.scalar(ended)
    return None if person_id is None else PersonId(person_id)


def revoke_sign_ins(session: Session, person_id: PersonId, now: datetime) -> None:
    """End all sign-ins of a person at once."""
    session.execute(
        update(tables.SignIn)
        .where(tables.SignIn.person_id == person_id, tables.SignIn.revoked_at.is_(None))
        .values(revoked_at=now)
    )


def _touch(session: Session, sign_in_id: UUID, now: datetime) -> None:
    """Tiles come in parallel: whoever finds the row locked leaves it to the one that holds it."""
    free = select(tables.SignIn.id).where(tables.SignIn.id == sign_in_id).with_for_update(skip_locked=True)
    session.execute(update(tables.SignIn).where(tables.SignIn.id.in_(free)).values(used_at=now))

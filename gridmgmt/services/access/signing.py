"""Signing in with a password; short access tokens (JWT) with refresh tokens that are good once."""

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import jwt
from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert as insert_once
from sqlalchemy.orm import Session

from gridmgmt.access import Person
from gridmgmt.errors import LockedOut, NotSignedIn, WrongPassword
from gridmgmt.ids import PersonId
from gridmgmt.services.access import audit
from gridmgmt.services.access.passwords import expired, password_fits
from gridmgmt.services.access.people import normal_name, person_by_id
from gridmgmt.services.access.secrets import hashed, new_secret
from gridmgmt.services.access.sessions import alive
from gridmgmt.store import tables

ALGORITHM = "HS256"
ISSUER = "gridmgmt"
ACCESS_LASTS = timedelta(minutes=10)
REFRESH_LASTS = timedelta(days=30)
FAILURES = 5
LOCKED = timedelta(minutes=15)


@dataclass(frozen=True)
class Tokens:
    """What a program gets: the access token goes with every request, the refresh token fetches the next pair."""

    access_token: str
    refresh_token: str
    expires_at: datetime  # of the access token
    person_id: PersonId


def check_password(session: Session, name: str, password: str, now: datetime) -> tables.Person:
    """The account of a name and its password. The caller commits whatever comes out: failures are counted here.

    WrongPassword, in the same time and words for an unknown name, a disabled account and a wrong password. LockedOut
    after five failures in a row under one name, known or not, for fifteen minutes, with the right password too. What
    network the attempt came from plays no part.
    """
    wanted = normal_name(name)
    failed = _attempts(session, wanted, now)
    row = session.scalar(select(tables.Person).where(tables.Person.name == wanted))
    fits = password_fits(password, row.password_hash if row else None)
    if row is None or not fits or row.disabled_at is not None:
        _count_failure(session, failed, row, now)
        raise WrongPassword
    session.delete(failed)
    row.password_due = row.password_due or expired(row, now)
    return row


def sign_in(session: Session, name: str, password: str, now: datetime) -> Tokens:
    """Tokens for a program of the person; refusals as in `check_password`."""
    row = check_password(session, name, password, now)
    tokens = issue_tokens(session, PersonId(row.id), now)
    audit.record(session, row, "sign_in", "token")
    return tokens


def issue_tokens(session: Session, person_id: PersonId, now: datetime) -> Tokens:
    """Tokens of a new sign-in for somebody who has shown who they are."""
    family = tables.SignIn(
        id=uuid4(),
        person_id=person_id,
        kind="token",
        began_at=now,
        used_at=now,
        expires_at=now + REFRESH_LASTS,
    )
    session.add(family)
    session.flush()
    return _issue(session, family, now)


def refresh(session: Session, token: str, now: datetime) -> Tokens:
    """The next pair for a refresh token. The caller commits whatever comes out.

    NotSignedIn where it is unknown or has ended. Where it was used before, somebody else has it: the whole sign-in is
    revoked, for the thief and the owner alike.
    """
    used = select(tables.RefreshToken).where(tables.RefreshToken.token_hash == hashed(token)).with_for_update()
    kept = session.scalar(used)
    family = session.get(tables.SignIn, kept.sign_in_id) if kept else None
    if kept is None or family is None or not alive(family, now):
        raise NotSignedIn
    if kept.used_at is not None:
        _revoke(session, family, now)
        audit.record_by_id(session, family.person_id, "refresh_token_reused", str(family.id))
        raise NotSignedIn
    kept.used_at, family.used_at = now, now
    if person_by_id(session, PersonId(family.person_id)) is None:
        raise NotSignedIn
    return _issue(session, family, now)


def sign_out(session: Session, access_token: str, now: datetime) -> None:
    """Revoke the sign-in an access token belongs to; its access and refresh tokens end at once."""
    family = session.get(tables.SignIn, _claims(session, access_token, now)[1])
    if family is not None:
        _revoke(session, family, now)
        audit.record_by_id(session, family.person_id, "sign_out", str(family.id))


def person_by_access_token(session: Session, token: str, now: datetime | None = None) -> Person:
    """Who sent a token; NotSignedIn where it is forged, expired or revoked, or the account was disabled."""
    now = now or datetime.now(UTC)
    person_id, family_id = _claims(session, token, now)
    lasting = tables.SignIn.revoked_at.is_(None), tables.SignIn.expires_at > now
    if session.scalar(select(tables.SignIn.id).where(tables.SignIn.id == family_id, *lasting)) is None:
        raise NotSignedIn
    person = person_by_id(session, person_id)
    if person is None:
        raise NotSignedIn
    return person


def _attempts(session: Session, name: str, now: datetime) -> tables.FailedSignIn:
    """The failures under a name, held until the transaction ends: guesses at one name come one after the other."""
    key = hashed(name)
    first = {"name_hash": key, "failures": 0, "last_at": now}
    session.execute(insert_once(tables.FailedSignIn).values(first).on_conflict_do_nothing())
    held = select(tables.FailedSignIn).where(tables.FailedSignIn.name_hash == key).with_for_update()
    failed = session.scalars(held, execution_options={"populate_existing": True}).one()
    if now - failed.last_at > LOCKED:
        failed.failures, failed.locked_until = 0, None
    if failed.locked_until is not None and now < failed.locked_until:
        minutes = -(-(failed.locked_until - now) // timedelta(minutes=1))
        raise LockedOut(minutes=minutes)
    return failed


def _count_failure(session: Session, failed: tables.FailedSignIn, row: tables.Person | None, now: datetime) -> None:
    """One more failure. A name that nobody has stays out of the log: people type their password there."""
    failed.failures, failed.last_at = failed.failures + 1, now
    if failed.failures >= FAILURES:
        failed.locked_until = now + LOCKED
    session.flush()
    detail = {"failures": failed.failures, "locked": failed.locked_until is not None}
    audit.record(session, None, "sign_in_failed", row.name if row else "", detail)


def _issue(session: Session, family: tables.SignIn, now: datetime) -> Tokens:
    ends, next_one = now + ACCESS_LASTS, new_secret()
    claims = {"iss": ISSUER, "sub": str(family.person_id), "sid": str(family.id), "iat": now, "exp": ends}
    session.add(tables.RefreshToken(token_hash=hashed(next_one), sign_in_id=family.id, issued_at=now))
    session.flush()
    return Tokens(
        access_token=jwt.encode(claims, _key(session), ALGORITHM),
        refresh_token=next_one,
        expires_at=ends,
        person_id=PersonId(family.person_id),
    )


def _claims(session: Session, token: str, now: datetime) -> tuple[PersonId, UUID]:
    """Person and sign-in named by a token that we signed and that has not expired by `now`, the caller's clock."""
    try:
        claims = jwt.decode(
            token, _key(session), [ALGORITHM], issuer=ISSUER,
            options={"require": ["exp", "iss", "sub", "sid"], "verify_exp": False, "verify_iat": False},
        )  # fmt: skip
        if now.timestamp() >= claims["exp"]:
            raise NotSignedIn
        return PersonId(UUID(claims["sub"])), UUID(claims["sid"])
    except (jwt.PyJWTError, ValueError, TypeError) as error:
        raise NotSignedIn from error


def _key(session: Session) -> bytes:
    """The secret that signs; the first who needs it makes it."""
    kept = select(tables.SigningKey.secret).where(tables.SigningKey.id == 1)
    secret = session.scalar(kept)
    if secret is None:
        made = insert_once(tables.SigningKey).values(id=1, secret=secrets.token_bytes(64))
        session.execute(made.on_conflict_do_nothing())
        secret = session.scalars(kept).one()
    return secret


def _revoke(session: Session, family: tables.SignIn, now: datetime) -> None:
    session.execute(
        update(tables.SignIn)
        .where(tables.SignIn.id == family.id, tables.SignIn.revoked_at.is_(None))
        .values(revoked_at=now)
    )

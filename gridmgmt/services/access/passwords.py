"""Passwords: hashed by argon2id, checked in the same time whether the name exists or not."""

import secrets
import string
from datetime import datetime, timedelta
from functools import cache, reduce
from threading import BoundedSemaphore

from pwdlib import PasswordHash
from sqlalchemy.orm import Session

from gridmgmt.access import password_faults
from gridmgmt.errors import WeakPassword
from gridmgmt.ids import PersonId
from gridmgmt.messages import Words
from gridmgmt.services.access.sessions import revoke_sign_ins
from gridmgmt.store import tables

LASTS = timedelta(days=180)
AT_ONCE = 4  # argon2 takes 64 MiB a time: a flood of guesses waits instead of filling the memory
RANDOM_LENGTH = 16

_turns = BoundedSemaphore(AT_ONCE)


@cache
def _hasher() -> PasswordHash:
    return PasswordHash.recommended()


@cache
def _nobodys_hash() -> str:
    """What a password is compared with where there is nobody of that name, so that it takes as long."""
    return _hasher().hash(secrets.token_urlsafe())


def hash_password(password: str) -> str:
    """The argon2id hash that is kept."""
    with _turns:
        return _hasher().hash(password)


def password_fits(password: str, kept: str | None) -> bool:
    """Whether a password is the one whose hash is `kept`; False for None, after the same work."""
    with _turns:
        fits = _hasher().verify(password, kept or _nobodys_hash())
    return fits and kept is not None


def set_password(session: Session, row: tables.Person, password: str, now: datetime, *, due: bool = False) -> None:
    """Give an account a password; all its sign-ins end. `due`: the person has to change it at the first sign-in.

    WeakPassword tells what is wrong with it.
    """
    faults = password_faults(password, row.name)
    if faults:
        said = [Words(f"access.fault_{fault}") for fault in faults]
        raise WeakPassword(detail=reduce(lambda first, then: Words("access.faults", first=first, then=then), said))
    row.password_hash, row.password_set_at, row.password_due = hash_password(password), now, due
    revoke_sign_ins(session, PersonId(row.id), now)
    session.flush()


def change_password(session: Session, row: tables.Person, password: str, now: datetime) -> None:
    """The person's own change: as `set_password`, and it has to be another one than before."""
    if password_fits(password, row.password_hash):
        raise WeakPassword(detail=Words("access.fault_same"))
    set_password(session, row, password, now)


def expired(row: tables.Person, now: datetime) -> bool:
    """Whether the password is older than it may be."""
    return row.password_set_at is not None and now - row.password_set_at > LASTS


def random_password() -> str:
    """A password that meets the rules and can be read aloud: no letter that looks like another."""
    alphabet = "".join(sorted(set(string.ascii_letters + string.digits) - set("0O1lI5S")))
    while True:
        password = "".join(secrets.choice(alphabet) for _ in range(RANDOM_LENGTH))
        if not password_faults(password, ""):
            return password

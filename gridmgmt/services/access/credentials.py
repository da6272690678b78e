"""Secrets for programs: app passwords with which a GIS reads for its person, and devices that report for a worker."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from gridmgmt.access import Action, Person
from gridmgmt.errors import Conflict, InvalidInput, NotFound, NotSignedIn
from gridmgmt.ids import PersonId
from gridmgmt.messages import Words
from gridmgmt.services.access.people import normal_name, person_by_id
from gridmgmt.services.access.secrets import hashed, new_device_id, new_secret
from gridmgmt.store import tables

GOOD_FOR = {
    "app": frozenset(
        {Action.see_boundaries, Action.see_figures, Action.see_plans, Action.see_incidents, Action.export}
    ),
    "device": frozenset({Action.record_patrol, Action.report_incident}),
}
"""What a stolen secret of each kind would be good for, at most."""


@dataclass(frozen=True)
class NewSecret:
    """A secret just made: shown once, kept as a hash. `name` goes before it in HTTP Basic."""

    id: UUID
    name: str  # the person's for an app password, the device id for a device
    secret: str


def add_app_password(session: Session, row: tables.Person, label: str = "") -> NewSecret:
    """A secret with which a GIS client reads what the person may read (HTTP Basic)."""
    return _add(session, row, "app", label, None)


def add_device(session: Session, row: tables.Person, device_id: str | None = None, label: str = "") -> NewSecret:
    """A device that reports for a worker: HTTP Basic or Bearer with the secret, or by its id alone (OsmAnd).

    Without `device_id` a random one is made that cannot be guessed; Conflict where a live device has it.
    InvalidInput where the person is no grid worker.
    """
    if row.worker_code is None:
        raise InvalidInput(detail=Words("reasons.device_of_nobody", name=row.name))
    return _add(session, row, "device", label, (device_id or new_device_id()).strip())


def device_person(session: Session, device_id: str) -> Person:
    """Whose device it is, by its id alone, for protocols that carry nothing else; NotSignedIn for an unknown id."""
    return _person(session, _found(session, tables.Credential.device_id == device_id))


def person_by_secret(session: Session, secret: str) -> Person:
    """Whose secret it is, as a Bearer token; NotSignedIn where it is unknown or revoked."""
    return _person(session, _found(session, tables.Credential.secret_hash == hashed(secret)))


def person_by_basic(session: Session, name: str, secret: str) -> Person:
    """Who sent HTTP Basic: the person's name with an app password, or with a device's secret its id or the name.

    The password of the sign-in page is not taken here: programs keep what they are given, and send it every time.
    """
    found = _found(session, tables.Credential.secret_hash == hashed(secret))
    person = _person(session, found)
    names = {person.name, found.device_id or person.name}
    if name not in names and normal_name(name) not in names:
        raise NotSignedIn
    return person


def revoke_credential(
    session: Session, credential_id: UUID, now: datetime, *, person: tables.Person | None = None
) -> tables.Credential:
    """End a secret (of `person`, where one is named); a repeat changes nothing."""
    row = session.get(tables.Credential, credential_id)
    if row is None or (person is not None and row.person_id != person.id):
        raise NotFound(what=Words("things.secret"), key=str(credential_id))
    row.revoked_at = row.revoked_at or now
    session.flush()
    return row


def _add(session: Session, row: tables.Person, kind: str, label: str, device_id: str | None) -> NewSecret:
    taken = select(tables.Credential.id).where(
        tables.Credential.device_id == device_id, tables.Credential.revoked_at.is_(None)
    )
    if device_id is not None and session.scalar(taken) is not None:
        raise Conflict(what=Words("things.device"), key=device_id)
    secret = new_secret()
    kept = tables.Credential(person_id=row.id, kind=kind, label=label, device_id=device_id, secret_hash=hashed(secret))
    session.add(kept)
    session.flush()
    return NewSecret(kept.id, device_id or row.name, secret)


@dataclass(frozen=True)
class _Found:
    """A live secret, as far as a request needs it."""

    person_id: PersonId
    kind: str
    device_id: str | None


def _found(session: Session, fits: ColumnElement[bool]) -> _Found:
    """The live secret that fits; NotSignedIn where there is none."""
    row = tables.Credential
    chosen = select(row.person_id, row.kind, row.device_id).where(fits, row.revoked_at.is_(None))
    found = session.execute(chosen).one_or_none()
    if found is None:
        raise NotSignedIn
    return _Found(PersonId(found.person_id), found.kind, found.device_id)


def _person(session: Session, found: _Found) -> Person:
    person = person_by_id(session, found.person_id)
    if person is None:
        raise NotSignedIn
    return person.limited_to(GOOD_FOR[found.kind])

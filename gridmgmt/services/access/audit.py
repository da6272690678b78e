"""The log of who did and who saw what: append-only, each entry chained to the one before it by its hash.

    hash(n) = SHA-256(hash(n - 1) ‖ canonical content of n)         hash(0) = 32 zero bytes

Changing, moving, dropping or slipping in an entry breaks the chain at that place. Cutting off its end leaves a sound
chain: note the head that `verify` names somewhere else, and give it back later as `expected`.

Only what a person does is written here, as the last thing of its transaction: the entries of all transactions queue for
one lock, so ingest of what machines send stays out of it.
"""

import getpass
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, Protocol
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from gridmgmt.errors import InvalidInput
from gridmgmt.messages import Words
from gridmgmt.store.queries import query
from gridmgmt.store.tables import AuditEntry
from gridmgmt.store.tables import Person as PersonRow

LOCK = 2006_0832  # any number of our own, the same in every process that writes the log
BEGINNING = bytes(32)
BATCH = 5000

Detail = Mapping[str, Any]


class Actor(Protocol):
    """Whoever did it: a `Person` of the rules, or an account's row."""

    @property
    def id(self) -> Any: ...

    @property
    def name(self) -> Any: ...


@dataclass(frozen=True)
class Operator:
    """Whoever works at the command line, known by the account of the machine."""

    name: str
    id: None = None


def operator() -> Operator:
    """The account of the machine that runs this process."""
    return Operator(f"os:{getpass.getuser()}")


@dataclass(frozen=True)
class Head:
    """Where the log ends: noted elsewhere, it shows later that nothing was cut off.

    >>> Head.read(str(Head(3, bytes(32)))).entries
    3
    """

    entries: int
    hash: bytes

    def __str__(self) -> str:
        return f"{self.entries}:{self.hash.hex()}"

    @classmethod
    def read(cls, noted: str) -> "Head":
        """The head as `str` wrote it; InvalidInput for anything else."""
        fits = re.fullmatch(r"(\d{1,18}):([0-9a-f]{64})", noted)
        if fits is None:
            raise InvalidInput(detail=Words("reasons.no_log_head", noted=noted))
        return cls(int(fits[1]), bytes.fromhex(fits[2]))


@dataclass(frozen=True)
class Verdict:
    """What `verify` found: `broken_at` is the first entry that does not fit, None where the log is whole."""

    head: Head
    broken_at: int | None


def record(session: Session, actor: Actor | None, action: str, what: str, detail: Detail | None = None) -> None:
    """Append that `actor` (None: nobody known) did `action` to `what`; the last thing in a transaction.

    `detail` is small and plain: text, whole numbers, lists and mappings of them; never a password, never a position.
    """
    actor_id = None if actor is None or actor.id is None else UUID(str(actor.id))
    _append(session, actor_id, "" if actor is None else str(actor.name), action, what, detail or {})


def record_by_id(session: Session, person_id: UUID, action: str, what: str, detail: Detail | None = None) -> None:
    """The same for an account known by its id."""
    record(session, session.get_one(PersonRow, person_id), action, what, detail)


def _append(session: Session, actor_id: UUID | None, actor: str, action: str, what: str, detail: Detail) -> None:
    session.flush()
    session.execute(text("select pg_advisory_xact_lock(:key)"), {"key": LOCK})
    newest = select(AuditEntry.id, AuditEntry.hash).order_by(AuditEntry.id.desc()).limit(1)
    last_id, previous = session.execute(newest).one_or_none() or (0, BEGINNING)
    words = json.dumps(detail, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    entry = {"id": last_id + 1, "at": datetime.now(UTC), "actor_id": actor_id, "actor": actor, "action": action}
    entry |= {"object": what, "detail": words}
    digest = chained(previous, entry)
    session.execute(query("append_audit_entry"), entry | {"previous_hash": previous, "hash": digest})


def chained(previous: bytes, entry: Mapping[str, Any]) -> bytes:
    """The hash of an entry (id, at, actor_id, actor, action, object, detail as text) after the one before it."""
    at = entry["at"].astimezone(UTC).isoformat(timespec="microseconds")
    actor_id = "" if entry["actor_id"] is None else str(entry["actor_id"])
    content = [entry["id"], at, actor_id, entry["actor"], entry["action"], entry["object"], entry["detail"]]
    canonical = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    return sha256(previous + canonical.encode()).digest()


def verify(session: Session, expected: Head | None = None) -> Verdict:
    """Walk the whole chain. `expected` is a head noted before: where the log no longer passes it, that is the break."""
    count, previous = 0, BEGINNING
    for entry in _entries(session):
        fits = entry["id"] == count + 1 and entry["previous_hash"] == previous
        if not fits or entry["hash"] != chained(previous, entry):
            return Verdict(Head(count, previous), count + 1)
        count, previous = count + 1, entry["hash"]
        if expected is not None and expected.entries == count and expected.hash != previous:
            return Verdict(Head(count - 1, entry["previous_hash"]), count)
    missing = expected is not None and expected.entries > count
    return Verdict(Head(count, previous), count + 1 if missing else None)


def entries(
    session: Session,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    actor: str | None = None,
    action: str | None = None,
    about: str | None = None,
    before: int | None = None,
    most: int = 200,
) -> Sequence[AuditEntry]:
    """The newest entries, newest first, that fit; `before` an id pages on."""
    chosen = select(AuditEntry).order_by(AuditEntry.id.desc()).limit(most)
    if since is not None:
        chosen = chosen.where(AuditEntry.at >= since)
    if until is not None:
        chosen = chosen.where(AuditEntry.at < until)
    if actor is not None:
        chosen = chosen.where(AuditEntry.actor == actor)
    if action is not None:
        chosen = chosen.where(AuditEntry.action == action)
    if about is not None:
        chosen = chosen.where(AuditEntry.object == about)
    if before is not None:
        chosen = chosen.where(AuditEntry.id < before)
    return session.scalars(chosen).all()


def _entries(session: Session) -> Iterator[dict[str, Any]]:
    """All entries in order, in batches, with the detail as the text that was hashed."""
    after = -(2**62)
    while True:
        rows = session.execute(query("audit_entries"), {"after": after, "batch": BATCH}).mappings().all()
        yield from (dict(row) for row in rows)
        if len(rows) < BATCH:
            return
        after = rows[-1]["id"]

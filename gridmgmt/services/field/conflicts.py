"""Submissions under an id that already held something else: the first stands, the other is kept beside it."""

import hashlib
from uuid import UUID

import orjson
from sqlalchemy.dialects.postgresql import insert as insert_once
from sqlalchemy.orm import Session

from gridmgmt.services.field.quarantine import storable
from gridmgmt.store.tables import SubmissionConflict


def keep_beside(session: Session, kind: str, subject_id: UUID, body: bytes, actor: str) -> None:
    """Keep a refused body, once. What is no JSON (a GPX file) is kept as text."""
    try:
        content = storable(orjson.loads(body))
    except orjson.JSONDecodeError:
        content = storable(body.decode("utf-8", "backslashreplace"))
    row = {
        "kind": kind,
        "subject_id": subject_id,
        "content_hash": hashlib.sha256(body).hexdigest(),
        "body": content if isinstance(content, dict) else {"content": content},
        "actor": actor,
    }
    session.execute(insert_once(SubmissionConflict).values(row).on_conflict_do_nothing())

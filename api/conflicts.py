"""Refused, and kept: what came under an id that already holds something else."""

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

from starlette.requests import Request

from gridmgmt.access import Person
from gridmgmt.errors import Conflict
from gridmgmt.services.field.conflicts import keep_beside


@contextmanager
def both_kept(request: Request, kind: str, subject_id: UUID, body: bytes, person: Person) -> Iterator[None]:
    """Around a submission: where it ends in a Conflict its body is kept before the 409, in a transaction of its own."""
    try:
        yield
    except Conflict:
        with request.app.state.sessions.begin() as session:
            keep_beside(session, kind, subject_id, body, actor=person.name)
        raise

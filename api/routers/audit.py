"""The log of who did and who saw what, for the auditor."""

from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import AwareDatetime
from starlette.responses import Response

from api.deps import DbSession
from api.json import Json
from api.security import may
from gridmgmt.access import Action, Person
from gridmgmt.services.access import audit
from gridmgmt.store.tables import AuditEntry

router = APIRouter(prefix="/api/v1/audit", tags=["people"])

Auditor = Annotated[Person, may(Action.read_audit)]
OWN = {"Cache-Control": "private, no-store"}


@router.get("")
def read_audit(
    session: DbSession,
    person: Auditor,
    since: AwareDatetime | None = None,
    until: AwareDatetime | None = None,
    actor: str | None = None,
    action: str | None = None,
    about: str | None = None,
    before: int | None = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 200,
) -> Response:
    """The newest entries of [since, until); `before` an id pages on. Reading it is an entry, too."""
    wanted = {"since": since, "until": until, "actor": actor, "action": action, "about": about, "before": before}
    return Json([_entry(entry) for entry in audit.entries(session, **wanted, most=limit)], headers=OWN)  # type: ignore[arg-type]


@router.get("/verify")
def verify_audit(session: DbSession, person: Auditor, head: str | None = None) -> Response:
    """Walk the chain. `head` is one that was noted before: then nothing was cut off since."""
    verdict = audit.verify(session, audit.Head.read(head) if head else None)
    return Json({"head": str(verdict.head), "broken_at": verdict.broken_at}, headers=OWN)


def _entry(entry: AuditEntry) -> dict[str, Any]:
    named = {"id": entry.id, "at": entry.at, "actor": entry.actor, "action": entry.action, "object": entry.object}
    return named | {"detail": entry.detail, "hash": entry.hash.hex()}

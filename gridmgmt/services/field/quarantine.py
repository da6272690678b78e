"""What could not be taken as what it should be: kept as it came, once, with the reason."""

import math
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from sqlalchemy.dialects.postgresql import insert as insert_once
from sqlalchemy.orm import Session

from gridmgmt.access import Area
from gridmgmt.field.day import local_day
from gridmgmt.field.sent import Fault
from gridmgmt.ids import PatrolId, WorkerCode
from gridmgmt.services.field.content import content_hash
from gridmgmt.store.queries import query
from gridmgmt.store.tables import Quarantine

MOST_LEVELS = 20  # of a document: what lies deeper is kept as text


def set_aside(
    session: Session,
    faults: Iterable[Fault],
    source: str,
    *,
    device: str | None = None,
    worker_code: WorkerCode | None = None,
    patrol_id: PatrolId | None = None,
) -> None:
    """Keep each fault. The same content from the same sender is kept once, however often it is sent."""
    rows = [
        {
            "source": source,
            "device": device,
            "worker_code": worker_code,
            "patrol_id": patrol_id,
            "reason": str(fault.reason),
            "raw": {"row": storable(fault.raw)},
            "content_hash": content_hash([source, device, worker_code, str(patrol_id), storable(fault.raw)]),
        }
        for fault in faults
    ]
    if rows:
        session.execute(insert_once(Quarantine).values(rows).on_conflict_do_nothing())


def quarantined(session: Session, limit: int = 100, *, area: Area = Area.everything) -> list[dict[str, Any]]:
    """The latest rows set aside, newest first, of the workers who have a grid in `area` today.

    `id`, `received_at`, `source`, `device`, `worker_code`, `patrol_id`, `reason` (a value of `FaultReason`), `raw`.
    """
    today = local_day(datetime.now(UTC))
    wanted = {"everywhere": area.is_everything, "area": area.like_patterns(), "today": today, "rows": limit}
    return [dict(row) for row in session.execute(query("quarantine_rows"), wanted).mappings()]


def storable(raw: Any, depth: int = 0) -> Any:
    """The content as the store's JSON can hold it: what it cannot is told in words.

    >>> storable({"lon": float("nan"), "name": "a\\0b"})
    {'lon': 'nan', 'name': 'a\\\\0b'}
    """
    if isinstance(raw, str):
        return raw.replace("\0", "\\0").encode("utf-8", "backslashreplace").decode()
    if isinstance(raw, dict) and depth < MOST_LEVELS:
        return {storable(str(key)): storable(value, depth + 1) for key, value in raw.items()}
    if isinstance(raw, list) and depth < MOST_LEVELS:
        return [storable(value, depth + 1) for value in raw]
    if isinstance(raw, float) and math.isfinite(raw):
        return raw
    whole = isinstance(raw, int) and abs(raw) < 2**53
    return raw if raw is None or whole else storable(repr(raw))

"""What arrived is counted soon after: a batch only marks its patrol stale, so that its sender need not wait."""

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from gridmgmt.ids import PatrolId
from gridmgmt.services.field.ground import Grounds
from gridmgmt.services.field.recompute import RULES, Rules, recompute_patrols
from gridmgmt.store.queries import query
from gridmgmt.store.tables import Patrol

AT_ONCE = 50  # patrols per transaction


def settle(session: Session, limit: int = AT_ONCE, rules: Rules = RULES, grounds: Grounds | None = None) -> int:
    """Count up to `limit` patrols whose points changed, oldest first; how many they were.

    Patrols that somebody is writing to, or counting, are left for the next time: nobody waits for anybody. Who asks
    again and again gives the same `grounds`, so that streets and doors are not loaded each time.
    """
    versions = _waiting(session, limit)
    if versions:
        recompute_patrols(session, list(versions), rules, grounds=grounds)
        session.execute(query("settled"), {"ids": list(versions), "versions": list(versions.values())})
    return len(versions)


def _waiting(session: Session, limit: int) -> dict[PatrolId, str]:
    """Stale patrols that nobody is writing to now, with their rows' versions; none of them stays locked.

    A sender must not wait while its patrol is counted: what it adds meanwhile gives the row another version.
    """
    chosen = select(Patrol.id, text("cast(patrol.xmin as text)")).where(Patrol.stale)
    chosen = chosen.order_by(Patrol.started_at, Patrol.id).limit(limit).with_for_update(skip_locked=True)
    probe = session.begin_nested()
    found = {PatrolId(patrol_id): version for patrol_id, version in session.execute(chosen)}
    probe.rollback()  # gives the locks back
    return found

"""What arrived is counted soon after: a batch only marks its patrol stale, so that its sender need not wait."""

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from gridmgmt.ids import PatrolId
from gridmgmt.services.field.ground import Grounds
from gridmgmt.services.field.recompute import RULES, Rules, recompute_patrols
from gridmgmt.store.tables import Patrol

AT_ONCE = 50  # patrols per transaction


def settle(session: Session, limit: int = AT_ONCE, rules: Rules = RULES, grounds: Grounds | None = None) -> int:
    """Count up to `limit` patrols whose points changed, oldest first; how many they were.

    Patrols that somebody is writing to, or counting, are left for the next time: nobody waits for anybody. Who asks
    again and again gives the same `grounds`, so that streets and doors are not loaded each time.
    """
    waiting = (
        select(Patrol.id).where(Patrol.stale).order_by(Patrol.started_at, Patrol.id).limit(limit)
    ).with_for_update(skip_locked=True)
    patrol_ids = [PatrolId(patrol_id) for patrol_id in session.scalars(waiting)]
    if patrol_ids:
        recompute_patrols(session, patrol_ids, rules, grounds=grounds)
        session.execute(update(Patrol).where(Patrol.id.in_(patrol_ids)).values(stale=False))
    return len(patrol_ids)

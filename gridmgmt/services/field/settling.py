"""What arrived is counted soon after: a batch only marks its patrol stale, so that its sender need not wait."""

from collections.abc import Sequence

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from gridmgmt.ids import PatrolId
from gridmgmt.services.field.ground import Grounds
from gridmgmt.services.field.recompute import RULES, Rules, recompute_patrols
from gridmgmt.store.queries import query
from gridmgmt.store.tables import Patrol

AT_ONCE = 25  # patrols per transaction
COUNTING = 2006_1103  # any number, the same in every process that settles


def stale_patrols(session: Session) -> list[PatrolId]:
    """All patrols whose points changed since they were counted, oldest first."""
    chosen = select(Patrol.id).where(Patrol.stale).order_by(Patrol.started_at, Patrol.id)
    return [PatrolId(patrol_id) for patrol_id in session.scalars(chosen)]


def settle(
    session: Session,
    patrol_ids: Sequence[PatrolId] | None = None,
    rules: Rules = RULES,
    grounds: Grounds | None = None,
) -> int:
    """Count those of `patrol_ids` (without any: the `AT_ONCE` oldest) whose points changed; how many they were.

    Patrols that somebody is writing to are left for the next time: nobody waits for anybody but for another who
    counts, so that nothing is counted twice. Who asks again and again gives the same `grounds`, so that streets and
    doors are not loaded each time.
    """
    session.execute(select(func.pg_advisory_xact_lock(COUNTING)))
    versions = _waiting(session, stale_patrols(session)[:AT_ONCE] if patrol_ids is None else patrol_ids)
    if versions:
        recompute_patrols(session, list(versions), rules, grounds=grounds)
        session.execute(query("settled"), {"ids": list(versions), "versions": list(versions.values())})
    return len(versions)


def _waiting(session: Session, patrol_ids: Sequence[PatrolId]) -> dict[PatrolId, str]:
    """The stale ones that nobody is writing to now, with their rows' versions; none of them stays locked.

    A sender must not wait while its patrol is counted: what it adds meanwhile gives the row another version.
    """
    chosen = select(Patrol.id, text("cast(patrol.xmin as text)")).where(Patrol.stale, Patrol.id.in_(patrol_ids))
    probe = session.begin_nested()
    found = {PatrolId(key): version for key, version in session.execute(chosen.with_for_update(skip_locked=True))}
    probe.rollback()  # gives the locks back
    return found

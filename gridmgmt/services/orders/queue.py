"""Orders are taken up one by one: whoever holds an order's lock computes it, and nobody else does.

The lock is an advisory one of the connection, so that no transaction stands open while a plan is computed, and the
order of a process that died is free at once. Where a lock was lost without its holder knowing (the database was
restarted), the number of the attempt tells: only the newest attempt may tell of progress, or end the order.
"""

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from gridmgmt.errors import GridError
from gridmgmt.messages import error_text, text
from gridmgmt.store.tables import Plan, PlanOrder
from gridmgmt.store.tables.plans import OPEN_STATES

LOCK = 2006_0814  # any number of our own, the same in every process that computes plans
MOST_ATTEMPTS = 5  # of an order whose process dies each time, for want of memory perhaps


def take_order(session: Session) -> PlanOrder | None:
    """The oldest open order that nobody computes, now this connection's until it is closed; None where there is none.

    An order that was begun `MOST_ATTEMPTS` times and never ended has failed.
    """
    waiting = select(PlanOrder.id).where(PlanOrder.state.in_(OPEN_STATES)).order_by(PlanOrder.asked_at, PlanOrder.id)
    for order_id in session.scalars(waiting).all():
        if session.scalar(select(func.pg_try_advisory_lock(LOCK, _key(order_id)))):
            order = session.get_one(PlanOrder, order_id, with_for_update=True, populate_existing=True)
            if order.state in OPEN_STATES and order.attempts < MOST_ATTEMPTS:
                order.state, order.attempts, order.progress = "running", order.attempts + 1, {}
                order.begun_at = func.clock_timestamp()
                return order
            if order.state in OPEN_STATES:
                fail_order(session, order, _given_up())
            session.execute(select(func.pg_advisory_unlock(LOCK, _key(order_id))))
    return None


def compute_order(
    session: Session, order: PlanOrder, progress: Callable[[int, int], None], so_far: Callable[[float, float], None]
) -> Plan:
    """The plan of an order; it is stored."""
    from gridmgmt.services import plans

    compute: dict[str, Callable[..., Plan]] = {
        "divide": plans.divide_grids,
        "resize": plans.resize_communities,
        "merge": plans.merge_stations,
    }
    how = {"at": order.base_date, "author": order.author, "progress": progress, "so_far": so_far}
    return compute[order.task](session, order.scope_code, **how, **order.parameters)


def keep_order(session: Session, order: PlanOrder, progress: Mapping[str, Any]) -> bool:
    """Tell how far the computation is; whether it is still wanted, and still this attempt's."""
    return _changed(session, order, progress=dict(progress))


def finish_order(session: Session, order: PlanOrder, plan: Plan, progress: Mapping[str, Any]) -> bool:
    """The order is done; False (and the plan not to be kept) where it was cancelled or taken up by another."""
    ended = {"state": "done", "plan_id": plan.id, "ended_at": func.clock_timestamp()}
    return _changed(session, order, progress=dict(progress), **ended)


def fail_order(session: Session, order: PlanOrder, fault: Mapping[str, str]) -> bool:
    """The order failed for a reason in both languages (`fault_of`)."""
    return _changed(session, order, state="failed", fault=dict(fault), ended_at=func.clock_timestamp())


def fault_of(error: Exception) -> dict[str, str]:
    """Why an order failed: a refusal's own words, else that the fault is ours."""
    if isinstance(error, GridError):
        return {"code": error.code, "zh": error_text(error, "zh"), "en": error_text(error, "en")}
    return _said("internal_server_error", "plans.order_broke")


def _given_up() -> dict[str, str]:
    return _said("process_died", "plans.order_died", times=MOST_ATTEMPTS)


def _said(code: str, key: str, **values: object) -> dict[str, str]:
    return {"code": code, "zh": text(key, "zh", **values), "en": text(key, "en", **values)}


def _changed(session: Session, order: PlanOrder, **values: Any) -> bool:
    mine = (PlanOrder.id == order.id, PlanOrder.attempts == order.attempts, PlanOrder.state.in_(OPEN_STATES))
    statement = update(PlanOrder).where(*mine).values(**values).execution_options(synchronize_session=False)
    return session.execute(statement.returning(PlanOrder.id)).first() is not None


def _key(order_id: UUID) -> Any:
    return func.hashtext(str(order_id))

"""Plans asked for in tests: computed by the test itself, or held up in a process that has begun to compute."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from uuid import UUID

import httpx
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from api.planner import one_plan
from gridmgmt.services.orders.queue import keep_order, take_order
from gridmgmt.store.engine import make_engine, transaction
from gridmgmt.store.tables import Plan, PlanOrder

AT = "2006-09-01"


def compute_all(url: str) -> None:
    """Compute every order that waits, here and now."""
    engine = make_engine(url)
    try:
        while one_plan(engine):
            pass
    finally:
        engine.dispose()


def planned(client: httpx.Client, url: str, **wanted: object) -> dict[str, object]:
    """The plan that is asked for, computed."""
    answer = client.post("/api/v1/plans", json={"at": AT, **wanted})
    assert answer.status_code == 202, answer.text
    compute_all(url)
    order = client.get(answer.headers["location"]).json()
    assert order["state"] == "done", order
    plan: dict[str, object] = client.get(f"/api/v1/plans/{order['plan']}").json()
    return plan


@contextmanager
def held_up(url: str) -> Iterator[None]:
    """Whoever computes a plan gets as far as the buildings, and waits there until the block ends."""
    with transaction(url) as session:
        session.execute(text("lock table building in access exclusive mode"))
        yield


def order_now(url: str, order_id: str) -> PlanOrder:
    """The order as it stands."""
    with transaction(url) as session:
        return session.get_one(PlanOrder, UUID(order_id))


def plans_there(url: str) -> list[UUID]:
    """The plans that were computed."""
    with transaction(url) as session:
        return list(session.scalars(select(Plan.id)))


@contextmanager
def taken_up(url: str) -> Iterator[Callable[[dict[str, object]], None]]:
    """The oldest order runs until the block ends, as if a process computed it: a function tells how far it is."""
    engine = make_engine(url)
    with engine.connect() as connection, Session(connection, expire_on_commit=False) as session:
        connection.detach()
        order = take_order(session)
        session.commit()
        assert order is not None

        def tell(progress: dict[str, object]) -> None:
            keep_order(session, order, progress)
            session.commit()

        yield tell
    engine.dispose()

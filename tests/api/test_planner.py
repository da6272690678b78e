"""The process that computes plans: an order is computed once, taken up again where its process dies, and cancelled."""

import multiprocessing
import os
from collections.abc import Iterator
from signal import SIGKILL

import httpx
import pytest
from sqlalchemy import delete

from api.beside import LOWEST
from api.planner import planning
from gridmgmt.store.engine import transaction
from gridmgmt.store.tables import Plan, PlanOrder
from tests.api.orders import AT, held_up, order_now, plans_there
from tests.api.test_settler import comes

PAUSE_S = 0.2
DIVIDE = {"task": "divide", "scope": "440303002001", "at": AT}


@pytest.fixture
def client(reader: httpx.Client, small_district: str) -> Iterator[httpx.Client]:
    """A client of an application, and beside it the process that computes plans."""
    with transaction(small_district) as session:
        session.execute(delete(PlanOrder))
        session.execute(delete(Plan))
    with planning(small_district, PAUSE_S):
        yield reader
    assert not multiprocessing.active_children()


def asked(client: httpx.Client, **more: object) -> str:
    """The address of an order."""
    return client.post("/api/v1/plans", json=DIVIDE | more).headers["location"]


def state(client: httpx.Client, where: str) -> str:
    return str(client.get(where).json()["state"])


def test_each_plan_is_computed_once_by_two_applications_though_a_process_is_killed(
    client: httpx.Client, small_district: str
) -> None:
    with planning(small_district, PAUSE_S):
        with held_up(small_district):
            orders = [asked(client, seed=seed) for seed in range(2)]
            assert comes(lambda: {state(client, where) for where in orders} == {"running"})
            one, _ = multiprocessing.active_children()
            assert one.pid is not None
            assert os.getpriority(os.PRIO_PROCESS, one.pid) == LOWEST
            os.kill(one.pid, SIGKILL)
            assert comes(lambda: attempts(client, orders) == [1, 2])
        assert comes(lambda: {state(client, where) for where in orders} == {"done"})
    assert attempts(client, orders) == [1, 2]
    made = {order_now(small_district, where.rpartition("/")[2]).plan_id for where in orders}
    assert sorted(plans_there(small_district)) == sorted(made)


def attempts(client: httpx.Client, orders: list[str]) -> list[int]:
    """How often each of the orders was begun, in order."""
    return sorted(client.get(where).json()["attempts"] for where in orders)


def test_a_cancelled_plan_ends_its_process_and_another_takes_up_the_next(
    client: httpx.Client, small_district: str
) -> None:
    with held_up(small_district):
        where = asked(client)
        assert comes(lambda: state(client, where) == "running")
        (process,) = multiprocessing.active_children()
        assert client.post(f"{where}/cancel").json()["state"] == "cancelled"
        assert comes(lambda: process.exitcode == 0)  # not `join`: the supervisor joins it too
        following = asked(client, seed=1)
        assert comes(lambda: state(client, following) == "running")
    assert state(client, where) == "cancelled"

"""Plans asked for by the API: an address at once, how far it is meanwhile, the plan or the reason in the end."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date

import httpx
import pytest
from geopandas import GeoDataFrame
from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from gridmgmt.access import Role
from gridmgmt.planning.metrics import polsby_popper
from gridmgmt.services.orders.queue import MOST_ATTEMPTS, finish_order, keep_order, take_order
from gridmgmt.services.plans import list_plans
from gridmgmt.store.engine import make_engine, transaction
from gridmgmt.store.tables import AuditEntry, Plan, PlanOrder, StationService
from tests.api import people
from tests.api.orders import AT, compute_all, order_now, planned, plans_there

ORDER = {"task": "merge", "scope": "440303002", "at": AT}


@pytest.fixture
def client(reader: httpx.Client, small_district: str) -> httpx.Client:
    """Somebody with every right of the everyday, where nothing has been asked for yet."""
    with transaction(small_district) as session:
        session.execute(delete(PlanOrder))
        session.execute(delete(Plan))
    return reader


@pytest.mark.parametrize(
    "more",
    [
        {"task": "merge", "scope": "440303"},
        {"task": "resize", "scope": "440303002", "high": 6800},
        {"task": "divide", "scope": "440303002001", "effort": "thorough"},
    ],
    ids=lambda more: more["task"],
)
def test_an_order_leads_to_its_plan(client: httpx.Client, small_district: str, more: dict[str, object]) -> None:
    wanted = ORDER | more | {"seed": 7}
    answer = client.post("/api/v1/plans", json=wanted)
    order = client.get(answer.headers["location"]).json()
    assert (answer.status_code, order) == (202, answer.json())
    assert (order["state"], order["plan"], order["progress"], order["may_cancel"]) == ("asked", None, {}, True)

    compute_all(small_district)
    order = client.get(answer.headers["location"]).json()
    plan = client.get(f"/api/v1/plans/{order['plan']}").json()
    assert (order["state"], order["may_cancel"]) == ("done", False)
    assert (plan["task"], plan["scope_code"], plan["author"]) == (wanted["task"], wanted["scope"], "reader")
    assert plan["parameters"]["seed"] == plan["report"]["seed"] == 7
    progress, objective = order["progress"], plan["report"]["objective"]
    assert progress["done"] == progress["of"] > 0
    assert [progress[name] for name in ("value", "bound", "gap")] == [objective[n] for n in ("value", "bound", "gap")]


def test_the_same_seed_gives_the_same_plan(client: httpx.Client, small_district: str) -> None:
    wanted = {"task": "divide", "scope": "440303002001", "effort": "fast"}
    plans = [planned(client, small_district, **wanted) for _ in range(2)]
    assert plans[0]["id"] != plans[1]["id"]
    parts = [client.get(f"/api/v1/plans/{plan['id']}/after").json() for plan in plans]
    assert parts[0] == parts[1]


def test_grids_are_as_round_as_asked_for(client: httpx.Client, small_district: str) -> None:
    wanted = {"task": "divide", "scope": "440303002001"}
    plans = [planned(client, small_district, **wanted, roundness=roundness) for roundness in (0.05, None)]
    assert [plan["parameters"]["roundness"] for plan in plans] == [0.05, None]
    parts = [client.get(f"/api/v1/plans/{plan['id']}/after").json() for plan in plans]
    metres = [GeoDataFrame.from_features(one, crs="EPSG:4326").to_crs("EPSG:4547") for one in parts]
    asked, usual = (polsby_popper(one.geometry.to_numpy()).mean() for one in metres)
    assert asked < usual
    alone = client.get(f"/plans/current/report/{plans[0]['id']}?lang=en")  # there were no grids before
    assert "the plan stands alone" in alone.text
    assert client.get(f"/plans/current/report/{plans[0]['id']}.xlsx").content[:2] == b"PK"


def test_the_same_order_asked_twice_is_one(client: httpx.Client) -> None:
    first, second = (client.post("/api/v1/plans", json=ORDER).headers["location"] for _ in range(2))
    other = client.post("/api/v1/plans", json=ORDER | {"seed": 1})
    assert first == second != other.headers["location"]
    assert other.json()["ahead"] == 1
    assert [order["parameters"]["seed"] for order in client.get("/api/v1/plan-orders").json()] == [1, 0]


@pytest.mark.parametrize(
    ("wrong", "code", "chinese", "english"),
    [
        ({"scope": "440303999"}, "not_found", "没有找到2006-09-01 有社区的区域", "no place that has communities"),
        ({"at": "2005-01-01"}, "not_found", "2005-01-01", "2005-01-01"),
        ({"low": 9000, "high": 8000}, "invalid_input", "9000–8000 不成立", "9000–8000 holds no number"),
        ({"task": "divide", "target": 200}, "invalid_input", "120–200–180 不成立", "120–200–180 holds no"),
        ({"task": "divide", "roundness": 0}, "invalid_input", "圆整度应大于 0", "roundness must be above 0"),
        (
            {"task": "divide", "roundness": 0.7, "effort": "exact"},
            "invalid_input",
            "只求均匀",
            "looks for even grids alone",
        ),
        ({"time_limit_s": 0}, "invalid_input", "1 秒至 60 分钟", "from 1 second to 60 minutes"),
        ({"time_limit_s": 1e9}, "invalid_input", "1 秒至 60 分钟", "from 1 second to 60 minutes"),
        ({"scope": "440303002001"}, "invalid_input", "440303002001 是社区", "440303002001 is one community"),
        ({"scope": "44"}, "invalid_request", "body.scope（格式须符合", "body.scope (it must be of the form"),
        ({"scope": None}, "invalid_request", "body.scope（须为文字）", "body.scope (it must be text)"),
        ({"task": "paint"}, "invalid_request", "body.task（可选：'divide'", "body.task (it is one of 'divide'"),
        ({"effort": "heroic"}, "invalid_request", "body.effort（可选：", "body.effort (it is one of"),
        ({"at": 0}, "invalid_request", "body.at（不是日期，请写成如", "body.at (it is no day; write it as"),
        ({"at": "2006-02-30"}, "invalid_request", "body.at（不是日期", "body.at (it is no day"),
        ({"low": "many"}, "invalid_request", "body.low（须为整数）", "body.low (it must be a whole number)"),
        (
            {"low": 10**9},
            "invalid_request",
            "body.low（不得大于 10000000）",
            "body.low (it must not be above 10000000)",
        ),
        (
            {"tagret": 1},
            "invalid_request",
            "body.tagret（没有这一项，请检查拼写）",
            "body.tagret (there is no such field",
        ),
    ],
)
def test_an_order_that_cannot_be_is_refused_with_its_reason(
    client: httpx.Client, wrong: dict[str, object], code: str, chinese: str, english: str
) -> None:
    for language, reason in (("zh", chinese), ("en", english)):
        answer = client.post("/api/v1/plans", json=ORDER | wrong, headers={"Accept-Language": language})
        assert (answer.is_client_error, answer.json()["code"]) == (True, code)
        assert reason in answer.json()["detail"]
    assert client.get("/api/v1/plan-orders").json() == []


@contextmanager
def no_stations(url: str) -> Iterator[None]:
    """As if no station had ever served anybody, until the block ends."""
    for day in (date(2006, 2, 1), None):
        with transaction(url) as session:
            session.execute(update(StationService).values(valid_to=day))
        if day:
            yield


def test_a_plan_that_fails_says_why_in_the_readers_language(client: httpx.Client, small_district: str) -> None:
    where = client.post("/api/v1/plans", json=ORDER).headers["location"]
    with no_stations(small_district):
        compute_all(small_district)
    for language, reason in (("zh", "没有服务站服务社区 440303002"), ("en", "no station serves community 440303002")):
        order = client.get(where, headers={"Accept-Language": language}).json()
        assert (order["state"], order["fault"]["code"]) == ("failed", "invalid_input")
        assert reason in order["fault"]["detail"]
    assert plans_there(small_district) == []


def test_a_waiting_order_is_cancelled_and_one_that_ended_stays_as_it_is(
    client: httpx.Client, small_district: str
) -> None:
    where = client.post("/api/v1/plans", json=ORDER).headers["location"]
    assert [client.post(f"{where}/cancel").json()["state"] for _ in range(2)] == ["cancelled"] * 2
    compute_all(small_district)
    assert plans_there(small_district) == []
    done = client.post("/api/v1/plans", json=ORDER).headers["location"]
    assert done != where
    compute_all(small_district)
    assert client.post(f"{done}/cancel").json()["state"] == "done"
    assert len(plans_there(small_district)) == 1


def test_the_log_knows_who_asked_and_who_cancelled(client: httpx.Client, small_district: str) -> None:
    where = client.post("/api/v1/plans", json=ORDER).headers["location"]
    client.post(f"{where}/cancel")
    of_it = AuditEntry.object == where.rpartition("/")[2]
    with transaction(small_district) as session:
        said = session.execute(select(AuditEntry.actor, AuditEntry.action).where(of_it).order_by(AuditEntry.id)).all()
    assert said == [("reader", "ask_plan"), ("reader", "cancel_plan")]


def test_who_may_only_see_plans_sees_orders_and_cannot_cancel_them(client: httpx.Client, small_district: str) -> None:
    where = client.post("/api/v1/plans", json=ORDER).headers["location"]
    with transaction(small_district) as session:
        people.add(session, "viewer", Role.viewer)
        people.add(session, "elsewhere", Role.planner, scope="440303004")
    viewer, elsewhere = ({"headers": people.bearer(small_district, name)} for name in ("viewer", "elsewhere"))
    assert client.get(where, **viewer).json()["may_cancel"] is False
    assert client.post(f"{where}/cancel", **viewer).status_code == 403
    assert [client.get(where, **elsewhere).status_code, client.get("/api/v1/plan-orders", **elsewhere).json()] == [
        404,
        [],
    ]
    assert client.post(f"{where}/cancel", **elsewhere).status_code == 404
    assert client.get(where).json()["state"] == "asked"


def test_one_order_is_held_by_one_connection_and_free_when_that_is_gone(
    client: httpx.Client, small_district: str
) -> None:
    client.post("/api/v1/plans", json=ORDER)
    engine = make_engine(small_district)
    with engine.connect() as first, engine.connect() as second:
        one, two = Session(first, expire_on_commit=False), Session(second, expire_on_commit=False)
        mine, holder = take_order(one), one.scalar(select(func.pg_backend_pid()))
        one.commit()
        assert mine is not None
        assert take_order(two) is None
        assert two.scalar(select(func.pg_terminate_backend(holder, 60_000)))  # gone, as if its process had died
        first.invalidate()
        theirs = take_order(two)
        assert theirs is not None
        two.commit()
        assert (theirs.id, theirs.attempts) == (mine.id, 2)
        # Whoever lost the order without knowing may neither tell of it nor end it.
        assert not keep_order(two, mine, {"done": 1, "of": 2})
        assert keep_order(two, theirs, {"done": 1, "of": 3})
    engine.dispose()


def test_what_was_cancelled_while_it_was_computed_is_not_kept(client: httpx.Client, small_district: str) -> None:
    plan_id = planned(client, small_district, **ORDER)["id"]
    where = client.post("/api/v1/plans", json=ORDER).headers["location"]
    with transaction(small_district) as session:
        order = take_order(session)
        assert order is not None
    client.post(f"{where}/cancel")
    with transaction(small_district) as session:
        (plan,) = list_plans(session)
        assert not finish_order(session, order, plan, {})
    assert (order_now(small_district, str(order.id)).plan_id, str(plan.id)) == (None, plan_id)


def test_an_order_whose_process_dies_again_and_again_has_failed(client: httpx.Client, small_district: str) -> None:
    where = client.post("/api/v1/plans", json=ORDER).headers["location"]
    with transaction(small_district) as session:
        session.execute(update(PlanOrder).values(state="running", attempts=MOST_ATTEMPTS))
    compute_all(small_district)
    order = client.get(where, headers={"Accept-Language": "en"}).json()
    assert (order["state"], order["fault"]["code"]) == ("failed", "process_died")
    assert f"died {MOST_ATTEMPTS} times" in order["fault"]["detail"]

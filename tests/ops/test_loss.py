"""Nothing acknowledged is lost, nothing is there twice: through a failing network, and kill -9 of app and database.

Everything is real: a durable PostGIS of the test's own, the application in a process of its own, HTTP in between.
"""

import multiprocessing
import os
import random
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from multiprocessing.process import BaseProcess
from signal import SIGKILL
from uuid import UUID

import httpx
import pytest
from sqlalchemy import func, select

from gridmgmt.access import Role
from gridmgmt.cli import main
from gridmgmt.store.engine import transaction
from gridmgmt.store.migrate import upgrade
from gridmgmt.store.server import Server
from gridmgmt.store.tables import Incident, Patrol, PatrolVisit, Quarantine, TrackPoint, Worker
from tests.api import people
from tests.ops.conftest import folder, kill, server_processes
from tests.ops.faults import FaultyProxy, Outcome, Submission, drain

START = datetime(2026, 7, 10, 1, 0, tzinfo=UTC)
PATIENCE_S = 120.0  # a limit for hanging; how soon it is back is for benchmarks to say
POINTS = 5
KILLS = 10
RECEIPTS = 10  # before each
# Applications are forked off a process that has imported one: the next is there at once, and as mortal as any.
FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload([__name__, "api.app", "api.planner", "api.settler", "uvicorn"])


def serve(url: str, port: int) -> None:
    """`gridmgmt serve`, in a process that is nothing else."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stderr.fileno())
    os.environ["DATABASE_URL"] = url
    sys.argv = ["gridmgmt", "serve", "--port", str(port)]
    main.run()


@dataclass
class Installation:
    """A database, the application beside it, and one worker's phone."""

    server: Server
    url: str
    headers: dict[str, str] = field(default_factory=dict)
    port: int = 0
    process: BaseProcess | None = None

    def start_app(self) -> None:
        """Start the application on its port and wait until it answers."""
        self.process = FORKS.Process(target=serve, args=(self.url, self.port))
        self.process.start()
        self.wait()

    def wait(self) -> float:
        """Seconds until the application answers and its database does too."""
        start = time.monotonic()
        while time.monotonic() - start < PATIENCE_S:
            try:
                if httpx.get(f"{self.address}/healthz", timeout=5).is_success:
                    return time.monotonic() - start
            except httpx.HTTPError:
                pass
            time.sleep(0.05)
        raise AssertionError(f"not back within {PATIENCE_S:.0f} s")

    def stop_app(self) -> None:
        """kill -9, whatever it is doing."""
        if self.process is not None:
            self.process.kill()
            self.process.join()
            assert self.process.exitcode == -SIGKILL
            self.process = None

    def kill_app(self) -> None:
        """kill -9, and up again."""
        self.stop_app()
        self.start_app()

    def kill_database(self) -> None:
        """kill -9 of the postmaster and all its children, and up again."""
        kill(server_processes(self.server))
        self.server.start()
        self.wait()

    @property
    def address(self) -> str:
        """Where the application answers."""
        return f"http://127.0.0.1:{self.port}"


@contextmanager
def installation() -> Iterator[Installation]:
    with folder() as path:
        server = Server(path / "postgres")
        there = Installation(server, server.start(), port=free_port())
        try:
            upgrade(there.url)
            with transaction(there.url) as session:
                session.add(Worker(code="W001", name="王芳"))
                session.flush()
                people.add(session, "wang", Role.worker, worker_code="W001")
            there.headers = people.bearer(there.url, "wang")
            there.start_app()
            yield there
        finally:
            there.stop_app()
            server.remove()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


@pytest.fixture(scope="module")
def there() -> Iterator[Installation]:
    with installation() as found:
        yield found


def day_of_work(size: int, seed: int) -> list[Submission]:
    """What a phone has to tell after a day: patrols, their points, visits and incidents, `size` in all."""
    chance = random.Random(seed)
    patrols = [_uuid(chance) for _ in range(max(1, size // 20))]
    makers = (_opening, _batch, _visit, _incident)
    return [makers[number % 4](chance, number, patrols[number // 4 % len(patrols)]) for number in range(size)]


def _uuid(chance: random.Random) -> UUID:
    return UUID(int=chance.getrandbits(128), version=4)


def _opening(chance: random.Random, number: int, patrol: UUID) -> Submission:
    # the patrol of its own: each is opened under its own id, so that the ids can be counted
    return Submission("PUT", f"/api/v1/patrols/{_uuid(chance)}", {"kind": "routine", "started_at": _moment(number)})


def _batch(chance: random.Random, number: int, patrol: UUID) -> Submission:
    rows = [
        {"seq": number * POINTS + n, "time": _moment(number * POINTS + n), "lon": 114.1 + n * 1e-4, "lat": 22.54}
        for n in range(POINTS)
    ]
    # a phone that never heard of its receipt sends the same points with the next ones
    return Submission("POST", f"/api/v1/patrols/{patrol}/points", {"points": rows})


def _visit(chance: random.Random, number: int, patrol: UUID) -> Submission:
    body = {"unit_code": "440303001001B0001", "visited_at": _moment(number)}
    return Submission("PUT", f"/api/v1/patrols/{patrol}/visits/{_uuid(chance)}", body)


def _incident(chance: random.Random, number: int, patrol: UUID) -> Submission:
    body = {"category": "rubbish", "lon": 114.1, "lat": 22.54, "text": f"{number}", "occurred_at": _moment(number)}
    return Submission("PUT", f"/api/v1/incidents/{_uuid(chance)}", body)


def _moment(number: int) -> str:
    return (START + timedelta(seconds=number)).isoformat()


def counted(there: Installation) -> dict[str, int]:
    """Rows per table, and the points that are there twice."""
    tables = {
        "patrols": Patrol,
        "points": TrackPoint,
        "visits": PatrolVisit,
        "incidents": Incident,
        "aside": Quarantine,
    }
    with transaction(there.url) as session:
        return {name: session.scalar(select(func.count()).select_from(table)) or 0 for name, table in tables.items()}


def require_all_there(work: list[Submission], outcome: Outcome, before: dict[str, int], after: dict[str, int]) -> None:
    """Every record has a receipt, always the same one, and is there once."""
    batches = [one for one in work if one.path.endswith("/points")]
    openings = [one for one in work if one.method == "PUT" and one.path.count("/") == 4 and "/patrols/" in one.path]
    patrols = {one.path.removesuffix("/points") for one in batches} | {one.path for one in openings}
    expected = {
        "patrols": len(patrols),
        "points": POINTS * len(batches),
        "visits": sum("/visits/" in one.path for one in work),
        "incidents": sum("/incidents/" in one.path for one in work),
        "aside": 0,
    }
    assert set(outcome.receipts) == {one.key for one in work}
    assert all(len(set(receipts)) == 1 for receipts in outcome.receipts.values())
    assert {name: after[name] - before[name] for name in expected} == expected


def send_all(
    address: str, work: list[Submission], headers: dict[str, str], received: Callable[[], None] = lambda: None
) -> Outcome:
    """In the waves of an outbox: what opens a patrol or adds points to it, then what refers to it."""
    waves = [[one for one in work if ("/visits/" in one.path) is refers] for refers in (False, True)]
    return joined(*(drain(address, wave, headers, received=received) for wave in waves))


def joined(*outcomes: Outcome) -> Outcome:
    """What is known after several rounds."""
    whole = Outcome()
    for outcome in outcomes:
        for key, receipts in outcome.receipts.items():
            whole.receipts.setdefault(key, []).extend(receipts)
        whole.refused |= outcome.refused
        whole.attempts += outcome.attempts
    return whole


def test_a_third_of_all_requests_fail_and_everything_arrives_once(there: Installation) -> None:
    work, before = day_of_work(400, seed=1), counted(there)
    poison = Submission("PUT", f"/api/v1/incidents/{UUID(int=7)}", {"category": "", "lon": 114.1, "lat": 22.54})
    with FaultyProxy(("127.0.0.1", there.port), share=0.3, seed=1).running() as proxy:
        outcome = send_all(proxy.address, [poison, *work], there.headers)
    assert outcome.refused == {poison.key: 422}  # it blocked nothing
    assert proxy.done["answer_lost"] + proxy.done["answer_cut"] > 30
    forgetful = send_all(there.address, work, there.headers)  # the phone lost its memory of every receipt
    require_all_there(work, joined(outcome, forgetful), before, counted(there))


@pytest.mark.parametrize("victim", ["kill_app", "kill_database"])
def test_ten_kills_under_load_lose_nothing_acknowledged(there: Installation, victim: str) -> None:
    work, before = day_of_work(200, seed=len(victim)), counted(there)
    stop, receipts = threading.Event(), threading.Semaphore(0)

    def murder() -> int:
        """In the middle of the work: a few receipts after it is back."""
        killed = 0
        while killed < KILLS and not stop.is_set():
            for _ in range(RECEIPTS):
                assert receipts.acquire(timeout=PATIENCE_S), "no receipt since the last kill"
            getattr(there, victim)()
            killed += 1
            while receipts.acquire(blocking=False):
                pass  # those from before
        return killed

    with ThreadPoolExecutor(1) as pool:
        murderer, rounds = pool.submit(murder), []
        try:
            while not murderer.done():
                rounds.append(send_all(there.address, work, there.headers, received=receipts.release))
        finally:
            stop.set()
        assert murderer.result() == KILLS
    rounds.append(send_all(there.address, work, there.headers))
    require_all_there(work, joined(*rounds), before, counted(there))

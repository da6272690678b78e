"""300 workers' points every 10 s and 50 readers, against the real application on a copy of a loaded database.

./run exec python benchmarks/field/load.py [SECONDS] [WORKERS] [READERS] [PLANS]

The database of DATABASE_URL (the demo, loaded) is copied and left alone; nobody may be connected to it meanwhile. The
application runs in processes of its own, the clients in this one: each worker sends a batch of ten fixes, one second
apart, every ten seconds; each reader asks every two seconds for a tile, the situation or the queue of incidents.

The load is open: a request is due at a moment fixed beforehand, and its seconds count from that moment, however late
the one before it was answered. The first `WARM_S` are not counted, in which everybody connects and plans are made.
Bars: no error, 95 of 100 writes within 200 ms. PLANS are asked for at the start, divisions of the whole district: the
application computes them beside the requests, one after the other.
"""

import asyncio
import os
import random
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.request import urlopen
from uuid import UUID, uuid4

import numpy as np
import orjson
import sqlalchemy
from sqlalchemy import select

from gridmgmt.access import Role
from gridmgmt.ids import PersonId
from gridmgmt.services.access import add_device, add_person, grant, issue_tokens
from gridmgmt.services.orders.asking import Wanted, ask_plan
from gridmgmt.store.engine import database_url, transaction
from gridmgmt.store.tables import Boundary, Person, PlanOrder, Worker

EVERY_S, BATCH, READ_EVERY_S = 10.0, 10, 2.0
WARM_S, PATIENCE_S = 10.0, 30.0
TILES = [(15, 26783 + x, 14238 + y) for x in range(-3, 4) for y in range(-3, 4)]  # around the district's middle
READS = (
    ("tile", "/tiles/street,grid/{}/{}/{}.mvt"),
    ("tile", "/tiles/street,grid/{}/{}/{}.mvt"),
    ("situation", "/api/v1/overview"),
    ("queue", "/api/v1/incidents?open=true&limit=50"),
)
BAR_S = 0.2
TICKS = os.sysconf("SC_CLK_TCK")


@dataclass
class Client:
    """One keep-alive connection and one credential: HTTP/1.1 with as little work of our own as can be."""

    port: int
    secret: str
    pipe: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(self, method: str, path: str, body: bytes = b"") -> tuple[int, bytes]:
        """Status and body of the answer."""
        if self.pipe is None or self.pipe[0].at_eof():  # the server closes what has been silent for some seconds
            self.close()
            self.pipe = await asyncio.open_connection("127.0.0.1", self.port)
        reader, writer = self.pipe
        writer.write(
            f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\nAuthorization: Bearer {self.secret}\r\n"
            f"Accept-Encoding: gzip\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n".encode()
            + body
        )
        head = (await reader.readuntil(b"\r\n\r\n")).lower()
        _, _, rest = head.partition(b"content-length:")
        return int(head[9:12]), await reader.readexactly(int(rest.partition(b"\r\n")[0]))

    def close(self) -> None:
        if self.pipe is not None:
            self.pipe[1].close()
            self.pipe = None


@dataclass
class Taken:
    """Seconds per kind of request since the moment each was due, and what went wrong."""

    since: float
    seconds: dict[str, list[float]] = field(default_factory=dict)
    errors: list[str] = field(default_factory=list)

    async def ask(self, kind: str, due: float, client: Client, method: str, path: str, body: bytes = b"") -> None:
        try:
            status, answer = await asyncio.wait_for(client.ask(method, path, body), PATIENCE_S)
        except (OSError, EOFError, TimeoutError) as error:
            client.close()
            self.errors.append(f"{kind}: {type(error).__name__}")
            return
        if due >= self.since:
            self.seconds.setdefault(kind, []).append(time.monotonic() - due)
        if status >= 400:
            self.errors.append(f"{kind}: {status} {answer[:200]!r}")


def _due(first: float, every_s: float, until: float) -> Iterator[float]:
    """The moments at which somebody asks, fixed beforehand."""
    return iter(np.arange(first, until, every_s).tolist())


async def worker(client: Client, taken: Taken, begin: float, until: float, seed: int) -> None:
    """A phone: a batch of fixes every ten seconds, beginning at its own moment."""
    chance, path = random.Random(seed), f"/api/v1/patrols/{uuid4()}/points"
    lon, lat, seq = chance.uniform(114.09, 114.19), chance.uniform(22.54, 22.60), 0
    for due in _due(begin + chance.uniform(0, EVERY_S), EVERY_S, until):
        await asyncio.sleep(due - time.monotonic())
        now, rows = datetime.now(UTC), []
        for second in range(BATCH):
            lon, lat, seq = lon + chance.gauss(0, 1e-5), lat + chance.gauss(0, 1e-5), seq + 1
            at = now - timedelta(seconds=BATCH - second)
            rows.append({"seq": seq, "time": at, "lon": round(lon, 7), "lat": round(lat, 7)})
        await taken.ask("write", due, client, "POST", path, orjson.dumps({"points": rows}))


async def reader(client: Client, taken: Taken, begin: float, until: float, seed: int) -> None:
    """A dashboard: mostly tiles, now and then the situation and the queue."""
    chance = random.Random(-seed)
    for due in _due(begin + chance.uniform(0, READ_EVERY_S), READ_EVERY_S, until):
        await asyncio.sleep(due - time.monotonic())
        kind, path = chance.choice(READS)
        await taken.ask(kind, due, client, "GET", path.format(*chance.choice(TILES)))


async def play(port: int, secrets: list[str], tokens: list[str], seconds: float, warm: Callable[[], None]) -> Taken:
    """Everybody at once for `WARM_S + seconds`; `warm` is called when counting begins."""
    begin = time.monotonic()
    taken, until = Taken(begin + WARM_S), begin + WARM_S + seconds
    asyncio.get_running_loop().call_at(taken.since, warm)
    clients = [Client(port, secret) for secret in (*secrets, *tokens)]
    roles = [worker] * len(secrets) + [reader] * len(tokens)
    await asyncio.gather(
        *(
            role(client, taken, begin, until, seed)
            for seed, (role, client) in enumerate(zip(roles, clients, strict=True))
        )
    )
    for client in clients:
        client.close()
    return taken


@dataclass(frozen=True)
class Cpu:
    """CPU seconds used so far by the application, what counts beside it, the database and the clients."""

    seconds: dict[str, float]

    @classmethod
    def now(cls, application: int, database: int) -> "Cpu":
        stat = {int(path.parent.name): found for path in Path("/proc").glob("[0-9]*/stat") if (found := _stat(path))}
        own, beside = _cpu_s(stat, {application}), _cpu_s(stat, _tree(stat, application) - {application})
        server = _cpu_s(stat, _tree(stat, database))
        return cls({"application": own, "counting": beside, "database": server, "clients": time.process_time()})

    def shares(self, before: "Cpu", wall_s: float) -> str:
        """Per cent of one core each took since `before`."""
        return ", ".join(f"{name} {(used - before.seconds[name]) / wall_s:.0%}" for name, used in self.seconds.items())


def _tree(stat: dict[int, list[str]], root: int) -> set[int]:
    """A process and its living descendants."""
    tree = {root}
    while more := {pid for pid, fields in stat.items() if int(fields[1]) in tree and pid not in tree}:
        tree |= more
    return tree


def _cpu_s(stat: dict[int, list[str]], pids: set[int]) -> float:
    """Of these processes and the children they have buried."""
    return sum(sum(map(int, stat[pid][11:15])) for pid in pids if pid in stat) / TICKS


def _stat(path: Path) -> list[str]:
    """The fields behind the command's name: state, parent, …; nothing where the process has just ended."""
    try:
        return path.read_text().rpartition(")")[2].split()
    except OSError:
        return []


def postmaster(url: str) -> int:
    """The server's first process: the parent of the one that answers us."""
    with transaction(url) as session:
        return int(_stat(Path(f"/proc/{session.scalar(sqlalchemy.text('select pg_backend_pid()'))}/stat"))[1])


@contextmanager
def copied(url: str) -> Iterator[str]:
    """A copy of the database under another name, dropped afterwards."""
    source = database_url(url)
    name = f"load_{uuid4().hex[:8]}"
    engine = sqlalchemy.create_engine(source.set(database="postgres"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(sqlalchemy.text(f'create database "{name}" template "{source.database}"'))
    try:
        yield source.set(database=name).render_as_string(hide_password=False)
    finally:
        with engine.connect() as connection:
            connection.execute(sqlalchemy.text(f'drop database "{name}" with (force)'))
        engine.dispose()


@contextmanager
def served(url: str) -> Iterator[tuple[int, int]]:
    """The application: its port and its process, until the block ends."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    command = [sys.executable, "-c", "from gridmgmt.cli.main import run; run()", "serve", "--port", str(port)]
    process = subprocess.Popen(command, env=os.environ | {"DATABASE_URL": url}, stderr=subprocess.DEVNULL)
    try:
        for _ in range(600):
            try:
                urlopen(f"http://127.0.0.1:{port}/healthz").close()
                break
            except OSError:
                time.sleep(0.1)
        else:
            raise RuntimeError("the application does not answer")
        yield port, process.pid
    finally:
        process.terminate()
        process.wait()


def people(url: str, workers: int, readers: int) -> tuple[list[str], list[str]]:
    """A device's secret per worker, an access token per reader."""
    now = datetime.now(UTC)
    with transaction(url) as session:
        taken = set(session.scalars(select(Person.worker_code)))
        free = [code for code in session.scalars(select(Worker.code).order_by(Worker.code)) if code not in taken]
        secrets = []
        for code in free[:workers]:
            person = add_person(session, f"load-{code}", code, worker_code=code)
            grant(session, person, Role.worker, None, now.date() - timedelta(days=1))
            secrets.append(add_device(session, person, label="load").secret)
        tokens = []
        for number in range(readers):
            person = add_person(session, f"load-reader-{number}", "reader")
            grant(session, person, Role.dispatcher, None, now.date() - timedelta(days=1))
            tokens.append(issue_tokens(session, PersonId(UUID(str(person.id))), now).access_token)
    return secrets, tokens


def ask_for_plans(url: str, count: int) -> None:
    """Put divisions of the district in the queue, told apart by their seeds."""
    with transaction(url) as session:
        district = session.scalars(select(Boundary.code).where(Boundary.level == "district").limit(1)).one()
        planner = session.scalars(select(Person).limit(1)).one()
        for seed in range(count):
            ask_plan(session, Wanted("divide", district, seed=seed), planner)


def states_of_plans(url: str) -> list[str]:
    """How far those plans are."""
    with transaction(url) as session:
        return list(session.scalars(select(PlanOrder.state).order_by(PlanOrder.asked_at)))


def main(seconds: float = 60.0, workers: int = 300, readers: int = 50, plans: int = 0) -> None:
    with copied(os.environ["DATABASE_URL"]) as url:
        secrets, tokens = people(url, workers, readers)
        ask_for_plans(url, plans)
        with served(url) as (port, application):
            processes, before = (application, postmaster(url)), []
            warm = lambda: before.append(Cpu.now(*processes))  # noqa: E731
            taken = asyncio.run(play(port, secrets, tokens, seconds, warm))
            shares = Cpu.now(*processes).shares(before[0], time.monotonic() - taken.since)
            computed = states_of_plans(url)
    print(
        f"{len(secrets)} workers, {len(tokens)} readers, {seconds:.0f} s; load of the machine {os.getloadavg()[0]:.1f}"
    )
    print(f"plans asked for: {', '.join(computed) or 'none'}")
    print("\n| request | answers | p50 | p95 | p99 | most |\n|---|---|---|---|---|---|")
    for kind, values in sorted(taken.seconds.items()):
        figures = " | ".join(f"{1000 * value:.0f} ms" for value in np.quantile(values, [0.5, 0.95, 0.99, 1]))
        print(f"| {kind} | {len(values):,} | {figures} |")
    print(f"\nerrors: {len(taken.errors)} {taken.errors[:3]}")
    print(f"of one core: {shares}")
    writes = np.array(taken.seconds["write"])
    print(f"writes later than {1000 * BAR_S:.0f} ms: {(writes > BAR_S).sum()} of {len(writes):,}")


if __name__ == "__main__":
    main(*(float(word) if number == 0 else int(word) for number, word in enumerate(sys.argv[1:])))  # type: ignore[arg-type]

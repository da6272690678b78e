"""300 workers' points every 10 s and 50 readers, against the real application on a copy of a loaded database.

./run exec python benchmarks/field/load.py [SECONDS] [WORKERS] [READERS]

The database of DATABASE_URL (the demo, loaded) is copied and left alone; nobody may be connected to it meanwhile. The
application runs in a process of its own, the clients in this one: each worker sends a batch of ten fixes, one second
apart, every ten seconds; each reader asks every two seconds for a tile, the situation or the queue of incidents.
Bars: no error, 95 of 100 writes within 200 ms.
"""

import asyncio
import os
import random
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import httpx
import sqlalchemy
from sqlalchemy import select

from gridmgmt.access import Role
from gridmgmt.ids import PersonId
from gridmgmt.services.access import add_device, add_person, grant, issue_tokens
from gridmgmt.store.engine import database_url, transaction
from gridmgmt.store.tables import Person, Worker

EVERY_S, BATCH, READ_EVERY_S = 10.0, 10, 2.0
TILES = [(15, 26783 + x, 14238 + y) for x in range(-3, 4) for y in range(-3, 4)]  # around the district's middle
BAR_S = 0.2


@dataclass
class Taken:
    """Seconds per kind of request, and what went wrong."""

    seconds: dict[str, list[float]] = field(default_factory=dict)
    errors: list[str] = field(default_factory=list)

    async def ask(self, kind: str, client: httpx.AsyncClient, method: str, path: str, **more: object) -> None:
        start = time.perf_counter()
        try:
            answer = await client.request(method, path, **more)  # type: ignore[arg-type]
        except httpx.HTTPError as error:
            self.errors.append(f"{kind}: {type(error).__name__}")
            return
        self.seconds.setdefault(kind, []).append(time.perf_counter() - start)
        if answer.is_error:
            self.errors.append(f"{kind}: {answer.status_code} {answer.text[:200]}")


async def worker(client: httpx.AsyncClient, secret: str, taken: Taken, until: float, seed: int) -> None:
    """A phone: a batch of fixes every ten seconds, beginning at its own moment."""
    chance, patrol, seq = random.Random(seed), uuid4(), 0
    lon, lat = chance.uniform(114.09, 114.19), chance.uniform(22.54, 22.60)
    await asyncio.sleep(chance.uniform(0, EVERY_S))
    while time.monotonic() < until:
        sent_at, rows = time.monotonic(), []
        for second in range(BATCH):
            lon, lat, seq = lon + chance.gauss(0, 1e-5), lat + chance.gauss(0, 1e-5), seq + 1
            at = datetime.now(UTC) - timedelta(seconds=BATCH - second)
            rows.append({"seq": seq, "time": at.isoformat(), "lon": round(lon, 7), "lat": round(lat, 7)})
        headers = {"Authorization": f"Bearer {secret}"}
        path = f"/api/v1/patrols/{patrol}/points"
        await taken.ask("write", client, "POST", path, json={"points": rows}, headers=headers)
        await asyncio.sleep(max(0.0, sent_at + EVERY_S - time.monotonic()))


async def reader(client: httpx.AsyncClient, token: str, taken: Taken, until: float, seed: int) -> None:
    """A dashboard: mostly tiles, now and then the situation and the queue."""
    chance, headers = random.Random(-seed), {"Authorization": f"Bearer {token}"}
    await asyncio.sleep(chance.uniform(0, READ_EVERY_S))
    while time.monotonic() < until:
        z, x, y = chance.choice(TILES)
        kind, path = chance.choice(
            [
                ("tile", f"/tiles/street,grid/{z}/{x}/{y}.mvt"),
                ("tile", f"/tiles/street,grid/{z}/{x}/{y}.mvt"),
                ("situation", "/api/v1/overview"),
                ("queue", "/api/v1/incidents?open=true&limit=50"),
            ]
        )
        await taken.ask(kind, client, "GET", path, headers=headers)
        await asyncio.sleep(READ_EVERY_S)


async def play(address: str, secrets: list[str], tokens: list[str], seconds: float) -> Taken:
    taken, until = Taken(), time.monotonic() + seconds
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=None)
    async with httpx.AsyncClient(base_url=address, limits=limits, timeout=30) as client:
        await asyncio.gather(
            *(worker(client, secret, taken, until, seed) for seed, secret in enumerate(secrets)),
            *(reader(client, token, taken, until, seed) for seed, token in enumerate(tokens)),
        )
    return taken


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
def served(url: str) -> Iterator[str]:
    """The application on a free port, until the block ends."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    command = [sys.executable, "-c", "from gridmgmt.cli.main import run; run()", "serve", "--port", str(port)]
    process = subprocess.Popen(command, env=os.environ | {"DATABASE_URL": url}, stderr=subprocess.DEVNULL)
    try:
        address = f"http://127.0.0.1:{port}"
        for _ in range(600):
            try:
                httpx.get(f"{address}/healthz").raise_for_status()
                break
            except httpx.HTTPError:
                time.sleep(0.1)
        yield address
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


def main(seconds: float = 60.0, workers: int = 300, readers: int = 50) -> None:
    with copied(os.environ["DATABASE_URL"]) as url:
        secrets, tokens = people(url, workers, readers)
        with served(url) as address:
            taken = asyncio.run(play(address, secrets, tokens, seconds))
    print(f"{len(secrets)} workers, {len(tokens)} readers, {seconds:.0f} s\n\n| request | answers | p50 | p95 | most |")
    print("|---|---|---|---|---|")
    for kind, values in sorted(taken.seconds.items()):
        cuts = statistics.quantiles(values, n=100) if len(values) > 1 else values * 99
        p50, p95, most = (f"{1000 * value:.0f} ms" for value in (cuts[49], cuts[94], max(values)))
        print(f"| {kind} | {len(values):,} | {p50} | {p95} | {most} |")
    print(f"\nerrors: {len(taken.errors)} {taken.errors[:3]}")
    late = sum(value > BAR_S for value in taken.seconds.get("write", ()))
    print(f"writes later than {1000 * BAR_S:.0f} ms: {late}")


if __name__ == "__main__":
    main(*(float(word) if number == 0 else int(word) for number, word in enumerate(sys.argv[1:])))  # type: ignore[arg-type]

"""Native batches from their bytes to the committed row, beside a bare COPY of the same rows into the same table.

./run exec python benchmarks/field/ingest.py [POINTS] [BATCH]

Both ways write the same rows under other patrols, batch by batch with a commit each, in turns, fsync on. What is
taken as bare is the COPY of bytes encoded beforehand: no parsing, no check for repeats, nothing else touched.
"""

import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID, uuid4

import numpy as np
import orjson
from sqlalchemy import insert
from sqlalchemy.orm import Session, sessionmaker

from gridmgmt.field.sent import moment_of
from gridmgmt.ids import PatrolId, WorkerCode
from gridmgmt.io.protocols import read_batch
from gridmgmt.services.field.ingest import ingest
from gridmgmt.store.engine import make_engine, session_factory
from gridmgmt.store.migrate import upgrade
from gridmgmt.store.partitions import ensure_track_partitions
from gridmgmt.store.points import HEADER, STATEMENT, TRAILER, encoded
from gridmgmt.store.server import Server
from gridmgmt.store.tables import Patrol, Worker

START_US = 1_783_646_400_000_000  # 2026-07-10 09:20 in China
WORKER = WorkerCode("W001")
RUNS = 5


def bodies(points: int, size: int, seed: int) -> list[bytes]:
    """Batches as a phone sends them: a random walk at one fix per second."""
    rng = np.random.default_rng(seed)
    lon, lat = 114.1 + np.cumsum(rng.normal(0, 1e-5, points)), 22.55 + np.cumsum(rng.normal(0, 1e-5, points))
    rows = [
        {"seq": number, "time": moment_of(START_US + number * 1_000_000).isoformat(), "lon": round(x, 7),
         "lat": round(y, 7), "accuracy_m": 8.0, "speed_mps": 1.2}
        for number, (x, y) in enumerate(zip(lon.tolist(), lat.tolist(), strict=True))
    ]  # fmt: skip
    return [orjson.dumps({"points": rows[first : first + size]}) for first in range(0, points, size)]


def ours(sessions: sessionmaker[Session], batches: list[bytes]) -> float:
    patrol_id = PatrolId(uuid4())
    start = time.perf_counter()
    for body in batches:
        with sessions.begin() as session:
            ingest(session, patrol_id, WORKER, read_batch(body), source="native")
    return time.perf_counter() - start


def bare_copy(sessions: sessionmaker[Session], batches: list[bytes]) -> float:
    patrol_id = uuid4()
    blocks = [HEADER + b"".join(_rows(patrol_id, body)) + TRAILER for body in batches]
    with sessions.begin() as session:
        moment = moment_of(START_US)
        row = {"id": patrol_id, "worker_code": WORKER, "started_at": moment, "ended_at": moment}
        session.execute(insert(Patrol).values(row | {"source": "native", "content_hash": ""}))
    start = time.perf_counter()
    for block in blocks:
        with sessions.begin() as session:
            cursor = session.connection().connection.driver_connection.cursor()  # type: ignore[union-attr]
            with cursor.copy(STATEMENT) as copy:
                copy.write(block)
    return time.perf_counter() - start


def _rows(patrol_id: UUID, body: bytes) -> Iterator[bytes]:
    fixes = read_batch(body).fixes
    return encoded(patrol_id, fixes, "native", np.zeros(len(fixes), dtype=bool))


@contextmanager
def database() -> Iterator[sessionmaker[Session]]:
    """An empty migrated database on a durable server of its own."""
    with tempfile.TemporaryDirectory() as folder:
        server = Server(Path(folder) / "postgres")
        Path(folder).chmod(0o711)
        try:
            url = server.start()
            upgrade(url)
            engine = make_engine(url)
            sessions = session_factory(engine)
            with sessions.begin() as session:
                session.add(Worker(code=WORKER, name="王芳"))
                ensure_track_partitions(session, moment_of(START_US).date(), moment_of(START_US).date())
            yield sessions
            engine.dispose()
        finally:
            server.remove()


def main(points: int = 100_000, size: int = 1_000) -> None:
    with database() as sessions:
        batches = bodies(points, size, seed=1)
        ways: dict[str, Callable[[sessionmaker[Session], list[bytes]], float]] = {"ours": ours, "copy": bare_copy}
        for way in ways.values():
            way(sessions, batches[:3])
        taken = {name: [] for name in ways}  # type: dict[str, list[float]]
        for _ in range(RUNS):
            for name, way in ways.items():
                taken[name].append(way(sessions, batches))
    ratio = statistics.median(bare / own for own, bare in zip(taken["ours"], taken["copy"], strict=True))
    rate = {name: points / statistics.median(seconds) for name, seconds in taken.items()}
    print(
        f"| {points:,} points in batches of {size:,} | native {rate['ours']:,.0f} rows/s "
        f"| bare COPY {rate['copy']:,.0f} rows/s | {ratio:.0%} |"
    )


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))

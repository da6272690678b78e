"""The play itself: a clock that runs faster than the real one until it has caught up, and what falls due by it."""

import heapq
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from tomllib import loads
from typing import Any, Self

import numpy as np

from gridmgmt.demo.live.cast import Cast
from gridmgmt.demo.live.centre import look
from gridmgmt.demo.live.handset import BATCH_S, Handset, Walk
from gridmgmt.demo.live.sender import Sender, by_password, by_secret
from gridmgmt.demo.rhythm import incident_rate, on_shift

PATROLS_PER_SHIFT_HOUR = 0.5  # of a worker
INCIDENTS_PER_DAY = 3.0  # of a worker who walks all day
LOOK_EVERY_S = 300.0
REST = timedelta(minutes=5)

Told = Counter[str]
Act = Callable[[datetime], "list[tuple[datetime, Act]]"]


@dataclass
class Clock:
    """Simulated time: from `start`, `speed` times the real one, never later than the real one."""

    start: datetime
    speed: float
    began_s: float = field(default_factory=time.monotonic)

    def now(self) -> datetime:
        """The simulated moment."""
        elapsed = timedelta(seconds=(time.monotonic() - self.began_s) * self.speed)
        return min(self.start + elapsed, datetime.now(UTC))

    def wait_for(self, moment: datetime) -> None:
        """Sleep until then; what is due already is not waited for."""
        while (ahead_s := (moment - self.now()).total_seconds()) > 0:
            caught_up = self.now() >= datetime.now(UTC) - timedelta(seconds=1)
            time.sleep(min(1.0, ahead_s / (1.0 if caught_up else self.speed)))


def play(
    cast: Cast,
    address: str,
    start: datetime,
    *,
    until: datetime,
    speed: float = 60.0,
    seed: int = 2006,
    progress: Callable[[datetime, Told], None] | None = None,
) -> Told:
    """Play from `start` to `until` (simulated, aware) against the server at `address`; what was told, by kind.

    Each phone draws from its own seed: equal casts and times give equal walks, however the network behaves.
    """
    clock, stage = Clock(start, speed), _Stage(cast, address, start, seed)
    due = [(moment, number, act) for number, (moment, act) in enumerate(stage.opening())]
    heapq.heapify(due)
    number = len(due)
    with stage:
        while due and due[0][0] < until:
            moment, _, act = heapq.heappop(due)
            clock.wait_for(moment)
            for later, next_act in act(moment):
                heapq.heappush(due, (later, number := number + 1, next_act))
            if progress is not None:
                progress(moment, stage.told())
    return stage.told()


class _Stage:
    """Everybody's next act."""

    def __init__(self, cast: Cast, address: str, start: datetime, seed: int) -> None:
        self.start = start
        self.handsets = [
            Handset(phone, Sender(address, by_secret(phone.secret)), cast.ways, np.random.default_rng([seed, number]))
            for number, phone in enumerate(cast.phones)
        ]
        self.centre = Sender(address, by_password(*cast.centre))
        self.rng = np.random.default_rng([seed, len(cast.phones)])
        self.words: dict[str, dict[str, Any]] = loads((files("gridmgmt.demo") / "incidents.toml").read_text("utf-8"))
        self.departments: dict[str, str] = {}
        self.moves = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *fault: object) -> None:
        for sender in (self.centre, *(handset.sender for handset in self.handsets)):
            sender.close()

    def opening(self) -> list[tuple[datetime, Act]]:
        """When each player first acts."""
        acts: list[tuple[datetime, Act]] = [
            (self._next_walk(one, self.start), self._walk(one)) for one in self.handsets
        ]
        return [*acts, (self.start + timedelta(seconds=LOOK_EVERY_S), self._look)]

    def told(self) -> Told:
        """What the server took, by kind."""
        whole: Told = Counter(moves=self.moves)
        for handset in self.handsets:
            whole.update(handset.told)
        return whole

    def _next_walk(self, handset: Handset, after: datetime) -> datetime:
        """A time on shift, drawn by how often a worker goes out."""
        moment = after + timedelta(hours=float(handset.rng.exponential(1 / PATROLS_PER_SHIFT_HOUR)))
        while not on_shift(moment):
            moment += timedelta(minutes=float(handset.rng.uniform(20, 60)))
        return moment

    def _walk(self, handset: Handset) -> Act:
        def begin(moment: datetime) -> list[tuple[datetime, Act]]:
            walk = handset.begin(moment)
            return [(moment + timedelta(seconds=BATCH_S), self._go_on(handset, walk))]

        return begin

    def _go_on(self, handset: Handset, walk: Walk) -> Act:
        def go_on(moment: datetime) -> list[tuple[datetime, Act]]:
            chance = INCIDENTS_PER_DAY / 86_400 * BATCH_S * incident_rate(moment) * 4
            if handset.rng.random() < chance:
                handset.report_incident(walk, moment, *self._something(handset.rng))
            if handset.report_points(walk, moment):
                return [(self._next_walk(handset, moment + REST), self._walk(handset))]
            return [(moment + timedelta(seconds=BATCH_S), go_on)]

        return go_on

    def _something(self, rng: np.random.Generator) -> tuple[str, str]:
        weights = np.array([kind["weight"] for kind in self.words.values()], dtype=float)
        category = str(rng.choice(list(self.words), p=weights / weights.sum()))
        texts = self.words[category]["texts"]
        return category, str(texts[int(rng.integers(len(texts)))])

    def _look(self, moment: datetime) -> list[tuple[datetime, Act]]:
        if not self.departments:
            codes = self.centre.send("GET", "/api/v1/codes?kind=event") or {"codes": []}
            self.departments = {
                entry["code"]: entry["settings"]["department"]
                for entry in codes["codes"]
                if "department" in entry["settings"]
            }
        self.moves += look(self.centre, self.departments, self.rng)
        return [(moment + timedelta(seconds=LOOK_EVERY_S), self._look)]

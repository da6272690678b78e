"""A network that loses things, and a sender that does not give up: what stands between a stairwell and the server."""

import contextlib
import random
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx

FAULTS = ("request_lost", "answer_lost", "answer_cut", "request_cut", "delayed")
CHUNK = 65_536
RETRY_S = 0.1  # phones that ask without pause leave a server that starts no room


@dataclass
class FaultyProxy:
    """Passes connections to `target`, and spoils a share of them, drawn by the seed.

    - request_lost: closed before anything is passed on
    - request_cut: half of the request reaches the server, then both sides are closed
    - answer_lost: the server does its work, and nobody hears of it
    - answer_cut: half of the answer comes through
    - delayed: everything comes through, late
    """

    target: tuple[str, int]
    share: float
    seed: int = 0
    done: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self._chance = random.Random(self.seed)
        self._lock = threading.Lock()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=256)
        self.address = f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    @contextmanager
    def running(self) -> Iterator["FaultyProxy"]:
        """Pass connections until the block ends."""
        thread = threading.Thread(target=self._accept, daemon=True)
        thread.start()
        try:
            yield self
        finally:
            with contextlib.suppress(OSError):
                self._listener.shutdown(socket.SHUT_RDWR)
            self._listener.close()
            thread.join()

    def _accept(self) -> None:
        with ThreadPoolExecutor(64) as pool:
            while True:
                try:
                    client, _ = self._listener.accept()
                except OSError:
                    return
                pool.submit(self._pass, client, self._draw())

    def _draw(self) -> str | None:
        with self._lock:
            fault = self._chance.choice(FAULTS) if self._chance.random() < self.share else None
            self.done[fault or "sound"] += 1
            return fault

    def _pass(self, client: socket.socket, fault: str | None) -> None:
        """One request and its answer; the sender closes connections after each."""
        with client, contextlib.suppress(OSError):
            client.settimeout(30)
            request = _read_message(client)
            if not request or fault == "request_lost":
                return
            if fault == "delayed":
                time.sleep(0.05)
            with socket.create_connection(self.target, timeout=30) as server:
                if fault == "request_cut":
                    server.sendall(request[: len(request) // 2])
                    return
                server.sendall(request)
                answer = b"".join(iter(lambda: server.recv(CHUNK), b""))
            if fault == "answer_lost":
                return
            client.sendall(answer[: len(answer) // 2] if fault == "answer_cut" else answer)


def _read_message(client: socket.socket) -> bytes:
    """A whole request: its head, and as much body as the head announces."""
    message = b""
    while b"\r\n\r\n" not in message:
        part = client.recv(CHUNK)
        if not part:
            return b""
        message += part
    head, _, body = message.partition(b"\r\n\r\n")
    lines = (line.lower().partition(b":") for line in head.split(b"\r\n")[1:])
    announced = next((int(value) for name, _, value in lines if name == b"content-length"), 0)
    while len(body) < announced:
        part = client.recv(CHUNK)
        if not part:
            return b""
        body += part
    return head + b"\r\n\r\n" + body


@dataclass(frozen=True)
class Submission:
    """One record of a phone's outbox."""

    method: str
    path: str
    json: Any

    @property
    def key(self) -> str:
        """Tells one record from another: batches of one patrol share a path."""
        return f"{self.path} {self.json!r}"


@dataclass
class Outcome:
    """What a phone knows at the end: the receipts it got, and what the server refused for good."""

    receipts: dict[str, list[bytes]] = field(default_factory=dict)
    refused: dict[str, int] = field(default_factory=dict)
    attempts: int = 0


def drain(
    address: str | Callable[[], str],
    submissions: Iterable[Submission],
    headers: Mapping[str, str],
    *,
    senders: int = 8,
    patience_s: float = 120.0,
    received: Callable[[], None] = lambda: None,
) -> Outcome:
    """Send each record until it has a receipt or a refusal (4xx), as an outbox does: nothing else ends it.

    `received` is told of each receipt.
    """
    outcome, lock = Outcome(), threading.Lock()
    limits = httpx.Limits(max_keepalive_connections=0)

    def deliver(submission: Submission) -> None:
        deadline = time.monotonic() + patience_s
        while True:
            assert time.monotonic() < deadline, f"{submission.path} never got an answer"
            base = address if isinstance(address, str) else address()
            with lock:
                outcome.attempts += 1
            try:
                answer = client.request(submission.method, base + submission.path, json=submission.json)
            except httpx.HTTPError:
                time.sleep(RETRY_S)
                continue
            if answer.is_success:
                with lock:
                    outcome.receipts.setdefault(submission.key, []).append(answer.content)
                received()
                return
            if answer.status_code < 500 and answer.status_code != 429:
                with lock:
                    outcome.refused[submission.key] = answer.status_code
                return
            time.sleep(RETRY_S)

    closing = {"Connection": "close", **headers}
    with httpx.Client(limits=limits, headers=closing, timeout=30) as client, ThreadPoolExecutor(senders) as pool:
        for result in [pool.submit(deliver, submission) for submission in submissions]:
            result.result()
    return outcome

"""How a simulated phone speaks: HTTP to this machine, each record again and again until it has its receipt."""

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from typing import Any
from urllib.parse import urlsplit

from gridmgmt.errors import InvalidInput
from gridmgmt.messages import Words

PAUSE_S = 0.5
PATIENCE = 60  # attempts before the server counts as gone


@dataclass
class Sender:
    """A connection with a credential; `fetch_token` gives a new Bearer token where the last one is not taken."""

    address: str
    fetch_token: Callable[["Sender"], str]
    _token: str | None = None
    _connection: HTTPConnection | None = field(default=None, repr=False)

    def send(self, method: str, path: str, body: Any = None, kind: str = "application/json") -> Any:
        """The answer's JSON; None where the server refuses the record for good (4xx)."""
        payload = body if isinstance(body, bytes | None) else json.dumps(body).encode()
        for _ in range(PATIENCE):
            try:
                if self._token is None:
                    self._token = self.fetch_token(self)
                status, answer = self.request(method, path, payload, self._headers(kind))
            except (OSError, HTTPException):
                time.sleep(PAUSE_S)
                continue
            if status == 401:
                self._token = None
            elif status < 500:
                return json.loads(answer or b"null") if status < 400 else None
            else:
                time.sleep(PAUSE_S)
        raise InvalidInput(detail=Words("reasons.demo_server_deaf", address=self.address))

    def request(self, method: str, path: str, payload: bytes | None, headers: Mapping[str, str]) -> tuple[int, bytes]:
        """One attempt."""
        if self._connection is None:
            place = urlsplit(self.address)
            self._connection = HTTPConnection(place.hostname or "127.0.0.1", place.port or 80, timeout=30)
        try:
            self._connection.request(method, path, body=payload, headers=dict(headers))
            answer = self._connection.getresponse()
            return answer.status, answer.read()
        except (OSError, HTTPException):
            self.close()
            raise

    def close(self) -> None:
        """Hang up; the next record calls again."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _headers(self, kind: str) -> dict[str, str]:
        return {"Content-Type": kind, "Authorization": f"Bearer {self._token}"}


def by_secret(secret: str) -> Callable[[Sender], str]:
    """A device's secret is its token, always."""
    return lambda _: secret


def by_password(name: str, password: str) -> Callable[[Sender], str]:
    """Signs in by name and password."""

    def signed_in(sender: Sender) -> str:
        body = json.dumps({"name": name, "password": password}).encode()
        status, answer = sender.request("POST", "/api/v1/sign-in", body, {"Content-Type": "application/json"})
        if status != 200:
            raise InvalidInput(detail=Words("reasons.demo_server_stranger", address=sender.address, name=name))
        token: str = json.loads(answer)["access_token"]
        return token

    return signed_in

"""What a tracker's message is, once its words are understood."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Message:
    """Rows of one device. `device` is None where the client did not name one; `battery` in percent."""

    device: str | None
    rows: list[Row] = field(default_factory=list)
    battery_percent: float | None = None

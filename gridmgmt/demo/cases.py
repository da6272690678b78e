"""How an incident of the demo goes on: its moves up to now, all of them such as the workflow allows.

Most cases go straight: filed, sent to the department in charge or back to the grid, handled, fed back, verified,
closed, judged by whoever reported it. Some are rejected, sent back and sent again, or done twice; a few rest long.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from functools import cache
from typing import Any, NamedTuple

import numpy as np

from gridmgmt.field.codes import EVENT, bundled_codes

VERSION = "2026.1"
CENTRE, SITE = "网格中心", "处置单位"
_SLOW_SHARE, _SLOW = 0.04, 12.0
_REJECTED, _RETURNED, _REDONE, _TO_GRID, _JUDGED = 0.06, 0.05, 0.08, 0.35, 0.5
_SATISFACTION = {"very_satisfied": 0.4, "satisfied": 0.45, "basically_satisfied": 0.15}
# how long a case rests before a move, in hours
_HOURS = {
    "file": (0.1, 2.0),
    "reject": (0.1, 2.0),
    "dispatch": (0.1, 3.0),
    "divert": (0.1, 3.0),
    "return": (0.5, 4.0),
    "handle": (1.0, 30.0),
    "feed_back": (0.1, 2.0),
    "verify": (0.5, 12.0),
    "redo": (0.5, 12.0),
    "close": (0.1, 4.0),
    "evaluate": (1.0, 24.0),
}


class Made(NamedTuple):
    """A step: the move, when, by whom, to whom it went, and what was noted."""

    move: str
    at: datetime
    actor: str
    holder: str | None
    note: Mapping[str, Any]


def settings_of(category: str) -> Mapping[str, Any]:
    """What the code list says of a category: department, severity."""
    return _settings()[category]


def case_steps(
    category: str, reported_at: datetime, now: datetime, grid_code: str, worker: str, rng: np.random.Generator
) -> Iterator[Made]:
    """The steps of a case up to `now`, the report first."""
    yield Made("report", min(reported_at, now), worker, grid_code, {})
    at = reported_at
    slow = _SLOW if rng.random() < _SLOW_SHARE else 1.0
    for move, actor, holder, note in _course(category, grid_code, worker, rng):
        at += timedelta(seconds=round(3600 * slow * float(rng.uniform(*_HOURS[move]))))
        if at >= now:
            return
        yield Made(move, at, actor, holder, note)


def _course(
    category: str, grid_code: str, worker: str, rng: np.random.Generator
) -> Iterator[tuple[str, str, str | None, Mapping[str, Any]]]:
    if rng.random() < _REJECTED:
        yield "reject", CENTRE, None, {"reason": "不属受理范围"}
        return
    yield "file", CENTRE, None, {}
    department = settings_of(category).get("department")
    own = department is None or rng.random() < _TO_GRID
    send, holder, site = ("divert", grid_code, worker) if own else ("dispatch", str(department), SITE)
    yield send, CENTRE, holder, {}
    if not own and rng.random() < _RETURNED:
        yield "return", site, grid_code, {"reason": "位置描述不清"}
        yield send, CENTRE, holder, {}
    for verdict in ("redo", "verify") if rng.random() < _REDONE else ("verify",):
        yield "handle", site, None, {}
        yield "feed_back", site, None, {}
        yield verdict, worker, None, {} if verdict == "verify" else {"reason": "现场仍未处置到位"}
    yield "close", CENTRE, None, {}
    if rng.random() < _JUDGED:
        word = str(rng.choice(list(_SATISFACTION), p=list(_SATISFACTION.values())))
        yield "evaluate", worker, None, {"satisfaction": word}


@cache
def _settings() -> dict[str, Mapping[str, Any]]:
    return {entry.code: entry.settings for entry in bundled_codes() if entry.kind == EVENT}

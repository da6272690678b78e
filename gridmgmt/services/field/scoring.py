"""Scores of workers, grids and departments from the logs of their incidents."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime

from sqlalchemy.orm import Session

from gridmgmt.access import Area
from gridmgmt.errors import InvalidInput
from gridmgmt.field.day import LOCAL_ZONE, day_span
from gridmgmt.field.merits import Merit, Told, merits
from gridmgmt.field.scores import SUBJECTS, Score, Subject, Tally, Weights, bundled_weights, score
from gridmgmt.messages import Words
from gridmgmt.services.field.incidents.lists import work_calendar, workflow_of
from gridmgmt.services.field.incidents.reports import PUBLIC
from gridmgmt.services.field.incidents.standing import log_of
from gridmgmt.store.queries import query

BATCH = 2000


@dataclass(frozen=True)
class Scored:
    """The score of one worker, grid or department."""

    code: str
    score: Score


def scores(
    session: Session,
    subject: Subject,
    first: date,
    last: date,
    *,
    area: Area = Area.everything,
    weights: Weights | None = None,
    now: datetime | None = None,
) -> list[Scored]:
    """Scores over the incidents received from `first` to `last` (local days, both included), the best first.

    "Best" by the lower end of the spread: who did one thing well does not stand above who did a hundred.
    """
    weights = weights or bundled_weights()
    if subject not in weights.of or first > last:
        raise InvalidInput(detail=Words("reasons.scores_of", subjects=SUBJECTS))
    tallies: defaultdict[str, defaultdict[str, Tally]] = defaultdict(lambda: defaultdict(Tally))
    for merit in _merits(session, first, last, area, now or datetime.now(UTC)):
        if merit.subject == subject:
            tallies[merit.code][merit.indicator] += merit.tally
    found = [Scored(code, score(of, weights.of[subject])) for code, of in tallies.items()]
    return sorted(found, key=lambda one: (-one.score.low, one.code))


def _merits(session: Session, first: date, last: date, area: Area, now: datetime) -> Iterator[Merit]:
    start, end = day_span(first, last)
    span = {"start": start, "end": end, "zone": LOCAL_ZONE.key}
    where = {"everything": area.is_everything, "area": area.like_patterns()}
    rows = session.execute(query("incidents_received"), span | where).all()
    workflows = {row.workflow_version: workflow_of(session, row.workflow_version) for row in rows}
    calendars = {version: work_calendar(session, workflow) for version, workflow in workflows.items()}
    for begin in range(0, len(rows), BATCH):
        some = rows[begin : begin + BATCH]
        logs = log_of(session, [row.id for row in some])
        for row in some:
            told = Told(
                steps=tuple(step for step in logs[row.id] if step.at <= now),
                category=row.category,
                severity=row.severity,
                grid=row.grid_code,
                grid_worker=row.grid_worker,
                reporter=row.worker_code,
                public=row.source == PUBLIC,
            )
            yield from merits(told, workflows[row.workflow_version], calendars[row.workflow_version], now)

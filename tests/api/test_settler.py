"""What the application does by itself, as long as it runs."""

import multiprocessing
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from sqlalchemy import select

from api.settler import settling
from gridmgmt.ids import IncidentId
from gridmgmt.services.field.incidents import report_incident
from gridmgmt.store.engine import transaction
from gridmgmt.store.tables import IncidentStep
from tests.services.cases import report


def overdue(url: str) -> IncidentId:
    month_ago, key = datetime.now(UTC) - timedelta(days=30), IncidentId(uuid4())
    with transaction(url) as session:
        report_incident(session, key, report(occurred_at=month_ago), now=month_ago, lenient=True)
    return key


def moves(url: str, key: IncidentId) -> list[str]:
    steps = select(IncidentStep.move).where(IncidentStep.incident_id == key).order_by(IncidentStep.id)
    with transaction(url) as session:
        return list(session.scalars(steps))


def comes(done: Callable[[], bool], within_s: float = 600.0) -> bool:  # a limit for hanging
    until = time.monotonic() + within_s
    while not done() and time.monotonic() < until:
        time.sleep(0.2)
    return done()


def test_what_is_overdue_gets_its_card_once_and_by_a_new_process_where_one_dies(fresh_database: str) -> None:
    first = overdue(fresh_database)
    with settling(fresh_database, pause_s=0.05):
        assert comes(lambda: len(moves(fresh_database, first)) > 1)
        (process,) = multiprocessing.active_children()
        process.kill()
        second = overdue(fresh_database)
        assert comes(lambda: len(moves(fresh_database, second)) > 1)
    assert not multiprocessing.active_children()
    assert [moves(fresh_database, key) for key in (first, second)] == [["report", "supervise"]] * 2

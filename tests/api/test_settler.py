"""What the application does by itself, as long as it runs."""

import time
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import sqlalchemy
from sqlalchemy import select
from sqlalchemy.orm import sessionmaker

from api.settler import settling
from gridmgmt.ids import IncidentId
from gridmgmt.services.field.incidents import report_incident
from gridmgmt.store.engine import transaction
from gridmgmt.store.tables import IncidentStep
from tests.services.cases import report


def test_what_is_overdue_gets_its_card_once(fresh_database: str) -> None:
    month_ago, key = datetime.now(UTC) - timedelta(days=30), IncidentId(uuid4())
    with transaction(fresh_database) as session:
        report_incident(session, key, report(occurred_at=month_ago), now=month_ago, lenient=True)
    engine = sqlalchemy.create_engine(fresh_database)
    steps = select(IncidentStep.move).where(IncidentStep.incident_id == key).order_by(IncidentStep.id)
    with sessionmaker(engine)() as session:
        for _ in range(2):
            with settling(sessionmaker(engine), pause_s=0.05):
                until = time.monotonic() + 20
                while len(session.scalars(steps).all()) < 2 and time.monotonic() < until:
                    session.rollback()
                    time.sleep(0.05)
                time.sleep(0.2)
        assert session.scalars(steps).all() == ["report", "supervise"]
    engine.dispose()

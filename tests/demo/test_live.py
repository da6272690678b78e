"""The play through the public API: what was told is in the database, the same for the same seed."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select

from api.settings import WebSettings
from gridmgmt.demo.live import Told, hire, play
from gridmgmt.errors import InvalidInput, NotFound
from gridmgmt.field.day import LOCAL_ZONE
from gridmgmt.services.field.settling import settle
from gridmgmt.store.engine import transaction
from gridmgmt.store.tables import Incident, IncidentStep, Patrol, PatrolDay, PatrolIncident, TrackPoint
from tests.api.halves import communities, cut_in_halves
from tests.api.people import appoint
from tests.api.serving import serving

MORNING = datetime(2026, 7, 10, 9, 0, tzinfo=LOCAL_ZONE)


@pytest.fixture
def peopled(fresh_district: str) -> str:
    """A district with two grids, of which one has a worker."""
    with transaction(fresh_district) as session:
        grids = cut_in_halves(session, communities(session).iloc[:1])
    appoint(fresh_district, "W001", next(iter(grids)))
    return fresh_district


def played(url: str, tmp_path: object, hours: float) -> Told:
    with transaction(url) as session:
        cast = hire(session, 1, seed=3)
    settings = WebSettings(database_url=url)
    with serving(settings) as address:
        return play(cast, address, MORNING, until=MORNING + timedelta(hours=hours), speed=1e6, seed=3)


def test_a_morning_is_played_through_the_api(peopled: str, tmp_path: object) -> None:
    told = played(peopled, tmp_path, hours=9)
    assert told["patrols"] >= 1
    assert told["points"] > 50
    with transaction(peopled) as session:
        counts = {table: session.scalar(select(func.count()).select_from(table)) for table in (Patrol, Incident)}
        assert counts == {Patrol: told["patrols"], Incident: told["incidents"]}
        points = session.scalar(select(func.count()).select_from(TrackPoint)) or 0
        assert 0.8 * told["points"] <= points <= told["points"]  # some batches were sent twice over
        assert session.scalar(select(func.count()).select_from(PatrolIncident)) == told["incidents"]
        steps = session.scalar(select(func.count()).select_from(IncidentStep)) or 0
        assert steps == told["incidents"] + told["moves"]
        settle(session)
        distance_m, fixes, kept = session.execute(
            select(func.sum(PatrolDay.distance_m), func.sum(PatrolDay.fixes), func.sum(PatrolDay.kept))
        ).one()
        assert distance_m > 1000 * told["ended"]
        assert 0.9 * fixes < kept <= fixes  # wild fixes are marked


def test_a_city_without_workers_cannot_play(fresh_district: str) -> None:
    with transaction(fresh_district) as session, pytest.raises(NotFound, match="worker"):
        hire(session, 1, seed=3)


def test_a_server_that_knows_nobody_is_told_of(peopled: str, small_district: str) -> None:
    with transaction(peopled) as session:
        cast = hire(session, 1, seed=3)
    with serving(WebSettings(database_url=small_district)) as address, pytest.raises(InvalidInput, match="demo"):
        play(cast, address, MORNING, until=MORNING + timedelta(hours=9), speed=1e6, seed=3)

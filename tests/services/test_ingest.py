"""The one way in for fixes: once each, in WGS 84, in any order, faults set aside, nothing lost."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import numpy as np
import pytest
from geoalchemy2.shape import to_shape
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from gridmgmt.errors import Conflict, InvalidInput, NotFound
from gridmgmt.geo.crs import wgs84_to_gcj02
from gridmgmt.ids import IncidentId, PatrolId, UnitCode, WorkerCode
from gridmgmt.io.protocols import read_rows
from gridmgmt.services.field.ingest import IngestReceipt, ingest
from gridmgmt.services.field.patrol_log import (
    PatrolDescription,
    Visit,
    add_visit,
    describe_patrol,
    link_incident,
    own_patrol,
)
from gridmgmt.services.field.quarantine import quarantined
from gridmgmt.services.field.recompute import points_of_patrol
from gridmgmt.store.engine import transaction
from gridmgmt.store.tables import LatestPosition, Patrol, PatrolIncident, PatrolVisit, Quarantine, TrackPoint, Worker

WORKER, OTHER = WorkerCode("W001"), WorkerCode("W002")
START = datetime(2026, 7, 10, 1, 0, tzinfo=UTC)
Row = dict[str, object]


def row(number: int, **changed: object) -> Row:
    moment = START + timedelta(seconds=10 * number)
    return {
        "seq": number,
        "time": moment.isoformat(),
        "lon": 114.1 + number * 1e-4,
        "lat": 22.54,
        "accuracy_m": 8,
    } | changed


@pytest.fixture
def workers(session: Session) -> None:
    session.add_all([Worker(code=WORKER, name="王芳"), Worker(code=OTHER, name="李强")])
    session.flush()


def send(session: Session, patrol_id: PatrolId, rows: list[Row], **more: object) -> IngestReceipt:
    return ingest(session, patrol_id, WORKER, read_rows(rows), source="native", **more)  # type: ignore[arg-type]


def stored(session: Session, patrol_id: PatrolId) -> list[int]:
    points = select(TrackPoint.seq).where(TrackPoint.patrol_id == patrol_id).order_by(TrackPoint.seq)
    return list(session.scalars(points))


@pytest.mark.usefixtures("workers")
def test_every_fix_is_kept_with_what_it_told(session: Session) -> None:
    patrol_id = PatrolId(uuid4())
    rows = [row(0, speed_mps=1.2, heading_deg=90, altitude_m=-3.5, mock=True), row(1, accuracy_m=-1, segment=2)]
    receipt = send(session, patrol_id, rows)
    assert (receipt.received, receipt.accepted, receipt.quarantined) == (2, 2, [])
    first, second = session.scalars(select(TrackPoint).order_by(TrackPoint.seq))
    assert (first.recorded_at, first.accuracy_m, first.mock, first.source) == (START, 8, True, "native")
    assert first.speed_mps == pytest.approx(1.2)
    assert (first.heading_deg, first.altitude_m, first.crs) == (90, -3.5, "wgs84")
    assert (second.accuracy_m, second.speed_mps, second.segment, second.mock) == (None, None, 2, False)
    assert to_shape(second.geom).coords[0] == pytest.approx((114.1001, 22.54))


@pytest.mark.usefixtures("workers")
def test_each_point_has_its_own_coordinate_system(session: Session) -> None:
    patrol_id = PatrolId(uuid4())
    lon, lat = (float(value) for value in wgs84_to_gcj02(114.1, 22.54))
    send(session, patrol_id, [row(0), row(1, lon=lon, lat=lat, crs="gcj02")])
    places = [to_shape(point.geom) for point in session.scalars(select(TrackPoint).order_by(TrackPoint.seq))]
    assert places[0].distance(places[1]) < 1e-7  # about a centimetre
    assert session.scalars(select(TrackPoint.crs).order_by(TrackPoint.seq)).all() == ["wgs84", "gcj02"]


@pytest.mark.usefixtures("workers")
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], derandomize=True)
@given(
    st.lists(st.lists(st.integers(0, 12), min_size=1, max_size=8), min_size=1, max_size=6),
)
def test_any_cut_order_and_repetition_gives_the_same_points(session: Session, batches: list[list[int]]) -> None:
    patrol_id = PatrolId(uuid4())
    for batch in batches:
        receipt = send(session, patrol_id, [row(seq) for seq in batch])
        assert receipt == send(session, patrol_id, [row(seq) for seq in batch])
        assert receipt.accepted == len(batch)
    sent = sorted({seq for batch in batches for seq in batch})
    assert stored(session, patrol_id) == sent
    patrol = session.execute(select(Patrol).where(Patrol.id == patrol_id)).scalar_one()
    span = (START + timedelta(seconds=10 * sent[0]), START + timedelta(seconds=10 * sent[-1]))
    assert (patrol.started_at, patrol.ended_at, patrol.stale) == (*span, True)


@pytest.mark.usefixtures("workers")
def test_faults_are_set_aside_once_with_their_reason_and_the_rest_is_kept(session: Session) -> None:
    future = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    faulty = [
        ("no_time", row(1, time=None)), ("bad_time", row(2, time="yesterday")),
        ("time_without_zone", row(3, time="2026-07-10T01:00:00")), ("in_the_future", row(4, time=future)),
        ("before_gps_time", row(5, time=1)), ("no_place", row(6, lat=None)), ("off_the_world", row(7, lat=91)),
        ("off_the_world", row(8, lon=float("nan"))), ("bad_number", row(9, lon="east")),
        ("bad_number", row(10, seq=-1)), ("unknown_crs", row(11, crs="mars")), ("not_a_row", 7),
    ]  # fmt: skip
    rows = [row(0), *(fault for _, fault in faulty), row(20)]
    patrol_id = PatrolId(uuid4())
    for _ in range(2):
        receipt = send(session, patrol_id, rows)  # type: ignore[arg-type]
    assert [entry["reason"] for entry in receipt.quarantined] == [reason for reason, _ in faulty]
    assert [entry["index"] for entry in receipt.quarantined] == list(range(1, 13))
    assert stored(session, patrol_id) == [0, 20]
    kept = {entry["reason"]: entry["raw"]["row"] for entry in quarantined(session)}
    assert len(quarantined(session)) == len(faulty)
    assert kept["bad_time"]["time"] == "yesterday"
    assert kept["not_a_row"] == 7


@pytest.mark.usefixtures("workers")
def test_the_same_time_and_sequence_elsewhere_is_kept_beside(session: Session) -> None:
    patrol_id = PatrolId(uuid4())
    send(session, patrol_id, [row(0)])
    receipt = send(session, patrol_id, [row(0, lon=114.2), row(1)])
    assert receipt.quarantined == [{"index": 0, "reason": "other_content"}]
    assert stored(session, patrol_id) == [0, 1]
    assert quarantined(session)[0]["raw"]["row"]["lon"] == 114.2


@pytest.mark.usefixtures("workers")
def test_the_latest_position_only_moves_forward(session: Session) -> None:
    patrol_id = PatrolId(uuid4())
    for seqs in ([5, 6], [1, 2]):
        send(session, patrol_id, [row(seq) for seq in seqs], battery_percent=80.0)
    latest = session.execute(select(LatestPosition)).scalar_one()
    assert latest.recorded_at == START + timedelta(seconds=60)
    assert latest.battery_percent == 80


@pytest.mark.usefixtures("workers")
def test_the_same_walk_from_two_sources_is_kept_twice_and_counts_once(session: Session) -> None:
    live, file = PatrolId(uuid4()), PatrolId(uuid4())
    send(session, live, [row(seq) for seq in range(6)])
    send(session, file, [row(seq, seq=0, lon=114.1 + seq * 1e-4 + 1e-5) for seq in range(3, 9)])
    twins = select(TrackPoint.twin).where(TrackPoint.patrol_id == file).order_by(TrackPoint.recorded_at)
    assert session.scalars(twins).all() == [True, True, True, False, False, False]
    assert len(points_of_patrol(session, file)) == 3
    assert len(points_of_patrol(session, live)) == 6


def test_points_of_an_unknown_worker_or_for_another_ones_patrol_are_refused(session: Session, workers: None) -> None:
    patrol_id = PatrolId(uuid4())
    reading = read_rows([row(0)])
    with pytest.raises(NotFound, match="W999"):
        ingest(session, patrol_id, WorkerCode("W999"), reading, source="native")
    ingest(session, patrol_id, WORKER, reading, source="native")
    with pytest.raises(Conflict):
        ingest(session, patrol_id, OTHER, reading, source="native")


def test_a_hundred_senders_at_once_leave_every_point_once(fresh_database: str) -> None:
    with transaction(fresh_database) as session:
        session.add(Worker(code=WORKER, name="王芳"))
    patrol_id = PatrolId(uuid4())

    def submit(number: int) -> IngestReceipt:
        rows = [row(seq) for seq in range(number % 5, 50 + number % 5)]
        with transaction(fresh_database) as session:
            return send(session, patrol_id, rows)

    with ThreadPoolExecutor(8) as pool:
        receipts = list(pool.map(submit, range(100)))
    assert all(receipt.accepted == 50 for receipt in receipts)
    assert len({str(receipt) for receipt in receipts}) == 5
    with transaction(fresh_database) as session:
        assert stored(session, patrol_id) == list(range(54))
        assert session.scalar(select(func.count()).select_from(Quarantine)) == 0


@pytest.mark.usefixtures("workers")
class TestPatrolLog:
    """Opened, walked, ended: in any order, once."""

    opening = PatrolDescription("routine", START, members=(OTHER,))
    ending = PatrolDescription("routine", START, START + timedelta(hours=1), (OTHER,), ({"kind": "on_foot"},))

    def test_it_is_opened_and_ended_once(self, session: Session) -> None:
        patrol_id = PatrolId(uuid4())
        opened = describe_patrol(session, patrol_id, WORKER, self.opening)
        assert opened == describe_patrol(session, patrol_id, WORKER, self.opening)
        ended = describe_patrol(session, patrol_id, WORKER, self.ending)
        assert ended == describe_patrol(session, patrol_id, WORKER, self.ending)
        assert opened.content_hash == ended.content_hash
        patrol = own_patrol(session, patrol_id, WORKER)
        assert (patrol.declared_end, patrol.legs) == (self.ending.ended_at, [{"kind": "on_foot"}])

    def test_points_may_come_before_it_is_opened(self, session: Session) -> None:
        patrol_id = PatrolId(uuid4())
        send(session, patrol_id, [row(0), row(1)])
        early = PatrolDescription("emergency", START - timedelta(minutes=1))
        describe_patrol(session, patrol_id, WORKER, early)
        patrol = own_patrol(session, patrol_id, WORKER)
        assert (patrol.kind, patrol.started_at) == ("emergency", early.started_at)
        assert patrol.ended_at == START + timedelta(seconds=10)

    @pytest.mark.parametrize(
        "other",
        [
            PatrolDescription("emergency", START),
            PatrolDescription("routine", START + timedelta(seconds=1)),
            PatrolDescription("routine", START, START + timedelta(hours=2), (OTHER,)),
        ],
    )
    def test_what_contradicts_it_is_a_conflict(self, session: Session, other: PatrolDescription) -> None:
        patrol_id = PatrolId(uuid4())
        describe_patrol(session, patrol_id, WORKER, self.ending)
        with pytest.raises(Conflict):
            describe_patrol(session, patrol_id, WORKER, other)
        with pytest.raises(Conflict):
            describe_patrol(session, patrol_id, OTHER, self.ending)

    def test_impossible_descriptions_are_refused(self, session: Session) -> None:
        with pytest.raises(InvalidInput, match="kind"):
            describe_patrol(session, PatrolId(uuid4()), WORKER, PatrolDescription("stroll", START))
        backwards = PatrolDescription("routine", START, START - timedelta(seconds=1))
        with pytest.raises(InvalidInput, match="before it began"):
            describe_patrol(session, PatrolId(uuid4()), WORKER, backwards)
        with pytest.raises(NotFound, match="W009"):
            describe_patrol(
                session, PatrolId(uuid4()), WORKER, PatrolDescription("routine", START, members=(WorkerCode("W009"),))
            )

    def test_visits_and_links_come_once(self, session: Session) -> None:
        patrol_id, visit_id, incident_id = PatrolId(uuid4()), uuid4(), IncidentId(uuid4())
        describe_patrol(session, patrol_id, WORKER, self.opening)
        visit = Visit(UnitCode("440303001001B0001"), START)
        assert add_visit(session, patrol_id, visit_id, visit) == add_visit(session, patrol_id, visit_id, visit)
        with pytest.raises(Conflict):
            add_visit(session, patrol_id, visit_id, Visit(visit.unit_code, START, "nobody at home"))
        for _ in range(2):
            link_incident(session, patrol_id, incident_id)
        assert session.scalar(select(func.count()).select_from(PatrolVisit)) == 1
        assert session.scalar(select(func.count()).select_from(PatrolIncident)) == 1

    def test_others_patrols_are_not_told_of(self, session: Session) -> None:
        patrol_id = PatrolId(uuid4())
        describe_patrol(session, patrol_id, WORKER, self.opening)
        with pytest.raises(NotFound):
            own_patrol(session, patrol_id, OTHER)


def test_a_batch_of_many_shapes_is_encoded_whole(session: Session, workers: None) -> None:
    """Every pattern of known and unknown figures and every system: nothing is lost in the binary form."""
    rng = np.random.default_rng(7)
    names = ("accuracy_m", "speed_mps", "heading_deg", "altitude_m")
    rows = [
        row(seq, crs=str(rng.choice(["wgs84", "gcj02", "bd09"])))
        | {name: float(rng.integers(0, 90)) if rng.random() < 0.5 else None for name in names}
        for seq in range(300)
    ]
    patrol_id = PatrolId(uuid4())
    assert send(session, patrol_id, rows).accepted == 300
    kept = session.scalars(select(TrackPoint).where(TrackPoint.patrol_id == patrol_id).order_by(TrackPoint.seq))
    for sent, point in zip(rows, kept, strict=True):
        assert [getattr(point, name) for name in names] == [sent[name] for name in names]
        assert point.crs == sent["crs"]

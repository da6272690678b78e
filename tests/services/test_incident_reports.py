"""Reports in the real store: once each, laid to the grid of their place and date; faults refused or flagged."""

import threading
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from geoalchemy2.shape import from_shape
from shapely import Point, box
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from gridmgmt.access import Role
from gridmgmt.errors import Conflict, Forbidden, Gone, InvalidInput, NotFound
from gridmgmt.ids import IncidentId, WorkerCode
from gridmgmt.services.field.incidents import (
    IncidentReceipt,
    Involved,
    delete_incident,
    incident_detail,
    incident_steps,
    load_code_list,
    offered_codes,
    report_incident,
)
from gridmgmt.store.engine import make_engine, session_factory
from gridmgmt.store.tables import Building, Entrance, Incident, IncidentNow, IncidentPerson, IncidentStep
from tests.services.cases import (
    COMMUNITY,
    EAST,
    MORNING,
    NEIGHBOUR,
    OTHER_SUBDISTRICT,
    WEST,
    WORKER,
    found,
    report,
    reported,
    someone,
)  # fmt: skip


@pytest.fixture
def ground(session: Session) -> Session:
    found(session)
    return session


def keep(
    session: Session, incident_id: UUID | None = None, lenient: bool = False, **changed: object
) -> IncidentReceipt:
    sent = report(**changed)  # type: ignore[arg-type]
    return report_incident(session, IncidentId(incident_id or uuid4()), sent, now=MORNING, lenient=lenient)


def test_an_incident_belongs_to_the_grid_of_its_place_and_is_held_by_it(ground: Session) -> None:
    receipt = keep(ground)
    assert receipt.grid_code == WEST
    (first,) = incident_steps(ground, receipt.id)
    assert (first.move, first.holder) == ("report", WEST)
    stands = ground.get_one(IncidentNow, receipt.id)
    assert (stands.state, stands.clock) == ("reported", "filing")
    assert stands.due_at == MORNING + timedelta(hours=2)
    assert stands.warn_at == MORNING + timedelta(minutes=96)


def test_outside_every_grid_the_smallest_unit_holds_it(ground: Session) -> None:
    other = keep(ground, lon=114.125)
    nowhere = keep(ground, lon=120.0)
    assert (other.grid_code, nowhere.grid_code) == (None, None)
    assert incident_steps(ground, other.id)[0].holder == OTHER_SUBDISTRICT
    assert incident_steps(ground, nowhere.id)[0].holder is None


def test_the_same_report_gets_the_same_receipt_whatever_happened_since(ground: Session) -> None:
    key = uuid4()
    first = keep(ground, key)
    incident_detail(ground, first.id)
    assert keep(ground, key) == first
    with pytest.raises(Conflict, match=str(key)):
        keep(ground, key, text="其他")
    assert ground.scalar(select(func.count()).select_from(Incident)) == 1


def test_a_report_without_a_time_is_the_same_when_sent_again(ground: Session) -> None:
    key = IncidentId(uuid4())
    first = report_incident(ground, key, report(occurred_at=None), now=MORNING)
    again = report_incident(ground, key, report(occurred_at=None), now=MORNING + timedelta(hours=3))
    assert again == first
    assert ground.get_one(Incident, key).occurred_at == MORNING


@pytest.mark.parametrize(
    ("changed", "fault"),
    [
        ({"lon": float("nan")}, "off the world"),
        ({"lat": 91.0}, "off the world"),
        ({"occurred_at": datetime(2026, 7, 1)}, "no zone"),  # noqa: DTZ001 - the fault itself
        ({"category": "  "}, "no category"),
        ({"severity": "deadly"}, "no severity"),
        ({"lon": None}, "no place"),
        ({"photos": ("0" * 64,)}, "have not arrived"),
        ({"lon": None, "lat": None, "address": "月球"}, "No place is known"),
    ],
)
@pytest.mark.parametrize("lenient", [False, True])
def test_what_cannot_be_kept_is_refused_always(
    ground: Session, changed: dict[str, object], fault: str, lenient: bool
) -> None:
    with pytest.raises(InvalidInput, match=fault):
        keep(ground, lenient=lenient, **changed)


@pytest.mark.parametrize(
    ("changed", "flag", "said"),
    [
        ({"occurred_at": MORNING + timedelta(minutes=11)}, "in_the_future", "cannot lie ahead"),
        ({"occurred_at": datetime(1989, 12, 31, tzinfo=UTC)}, "too_early", "nothing before 1990"),
        ({"occurred_at": datetime(2025, 12, 30, tzinfo=UTC)}, "before_boundaries", "before the first boundaries"),
        ({"category": "ufo"}, "unknown_category", "no event of the code list"),
    ],
)
def test_what_cannot_be_true_is_refused_or_kept_with_a_flag(
    ground: Session, changed: dict[str, object], flag: str, said: str
) -> None:
    with pytest.raises(InvalidInput, match=said):
        keep(ground, **changed)
    receipt = keep(ground, lenient=True, **changed)
    assert receipt.flags == (flag,)
    kept = ground.get_one(Incident, receipt.id)
    assert kept.occurred_at == changed.get("occurred_at", MORNING)  # as it was said
    if flag in ("in_the_future", "too_early"):
        assert receipt.grid_code == WEST  # of the day it came in


def test_a_clock_ten_minutes_fast_is_forgiven(ground: Session) -> None:
    assert keep(ground, occurred_at=MORNING + timedelta(minutes=10)).flags == ()


def test_a_retired_code_is_not_offered_and_stays_with_what_it_named(ground: Session) -> None:
    old = keep(ground)
    day = (MORNING + timedelta(days=30)).date()
    load_code_list(
        ground,
        {"standard": "demo/local", "valid_from": day, "event": {"waste": {"zh": "垃圾", "en": "Waste"}}},
    )
    assert {entry.code for entry in offered_codes(ground, day)} == {"waste"}
    assert "rubbish" in {entry.code for entry in offered_codes(ground, MORNING.date())}
    assert incident_detail(ground, old.id)["category"] == "rubbish"
    later = {"occurred_at": MORNING + timedelta(days=31)}
    key = IncidentId(uuid4())
    with pytest.raises(InvalidInput, match="was retired"):
        report_incident(ground, key, report(**later), now=MORNING + timedelta(days=32))  # type: ignore[arg-type]
    kept = report_incident(ground, key, report(**later), now=MORNING + timedelta(days=32), lenient=True)  # type: ignore[arg-type]
    assert kept.flags == ("retired_category",)


def test_the_category_says_how_severe_it_is_unless_the_reporter_does(ground: Session) -> None:
    severities = [
        ground.get_one(Incident, keep(ground, **said).id).severity
        for said in ({}, {"category": "fire_hazard"}, {"category": "fire_hazard", "severity": "general"})
    ]
    assert severities == ["general", "urgent", "general"]


def test_an_address_is_a_place(ground: Session) -> None:
    shape = from_shape(box(114.1141, 22.5441, 114.1143, 22.5443), srid=4326)
    code = f"{WEST[:12]}B0001"
    ground.add(Building(code=code, name="翠园楼", kind="tower", households=1, residents=1, geom=shape))
    ground.flush()
    door = from_shape(Point(114.1041, 22.5441), srid=4326)
    ground.add(Entrance(code=f"{code}-1", building_code=code, number=1, households=1, residents=1, geom=door))
    ground.flush()
    for address, grid in ((code, EAST), ("翠园楼", EAST), (f"{code}-1", WEST)):
        receipt = keep(ground, lon=None, lat=None, address=address)
        assert receipt.grid_code == grid
        assert ground.get_one(Incident, receipt.id).unit_code == address.replace("翠园楼", code)


def test_a_worker_reports_as_themselves_and_whoever_takes_calls_for_others(ground: Session) -> None:
    worker = someone(ground, "ann", Role.worker, scope=WEST, worker_code=WORKER)
    centre = someone(ground, "bob", Role.dispatcher)
    own = report_incident(ground, IncidentId(uuid4()), report(), person=worker, now=MORNING)
    assert ground.get_one(Incident, own.id).worker_code == WORKER
    with pytest.raises(Forbidden):
        report_incident(ground, IncidentId(uuid4()), report(worker_code=NEIGHBOUR), person=worker, now=MORNING)
    called = report_incident(ground, IncidentId(uuid4()), report(worker_code=NEIGHBOUR), person=centre, now=MORNING)
    assert ground.get_one(Incident, called.id).worker_code == NEIGHBOUR
    with pytest.raises(NotFound, match="W999"):
        keep(ground, worker_code=WorkerCode("W999"))


def test_whoever_is_asked_first_answers_to_the_end(ground: Session) -> None:
    assert ground.get_one(Incident, reported(ground, source="public")).first_asked == WORKER  # the grid's own
    assert ground.get_one(Incident, reported(ground, worker_code=NEIGHBOUR)).first_asked == NEIGHBOUR
    assert (
        ground.get_one(Incident, reported(ground, first_asked=NEIGHBOUR, worker_code=WORKER)).first_asked == NEIGHBOUR
    )


def test_people_are_masked_for_those_who_do_not_handle_it(ground: Session) -> None:
    people = (Involved("当事人", "王小明", "13800131234"),)
    key = reported(ground, people=people, text="电话13800131234")
    plain = {"role": "当事人", "name": "王小明", "phone": "13800131234"}
    masked = {"role": "当事人", "name": "王*", "phone": "138****1234"}
    neighbour = someone(ground, "eve", Role.worker, scope=COMMUNITY)
    holder = someone(ground, "ann", Role.worker, scope=WEST, worker_code=WORKER)
    centre = someone(ground, "bob", Role.dispatcher)
    seen = incident_detail(ground, key, person=neighbour)
    assert (seen["people"], seen["text"], seen["masked"]) == ([masked], "电话138****1234", True)
    for person in (centre, holder, None):
        assert incident_detail(ground, key, person=person)["people"] == [plain]


def test_a_deleted_incident_is_gone_and_its_id_never_comes_back(ground: Session) -> None:
    key = uuid4()
    keep(ground, key, people=(Involved("当事人", "王小明"),))
    delete_incident(ground, IncidentId(key), "keeper", MORNING)
    for again in (lambda: keep(ground, key), lambda: incident_detail(ground, IncidentId(key))):
        with pytest.raises(Gone, match="2026-07-01"):
            again()
    assert ground.get_one(Incident, key).text == ""
    assert ground.scalar(select(func.count()).select_from(IncidentPerson)) == 0
    with pytest.raises(Gone):
        delete_incident(ground, IncidentId(key), "keeper")


def test_one_id_sent_a_hundred_times_at_once_is_one_incident(fresh_database: str) -> None:
    """Twenty-five threads, four times each, on connections of their own."""
    engine = make_engine(fresh_database, pool_size=25)
    sessions = session_factory(engine)
    with sessions.begin() as session:
        found(session)
    key, sent = IncidentId(uuid4()), report(people=(Involved("当事人", "王小明"),))
    receipts: list[IncidentReceipt] = []
    start = threading.Barrier(25)

    def send() -> None:
        start.wait()
        for _ in range(4):
            with sessions.begin() as session:
                receipt = report_incident(session, key, sent)
            receipts.append(receipt)

    threads = [threading.Thread(target=send) for _ in range(25)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(receipts) == 100
    assert len(set(receipts)) == 1
    with sessions.begin() as session:
        for table in (Incident, IncidentStep, IncidentPerson, IncidentNow):
            assert session.scalar(select(func.count()).select_from(table)) == 1
    engine.dispose()

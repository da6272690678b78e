"""Moves in the real store: by the workflow's rules, once each, seen by the view as by the fold; cards, queue, links."""

import threading
from datetime import date, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from gridmgmt.access import Grant, Person, Role
from gridmgmt.errors import Conflict, IllegalMove, InvalidInput, NotFound, StaleStep
from gridmgmt.field.workflow import bundled, bundled_data, state_of
from gridmgmt.ids import IncidentId
from gridmgmt.services.field.incidents import (
    MoveRequest,
    QueueFilter,
    duplicates,
    incident_detail,
    incident_queue,
    load_workflow,
    move_incident,
    recount,
    remind,
    set_calendar_day,
    work_calendar,
    workflow_of,
)
from gridmgmt.services.field.incidents.standing import log_of
from gridmgmt.services.field.scoring import scores
from gridmgmt.store.engine import make_engine, session_factory
from gridmgmt.store.tables import Incident, IncidentNow, IncidentStep, incident_state
from tests.services.cases import (
    COMMUNITY,
    DISTRICT,
    EAST,
    MORNING,
    OTHER_SUBDISTRICT,
    SINCE,
    SUBDISTRICT,
    WEST,
    WORKER,
    found,
    moved,
    reported,
    someone,
)

FLOW = bundled("2026.1")
HOUR = timedelta(hours=1)


@pytest.fixture
def ground(session: Session) -> Session:
    found(session)
    return session


def test_the_tables_hold_what_the_file_says(session: Session) -> None:
    assert workflow_of(session, "2026.1") == FLOW
    assert load_workflow(session, bundled_data("2026.1")) is False
    with pytest.raises(Conflict):
        load_workflow(session, bundled_data("2026.1") | {"title": "other"})


def test_a_new_version_takes_in_what_comes_from_its_day_on(ground: Session) -> None:
    old = reported(ground)
    data = bundled_data("2026.1") | {"version": "2026.2", "in_force_from": date(2026, 8, 1)}
    assert load_workflow(ground, data) is True
    assert workflow_of(ground, "2026.2").moves == FLOW.moves
    new = reported(ground, MORNING + timedelta(days=40))
    versions = [ground.get_one(Incident, key).workflow_version for key in (old, new)]
    assert versions == ["2026.1", "2026.2"]


def test_a_case_goes_its_way(ground: Session) -> None:
    key = reported(ground)
    receipt = moved(ground, key, "file", "dispatch>D01", "handle", "feed_back", "verify", "close", "evaluate")
    assert (receipt.state, receipt.holder) == ("evaluated", "D01")
    detail = incident_detail(ground, key)
    assert [step["state"] for step in detail["steps"]] == [
        "reported", "filed", "dispatched", "handled", "fed_back", "verified", "closed", "evaluated",
    ]  # fmt: skip
    assert (detail["open"], detail["stage"], detail["light"]) == (False, "evaluation", "none")
    assert detail["moves"] == ["complain", "answer", "follow_up"]


def test_a_move_that_does_not_fit_names_those_that_do(ground: Session) -> None:
    with pytest.raises(IllegalMove, match=r"Possible now: .*file"):
        moved(ground, reported(ground), "close")


def test_everyone_moves_their_own(ground: Session) -> None:
    worker = someone(ground, "ann", Role.worker, scope=WEST, worker_code=WORKER)
    neighbour = someone(ground, "eve", Role.worker, scope=EAST)
    centre = someone(ground, "bob", Role.dispatcher)
    stranger = someone(ground, "sam", Role.dispatcher, scope=OTHER_SUBDISTRICT)
    viewer = someone(ground, "vic", Role.viewer)
    key = reported(ground)
    with pytest.raises(IllegalMove, match="not yours"):
        move_incident(ground, key, MoveRequest("file"), person=worker)
    for outsider in (neighbour, stranger, viewer):
        with pytest.raises(NotFound):
            move_incident(ground, key, MoveRequest("file"), person=outsider)
    move_incident(ground, key, MoveRequest("file"), person=centre)
    move_incident(ground, key, MoveRequest("divert", holder=WEST), person=centre)
    receipt = move_incident(ground, key, MoveRequest("handle"), person=worker)
    assert receipt.state == "handled"
    assert incident_detail(ground, key)["steps"][-1]["actor"] == "ann"


def test_a_stand_in_is_named_in_the_log(ground: Session) -> None:
    absent = someone(ground, "ann", Role.dispatcher)
    row = someone(ground, "ben")
    stand_in = Person(row.id, "ben", "ben", (Grant(Role.dispatcher, SUBDISTRICT, SINCE, instead_of=absent.id),))
    key = reported(ground)
    move_incident(ground, key, MoveRequest("file"), person=stand_in)
    assert incident_detail(ground, key)["steps"][-1]["note"] == {"instead_of": str(absent.id)}
    both = Person(row.id, "ben", "ben", (*absent.grants, *stand_in.grants))
    move_incident(ground, key, MoveRequest("dispatch", holder="D01"), person=both)
    assert incident_detail(ground, key)["steps"][-1]["note"] == {}


def test_up_the_levels_and_down_again(ground: Session) -> None:
    key = reported(ground)
    assert moved(ground, key, "escalate", "escalate").holder == SUBDISTRICT
    assert moved(ground, key, f"send_down>{COMMUNITY}").holder == COMMUNITY
    assert moved(ground, key, "file", "dispatch>D01", "return").holder == COMMUNITY
    over = MoveRequest("escalate_over", holder=DISTRICT, note={"reason": "急"})
    assert move_incident(ground, reported(ground), over).holder == DISTRICT


def test_whoever_gets_it_must_exist(ground: Session) -> None:
    key = reported(ground)
    moved(ground, key, "file")
    with pytest.raises(NotFound, match="D99"):
        moved(ground, key, "dispatch>D99")
    with pytest.raises(NotFound, match="440303001001999"):
        moved(ground, key, "divert>440303001001999")


def test_whoever_saw_an_older_step_is_told_and_a_reminder_is_no_news(ground: Session) -> None:
    key = reported(ground)
    seen = incident_detail(ground, key)["step"]
    moved(ground, key, "remind")
    receipt = move_incident(ground, key, MoveRequest("file", after=seen))
    with pytest.raises(StaleStep, match=f"at step {receipt.step}"):
        move_incident(ground, key, MoveRequest("reject", after=seen, note={"reason": "x"}))


def test_a_move_sent_twice_is_one_and_another_under_its_key_a_conflict(ground: Session) -> None:
    key, request = reported(ground), MoveRequest("reject", key=uuid4(), note={"reason": "不属受理范围"})
    first = move_incident(ground, key, request)
    move_incident(ground, key, MoveRequest("follow_up", note={"reason": "已告知"}))
    assert move_incident(ground, key, request) == first
    with pytest.raises(Conflict):
        move_incident(ground, key, MoveRequest("reject", key=request.key, note={"reason": "其他"}))
    with pytest.raises(Conflict):
        move_incident(ground, reported(ground), request)


def test_pauses_and_further_time_move_the_due_moment(ground: Session) -> None:
    key = reported(ground)
    moved(ground, key, "file", "dispatch>D01")  # rubbish: 4 working hours from 09:00

    def due() -> datetime | None:
        return ground.get_one(IncidentNow, key, populate_existing=True).due_at

    assert due() == MORNING + 5.5 * HOUR  # 14:30, over lunch
    move_incident(ground, key, MoveRequest("suspend", note={"reason": "待批"}), at=MORNING + HOUR)
    assert due() is None
    move_incident(ground, key, MoveRequest("resume"), at=MORNING + 2 * HOUR)
    assert due() == MORNING + 6.5 * HOUR
    more = {"reason": "雨", "more": {"amount": 1, "unit": "working_days"}}
    move_incident(ground, key, MoveRequest("extend", note=more), at=MORNING + 2 * HOUR)
    assert due() == MORNING + 30.5 * HOUR
    with pytest.raises(InvalidInput, match="time limit"):
        move_incident(ground, key, MoveRequest("extend", note=more | {"more": {"amount": -1}}))


def test_the_calendar_moves_the_due_moment_once_counted_anew(ground: Session) -> None:
    key = reported(ground)
    moved(ground, key, "file", "dispatch>D04")
    ground.get_one(Incident, key).category = "street_lamp"  # 3 working days
    set_calendar_day(ground, date(2026, 7, 2), False, name="台风", set_by="admin")
    assert work_calendar(ground, FLOW).basis(date(2026, 7, 2)) == "administrator"
    ground.flush()
    recount(ground)
    assert ground.get_one(IncidentNow, key, populate_existing=True).due_at == MORNING + timedelta(days=6)
    set_calendar_day(ground, date(2026, 7, 2), None, set_by="admin")
    recount(ground, [key])
    assert ground.get_one(IncidentNow, key, populate_existing=True).due_at == MORNING + timedelta(days=5)


def test_cards_are_shown_once_each(ground: Session) -> None:
    key = reported(ground)  # to be filed within 2 working hours from 09:00
    assert vars(remind(ground, MORNING + HOUR)) == {"yellow": 0, "red": 0}
    assert vars(remind(ground, MORNING + 1.7 * HOUR)) == {"yellow": 1, "red": 0}
    assert vars(remind(ground, MORNING + 1.8 * HOUR)) == {"yellow": 0, "red": 0}
    assert vars(remind(ground, MORNING + 2.5 * HOUR)) == {"yellow": 0, "red": 1}
    assert vars(remind(ground, MORNING + 9 * HOUR)) == {"yellow": 0, "red": 0}
    cards = [step["note"].get("card") for step in incident_detail(ground, key)["steps"]]
    assert cards == [None, "yellow", "red"]
    moved(ground, key, "file", at=MORNING + 9 * HOUR)
    assert vars(remind(ground, MORNING + timedelta(days=9))) == {"yellow": 0, "red": 1}  # the next clock


def test_a_dissatisfied_reporter_sends_it_back_with_more_time(ground: Session) -> None:
    key = reported(ground)
    moved(ground, key, "file", "dispatch>D01", "handle", "feed_back", "verify", "close")
    note = {"reason": "仍有垃圾", "satisfaction": "not_satisfied", "more": {"amount": 2, "unit": "working_days"}}
    receipt = move_incident(ground, key, MoveRequest("dissatisfied", note=note), at=MORNING)
    assert (receipt.state, receipt.holder) == ("dispatched", "D01")
    detail = incident_detail(ground, key)
    assert detail["reworks"] == 1
    assert detail["due_at"] == MORNING + timedelta(days=2, hours=5.5)


def test_complaints_stand_until_they_are_answered(ground: Session) -> None:
    key = reported(ground)
    move_incident(ground, key, MoveRequest("complain", note={"reason": "无人理睬"}))
    assert incident_detail(ground, key)["complaints"] == 1
    move_incident(ground, key, MoveRequest("answer", note={"reason": "已联系"}))
    assert incident_detail(ground, key)["complaints"] == 0


def test_what_may_be_the_same_matter_is_suggested_and_linked_to_a_lead(ground: Session) -> None:
    lead = reported(ground)
    near = reported(ground, lon=114.1053, occurred_at=MORNING - HOUR)  # 31 m
    reported(ground, lon=114.106)  # 103 m, where rubbish is looked for within 50
    reported(ground, lon=114.1051, category="noise")
    reported(ground, lon=114.1051, occurred_at=MORNING - timedelta(days=3))
    (found_one,) = duplicates(ground, lead)
    assert found_one.id == near
    assert found_one.distance_m == pytest.approx(30.9, abs=0.3)
    assert 0.3 < found_one.likeness < 0.4
    link = MoveRequest("link", lead=lead)
    assert move_incident(ground, near, link).state == "linked"
    assert duplicates(ground, lead) == []
    assert incident_detail(ground, lead)["linked"] == [near]
    assert incident_detail(ground, near)["lead"] == lead
    third = reported(ground, lon=114.1051)
    move_incident(ground, third, MoveRequest("link", lead=near))  # follows the lead of the one that was named
    assert incident_detail(ground, third)["lead"] == lead
    with pytest.raises(InvalidInput, match="Others are linked"):
        move_incident(ground, lead, MoveRequest("link", lead=reported(ground)))
    with pytest.raises(NotFound):
        move_incident(ground, reported(ground), MoveRequest("link", lead=IncidentId(uuid4())))
    alone = reported(ground)
    with pytest.raises(InvalidInput, match="to itself"):
        move_incident(ground, alone, MoveRequest("link", lead=alone))


def test_linked_reports_lift_nobodys_score(ground: Session) -> None:
    def worker_score() -> tuple[float, int]:
        (one,) = scores(ground, "worker", MORNING.date(), MORNING.date(), now=MORNING + timedelta(days=30))
        assert one.code == WORKER
        return one.score.score, one.score.cases

    lead = reported(ground, worker_code=WORKER)
    moved(ground, lead, "file", f"divert>{WEST}", "handle", "feed_back", "verify", "close")
    before = worker_score()
    for _ in range(5):
        copy = reported(ground, worker_code=WORKER)
        move_incident(ground, copy, MoveRequest("link", lead=lead))
    assert worker_score() == before
    moved(ground, reported(ground, worker_code=WORKER), "reject")
    assert worker_score() < before
    departments = scores(ground, "department", MORNING.date(), MORNING.date())
    assert departments == []


def test_the_queue_is_paged_filtered_and_scoped(ground: Session) -> None:
    keys = [reported(ground, MORNING + timedelta(minutes=n), lon=114.105 if n % 2 else 114.115) for n in range(7)]
    moved(ground, keys[0], "file", "dispatch>D01", at=MORNING + timedelta(minutes=1))
    seen: list[UUID] = []
    cursor: str | None = None
    while True:
        page = incident_queue(ground, cursor=cursor, rows=3)
        seen += [row["id"] for row in page.incidents]
        cursor = page.next
        if cursor is None:
            break
    assert seen == keys[::-1]

    def ids(person: Person | None = None, now: datetime = MORNING, **wanted: object) -> set[UUID]:
        page = incident_queue(ground, QueueFilter(**wanted), person=person, now=now)  # type: ignore[arg-type]
        return {row["id"] for row in page.incidents}

    assert ids(states=("dispatched",)) == ids(holder="D01") == {keys[0]}
    urgent = incident_queue(ground, QueueFilter(open=True), by_due=True, rows=3)
    assert urgent.next is None
    assert [row["due_at"] for row in urgent.incidents] == sorted(row["due_at"] for row in urgent.incidents)
    assert ids(within=WEST) == {keys[1], keys[3], keys[5]}
    assert ids(since=MORNING + timedelta(minutes=5)) == {keys[5], keys[6]}
    assert ids(light="red", now=MORNING + timedelta(hours=2, minutes=2, seconds=30)) == {keys[1], keys[2]}
    worker = someone(ground, "ann", Role.worker, scope=WEST, worker_code=WORKER)
    assert ids(worker) == ids(within=WEST)
    assert ids(someone(ground, "sam", Role.dispatcher, scope=OTHER_SUBDISTRICT)) == set()
    assert ids(someone(ground, "vic", Role.viewer)) == set()
    with pytest.raises(InvalidInput, match="cursor"):
        incident_queue(ground, cursor="%%%")


def test_an_incident_is_nobodys_business_outside_its_area(ground: Session) -> None:
    key = reported(ground)
    for person in (
        someone(ground, "sam", Role.dispatcher, scope=OTHER_SUBDISTRICT),
        someone(ground, "vic", Role.viewer),
    ):
        with pytest.raises(NotFound):
            incident_detail(ground, key, person=person)
        with pytest.raises(NotFound):
            duplicates(ground, key, person=person)


moves = st.sampled_from([*FLOW.moves, "unknown"])
holders = st.sampled_from([None, WEST, COMMUNITY, SUBDISTRICT, "D01"])


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(moves, holders, st.booleans()), max_size=15))
def test_the_view_and_the_fold_agree_on_any_log(ground: Session, steps: list[tuple[str, str | None, bool]]) -> None:
    with ground.begin_nested() as undone:
        key, lead = reported(ground), reported(ground)
        rows = [
            {"incident_id": key, "move": move, "at": MORNING + n * HOUR, "actor": "x", "holder": holder}
            | {"lead_id": lead if linked else None}
            for n, (move, holder, linked) in enumerate(steps)
        ]
        if rows:
            ground.execute(insert(IncidentStep), rows)
        seen = ground.execute(select(incident_state).where(incident_state.c.incident_id == key)).mappings().one()
        standing = state_of(log_of(ground, [key])[key], FLOW)
        assert standing is not None
        assert (seen["state"], seen["since"], seen["step_id"], seen["holder"], seen["paused"], seen["lead_id"]) == (
            standing.state, standing.since, standing.entered_id, standing.holder, standing.paused, standing.lead,
        )  # fmt: skip
        assert seen["reworks"] == standing.reworks
        assert seen["open"] == FLOW.states[standing.state].open
        recount(ground, [key])
        kept = ground.get_one(IncidentNow, key, populate_existing=True)
        assert (kept.state, kept.holder, kept.clock) == (seen["state"], seen["holder"], seen["clock"])
        undone.rollback()


def test_many_movers_at_once_and_one_is_first(fresh_database: str) -> None:
    """Ten people file the same case from the same step: one does, nine are told."""
    engine = make_engine(fresh_database, pool_size=10)
    sessions = session_factory(engine)
    with sessions.begin() as session:
        found(session)
        key = reported(session)
        seen = incident_detail(session, key)["step"]
    start = threading.Barrier(10)
    outcomes: list[str] = []

    def file() -> None:
        start.wait()
        try:
            with sessions.begin() as session:
                move_incident(session, key, MoveRequest("file", after=seen))
            outcomes.append("filed")
        except StaleStep:
            outcomes.append("told")

    threads = [threading.Thread(target=file) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["filed"] + ["told"] * 9
    with sessions.begin() as session:
        assert session.scalar(select(func.count()).select_from(IncidentStep)) == 2
    engine.dispose()

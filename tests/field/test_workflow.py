"""The workflow as data: it is sound, every move has a home, and whoever moves has the right to."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridmgmt.errors import IllegalMove, InvalidInput
from gridmgmt.field.moves import Actor, Case, Post, allowed_moves, level_of, next_holder, require_allowed, require_needs
from gridmgmt.field.workflow import Standing, Step, bundled, bundled_data, periods, read_workflow, state_of
from gridmgmt.messages import catalogue

FLOW = bundled("2026.1")
AT = datetime(2026, 7, 1, 1, tzinfo=UTC)
GRID, COMMUNITY, SUBDISTRICT, DISTRICT = "440303001001001", "440303001001", "440303001", "440303"
KEEPER = Actor("keeper", unbound=True)
WORKER = Actor("worker", frozenset({Post("worker", GRID)}))
CENTRE = Actor("centre", frozenset({Post("dispatcher", SUBDISTRICT)}))
OTHER_CENTRE = Actor("other", frozenset({Post("dispatcher", "440303002")}))
OFFICE = Actor("office", frozenset({Post("department", DISTRICT)}))


def log(*moves: str | tuple[str, str], note: dict[str, Any] | None = None) -> list[Step]:
    """A log that opens at GRID; a pair is a move and where it goes."""
    pairs = [("report", GRID), *[(move, None) if isinstance(move, str) else move for move in moves]]
    return [
        Step(number, move, AT + timedelta(hours=number), "x", holder, note or {})
        for number, (move, holder) in enumerate(pairs)
    ]


def case(*moves: str | tuple[str, str], source: str = "web") -> Case:
    standing = state_of(log(*moves), FLOW)
    assert standing is not None
    return Case(standing, GRID, source)


def test_every_state_and_move_has_its_words() -> None:
    words = catalogue("zh")
    assert [name for name in FLOW.states if f"incidents.state_{name}" not in words] == []
    assert [name for name in FLOW.moves if f"incidents.move_{name}" not in words] == []
    assert {state.stage for state in FLOW.states.values()} == {
        "report", "filing", "dispatch", "handling", "feedback", "verification", "evaluation",
    }  # fmt: skip


def test_from_every_state_a_case_can_still_be_moved_or_is_done() -> None:
    for name, state in FLOW.states.items():
        leaving = [m for m in FLOW.moves.values() if name in m.from_states and m.to_state not in (None, name)]
        assert leaving or not state.open, name


def test_the_straight_way() -> None:
    way = ["file", ("dispatch", "D01"), "handle", "feed_back", "verify", "close", "evaluate"]
    for number, step in enumerate(way):
        name = step if isinstance(step, str) else step[0]
        assert name in allowed_moves(case(*way[:number]), FLOW, KEEPER)
    assert state_of(log(*way), FLOW).state == "evaluated"  # type: ignore[union-attr]


def test_an_illegal_move_names_what_is_possible() -> None:
    with pytest.raises(IllegalMove, match=r"the incident is reported.*Possible now: .*file") as refusal:
        require_allowed(case(), FLOW, KEEPER, "close")
    assert "dispatch" not in str(refusal.value).partition("Possible now")[2]
    with pytest.raises(IllegalMove, match="no such move"):
        require_allowed(case(), FLOW, KEEPER, "vanish")


def test_who_may_do_what() -> None:
    assert "file" in allowed_moves(case(), FLOW, CENTRE)
    assert not {"file", "reject", "link"} & set(allowed_moves(case(), FLOW, WORKER))
    assert allowed_moves(case(), FLOW, OTHER_CENTRE) == []
    assert allowed_moves(case(), FLOW, Actor("nobody")) == []
    at_office = case("file", ("dispatch", "D01"))
    assert {"handle", "return", "transfer"} <= set(allowed_moves(at_office, FLOW, OFFICE))
    assert "handle" not in allowed_moves(at_office, FLOW, WORKER)
    at_grid = case("file", ("divert", GRID))
    assert "handle" in allowed_moves(at_grid, FLOW, WORKER)
    assert "handle" not in allowed_moves(at_grid, FLOW, OFFICE)


def test_up_and_down_the_levels() -> None:
    move = FLOW.moves
    assert next_holder(case(), move["escalate"], None) == COMMUNITY
    assert next_holder(case(("escalate", COMMUNITY)), move["escalate"], None) == SUBDISTRICT
    assert next_holder(case(), move["escalate_over"], DISTRICT) == DISTRICT
    with pytest.raises(InvalidInput, match="cannot go"):
        next_holder(case(), move["escalate_over"], COMMUNITY)  # that is the level above, not over one
    assert next_holder(case(("escalate", SUBDISTRICT)), move["send_down"], COMMUNITY) == COMMUNITY
    for wrong in (SUBDISTRICT, "440303002001", "D01"):
        with pytest.raises(InvalidInput, match="cannot go"):
            next_holder(case(("escalate", SUBDISTRICT)), move["send_down"], wrong)
    assert next_holder(case("file", ("dispatch", "D01")), move["transfer"], "D02") == "D02"
    with pytest.raises(InvalidInput, match="cannot go"):
        next_holder(case("file", ("dispatch", "D01")), move["transfer"], "D01")
    with pytest.raises(InvalidInput, match="needs 'holder'"):
        next_holder(case("file"), move["dispatch"], None)
    with pytest.raises(InvalidInput, match="does not send"):
        next_holder(case(), move["file"], "D01")


def test_back_to_whoever_sent_it() -> None:
    sent = case("file", ("dispatch", "D01"))
    assert next_holder(sent, FLOW.moves["return"], None) == GRID
    assert next_holder(sent, FLOW.moves["withdraw"], None) == GRID
    assert "withdraw" in allowed_moves(sent, FLOW, CENTRE)
    assert "withdraw" not in allowed_moves(sent, FLOW, OFFICE)
    assert "escalate" not in allowed_moves(sent, FLOW, KEEPER)  # a department has no level above


def test_a_public_report_is_confirmed_before_it_is_filed() -> None:
    assert "file" not in allowed_moves(case(source="public"), FLOW, CENTRE)
    with pytest.raises(IllegalMove, match="on site first"):
        require_allowed(case(source="public"), FLOW, CENTRE, "file")
    assert "confirm" in allowed_moves(case(source="public"), FLOW, WORKER)
    assert "file" in allowed_moves(case("confirm", source="public"), FLOW, CENTRE)


def test_a_clock_is_stopped_once() -> None:
    running, stopped = case("file", ("dispatch", "D01")), case("file", ("dispatch", "D01"), "suspend")
    assert ("suspend" in allowed_moves(running, FLOW, CENTRE), "resume" in allowed_moves(running, FLOW, CENTRE)) == (
        True,
        False,
    )
    assert stopped.standing.paused
    assert "suspend" not in allowed_moves(stopped, FLOW, CENTRE)
    assert "resume" in allowed_moves(stopped, FLOW, CENTRE)


def test_what_must_come_with_a_move() -> None:
    for move, note, lead in (
        ("reject", {}, None),
        ("link", {"reason": "x"}, None),
        ("evaluate", {"satisfaction": "not_satisfied"}, None),
        ("dissatisfied", {"reason": "x"}, None),
    ):
        with pytest.raises(InvalidInput, match="needs"):
            require_needs(FLOW.moves[move], note, lead)
    require_needs(FLOW.moves["evaluate"], {"satisfaction": "satisfied"}, None)


def test_passing_on_does_not_make_young_again() -> None:
    steps = log("file", ("dispatch", "D01"), ("transfer", "D02"), ("transfer", "D03"))
    assert state_of(steps, FLOW).entered_id == 2  # type: ignore[union-attr]
    assert [span.state for span in periods(steps, FLOW)] == ["reported", "filed", "dispatched"]


def test_limits_by_category_and_severity() -> None:
    assert FLOW.limit("handling", "rubbish", "general").amount == 4  # type: ignore[union-attr]
    assert FLOW.limit("handling", "rubbish", "urgent").unit == "hours"  # type: ignore[union-attr]
    assert FLOW.limit("handling", "whatever", "general").unit == "working_days"  # type: ignore[union-attr]
    assert FLOW.limit("no such clock", "rubbish", "general") is None


@pytest.mark.parametrize(
    ("part", "value"),
    [
        ("moves", {"report": {"to": "nowhere", "roles": []}}),
        ("moves", {"file": {"to": "filed", "roles": []}}),  # nothing opens a log
        ("moves", {"report": {"to": "reported", "roles": [], "effect": "magic"}}),
        ("moves", {"report": {"to": "reported", "roles": [], "needs": ["luck"]}}),
        ("limits", [{"clock": "lunch", "amount": 1}]),
    ],
)
def test_an_unsound_workflow_is_refused(part: str, value: Any) -> None:
    with pytest.raises(InvalidInput, match=r"Workflow 2026\.1"):
        read_workflow(bundled_data("2026.1") | {part: value})


def test_a_holder_is_a_boundary_or_a_department() -> None:
    assert [level_of(code) for code in (GRID, COMMUNITY, SUBDISTRICT, DISTRICT, "D01")] == [
        "grid", "community", "subdistrict", "district", "department",
    ]  # fmt: skip
    with pytest.raises(InvalidInput, match="neither"):
        level_of("4403")


names = st.sampled_from([*FLOW.moves, "unknown"])


@given(st.lists(names, max_size=25))
def test_the_fold_is_total_and_only_the_last_words_count(moves: list[str]) -> None:
    steps = [Step(number, move, AT + timedelta(minutes=number), "x") for number, move in enumerate(moves)]
    standing = state_of(steps, FLOW)
    led = [FLOW.moves[move].to_state for move in moves if move in FLOW.moves and FLOW.moves[move].to_state]
    assert (None if standing is None else standing.state) == (led[-1] if led else None)
    again = state_of([*steps, Step(99, "remind", AT + timedelta(days=1), "x")], FLOW)
    assert standing == again  # a reminder changes nothing


@given(st.lists(st.integers(0, 30), max_size=30))
def test_moves_that_are_allowed_never_lead_out_of_the_workflow(choices: list[int]) -> None:
    steps = log()
    for choice in choices:
        standing = state_of(steps, FLOW)
        assert isinstance(standing, Standing)
        allowed = allowed_moves(Case(standing, GRID, "web"), FLOW, KEEPER)
        if not allowed:
            assert not FLOW.states[standing.state].open
            return
        move = FLOW.moves[allowed[choice % len(allowed)]]
        wanted = {"above": DISTRICT, "below": GRID, "unit": COMMUNITY, "department": "D01", "peer": "D02"}
        try:
            holder = next_holder(Case(standing, GRID, "web"), move, wanted.get(move.holder))
        except InvalidInput:
            continue
        steps.append(Step(len(steps), move.move, AT + timedelta(minutes=len(steps)), "x", holder))
        assert state_of(steps, FLOW).state == (move.to_state or standing.state)  # type: ignore[union-attr]

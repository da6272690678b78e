"""The rules of access: what each role may do, where, and for how long."""

from datetime import date
from itertools import combinations
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridmgmt.access import ROLE_ACTIONS, SEPARATED, Action, Area, Grant, Person, Role
from gridmgmt.ids import PersonId
from gridmgmt.messages import catalogue

DAY = date(2026, 7, 1)
codes = st.builds(
    lambda parts, level: "440303" + "".join(f"{part:03d}" for part in parts[:level]),
    st.lists(st.integers(1, 3), min_size=3, max_size=3),
    st.integers(0, 3),
)


def person(*grants: Grant, **more: object) -> Person:
    return Person(PersonId(UUID(int=1)), "ann", "安", grants, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize("action", Action)
def test_every_action_is_somebodys_and_has_words(action: Action) -> None:
    assert any(action in actions for actions in ROLE_ACTIONS.values())
    assert f"access.may_{action.value}" in catalogue("zh")


@pytest.mark.parametrize("role", Role)
def test_every_role_has_rights_and_a_name(role: Role) -> None:
    assert ROLE_ACTIONS[role]
    assert f"access.role_{role.value}" in catalogue("zh")


def test_the_three_hands_share_no_power() -> None:
    looking = {Action.see_boundaries, Action.see_figures}
    for one, other in combinations(SEPARATED, 2):
        assert ROLE_ACTIONS[one] & ROLE_ACTIONS[other] <= looking
    everyday = set().union(*(ROLE_ACTIONS[role] for role in set(Role) - SEPARATED))
    for powerful in SEPARATED:
        assert not (ROLE_ACTIONS[powerful] - looking) & everyday


def test_residents_and_tracks_are_for_few() -> None:
    holders = {action: {role for role in Role if action in ROLE_ACTIONS[role]} for action in Action}
    assert holders[Action.see_tracks] == {Role.dispatcher}
    assert holders[Action.see_involved] == {Role.dispatcher, Role.department}


@given(st.lists(codes, max_size=6), codes)
def test_an_area_holds_what_lies_below_one_of_its_codes(scopes: list[str], code: str) -> None:
    area = Area.of(scopes)
    assert area.holds(code) == any(code.startswith(scope) for scope in scopes)
    assert set(area.prefixes) <= set(scopes)
    assert not any(a != b and a.startswith(b) for a in area.prefixes for b in area.prefixes)


def test_the_area_of_a_right_is_where_a_role_with_it_is_held() -> None:
    ann = person(Grant(Role.viewer, "440303001", DAY), Grant(Role.dispatcher, "440303002", DAY))
    assert ann.area(Action.see_plans).prefixes == ("440303001", "440303002")
    assert ann.area(Action.see_tracks).prefixes == ("440303002",)
    assert ann.area(Action.publish) == Area.nothing
    assert not ann.may(Action.publish)


def test_a_password_that_is_due_stops_everything() -> None:
    ann = person(Grant(Role.viewer, "", DAY), password_due=True)
    assert not any(ann.may(action) for action in Action)
    assert ann.area(Action.see_plans) == Area.nothing

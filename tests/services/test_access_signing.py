"""Signing in: the same words for every wrong pair, five failures lock, tokens end when they should."""

from datetime import UTC, datetime, timedelta

import jwt
import pytest
from sqlalchemy.orm import Session

from gridmgmt.errors import LockedOut, NotSignedIn, WeakPassword, WrongPassword
from gridmgmt.ids import PersonId
from gridmgmt.services.access import (
    add_person,
    begin_web_session,
    change_password,
    disable_person,
    end_web_session,
    person_by_access_token,
    person_by_web_session,
    refresh,
    set_password,
    sign_in,
    sign_out,
)
from gridmgmt.store.tables import Person

PASSWORD = "Nine-lives of 7 cats"
NOW = datetime.now(UTC)


@pytest.fixture
def ann(session: Session) -> Person:
    row = add_person(session, "Ann", "安")
    set_password(session, row, PASSWORD, NOW)
    return row


def test_the_right_pair_signs_in_whatever_the_case_of_the_name(session: Session, ann: Person) -> None:
    tokens = sign_in(session, " ANN ", PASSWORD, NOW)
    assert person_by_access_token(session, tokens.access_token, NOW).name == "ann"


@pytest.mark.parametrize("name", ["ann", "nobody"])
def test_five_failures_lock_a_name_for_fifteen_minutes_known_or_not(session: Session, ann: Person, name: str) -> None:
    for _ in range(5):
        with pytest.raises(WrongPassword):
            sign_in(session, name, "wrong", NOW)
    with pytest.raises(LockedOut):
        sign_in(session, name, PASSWORD, NOW + timedelta(minutes=14))
    with pytest.raises(WrongPassword):
        sign_in(session, name, "wrong", NOW + timedelta(minutes=16))


def test_after_the_lock_the_right_password_opens(session: Session, ann: Person) -> None:
    for _ in range(5):
        with pytest.raises(WrongPassword):
            sign_in(session, "ann", "wrong", NOW)
    assert sign_in(session, "ann", PASSWORD, NOW + timedelta(minutes=15, seconds=1))


def test_a_success_forgets_the_failures_before(session: Session, ann: Person) -> None:
    for _ in range(3):
        for _ in range(4):
            with pytest.raises(WrongPassword):
                sign_in(session, "ann", "wrong", NOW)
        sign_in(session, "ann", PASSWORD, NOW)


def test_a_refresh_token_is_good_once_and_its_second_use_ends_the_sign_in(session: Session, ann: Person) -> None:
    first = sign_in(session, "ann", PASSWORD, NOW)
    second = refresh(session, first.refresh_token, NOW)
    assert person_by_access_token(session, second.access_token, NOW)
    with pytest.raises(NotSignedIn):
        refresh(session, first.refresh_token, NOW)
    for token in (first, second):
        with pytest.raises(NotSignedIn):
            person_by_access_token(session, token.access_token, NOW)
    with pytest.raises(NotSignedIn):
        refresh(session, second.refresh_token, NOW)


def test_forged_and_expired_tokens_are_refused(session: Session, ann: Person) -> None:
    token = sign_in(session, "ann", PASSWORD, NOW).access_token
    claims = jwt.decode(token, options={"verify_signature": False})
    key = "k" * 64
    forged = [
        jwt.encode(claims, key, "HS256"),
        jwt.encode(claims, None, "none"),
        jwt.encode({**claims, "exp": 2**40}, key, "HS512"),
        token[:-4] + "AAAA",
        "a.b.c",
        "",
    ]
    old = sign_in(session, "ann", PASSWORD, NOW - timedelta(minutes=11)).access_token
    for bad in (*forged, old):
        with pytest.raises(NotSignedIn):
            person_by_access_token(session, bad, NOW)


def test_signing_out_and_disabling_end_tokens_at_once(session: Session, ann: Person) -> None:
    first, second = (sign_in(session, "ann", PASSWORD, NOW) for _ in range(2))
    sign_out(session, first.access_token, NOW)
    assert person_by_access_token(session, second.access_token, NOW)
    disable_person(session, ann, NOW)
    for token in (first, second):
        with pytest.raises(NotSignedIn):
            person_by_access_token(session, token.access_token, NOW)
    with pytest.raises(WrongPassword):
        sign_in(session, "ann", PASSWORD, NOW)


def test_a_web_session_ends_by_rest_by_age_and_by_hand(session: Session, ann: Person) -> None:
    def seen(minutes: float, *, touch: bool = True) -> bool:
        return person_by_web_session(session, web.secret, NOW + timedelta(minutes=minutes), touch=touch) is not None

    web = begin_web_session(session, PersonId(ann.id), NOW)
    assert seen(29)
    assert seen(58, touch=False)
    assert not seen(60)  # polling kept nobody awake
    web = begin_web_session(session, PersonId(ann.id), NOW)
    assert all(seen(minutes) for minutes in range(0, 12 * 60, 20))
    assert not seen(12 * 60)
    web = begin_web_session(session, PersonId(ann.id), NOW)
    end_web_session(session, web.secret, NOW)
    assert not seen(0)


@pytest.mark.parametrize("password", ["short-1A", "onlysmallletters", "Ann likes 4 cats", "a1A" * 70, "aA1aA1aA1aA1"])
def test_weak_passwords_are_refused(session: Session, ann: Person, password: str) -> None:
    with pytest.raises(WeakPassword):
        set_password(session, ann, password, NOW)


def test_a_changed_password_is_another_one_and_ends_the_sign_ins(session: Session, ann: Person) -> None:
    token = sign_in(session, "ann", PASSWORD, NOW).access_token
    with pytest.raises(WeakPassword):
        change_password(session, ann, PASSWORD, NOW)
    change_password(session, ann, PASSWORD + "!", NOW)
    with pytest.raises(NotSignedIn):
        person_by_access_token(session, token, NOW)
    with pytest.raises(WrongPassword):
        sign_in(session, "ann", PASSWORD, NOW)


def test_an_old_password_has_to_be_changed_first(session: Session, ann: Person) -> None:
    late = NOW + timedelta(days=181)
    token = sign_in(session, "ann", PASSWORD, late).access_token
    claims = jwt.decode(token, options={"verify_signature": False})
    assert claims["sub"] == str(ann.id)
    assert ann.password_due
